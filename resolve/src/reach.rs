//! In which environments of a part each chosen package is really needed.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;

use model::{Marker, PackageName};
use rustc_hash::FxHashMap;

use crate::package::SolverPackage;
use crate::part::UniversePart;
use crate::solution::Solution;

/// The environments, relative to `part`, in which each package of `solution` is needed. The part is
/// the solution's or another.
///
/// A package is needed where a needed package requires it. A package that is needed nowhere is left
/// out.
pub(crate) fn reach(solution: &Solution, part: &UniversePart) -> FxHashMap<SolverPackage, Marker> {
    let mut reach = FxHashMap::<SolverPackage, Marker>::default();
    // Environments in which each package in the queue was just found to be needed.
    let mut news = FxHashMap::<SolverPackage, Marker>::default();
    news.insert(SolverPackage::Root, Marker::TRUE);
    let mut queue = VecDeque::from([SolverPackage::Root]);
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
        let mut pass = |package: SolverPackage, marker: &Marker| match news.entry(package) {
            Entry::Occupied(mut known) => *known.get_mut() = known.get().or(marker),
            Entry::Vacant(free) => {
                queue.push_back(free.key().clone());
                free.insert(marker.clone());
            }
        };
        let Some((_, dependencies)) = solution.chosen.get(&package) else {
            continue;
        };
        for dependency in dependencies.iter() {
            if part.excludes(&dependency.marker) {
                continue;
            }
            let marker = new.and(&dependency.marker);
            if part.excludes(&marker) {
                continue;
            }
            let name = &dependency.name;
            for extra in &dependency.extras {
                pass(SolverPackage::Extra(name.clone(), extra.clone()), &marker);
            }
            pass(SolverPackage::Base(name.clone()), &marker);
        }
        if let SolverPackage::Extra(name, _) = &package {
            pass(SolverPackage::Base(name.clone()), &new);
        }
    }
    reach.remove(&SolverPackage::Root);
    reach
}

/// The environments in which the project itself is needed.
pub(crate) fn of_projects(
    reach: &FxHashMap<SolverPackage, Marker>,
) -> impl Iterator<Item = (&PackageName, &Marker)> {
    reach.iter().filter_map(|(package, marker)| match package {
        SolverPackage::Base(name) => Some((name, marker)),
        SolverPackage::Root | SolverPackage::Extra(..) => None,
    })
}
