//! Which package is decided next. Exact versions and direct references come first, then packages in
//! the order in which they were met; packages that often clash are moved forward or back.

use std::cmp::Reverse;

use model::{PackageName, VersionRange};
use pubgrub::{Id, State};
use rustc_hash::FxHashMap;

use crate::dependencies::DependencyMap;
use crate::package::{Priority, SolverPackage, Types};

/// The number of conflicts after which the priority of a package changes.
const CONFLICT_THRESHOLD: usize = 5;

/// The priorities of all packages met, by project.
#[derive(Debug, Clone, Default)]
pub(crate) struct Priorities {
    of: FxHashMap<PackageName, Priority>,
    /// How many packages were put in front of all others of their class.
    in_front: usize,
}

/// The index of the first package that is met: those put in front of it have lower ones.
const FIRST: usize = usize::MAX / 2;

impl Priorities {
    /// Records that something depends on `name`.
    pub(crate) fn insert(&mut self, name: &PackageName) {
        self.raise(name, Priority::Unspecified);
    }

    /// Records that something depends on `name` by a direct reference.
    pub(crate) fn insert_direct(&mut self, name: &PackageName) {
        self.raise(name, Priority::Direct);
    }

    /// The priority of a package that has the versions in `range` left. The flag puts a project
    /// before its extras.
    pub(crate) fn get(&self, package: &SolverPackage, range: &VersionRange) -> (Priority, bool) {
        let Some(name) = package.name() else {
            return (Priority::Root, true);
        };
        let known = self.of.get(name).copied();
        // A package that nothing is known to depend on comes last.
        let next = Reverse(FIRST + self.of.len());
        let known = known.unwrap_or(Priority::Unspecified(next));
        let priority = if range.as_singleton().is_some() || is_one_public_version(range) {
            known.max(Priority::Singleton(known.index()))
        } else {
            known
        };
        (priority, matches!(package, SolverPackage::Base(_)))
    }

    fn raise(&mut self, name: &PackageName, class: fn(Reverse<usize>) -> Priority) -> bool {
        let next = FIRST + self.of.len();
        let old = self.of.get(name).copied();
        let new = class(old.map_or(Reverse(next), Priority::index));
        if old.is_some_and(|old| old >= new) {
            return false;
        }
        self.of.insert(name.clone(), new);
        true
    }

    /// Puts a package that clashed again in front of the others that clashed.
    fn put_in_front(&mut self, name: &PackageName) {
        self.in_front += 1;
        let index = Reverse(FIRST - self.in_front);
        self.of.insert(name.clone(), Priority::ConflictEarly(index));
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
            Self::Root => Reverse(FIRST),
        }
    }
}

/// Whether the range has one public version. `==1.0` also contains the local versions of 1.0, so
/// PubGrub does not count it as a single version.
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

/// Counts how often packages clashed.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConflictTracker {
    affected: FxHashMap<Id<SolverPackage>, usize>,
    culprit: FxHashMap<Id<SolverPackage>, usize>,
    /// Packages whose versions were often unusable, with those that made them so the last time.
    early: Vec<(Id<SolverPackage>, Vec<Id<SolverPackage>>)>,
    late: Vec<Id<SolverPackage>>,
}

impl ConflictTracker {
    /// Records that `culprits` made this many versions of `affected` unusable.
    pub(crate) fn record(
        &mut self,
        (affected, versions): (Id<SolverPackage>, usize),
        culprits: impl Iterator<Item = Id<SolverPackage>>,
    ) {
        let culprits: Vec<_> = culprits.filter(|culprit| *culprit != affected).collect();
        for culprit in &culprits {
            if reaches_threshold(&mut self.culprit, (*culprit, versions)) {
                self.late.push(*culprit);
            }
        }
        if reaches_threshold(&mut self.affected, (affected, versions)) {
            self.early.push((affected, culprits));
        }
    }

    /// Changes the priorities of packages that clashed often, and goes back to before the culprits
    /// were decided. Otherwise the resolver would try older and older versions of what they reject,
    /// down to one that does not depend on them.
    pub(crate) fn apply(
        &mut self,
        state: &mut State<Types>,
        priorities: &mut Priorities,
        dependencies: &DependencyMap,
    ) {
        for (package, culprits) in self.early.drain(..) {
            if !raise(package, Priority::ConflictEarly, state, priorities) {
                let name = state.package_store[package].name().cloned();
                let mut taken_back = 0;
                for culprit in &culprits {
                    let is_some = take_back_dependents(*culprit, package, state, dependencies);
                    taken_back += usize::from(is_some);
                }
                if let Some(name) = name.filter(|_| taken_back > 0) {
                    priorities.put_in_front(&name);
                }
            } else {
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
                    if state.backtrack_package(culprit).is_none() {
                        take_back_dependents(culprit, package, state, dependencies);
                    }
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

/// Goes back to before the first package was decided that leads to `culprit`, which is not decided
/// itself: what is required of it made versions of `affected` unusable. Gives whether there are any.
fn take_back_dependents(
    culprit: Id<SolverPackage>,
    affected: Id<SolverPackage>,
    state: &mut State<Types>,
    dependencies: &DependencyMap,
) -> bool {
    let own = dependents(state.package_store[affected].name(), dependencies);
    let leading = dependents(state.package_store[culprit].name(), dependencies);
    let ids: Vec<Id<SolverPackage>> = state
        .partial_solution
        .extract_solution()
        .map(|(id, _)| id)
        .filter(|id| {
            let name = state.package_store[*id].name();
            name.is_some_and(|name| leading.contains(name) && !own.contains(name))
        })
        .collect();
    for id in &ids {
        state.backtrack_package(*id);
    }
    !ids.is_empty()
}

/// The projects that depend on `name`, directly or not, as far as known: they are decided before
/// `name` is met.
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

/// Raises the priority of a package; whether it changed.
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
    counts: &mut FxHashMap<Id<SolverPackage>, usize>,
    (package, versions): (Id<SolverPackage>, usize),
) -> bool {
    let count = counts.entry(package).or_default();
    *count += versions;
    if *count < CONFLICT_THRESHOLD {
        return false;
    }
    *count = 0;
    true
}
