//! Which package is decided next: first met first, exact versions and direct references before,
//! and what keeps clashing moved forward or back.

use std::cmp::Reverse;

use model::{PackageName, VersionRange};
use pubgrub::{Id, State};
use rustc_hash::FxHashMap;

use crate::dependencies::DependencyMap;
use crate::package::{Priority, SolverPackage, Types};

/// From how many conflicts on a package changes its place.
const CONFLICT_THRESHOLD: u32 = 5;

/// The priorities of all packages met, by project.
#[derive(Debug, Clone, Default)]
pub(crate) struct Priorities(FxHashMap<PackageName, Priority>);

impl Priorities {
    /// Takes note of a dependency on `name`.
    pub(crate) fn insert(&mut self, name: &PackageName) {
        self.raise(name, Priority::Unspecified);
    }

    /// Takes note of a dependency on `name`, which a direct reference gives.
    pub(crate) fn insert_direct(&mut self, name: &PackageName) {
        self.raise(name, Priority::Direct);
    }

    /// The priority of a package of which the versions in `range` are left; the project goes
    /// before its extras.
    pub(crate) fn get(&self, package: &SolverPackage, range: &VersionRange) -> (Priority, bool) {
        let Some(name) = package.name() else {
            return (Priority::Root, true);
        };
        let known = self.0.get(name).copied();
        // What nothing was seen to depend on yet is the last.
        let next = Reverse(self.0.len());
        let known = known.unwrap_or(Priority::Unspecified(next));
        let priority = if range.as_singleton().is_some() || is_one_public_version(range) {
            known.max(Priority::Singleton(known.index()))
        } else {
            known
        };
        (priority, matches!(package, SolverPackage::Base(_)))
    }

    fn raise(&mut self, name: &PackageName, class: fn(Reverse<usize>) -> Priority) -> bool {
        let next = self.0.len();
        let old = self.0.get(name).copied();
        let new = class(old.map_or(Reverse(next), Priority::index));
        if old.is_some_and(|old| old >= new) {
            return false;
        }
        self.0.insert(name.clone(), new);
        true
    }
}

impl Priority {
    fn index(self) -> Reverse<usize> {
        match self {
            Self::Unspecified(index)
            | Self::ConflictLate(index)
            | Self::ConflictEarly(index)
            | Self::Singleton(index)
            | Self::Direct(index) => index,
            Self::Root => Reverse(0),
        }
    }
}

/// `==1.0` contains the local versions of 1.0 too, so it is no singleton.
fn is_one_public_version(range: &VersionRange) -> bool {
    use std::ops::Bound::{Excluded, Included};
    let mut segments = range.iter();
    match (segments.next(), segments.next()) {
        (Some((Included(low), Excluded(high))), None) => {
            high.only_release() == low.only_release() && (high.is_post() || high.is_dev())
        }
        _ => false,
    }
}

/// How often packages clashed.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConflictTracker {
    affected: FxHashMap<Id<SolverPackage>, u32>,
    culprit: FxHashMap<Id<SolverPackage>, u32>,
    /// What was rejected often, with what rejected it last.
    early: Vec<(Id<SolverPackage>, Vec<Id<SolverPackage>>)>,
    late: Vec<Id<SolverPackage>>,
}

impl ConflictTracker {
    /// Takes note that a version of `affected` was made unusable by `culprits`.
    pub(crate) fn record(
        &mut self,
        affected: Id<SolverPackage>,
        culprits: impl Iterator<Item = Id<SolverPackage>>,
    ) {
        let culprits: Vec<_> = culprits.filter(|culprit| *culprit != affected).collect();
        for culprit in &culprits {
            if reaches_threshold(&mut self.culprit, *culprit) {
                self.late.push(*culprit);
            }
        }
        if reaches_threshold(&mut self.affected, affected) {
            self.early.push((affected, culprits));
        }
    }

    /// Changes the places of packages that clashed often, and goes back to before the culprits
    /// were decided: else what they reject is tried down to a version so old that it does not
    /// know them.
    pub(crate) fn apply(
        &mut self,
        state: &mut State<Types>,
        priorities: &mut Priorities,
        dependencies: &DependencyMap,
    ) {
        for (package, culprits) in self.early.drain(..) {
            if raise(package, Priority::ConflictEarly, state, priorities) {
                let is_culprit = |name: &PackageName| {
                    let mut names = culprits.iter().map(|id| state.package_store[*id].name());
                    names.any(|culprit| culprit == Some(name))
                };
                for name in dependents(state.package_store[package].name(), dependencies) {
                    if !is_culprit(&name) {
                        priorities.raise(&name, Priority::ConflictEarly);
                    }
                }
                for culprit in culprits {
                    raise(culprit, Priority::ConflictLate, state, priorities);
                    state.backtrack_package(culprit);
                }
            }
        }
        for package in self.late.drain(..) {
            if raise(package, Priority::ConflictLate, state, priorities) {
                state.backtrack_package(package);
            }
        }
    }
}

/// The projects that are known to lead to `name`: it is not met before they are decided.
fn dependents(name: Option<&PackageName>, dependencies: &DependencyMap) -> Vec<PackageName> {
    let mut found: Vec<PackageName> = name.into_iter().cloned().collect();
    let mut at = 0;
    while let Some(name) = found.get(at).cloned() {
        at += 1;
        for ((package, _), required) in dependencies {
            if let Some(dependent) = package.name()
                && !found.contains(dependent)
                && required.iter().any(|requirement| requirement.name == name)
            {
                found.push(dependent.clone());
            }
        }
    }
    found
}

/// Whether the package's place changes.
fn raise(
    package: Id<SolverPackage>,
    class: fn(Reverse<usize>) -> Priority,
    state: &State<Types>,
    priorities: &mut Priorities,
) -> bool {
    let name = state.package_store[package].name();
    name.is_some_and(|name| priorities.raise(name, class))
}

fn reaches_threshold(
    counts: &mut FxHashMap<Id<SolverPackage>, u32>,
    package: Id<SolverPackage>,
) -> bool {
    let count = counts.entry(package).or_default();
    *count += 1;
    if *count < CONFLICT_THRESHOLD {
        return false;
    }
    *count = 0;
    true
}
