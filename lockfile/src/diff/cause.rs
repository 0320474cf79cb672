//! Explains why a package changed: by the changed input that leads to it.
//!
//! From each changed requirement, a search follows dependencies that changed: one of the two
//! projects is new or gone, it is needed in other environments, or the first requires another range
//! of the second. A package that the search does not reach from any changed input was chosen anew,
//! because of a changed setting or because the user asked for an upgrade.
//!
//! Other interpreters explain only what they can have moved: a version that the new ones cannot
//! use or that the old ones could not, what is reached from such a one, and what is needed in other
//! environments.

use std::collections::{BTreeMap, VecDeque};

use model::{Lock, LockedPackage, PackageName, Requirement, VersionRange, specifiers_range};
use serde::Serialize;

use super::change::ChangeKind;
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
    /// No changed input leads to the package: it was chosen anew.
    ChosenAnew {
        /// The requirement with the shortest chain to the package.
        requirement: Option<Requirement>,
        /// The projects between that of the requirement, which is the first, and the package.
        through: Vec<PackageName>,
    },
}

/// The searches that find the cause for each package of a diff.
pub(super) struct Causes<'a> {
    // Searches from changed inputs along changed dependencies, in the new and in the old lock.
    new: Search<'a, &'a InputChange>,
    old: Search<'a, &'a InputChange>,
    // Searches from every requirement along every dependency.
    any_new: Search<'a, &'a Requirement>,
    any_old: Search<'a, &'a Requirement>,
    settings: Vec<InputChange>,
    // Searches from the projects that other interpreters move; `None` where another setting
    // changed too, which may explain anything.
    interpreters: Option<[Search<'a, ()>; 2]>,
}

/// The name of the setting that has the interpreters.
const INTERPRETERS: &str = "interpreter-constraints";

impl<'a> Causes<'a> {
    pub(super) fn new(from: &'a Lock, to: &'a Lock, inputs: &'a [InputChange]) -> Self {
        let (old, new) = (Dependencies::of(from), Dependencies::of(to));
        let changed = |a: &PackageName, b: &PackageName| old.edge(a, b) != new.edge(a, b);
        let starts = |now: Now| {
            let named = inputs
                .iter()
                .filter_map(move |input| Some((start(input, now)?, input)));
            named.collect::<Vec<_>>()
        };
        let all = |lock: &'a Lock| {
            let requirements = lock.inputs.requirements.iter();
            requirements.map(|r| (&r.name, r)).collect::<Vec<_>>()
        };
        let settings = inputs
            .iter()
            .filter(|input| matches!(input, InputChange::Setting { .. }));
        Self {
            new: Search::run(starts(Now::New), &new, changed),
            old: Search::run(starts(Now::Old), &old, changed),
            any_new: Search::run(all(to), &new, |_, _| true),
            any_old: Search::run(all(from), &old, |_, _| true),
            settings: settings.cloned().collect(),
            interpreters: inputs
                .iter()
                .filter(|input| input.is_setting())
                .all(|input| matches!(input, InputChange::Setting { name, .. } if *name == INTERPRETERS))
                .then(|| {
                    let starts: Vec<_> = moved_by_interpreters(from, to)
                        .into_iter()
                        .map(|name| (name, ()))
                        .collect();
                    [
                        Search::run(starts.clone(), &new, changed),
                        Search::run(starts, &old, changed),
                    ]
                }),
        }
    }

    /// Whether changed settings can be the cause.
    fn settings_explain(&self, name: &PackageName, change: &ChangeKind) -> bool {
        let Some(interpreters) = &self.interpreters else {
            return !self.settings.is_empty();
        };
        let moved = matches!(change, ChangeKind::Version { .. });
        let reached = || {
            interpreters
                .iter()
                .any(|search| search.find(name).is_some())
        };
        !self.settings.is_empty() && (!moved || reached())
    }

    pub(super) fn of(&self, name: &PackageName, change: &ChangeKind) -> Cause {
        let removed = matches!(change, ChangeKind::Removed { .. });
        let (first, second) = if removed {
            (&self.old, &self.new)
        } else {
            (&self.new, &self.old)
        };
        let found = first.find(name).or_else(|| second.find(name));
        if let Some((input, through)) = found.filter(|_| !change.is_alarm()) {
            let input = input.clone();
            return Cause::Input { input, through };
        }
        if self.settings_explain(name, change) {
            return Cause::Settings(self.settings.clone());
        }
        let any = if removed {
            &self.any_old
        } else {
            &self.any_new
        };
        let (requirement, through) = match any.find(name) {
            Some((requirement, through)) => (Some(requirement.clone()), through),
            None => (None, Vec::new()),
        };
        Cause::ChosenAnew {
            requirement,
            through,
        }
    }
}

/// The projects of which a locked version is not for all interpreters of the other lock.
fn moved_by_interpreters<'a>(from: &'a Lock, to: &'a Lock) -> Vec<&'a PackageName> {
    let pythons = |lock: &Lock| lock.inputs.interpreter_constraints.range();
    let unfit = |lock: &'a Lock, pythons: VersionRange| {
        lock.packages.iter().filter(move |package| {
            let admitted = package.requires_python.as_ref().map(specifiers_range);
            admitted.is_some_and(|admitted| !pythons.subset_of(&admitted))
        })
    };
    let all = unfit(from, pythons(to)).chain(unfit(to, pythons(from)));
    all.map(|package| &package.name).collect()
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
        InputChange::Setting { .. } => None,
    }
}

/// What each project requires of each other project, as text that shows every change.
struct Dependencies<'a> {
    of: BTreeMap<&'a PackageName, BTreeMap<&'a PackageName, Vec<String>>>,
}

impl<'a> Dependencies<'a> {
    fn of(lock: &'a Lock) -> Self {
        let mut of: BTreeMap<_, BTreeMap<_, Vec<String>>> = BTreeMap::new();
        for package in &lock.packages {
            let LockedPackage { name, marker, .. } = package;
            let required = of.entry(name).or_default();
            for dependency in &package.dependencies {
                let text = format!("{dependency} | {marker}");
                required.entry(&dependency.name).or_default().push(text);
            }
        }
        Self { of }
    }

    fn edge(&self, from: &PackageName, to: &PackageName) -> Option<&Vec<String>> {
        self.of.get(from)?.get(to)
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
