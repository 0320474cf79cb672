//! Finds the chains of dependencies between targets.

use crate::error::Error;
use crate::graph::{TargetGraph, TargetId, TargetMap};

/// How many paths are listed at most.
const MAX_PATHS: usize = 100;

/// The shortest ways from one of `from` to one of `to`, each from the first to the last target;
/// none if there is no way.
///
/// # Errors
/// A dependency that leads nowhere, a violated visibility rule.
pub fn shortest_paths(
    graph: &TargetGraph<'_>,
    from: &[TargetId],
    to: &[TargetId],
) -> Result<Vec<Vec<TargetId>>, Error> {
    let mut distance: TargetMap<Option<u32>> = graph.targets().arena().map(|_| None);
    let mut before: TargetMap<Vec<TargetId>> = graph.targets().arena().map(|_| Vec::new());
    let mut wave = from.to_vec();
    for id in from {
        distance[*id] = Some(0);
    }
    let mut step = 0;
    while !wave.is_empty() && !wave.iter().any(|id| to.contains(id)) {
        step += 1;
        let mut next = Vec::new();
        for id in wave {
            for other in graph.dependencies(id)? {
                match distance[other] {
                    None => {
                        distance[other] = Some(step);
                        before[other].push(id);
                        next.push(other);
                    }
                    Some(have) if have == step => before[other].push(id),
                    Some(_) => {}
                }
            }
        }
        wave = next;
    }
    let mut paths = Vec::new();
    for end in wave.iter().filter(|id| to.contains(id)) {
        walk_back(&before, vec![*end], &mut paths);
    }
    paths.sort_unstable();
    Ok(paths)
}

fn walk_back(
    before: &TargetMap<Vec<TargetId>>,
    path: Vec<TargetId>,
    into: &mut Vec<Vec<TargetId>>,
) {
    let Some(first) = path.last() else { return };
    let parents = &before[*first];
    if parents.is_empty() && into.len() < MAX_PATHS {
        into.push(path.into_iter().rev().collect());
        return;
    }
    for parent in parents {
        let mut longer = path.clone();
        longer.push(*parent);
        walk_back(before, longer, into);
        if into.len() >= MAX_PATHS {
            return;
        }
    }
}
