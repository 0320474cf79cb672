//! Draws a lock as a tree, down from the requirements or up from a package.

use std::collections::HashSet;
use std::fmt::Write as _;

use model::{ExtraName, Lock, PackageName};

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
        graph: &graph,
        depth: options.depth,
        out: String::new(),
    };
    if options.invert.is_empty() {
        for edge in graph.roots() {
            for &at in &edge.to {
                let note = format!("  `{}`", edge.requirement);
                drawing.down(at, &note, &mut Vec::new());
            }
        }
    } else {
        let starts = options
            .invert
            .iter()
            .flat_map(|name| graph.find(name.as_str()));
        for &at in starts {
            drawing.up((at, None), "", &mut Vec::new());
        }
    }
    drawing.out
}

/// A package, by position, and the extra of it that requires what is drawn.
type Node<'a> = (usize, Option<&'a ExtraName>);

struct Drawing<'a> {
    graph: &'a LockGraph<'a>,
    seen: HashSet<Node<'a>>,
    depth: Option<usize>,
    out: String,
}

impl<'a> Drawing<'a> {
    fn down(&mut self, at: usize, note: &str, last: &mut Vec<bool>) {
        let graph = self.graph;
        let children: Vec<(usize, &Edge<'a>)> = graph
            .dependencies(at)
            .iter()
            .flat_map(|edge| edge.to.iter().map(move |&to| (to, edge)))
            .collect();
        if !self.enter((at, None), note, children.len(), last) {
            return;
        }
        let count = children.len();
        for (nth, (child, edge)) in children.into_iter().enumerate() {
            last.push(nth + 1 == count);
            self.down(child, &condition(edge), last);
            last.pop();
        }
    }

    /// `asked` is the extra of this package that requires what is drawn above it.
    fn up(&mut self, (at, asked): Node<'a>, note: &str, last: &mut Vec<bool>) {
        let asks =
            |edge: &Edge<'_>| asked.is_none_or(|extra| edge.requirement.extras.contains(extra));
        let graph = self.graph;
        let parents = graph.dependents(at).filter(|(_, edge)| asks(edge));
        let parents: Vec<(Option<usize>, &Edge<'a>)> = parents.collect();
        if !self.enter((at, asked), note, parents.len(), last) {
            return;
        }
        let count = parents.len();
        for (nth, (parent, edge)) in parents.into_iter().enumerate() {
            last.push(nth + 1 == count);
            match parent {
                None => {
                    self.indent(last);
                    self.line(format_args!("requirement `{}`", edge.requirement));
                }
                Some(parent) => {
                    let source = &edge.requirement.source;
                    let note = format!("  {}{source}{}", edge.requirement.name, condition(edge));
                    self.up((parent, edge.extra), &note, last);
                }
            }
            last.pop();
        }
    }

    /// Draws a package's line. Gives whether its dependencies are to be drawn too.
    fn enter(&mut self, node: Node<'a>, note: &str, below: usize, last: &[bool]) -> bool {
        let package = self.graph.package(node.0);
        let is_deep = self.depth.is_some_and(|depth| last.len() >= depth);
        // A package whose dependencies were too deep to be drawn gets them where it occurs again.
        let again = below > 0 && !is_deep && !self.seen.insert(node);
        let again_mark = if again { " (*)" } else { "" };
        self.indent(last);
        self.line(format_args!(
            "{}{} {}{note}{again_mark}",
            package.name,
            bracketed(&package.extras),
            package.version
        ));
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
        ├── a[x] 1 (*)
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
