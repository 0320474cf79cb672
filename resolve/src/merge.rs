//! Joins the solutions of the parts to one resolution.

use std::collections::BTreeMap;

use model::{
    ExtraName, Marker, PackageName, PackageSource, Requirement, Resolution, ResolutionNode, Version,
};
use rustc_hash::FxHashMap;

use crate::package::SolverPackage;
use crate::part::UniversePart;
use crate::pins::Pins;
use crate::reach::reach;
use crate::solution::Solution;

type Key = (PackageName, Version, PackageSource);

#[derive(Default)]
struct Collected {
    needed: Option<Marker>,
    base: Vec<Requirement>,
    extras: BTreeMap<ExtraName, Vec<Requirement>>,
}

/// Joins the solutions of all parts to one resolution.
///
/// One set of environments can be written as many markers. A marker of the same set as in the lock
/// is written as it was there. `source` says where the files of a project come from, for projects
/// without a direct reference.
pub(crate) fn merge<E>(
    solutions: &[Solution],
    universe: &Marker,
    pins: &Pins,
    source: impl Fn(&PackageName) -> Result<PackageSource, E>,
) -> Result<Resolution, E> {
    let mut collected = BTreeMap::<Key, Collected>::new();
    let mut needed = Vec::with_capacity(solutions.len());
    for solution in solutions {
        let mut versions = Versions::default();
        for (package, marker) in reach(solution, &solution.part) {
            let Some((version, dependencies)) = solution.chosen.get(&package) else {
                continue;
            };
            versions.0.insert(package.clone(), version);
            let Some(name) = package.name() else {
                continue;
            };
            let source = match solution.direct.get(name) {
                Some(direct) => direct.source.clone(),
                None => source(name)?,
            };
            let node = collected
                .entry((name.clone(), version.clone(), source))
                .or_default();
            match &package {
                SolverPackage::Extra(_, extra) => {
                    node.extras.insert(extra.clone(), dependencies.to_vec());
                }
                SolverPackage::Base(_) | SolverPackage::Root => {
                    let here = solution.part.marker.and(&marker);
                    let before = node.needed.take().unwrap_or(Marker::FALSE);
                    node.needed = Some(before.or(&here));
                    node.base = dependencies.to_vec();
                }
            }
        }
        needed.push((&solution.part, versions));
    }
    let mut simplifier = Simplifier {
        universe,
        known: FxHashMap::default(),
        within: FxHashMap::default(),
        sets: FxHashMap::default(),
    };
    let nodes: Vec<ResolutionNode> = collected
        .into_iter()
        .map(|((name, version, source), node)| ResolutionNode {
            marker: simplifier.as_locked(
                &node.needed.unwrap_or(Marker::FALSE),
                pins.markers(&name, &version),
            ),
            name,
            version,
            source,
            extras: node.extras.keys().cloned().collect(),
            dependencies: dependencies(&node.base, &node.extras, &mut simplifier),
        })
        .collect();
    let is_locked = |node: &ResolutionNode| {
        let mut locked = pins.markers(&node.name, &node.version);
        locked.any(|marker| *marker == node.marker)
    };
    // Parts can be joined in several ways: those of the lock hold where nothing else differs.
    let is_lock = nodes.len() == pins.len() && nodes.iter().all(is_locked);
    let locked = pins.forks();
    let forks = match is_lock && locked.iter().all(|fork| is_one(fork, &needed)) {
        true => locked.to_vec(),
        false => forks(&needed, locked, &mut simplifier),
    };
    Ok(Resolution { nodes, forks })
}

fn dependencies(
    base: &[Requirement],
    extras: &BTreeMap<ExtraName, Vec<Requirement>>,
    simplifier: &mut Simplifier<'_>,
) -> Vec<Requirement> {
    let mut all = Vec::new();
    for requirement in base {
        all.extend(simplifier.requirement(requirement));
    }
    for (extra, requirements) in extras {
        let asked = Marker::extra(extra);
        for requirement in requirements.iter().filter(|r| !base.contains(r)) {
            all.extend(
                simplifier
                    .requirement(requirement)
                    .map(|requirement| Requirement {
                        marker: requirement.marker.and(&asked),
                        ..requirement
                    }),
            );
        }
    }
    all.sort();
    all.dedup();
    all
}

/// Simplifies markers within the universe, and remembers the results, as most markers occur many
/// times.
struct Simplifier<'a> {
    universe: &'a Marker,
    known: FxHashMap<Marker, Marker>,
    /// The part of the universe in which a marker holds; `None` if that is all of it.
    within: FxHashMap<Marker, Option<Marker>>,
    /// The markers of packages, by the set of their environments.
    sets: FxHashMap<Marker, Marker>,
}

impl Simplifier<'_> {
    fn simplify(&mut self, marker: &Marker) -> Marker {
        if marker.is_true() || marker.is_false() {
            return marker.clone();
        }
        self.known
            .entry(marker.clone())
            .or_insert_with(|| marker.simplify_within(self.universe))
            .clone()
    }

    /// The first marker in `locked` that is the same set within the universe; if none is, `marker`
    /// simplified. What is needed everywhere has none.
    fn as_locked<'m>(
        &mut self,
        marker: &Marker,
        mut locked: impl Iterator<Item = &'m Marker>,
    ) -> Marker {
        let within = self.within.entry(marker.clone()).or_insert_with(|| {
            let set = marker.and(self.universe);
            (!set.is_same_set(self.universe)).then_some(set)
        });
        let Some(set) = within.clone() else {
            return Marker::TRUE;
        };
        match locked.find(|locked| locked.and(self.universe).is_same_set(&set)) {
            Some(locked) => locked.clone(),
            // All markers of one set are written as the first of them.
            None => self
                .sets
                .entry(set)
                .or_insert_with(|| marker.simplify_within(self.universe))
                .clone(),
        }
    }

    /// The requirement with its marker simplified; `None` where the universe never needs it.
    fn requirement(&mut self, requirement: &Requirement) -> Option<Requirement> {
        let marker = self.simplify(&requirement.marker);
        (!marker.is_false()).then(|| Requirement {
            marker,
            ..requirement.clone()
        })
    }
}

/// The parts that have to stay separate: parts that agree on every version are joined.
fn forks(
    solutions: &[(&UniversePart, Versions<'_>)],
    locked: &[Marker],
    simplifier: &mut Simplifier<'_>,
) -> Vec<Marker> {
    let mut groups: Vec<(Versions<'_>, Marker)> = Vec::new();
    for (part, versions) in solutions {
        match groups.iter_mut().find(|(group, _)| group.agrees(versions)) {
            Some((group, marker)) => {
                group.extend(versions);
                *marker = marker.or(&part.marker);
            }
            None => groups.push((versions.clone(), part.marker.clone())),
        }
    }
    if groups.len() < 2 {
        return Vec::new();
    }
    if groups.len() == locked.len() && locked.iter().all(|fork| is_one(fork, solutions)) {
        return locked.to_vec();
    }
    let mut forks: Vec<Marker> = groups
        .iter()
        .map(|(_, marker)| simplifier.simplify(marker))
        .collect();
    forks.sort_by_cached_key(ToString::to_string);
    forks
}

/// Whether the parts that lie in `fork` agree on every version.
fn is_one(fork: &Marker, solutions: &[(&UniversePart, Versions<'_>)]) -> bool {
    let mut all = Versions::default();
    solutions
        .iter()
        .filter(|(part, _)| !part.excludes(fork))
        .all(|(_, versions)| {
            let agrees = all.agrees(versions);
            all.extend(versions);
            agrees
        })
}

/// The versions that a part needs.
#[derive(Clone, Default)]
struct Versions<'a>(FxHashMap<SolverPackage, &'a Version>);

impl<'a> Versions<'a> {
    fn agrees(&self, other: &Self) -> bool {
        let mut others = other.0.iter();
        others.all(|(package, version)| self.0.get(package).is_none_or(|known| known == version))
    }

    fn extend(&mut self, other: &Self) {
        let others = other.0.iter();
        self.0
            .extend(others.map(|(package, version)| (package.clone(), *version)));
    }
}
