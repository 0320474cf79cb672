//! In which environments of a part each chosen package is really needed.

use model::{Marker, PackageName};
use rustc_hash::FxHashMap;

use crate::fork::Solution;
use crate::package::Package;

/// The environments, relative to the part, in which each package of `solution` is needed.
///
/// A package is needed where something needed requires it; what is never needed is left out.
pub(crate) fn reach(solution: &Solution) -> FxHashMap<Package, Marker> {
    let mut reach = FxHashMap::<Package, Marker>::default();
    let mut queue = vec![(Package::Root, Marker::TRUE)];
    while let Some((package, marker)) = queue.pop() {
        let old = reach.get(&package).cloned().unwrap_or(Marker::FALSE);
        let new = old.or(&marker);
        if new == old || new.is_same_set(&old) {
            continue;
        }
        let first = old.is_false();
        reach.insert(package.clone(), new.clone());
        // What a growing set adds is enough to pass on, the whole set is simpler to compare.
        let passed = if first { marker } else { new };
        let Some((_, edges)) = solution.chosen.get(&package) else {
            continue;
        };
        for edge in edges.iter() {
            if edge.marker.is_disjoint(&solution.part.environments) {
                continue;
            }
            let marker = passed.and(&edge.marker);
            if marker.is_disjoint(&solution.part.environments) {
                continue;
            }
            for extra in &edge.extras {
                let extra = Package::Extra(edge.name.clone(), extra.clone());
                queue.push((extra, marker.clone()));
            }
            queue.push((Package::Base(edge.name.clone()), marker));
        }
        if let Package::Extra(name, _) = &package {
            queue.push((Package::Base(name.clone()), passed));
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
