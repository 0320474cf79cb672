//! Why one target depends on another.

use crate::graph::{Graph, TargetId};
use crate::repository::Error;

/// How many paths are listed at most.
const MAX_PATHS: usize = 100;

/// The shortest ways from one of `from` to one of `to`, each from the first to the last target;
/// none if there is no way.
///
/// # Errors
/// A dependency that leads nowhere, a violated visibility rule.
pub fn shortest_paths(
    graph: &Graph<'_>,
    from: &[TargetId],
    to: &[TargetId],
) -> Result<Vec<Vec<TargetId>>, Error> {
    let mut distance: Vec<Option<u32>> = vec![None; graph.all().count()];
    let mut before: Vec<Vec<TargetId>> = vec![Vec::new(); distance.len()];
    let mut wave = from.to_vec();
    for id in from {
        distance[id.index()] = Some(0);
    }
    let mut step = 0;
    while !wave.is_empty() && !wave.iter().any(|id| to.contains(id)) {
        step += 1;
        let mut next = Vec::new();
        for id in wave {
            for other in graph.dependencies(id)? {
                match distance[other.index()] {
                    None => {
                        distance[other.index()] = Some(step);
                        before[other.index()].push(id);
                        next.push(other);
                    }
                    Some(have) if have == step => before[other.index()].push(id),
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

fn walk_back(before: &[Vec<TargetId>], path: Vec<TargetId>, into: &mut Vec<Vec<TargetId>>) {
    let Some(first) = path.last() else { return };
    let parents = &before[first.index()];
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
