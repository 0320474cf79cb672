//! A part without a solution, and what may help: splitting it, starting again, or giving up pins.

use std::sync::Arc;

use model::{Marker, PackageName, Version, VersionRange};
use pubgrub::External;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::conflict::Conflict;
use crate::dependencies::{DependencyMap, named_exactly};
use crate::derivation::{Derivation, Leaf, dependencies_of_leaf, leaves};
use crate::last_resort::LastResort;
use crate::package::SolverPackage;
use crate::part::UniversePart;
use crate::pins::Pins;
use crate::problem::Problem;
use crate::reason::Reason;
use crate::requires_python;

/// A part without a solution.
pub(crate) struct NoSolution {
    pub(crate) part: UniversePart,
    pub(crate) derivation: Derivation,
    pub(crate) dependencies: DependencyMap,
    /// Whether the part became smaller since it began, so that older conclusions may no longer
    /// hold.
    pub(crate) has_shrunk: bool,
}

/// What can be done about a part without a solution.
pub(crate) enum Remedy {
    /// Split it by this marker, since something in the conflict is needed in one half only.
    Split(Marker),
    /// Start again: older conclusions may no longer hold in the smaller part.
    Restart,
    /// Nothing: the conflict is real.
    None,
}

impl NoSolution {
    /// Finds what can be done.
    ///
    /// Each fact of the conflict holds in some environments. If a fact holds in a part of them
    /// only, splitting may help. If a fact holds in no environment of the part, it is left from
    /// before the part became smaller. If every fact holds everywhere in the part, the conflict is
    /// real.
    pub(crate) fn remedy(&self, problem: &Problem) -> Remedy {
        let mut split = None;
        for marker in self.where_facts_hold(problem) {
            if self.part.excludes(&marker) {
                if self.has_shrunk {
                    return Remedy::Restart;
                }
                continue;
            }
            if split.is_none() && !self.part.environments.is_subset(&marker) {
                split = Some(marker);
            }
        }
        split.map_or(Remedy::None, Remedy::Split)
    }

    /// Whether no environment of the part has all the facts together: then the conflict happens
    /// nowhere.
    pub(crate) fn is_nowhere(&self, problem: &Problem) -> bool {
        let environments = self.part.environments.clone();
        let facts = self.where_facts_hold(problem).into_iter();
        facts
            .fold(environments, |all, one| all.and(&one))
            .is_false()
    }

    /// The environments in which each fact of the conflict holds: first of the requirements, then
    /// of the reasons why versions are unusable.
    fn where_facts_hold(&self, problem: &Problem) -> Vec<Marker> {
        let leaves = leaves(&self.derivation);
        let required = leaves.iter().flat_map(|leaf| self.markers(leaf));
        let unusable = leaves.iter().filter_map(|leaf| match leaf {
            External::Custom(package, versions, reason) => match reason {
                Reason::Constraint(at) => problem.constraints().nth(*at).map(|c| c.marker.clone()),
                Reason::NoFile(gap) => Some(gap.environments()),
                Reason::RequiresPython(python) => {
                    Some(requires_python::environments(python).negate())
                }
                Reason::Pinned => Some(problem.pins.marker(package.name()?, versions).negate()),
                _ => None,
            },
            _ => None,
        });
        required.chain(unusable).collect()
    }

    /// The environments in which each version that a leaf is about has the dependency.
    fn markers(&self, leaf: &Leaf) -> Vec<Marker> {
        let mut markers = Vec::<(&Version, Marker)>::new();
        for (version, dependency) in dependencies_of_leaf(&self.dependencies, leaf) {
            let here = &dependency.marker;
            match markers.last_mut() {
                Some((last, marker)) if *last == version => *marker = marker.or(here),
                _ => markers.push((version, here.clone())),
            }
        }
        markers.into_iter().map(|(_, marker)| marker).collect()
    }

    /// The projects whose kept pins take part in the conflict, divided by whether a changed
    /// requirement leads to them, or led to them in the lock. Both are in the order of how near they
    /// are to one: what is near gives way first.
    pub(crate) fn kept_pins(&self, pins: &Pins) -> KeptPins {
        let (mut required, mut beside) = (Neighbours::default(), Neighbours::default());
        for (name, dependency) in self.requirements().chain(pins.requirements()) {
            required.entry(name).or_default().insert(dependency);
            beside.entry(name).or_default().insert(dependency);
            beside.entry(dependency).or_default().insert(name);
        }
        let within = distances(&required, pins.changed());
        let distances = distances(&beside, pins.changed());
        let mut kept = KeptPins::default();
        for leaf in leaves(&self.derivation) {
            if let External::Custom(package, _, Reason::Pinned) = leaf
                && let Some(name) = package.name()
            {
                let side = if within.contains_key(name) {
                    &mut kept.within
                } else {
                    &mut kept.outside
                };
                if !side.contains(name) {
                    side.push(name.clone());
                }
            }
        }
        for side in [&mut kept.within, &mut kept.outside] {
            side.sort_by_cached_key(|name| {
                let distance = distances.get(name).copied();
                (distance.is_none(), distance, name.clone())
            });
        }
        kept
    }

    /// Which project requires which, as far as known.
    fn requirements(&self) -> impl Iterator<Item = (&PackageName, &PackageName)> {
        let known = self.dependencies.iter();
        let known = known.filter_map(|((package, _), all)| Some((package.name()?, all)));
        known.flat_map(|(name, all)| all.iter().map(move |one| (name, &one.name)))
    }

    /// The yanked versions in the conflict that a release in it requires by `==`.
    pub(crate) fn yanked_but_required(&self, problem: &Problem) -> Vec<(PackageName, LastResort)> {
        let leaves = leaves(&self.derivation);
        let required_exactly = |name: &PackageName| {
            let requirements = leaves
                .iter()
                .flat_map(|leaf| dependencies_of_leaf(&self.dependencies, leaf))
                .filter(|(_, requirement)| requirement.name == *name);
            requirements.fold(VersionRange::empty(), |all, (_, requirement)| {
                all.union(&named_exactly(requirement))
            })
        };
        let mut found = Vec::new();
        for leaf in &leaves {
            if let External::Custom(package, yanked, Reason::Yanked) = leaf
                && let Some(name) = package.name()
            {
                let one = LastResort {
                    versions: required_exactly(name).intersection(yanked),
                    environments: self.region(problem),
                };
                if !one.versions.is_empty() {
                    found.push((name.clone(), one));
                }
            }
        }
        found
    }

    /// The environments in which all the facts hold, as far as the part has some of them. The part may be
    /// smaller, for the sake of others.
    fn region(&self, problem: &Problem) -> Marker {
        let facts = self.where_facts_hold(problem).into_iter();
        facts
            .filter(|marker| !self.part.excludes(marker))
            .fold(Marker::TRUE, |all, one| all.and(&one))
    }

    /// The conflict as data, to be explained to the user.
    pub(crate) fn into_conflict(
        self,
        problem: &Problem,
        versions: FxHashMap<PackageName, Arc<[Version]>>,
    ) -> Conflict {
        let region = self.region(problem);
        Conflict {
            environments: region.and(&problem.inputs.universe()),
            region,
            derivation: self.derivation,
            dependencies: self.dependencies,
            versions,
        }
    }

    /// The projects that the conflict is about.
    pub(crate) fn projects(&self) -> Vec<PackageName> {
        let mut names: Vec<PackageName> = self
            .derivation
            .packages()
            .into_iter()
            .filter_map(SolverPackage::name)
            .cloned()
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// The projects next to each project.
type Neighbours<'a> = FxHashMap<&'a PackageName, FxHashSet<&'a PackageName>>;

/// How many steps lie between each project that can be reached and the nearest of `from`.
fn distances<'a>(
    neighbours: &Neighbours<'a>,
    from: &'a FxHashSet<PackageName>,
) -> FxHashMap<&'a PackageName, usize> {
    let mut distances = FxHashMap::default();
    let mut ring: Vec<&PackageName> = from.iter().collect();
    for distance in 0.. {
        ring.retain(|name| !distances.contains_key(name));
        if ring.is_empty() {
            break;
        }
        distances.extend(ring.iter().map(|name| (*name, distance)));
        let next = ring.iter().filter_map(|name| neighbours.get(name));
        ring = next.flatten().copied().collect();
    }
    distances
}

/// The kept pins that take part in a conflict.
#[derive(Debug, Default)]
pub(crate) struct KeptPins {
    /// Pins of projects that a changed requirement leads to.
    pub(crate) within: Vec<PackageName>,
    /// Pins of other projects.
    pub(crate) outside: Vec<PackageName>,
}
