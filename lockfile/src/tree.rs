//! Draws a lock as a tree, down from the requirements or up from a package.

use std::collections::HashSet;
use std::fmt::Write as _;

use model::{ExtraName, Lock, Marker, PackageName};

use crate::graph::{Edge, LockGraph, graph};

/// What to draw.
#[derive(Debug, Clone, Default)]
pub struct TreeOptions {
    /// If not empty: draw the tree up from these projects, not down from the requirements.
    pub invert: Vec<PackageName>,
    /// The number of levels below the first; all levels if `None`.
    pub depth: Option<usize>,
}

/// The tree with one package in each line. `(*)` marks a package whose dependencies are drawn
/// above.
#[must_use]
pub fn tree(lock: &Lock, options: &TreeOptions) -> String {
    let graph = graph(lock);
    let mut drawing = Drawing {
        seen: HashSet::new(),
        universe: lock.inputs.universe(),
        graph: &graph,
        depth: options.depth,
        out: String::new(),
    };
    if options.invert.is_empty() {
        for edge in graph.roots() {
            for &at in &edge.to {
                let note = format!("  `{}`", edge.requirement);
                let node = Downward {
                    at,
                    asked: &edge.requirement.extras,
                    within: drawing.universe.and(&edge.marker),
                };
                drawing.down(&node, &note, &mut Vec::new());
            }
        }
    } else {
        let starts = options
            .invert
            .iter()
            .flat_map(|name| graph.find(name.as_str()));
        for &at in starts {
            let node = Upward {
                at,
                asked: None,
                within: drawing.universe.clone(),
            };
            drawing.up(&node, "", &mut Vec::new());
        }
    }
    drawing.out
}

/// A package on the way down.
struct Downward<'a> {
    /// Its position.
    at: usize,
    /// The extras of it that the requirement above asks for.
    asked: &'a [ExtraName],
    /// The environments in which everything above is required.
    within: Marker,
}

/// A package on the way up.
struct Upward<'a> {
    /// Its position.
    at: usize,
    /// The extra of it that requires what is drawn above it.
    asked: Option<&'a ExtraName>,
    /// The environments in which everything above is required.
    within: Marker,
}

/// A package with what is drawn below it: lines of other packages, by their positions, or of
/// requirements.
type Drawn = (usize, Vec<(Option<usize>, String)>);

struct Drawing<'a> {
    graph: &'a LockGraph<'a>,
    universe: Marker,
    seen: HashSet<Drawn>,
    depth: Option<usize>,
    out: String,
}

impl<'a> Drawing<'a> {
    /// Draws a package and what it requires of others where it is drawn: no requirement of an extra
    /// that nothing above asks for, and none of other environments.
    fn down(&mut self, node: &Downward<'a>, note: &str, last: &mut Vec<bool>) {
        let graph = self.graph;
        let package = graph.package(node.at);
        let within = node.within.and(&package.marker);
        let is_asked = |edge: &&Edge<'a>| edge.extra.is_none_or(|extra| node.asked.contains(extra));
        let mut below = Vec::new();
        for edge in graph.dependencies(node.at).iter().filter(is_asked) {
            let here = within.and(&edge.marker);
            for &at in &edge.to {
                if !here.is_disjoint(&graph.package(at).marker) {
                    let child = Downward {
                        at,
                        asked: &edge.requirement.extras,
                        within: here.clone(),
                    };
                    below.push((child, edge));
                }
            }
        }
        let lines = below.iter();
        let lines = lines.map(|(child, edge)| (Some(child.at), edge.requirement.to_string()));
        let title = format!(
            "{}{} {}",
            package.name,
            bracketed(node.asked),
            package.version
        );
        let drawn = (node.at, lines.collect());
        if !self.enter(drawn, &format!("{title}{note}"), last) {
            return;
        }
        let count = below.len();
        for (nth, (child, edge)) in below.into_iter().enumerate() {
            last.push(nth + 1 == count);
            self.down(&child, &condition(edge), last);
            last.pop();
        }
    }

    fn up(&mut self, node: &Upward<'a>, note: &str, last: &mut Vec<bool>) {
        let graph = self.graph;
        let package = graph.package(node.at);
        let within = node.within.and(&package.marker);
        let mut above = Vec::new();
        for (from, edge) in graph.dependents(node.at) {
            let asked = edge.requirement.extras.iter();
            let here = within.and(&edge.marker);
            let asks = node
                .asked
                .is_none_or(|extra| asked.clone().any(|one| one == extra));
            if asks && !here.is_false() {
                above.push((from, edge, here));
            }
        }
        let lines = above.iter();
        let lines = lines.map(|(from, edge, _)| (*from, edge.requirement.to_string()));
        let title = format!(
            "{}{} {}",
            package.name,
            bracketed(&package.extras),
            package.version
        );
        let drawn = (node.at, lines.collect());
        if !self.enter(drawn, &format!("{title}{note}"), last) {
            return;
        }
        let count = above.len();
        for (nth, (from, edge, here)) in above.into_iter().enumerate() {
            last.push(nth + 1 == count);
            match from {
                None => {
                    self.indent(last);
                    self.line(format_args!("requirement `{}`", edge.requirement));
                }
                Some(at) => {
                    let source = &edge.requirement.source;
                    let note = format!("  {}{source}{}", edge.requirement.name, condition(edge));
                    let parent = Upward {
                        at,
                        asked: edge.extra,
                        within: here,
                    };
                    self.up(&parent, &note, last);
                }
            }
            last.pop();
        }
    }

    /// Draws a package's line. Gives whether what is below it is to be drawn too.
    fn enter(&mut self, drawn: Drawn, title: &str, last: &[bool]) -> bool {
        let is_deep = self.depth.is_some_and(|depth| last.len() >= depth);
        // A package whose dependencies were too deep to be drawn gets them where it occurs again.
        let again = !drawn.1.is_empty() && !is_deep && !self.seen.insert(drawn);
        let again_mark = if again { " (*)" } else { "" };
        self.indent(last);
        self.line(format_args!("{title}{again_mark}"));
        !again && !is_deep
    }

    fn indent(&mut self, last: &[bool]) {
        let Some((&is_last, above)) = last.split_last() else {
            return;
        };
        for &done in above {
            self.out.push_str(if done { "    " } else { "│   " });
        }
        self.out.push_str(if is_last { "└── " } else { "├── " });
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{text}");
    }
}

fn condition(edge: &Edge<'_>) -> String {
    let extra = edge.extra.map(|extra| format!("  (extra {extra})"));
    let extra = extra.unwrap_or_default();
    if edge.marker.is_true() || edge.requirement.marker.is_true() {
        return extra;
    }
    format!("{extra}  where {}", edge.marker)
}

fn bracketed(extras: &[ExtraName]) -> String {
    if extras.is_empty() {
        return String::new();
    }
    let extras: Vec<&str> = extras.iter().map(ExtraName::as_str).collect();
    format!("[{}]", extras.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::small;

    fn lock() -> Lock {
        small(
            &["a[x]>=1", "b"],
            &[
                "a[x] 1 : c>2 & d ; extra == 'x'",
                "b 2 : a & d ; sys_platform == 'win32'",
                "c 3 : d",
                "d 1",
            ],
        )
    }

    #[track_caller]
    fn check(invert: &[&str], depth: Option<usize>) -> String {
        let invert = invert.iter().map(|name| name.parse().unwrap()).collect();
        tree(&lock(), &TreeOptions { invert, depth })
    }

    #[test]
    fn down() {
        insta::assert_snapshot!(check(&[], None), @"
        a[x] 1  `a[x]>=1`
        ├── c 3
        │   └── d 1
        └── d 1  (extra x)
        b 2  `b`
        ├── a 1
        │   └── c 3 (*)
        └── d 1  where sys_platform == 'win32'
        ");
        insta::assert_snapshot!(check(&[], Some(0)), @"
        a[x] 1  `a[x]>=1`
        b 2  `b`
        ");
    }

    #[test]
    fn up() {
        insta::assert_snapshot!(check(&["d"], None), @"
        d 1
        ├── a[x] 1  d  (extra x)
        │   └── requirement `a[x]>=1`
        ├── b 2  d  where sys_platform == 'win32'
        │   └── requirement `b`
        └── c 3  d
            └── a[x] 1  c>2
                ├── requirement `a[x]>=1`
                └── b 2  a (*)
        ");
    }
}
