//! In which environments of a part each chosen package is really needed.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;

use model::{Marker, PackageName};
use rustc_hash::FxHashMap;

use crate::fork::Solution;
use crate::package::Package;

/// The environments, relative to the part, in which each package of `solution` is needed.
///
/// A package is needed where something needed requires it; what is never needed is left out.
pub(crate) fn reach(solution: &Solution) -> FxHashMap<Package, Marker> {
    let mut reach = FxHashMap::<Package, Marker>::default();
    // What each package in the queue is newly known to be needed for.
    let mut news = FxHashMap::<Package, Marker>::default();
    news.insert(Package::Root, Marker::TRUE);
    let mut queue = VecDeque::from([Package::Root]);
    while let Some(package) = queue.pop_front() {
        let Some(new) = news.remove(&package) else {
            continue;
        };
        let old = reach.entry(package.clone()).or_insert(Marker::FALSE);
        let all = old.or(&new);
        if all == *old || all.is_same_set(old) {
            continue;
        }
        *old = all;
        let mut pass = |package: Package, marker: &Marker| match news.entry(package) {
            Entry::Occupied(mut known) => *known.get_mut() = known.get().or(marker),
            Entry::Vacant(free) => {
                queue.push_back(free.key().clone());
                free.insert(marker.clone());
            }
        };
        let Some((_, edges)) = solution.chosen.get(&package) else {
            continue;
        };
        for edge in edges.iter() {
            if solution.part.excludes(&edge.marker) {
                continue;
            }
            let marker = new.and(&edge.marker);
            if solution.part.excludes(&marker) {
                continue;
            }
            for extra in &edge.extras {
                pass(Package::Extra(edge.name.clone(), extra.clone()), &marker);
            }
            pass(Package::Base(edge.name.clone()), &marker);
        }
        if let Package::Extra(name, _) = &package {
            pass(Package::Base(name.clone()), &new);
        }
    }
    reach.remove(&Package::Root);
    reach
}

/// The environments in which the project itself is needed.
pub(crate) fn of_projects(
    reach: &FxHashMap<Package, Marker>,
) -> impl Iterator<Item = (&PackageName, &Marker)> {
    reach.iter().filter_map(|(package, marker)| match package {
        Package::Base(name) => Some((name, marker)),
        Package::Root | Package::Extra(..) => None,
    })
}
