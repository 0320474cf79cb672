//! Explains why a package changed: by the changed input that leads to it.
//!
//! From each changed requirement, a search follows dependencies that changed: one of the two
//! projects is new or gone, it is needed in other environments, or the first requires another range
//! of the second. For a package that the search does not reach from any changed input, the locks say
//! at most what excludes the old version, asks for a new package, or no longer asks for one that is
//! gone. Otherwise it was chosen anew, as after an upgrade that the user asked for.
//!
//! Settings explain only what they can have moved, and what is reached from that: see `moved`. What is needed in other
//! environments they explain too.

use std::collections::{BTreeMap, VecDeque};

use model::{Lock, LockedPackage, Marker, PackageName, Requirement, Version};
use serde::Serialize;

use super::change::ChangeKind;
use super::moved::moved_by_settings;
use crate::inputs::InputChange;

/// Why a package changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A requirement or a constraint changed.
    Input {
        /// The changed requirement or constraint.
        input: InputChange,
        /// The projects between that of the requirement, which is the first, and the package.
        through: Vec<PackageName>,
    },
    /// Settings changed, and no changed requirement leads to the package.
    Settings(Vec<InputChange>),
    /// A requirement of the new lock does not admit the old version, or asks for what is new. No
    /// changed input leads to it.
    Required {
        /// The package that requires it; none for a requirement of the inputs.
        by: Option<(PackageName, Version)>,
        /// The requirement.
        requirement: Requirement,
    },
    /// Nothing in the new lock requires the package.
    Unneeded,
    /// No changed input leads to the package, and the old version would do: it was chosen anew.
    ChosenAnew,
}

/// The searches that find the cause for each package of a diff.
pub(super) struct Causes<'a> {
    // Searches from changed inputs along changed dependencies, in the new and in the old lock.
    new: Search<'a, &'a InputChange>,
    old: Search<'a, &'a InputChange>,
    from: &'a Lock,
    to: &'a Lock,
    inputs: &'a [InputChange],
    settings: Vec<InputChange>,
    // Searches from the projects that settings move by themselves.
    moved: [Search<'a, ()>; 2],
}

impl<'a> Causes<'a> {
    pub(super) fn new(from: &'a Lock, to: &'a Lock, inputs: &'a [InputChange]) -> Self {
        let (old, new) = (Dependencies::of(from), Dependencies::of(to));
        let changed = |a: &PackageName, b: &PackageName| old.differ(&new, a, b);
        let starts = |now: Now| {
            let named = inputs
                .iter()
                .filter_map(move |input| Some((start(input, now)?, input)));
            named.collect::<Vec<_>>()
        };
        let settings = inputs
            .iter()
            .filter(|input| matches!(input, InputChange::Setting { .. }));
        let moved = moved_by_settings(from, to);
        let moved: Vec<_> = moved.into_iter().map(|name| (name, ())).collect();
        Self {
            new: Search::run(starts(Now::New), &new, changed),
            old: Search::run(starts(Now::Old), &old, changed),
            from,
            to,
            inputs,
            settings: settings.cloned().collect(),
            moved: [
                Search::run(moved.clone(), &new, changed),
                Search::run(moved, &old, changed),
            ],
        }
    }

    /// Whether changed settings can be the cause.
    fn settings_explain(&self, name: &PackageName, change: &ChangeKind) -> bool {
        let is_other_version = matches!(change, ChangeKind::Version { .. });
        let is_reached = || self.moved.iter().any(|search| search.find(name).is_some());
        !self.settings.is_empty() && (!is_other_version || is_reached())
    }

    pub(super) fn of(&self, name: &PackageName, change: &ChangeKind) -> Cause {
        let removed = matches!(change, ChangeKind::Removed { .. });
        let (first, second) = if removed {
            (&self.old, &self.new)
        } else {
            (&self.new, &self.old)
        };
        let found = first.find(name).or_else(|| second.find(name));
        if let Some(input) = self.another_place(name, change) {
            return Cause::Input {
                input: input.clone(),
                through: Vec::new(),
            };
        }
        if let Some((input, through)) = found.filter(|_| !change.is_alarm()) {
            let input = self.of_same_project(input, name, change).clone();
            return Cause::Input { input, through };
        }
        if self.settings_explain(name, change) {
            return Cause::Settings(self.settings.clone());
        }
        self.told_by_locks(name, change)
    }

    /// The changed input because of which a project comes from another place: one that names a place
    /// for it, or did.
    fn another_place(&self, name: &PackageName, change: &ChangeKind) -> Option<&'a InputChange> {
        let names_place = |one: &Requirement| one.name == *name && one.specifiers().is_none();
        let mut inputs = self.inputs.iter();
        inputs.find(|input| {
            matches!(change, ChangeKind::Source { .. })
                && match input {
                    InputChange::RequirementAdded(one)
                    | InputChange::RequirementRemoved(one)
                    | InputChange::ConstraintAdded(one)
                    | InputChange::ConstraintRemoved(one) => names_place(one),
                    InputChange::RequirementChanged { from, to } => {
                        names_place(from) || names_place(to)
                    }
                    InputChange::Hashes(_) | InputChange::Setting { .. } => false,
                }
        })
    }

    /// Among the changed inputs that name the same project as `input`, the one that is about the
    /// environments of a change, and does not admit the version that was there.
    fn of_same_project(
        &self,
        input: &'a InputChange,
        name: &PackageName,
        change: &ChangeKind,
    ) -> &'a InputChange {
        let project = |input: &InputChange| match input {
            InputChange::RequirementAdded(one)
            | InputChange::RequirementRemoved(one)
            | InputChange::RequirementChanged { to: one, .. }
            | InputChange::ConstraintAdded(one)
            | InputChange::ConstraintRemoved(one) => Some(one.clone()),
            InputChange::Hashes(_) | InputChange::Setting { .. } => None,
        };
        let Some(named) = project(input) else {
            return input;
        };
        let environments = self.environments(name, change);
        let fits = |other: &InputChange| {
            let Some(one) = project(other).filter(|one| one.name == named.name) else {
                return 0;
            };
            let is_here = !one.marker.is_disjoint(&environments);
            let excludes = match change {
                ChangeKind::Version { from, .. } if one.name == *name => {
                    one.specifiers().is_some_and(|them| !them.contains(from))
                }
                _ => false,
            };
            1 + usize::from(is_here) * 2 + usize::from(excludes)
        };
        let mut best = (fits(input), input);
        for other in self.inputs {
            let fit = fits(other);
            if fit > best.0 {
                best = (fit, other);
            }
        }
        best.1
    }

    /// The environments of a changed package: those of the version that is new, or that is gone.
    fn environments(&self, name: &PackageName, change: &ChangeKind) -> Marker {
        let of = |lock: &Lock, version: &Version| {
            let packages = lock.packages.iter();
            let named = packages.filter(|it| it.name == *name && it.version == *version);
            named.fold(Marker::FALSE, |all, it| all.or(&it.marker))
        };
        match change {
            ChangeKind::Added { marker, .. } | ChangeKind::Removed { marker, .. } => marker.clone(),
            ChangeKind::Marker { from, to, .. } => {
                let (new, gone) = (to.and(&from.negate()), from.and(&to.negate()));
                new.or(&gone)
            }
            ChangeKind::Version { to, .. } => of(self.to, to),
            ChangeKind::Extras { version, .. }
            | ChangeKind::Source { version, .. }
            | ChangeKind::Files { version, .. }
            | ChangeKind::Yanked { version, .. } => of(self.to, version),
        }
    }

    /// What the new lock says about a package that no changed input leads to.
    fn told_by_locks(&self, name: &PackageName, change: &ChangeKind) -> Cause {
        let environments = self.environments(name, change);
        let counts = |requirement: &Requirement| match change {
            ChangeKind::Version { from, .. } => requirement
                .specifiers()
                .is_none_or(|specifiers| !specifiers.contains(from)),
            ChangeKind::Added { .. } => true,
            _ => false,
        };
        let named = |requirement: &&Requirement| {
            requirement.name == *name
                && counts(requirement)
                && !requirement.marker.is_disjoint(&environments)
        };
        if let Some(requirement) = self.to.inputs.requirements.iter().find(named) {
            return Cause::Required {
                by: None,
                requirement: requirement.clone(),
            };
        }
        let required = self.to.packages.iter().flat_map(|package| {
            let dependencies = package.dependencies.iter().filter(named);
            dependencies.map(move |requirement| (package, requirement))
        });
        // What is itself new in the lock explains more than what was there.
        let was_there = |package: &LockedPackage| {
            let mut before = self.from.packages.iter();
            before.any(|it| it.name == package.name && it.version == package.version)
        };
        if let Some((package, requirement)) = required
            .filter(|(package, _)| !package.marker.is_disjoint(&environments))
            .min_by_key(|(package, _)| was_there(package))
        {
            return Cause::Required {
                by: Some((package.name.clone(), package.version.clone())),
                requirement: requirement.clone(),
            };
        }
        let is_locked = self.to.packages.iter().any(|package| package.name == *name);
        match change {
            ChangeKind::Removed { .. } if !is_locked => Cause::Unneeded,
            _ => Cause::ChosenAnew,
        }
    }
}

/// Which of the two locks.
#[derive(Clone, Copy, PartialEq)]
enum Now {
    Old,
    New,
}

/// The project that a changed input names; `None` if this lock does not have the input.
fn start(input: &InputChange, now: Now) -> Option<&PackageName> {
    match input {
        InputChange::RequirementAdded(new) => (now == Now::New).then_some(&new.name),
        InputChange::RequirementRemoved(old) => (now == Now::Old).then_some(&old.name),
        InputChange::RequirementChanged { to, .. } => Some(&to.name),
        InputChange::ConstraintAdded(one) | InputChange::ConstraintRemoved(one) => Some(&one.name),
        InputChange::Hashes(name) => Some(name),
        InputChange::Setting { .. } => None,
    }
}

/// What each project requires of each other project, and in which environments.
struct Dependencies<'a> {
    of: BTreeMap<&'a PackageName, BTreeMap<&'a PackageName, Vec<Dependency<'a>>>>,
}

/// A requirement, and where the package that has it is needed.
type Dependency<'a> = (&'a Requirement, &'a Marker);

impl<'a> Dependencies<'a> {
    fn of(lock: &'a Lock) -> Self {
        let mut of: BTreeMap<_, BTreeMap<_, Vec<Dependency<'_>>>> = BTreeMap::new();
        for package in &lock.packages {
            let LockedPackage { name, marker, .. } = package;
            let required = of.entry(name).or_default();
            for dependency in &package.dependencies {
                let edge = required.entry(&dependency.name).or_default();
                edge.push((dependency, marker));
            }
        }
        Self { of }
    }

    fn edge(&self, from: &PackageName, to: &PackageName) -> &[Dependency<'a>] {
        let edge = self.of.get(from).and_then(|required| required.get(to));
        edge.map_or(&[], Vec::as_slice)
    }

    /// Whether another lock writes what `from` requires of `to` in another way.
    fn differ(&self, other: &Self, from: &PackageName, to: &PackageName) -> bool {
        let (here, there) = (self.edge(from, to), other.edge(from, to));
        let text = |(requirement, marker): &Dependency<'_>| format!("{requirement} | {marker}");
        let is_same = |(a, b)| a == b || text(a) == text(b);
        here.len() != there.len() || !here.iter().zip(there).all(is_same)
    }
}

/// The shortest chain to each project that can be reached.
struct Search<'a, S> {
    // The start of the chain, or the project before.
    reached: BTreeMap<&'a PackageName, Step<'a, S>>,
}

#[derive(Clone, Copy)]
enum Step<'a, S> {
    Start(S),
    After(&'a PackageName),
}

impl<'a, S: Copy> Search<'a, S> {
    fn run(
        starts: Vec<(&'a PackageName, S)>,
        dependencies: &Dependencies<'a>,
        counts: impl Fn(&PackageName, &PackageName) -> bool,
    ) -> Self {
        let mut reached = BTreeMap::new();
        let mut open = VecDeque::new();
        for (name, start) in starts {
            reached.entry(name).or_insert_with(|| {
                open.push_back(name);
                Step::Start(start)
            });
        }
        while let Some(name) = open.pop_front() {
            for &next in dependencies
                .of
                .get(name)
                .into_iter()
                .flat_map(BTreeMap::keys)
            {
                if counts(name, next) {
                    reached.entry(next).or_insert_with(|| {
                        open.push_back(next);
                        Step::After(name)
                    });
                }
            }
        }
        Self { reached }
    }

    fn find(&self, name: &PackageName) -> Option<(S, Vec<PackageName>)> {
        let mut through = Vec::new();
        let mut step = self.reached.get(name)?;
        loop {
            match step {
                Step::Start(start) => {
                    through.reverse();
                    return Some((*start, through));
                }
                Step::After(before) => {
                    through.push((*before).clone());
                    step = self.reached.get(before)?;
                }
            }
        }
    }
}
