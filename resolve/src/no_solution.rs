//! A part without a solution: whether splitting it, starting again or letting pins go may help.

use std::sync::Arc;

use model::{Marker, PackageName, Version};
use pubgrub::External;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::conflict::Conflict;
use crate::dependencies::DependencyMap;
use crate::derivation::{Derivation, Leaf, dependencies_of_leaf, leaves};
use crate::package::SolverPackage;
use crate::part::UniversePart;
use crate::problem::Problem;
use crate::reason::Reason;
use crate::requires_python;

/// A part without a solution.
pub(crate) struct NoSolution {
    pub(crate) part: UniversePart,
    pub(crate) derivation: Derivation,
    pub(crate) dependencies: DependencyMap,
    /// Whether the part was split since it began, so that what it learned may be out of date.
    pub(crate) has_shrunk: bool,
}

/// What may help a part without a solution.
pub(crate) enum Remedy {
    /// Splitting it by this marker: something in the conflict is needed in one half only.
    Split(Marker),
    /// Starting again: the part has shrunk since it began.
    Restart,
    /// Nothing.
    None,
}

impl NoSolution {
    /// What may help.
    ///
    /// Every fact of the conflict holds in some environments only. Where they are all of the
    /// part, for every fact, the conflict is real; a fact that holds nowhere in it is left from
    /// before the part shrank.
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

    /// Whether there is no environment of the part in which every fact holds: then the conflict
    /// is nowhere.
    pub(crate) fn is_nowhere(&self, problem: &Problem) -> bool {
        let environments = self.part.environments.clone();
        let facts = self.where_facts_hold(problem).into_iter();
        facts
            .fold(environments, |all, one| all.and(&one))
            .is_false()
    }

    /// Where each fact of the conflict holds: requirements first, then what makes versions
    /// unusable.
    fn where_facts_hold(&self, problem: &Problem) -> Vec<Marker> {
        let leaves = leaves(&self.derivation);
        let required = leaves.iter().flat_map(|leaf| self.markers(leaf));
        let unusable = leaves.iter().filter_map(|leaf| match leaf {
            External::Custom(package, versions, reason) => match reason {
                Reason::Constraint(at) => problem.constraints().nth(*at).map(|c| c.marker.clone()),
                Reason::Platform(platform) => Some(platform.marker()),
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

    /// Where each version that a leaf speaks of has the dependency.
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

    /// The projects whose kept pins take part in the conflict: those that what `changed`
    /// leads to first, all others otherwise.
    pub(crate) fn kept_pins(&self, changed: &FxHashSet<PackageName>) -> KeptPins {
        let mut closure = changed.clone();
        let mut queue: Vec<PackageName> = changed.iter().cloned().collect();
        while let Some(name) = queue.pop() {
            for ((package, _), dependencies) in &self.dependencies {
                if package.name() != Some(&name) {
                    continue;
                }
                for dependency in dependencies.iter() {
                    if closure.insert(dependency.name.clone()) {
                        queue.push(dependency.name.clone());
                    }
                }
            }
        }
        let mut pins = KeptPins::default();
        for leaf in leaves(&self.derivation) {
            if let External::Custom(package, _, Reason::Pinned) = leaf
                && let Some(name) = package.name()
            {
                let side = if closure.contains(name) {
                    &mut pins.within
                } else {
                    &mut pins.outside
                };
                side.push(name.clone());
            }
        }
        pins
    }

    /// The conflict, to be told.
    pub(crate) fn into_conflict(
        self,
        problem: &Problem,
        versions: FxHashMap<PackageName, Arc<[Version]>>,
    ) -> Conflict {
        // The part may be smaller, for the sake of others.
        let region = self
            .where_facts_hold(problem)
            .into_iter()
            .filter(|marker| !self.part.excludes(marker))
            .fold(Marker::TRUE, |all, one| all.and(&one));
        Conflict {
            environments: region.and(&problem.inputs.universe()),
            region,
            derivation: self.derivation,
            dependencies: self.dependencies,
            versions,
        }
    }

    /// The projects that the conflict speaks of.
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

/// The kept pins that take part in a conflict.
#[derive(Debug, Default)]
pub(crate) struct KeptPins {
    /// Of projects that what changed leads to.
    pub(crate) within: Vec<PackageName>,
    /// Of others.
    pub(crate) outside: Vec<PackageName>,
}
