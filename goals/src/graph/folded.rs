//! A part of the target graph that people can read: targets folded to folders, and cycles found.

use std::collections::{BTreeMap, BTreeSet};

use targets::{TargetGraph, TargetId};

use crate::error::GoalError;

/// Folders with the dependencies between their targets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoldedGraph {
    /// The folders, sorted by their names.
    pub folders: Vec<GraphFolder>,
    /// From one folder to another: how many dependencies there are.
    pub edges: BTreeMap<(usize, usize), usize>,
}

/// A folder with the targets in it and below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphFolder {
    /// Its path, and `(root)` for the top.
    pub name: String,
    /// How many targets are folded.
    pub targets: usize,
    /// The cycle that it is in, counted from 0.
    pub cycle: Option<usize>,
}

/// More folders than this are folded into those above them.
const MOST_FOLDERS: usize = 40;
/// What the name of the root's folder is.
const ROOT: &str = "(root)";

impl FoldedGraph {
    /// Folds targets, as deep as a picture can be read.
    ///
    /// # Errors
    /// A dependency that is not there.
    pub fn of(graph: &TargetGraph<'_>, ids: &[TargetId]) -> Result<Self, GoalError> {
        let ids: BTreeSet<TargetId> = ids.iter().copied().collect();
        let address = |id: TargetId| &*graph.target(id).address;
        let mut edges = Vec::new();
        for id in &ids {
            for other in graph.dependencies(*id)? {
                if ids.contains(&other) {
                    edges.push((address(*id), address(other)));
                }
            }
        }
        let addresses: Vec<&str> = ids.iter().map(|id| address(*id)).collect();
        Ok(Self::fold(&addresses, &edges))
    }

    fn fold(addresses: &[&str], edges: &[(&str, &str)]) -> Self {
        let deepest = addresses.iter().map(|one| folder(one).split('/').count());
        let mut depth = deepest.max().unwrap_or(1);
        let names = |depth: usize| -> BTreeMap<String, usize> {
            let mut names = BTreeMap::new();
            for address in addresses {
                *names.entry(at_depth(address, depth)).or_insert(0) += 1;
            }
            names
        };
        while depth > 1 && names(depth).len() > MOST_FOLDERS {
            depth -= 1;
        }
        let names = names(depth);
        let at: BTreeMap<&str, usize> = names.keys().map(String::as_str).zip(0..).collect();
        let mut folded = BTreeMap::new();
        for (from, to) in edges {
            let (from, to) = (at_depth(from, depth), at_depth(to, depth));
            if from != to {
                *folded
                    .entry((at[from.as_str()], at[to.as_str()]))
                    .or_insert(0) += 1;
            }
        }
        let cycles = cycles(names.len(), &folded);
        let folder = |(at, (name, targets)): (usize, (&String, &usize))| GraphFolder {
            name: name.clone(),
            targets: *targets,
            cycle: cycles.iter().position(|cycle| cycle.contains(&at)),
        };
        Self {
            folders: names.iter().enumerate().map(folder).collect(),
            edges: folded,
        }
    }

    /// The layer of each folder: behind all that depend on it, cycles aside.
    pub fn layers(&self) -> Vec<usize> {
        let count = self.folders.len();
        let mut layers = vec![0_usize; count];
        let in_one_cycle = |a: usize, b: usize| {
            self.folders[a].cycle.is_some() && self.folders[a].cycle == self.folders[b].cycle
        };
        // The longest path has fewer steps than there are folders.
        for _ in 0..count {
            let mut has_moved = false;
            for (from, to) in self.edges.keys().copied() {
                let next = match in_one_cycle(from, to) {
                    true => layers[from],
                    false => layers[from] + 1,
                };
                if layers[to] < next {
                    layers[to] = next;
                    has_moved = true;
                }
            }
            if !has_moved {
                break;
            }
        }
        layers
    }
}

/// The folder of an address: `src/app` of `src/app/main.py:lib` and of `src/app:lib`.
fn folder(address: &str) -> &str {
    let path = address.trim_start_matches("//");
    let end = path.find([':', '#', '@']).unwrap_or(path.len());
    let is_file = path[..end]
        .rsplit('/')
        .next()
        .is_some_and(|name| name.contains('.'));
    match (is_file, path[..end].rsplit_once('/')) {
        (true, Some((folder, _))) => folder,
        (true, None) => "",
        (false, _) => &path[..end],
    }
}

fn at_depth(address: &str, depth: usize) -> String {
    let folder = folder(address);
    match folder {
        "" => ROOT.to_owned(),
        folder => folder.split('/').take(depth).collect::<Vec<_>>().join("/"),
    }
}

/// Sets of two or more nodes that all reach each other.
fn cycles(count: usize, edges: &BTreeMap<(usize, usize), usize>) -> Vec<BTreeSet<usize>> {
    let reach = |start: usize| {
        let mut seen = BTreeSet::new();
        let mut open = vec![start];
        while let Some(from) = open.pop() {
            let next = edges.keys().filter(|(source, _)| *source == from);
            open.extend(next.map(|(_, to)| *to).filter(|to| seen.insert(*to)));
        }
        seen
    };
    let reached: Vec<BTreeSet<usize>> = (0..count).map(reach).collect();
    let mut found: Vec<BTreeSet<usize>> = Vec::new();
    for node in 0..count {
        let with = |other: &usize| reached[*other].contains(&node);
        let cycle: BTreeSet<usize> = reached[node].iter().copied().filter(with).collect();
        if cycle.len() > 1 && !found.contains(&cycle) {
            found.push(cycle);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(addresses: &[&str], edges: &[(&str, &str)]) -> String {
        let graph = FoldedGraph::fold(addresses, edges);
        let layers = graph.layers();
        let folders = graph.folders.iter().zip(layers).map(|(folder, layer)| {
            let cycle = folder
                .cycle
                .map_or(String::new(), |at| format!(" cycle {at}"));
            format!("{layer} {} {}{cycle}", folder.name, folder.targets)
        });
        let edges = graph.edges.iter().map(|((from, to), count)| {
            let name = |at: &usize| &graph.folders[*at].name;
            format!("{} -> {} {count}", name(from), name(to))
        });
        folders.chain(edges).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn folders_layers_and_cycles() {
        let addresses = [
            "src/a/x.py",
            "src/a:dist",
            "src/b/y.py:lib",
            "src/c:c",
            "//:reqs#six",
        ];
        let edges = [
            ("src/a:dist", "src/a/x.py"),
            ("src/a/x.py", "src/b/y.py:lib"),
            ("src/b/y.py:lib", "src/c:c"),
            ("src/c:c", "src/b/y.py:lib"),
            ("src/c:c", "//:reqs#six"),
            ("src/a/x.py", "//:reqs#six"),
        ];
        insta::assert_snapshot!(check(&addresses, &edges), @"
        2 (root) 1
        0 src/a 2
        1 src/b 1 cycle 0
        1 src/c 1 cycle 0
        src/a -> (root) 1
        src/a -> src/b 1
        src/b -> src/c 1
        src/c -> (root) 1
        src/c -> src/b 1
        ");
    }

    #[test]
    fn many_folders_are_folded() {
        let addresses: Vec<String> = (0..100)
            .map(|n| format!("src/p{}/m{n}/a.py", n % 7))
            .collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        assert_eq!(FoldedGraph::fold(&addresses, &[]).folders.len(), 7);
    }
}
