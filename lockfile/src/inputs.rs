//! Compares the inputs of a lock with other inputs: those of the same resolve now, or of another
//! lock.

use std::fmt;

use model::{HashedProject, LockInputs, Override, PackageName, Requirement};
use serde::Serialize;

/// One difference between two inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputChange {
    /// A requirement that is new.
    RequirementAdded(Requirement),
    /// A requirement that is no longer there.
    RequirementRemoved(Requirement),
    /// The only requirement on a project, which changed.
    RequirementChanged {
        /// The old requirement.
        from: Requirement,
        /// The new requirement.
        to: Requirement,
    },
    /// A constraint that is new.
    ConstraintAdded(Requirement),
    /// A constraint that is no longer there.
    ConstraintRemoved(Requirement),
    /// Other files of a project may be used: `--hash` options changed.
    Hashes(PackageName),
    /// A setting that has another value.
    Setting {
        /// The setting, as the lock's header names it.
        name: &'static str,
        /// The old value.
        from: String,
        /// The new value.
        to: String,
    },
}

/// All differences from the inputs `from` to the inputs `to`. The order of lists does not matter.
#[must_use]
pub fn input_changes(from: &LockInputs, to: &LockInputs) -> Vec<InputChange> {
    let mut found = Vec::new();
    requirements(&from.requirements, &to.requirements, &mut found);
    constraints(&from.constraints, &to.constraints, &mut found);
    hashes(&from.hashed, &to.hashed, &mut found);
    changed_settings(from, to, &mut found);
    found
}

impl InputChange {
    /// Whether the change is one of a setting or of allowed files, not of a requirement or a
    /// constraint: it decides how packages are recorded.
    #[must_use]
    pub fn is_setting(&self) -> bool {
        matches!(self, Self::Setting { .. } | Self::Hashes(_))
    }
}

/// The projects with a changed requirement, constraint or override. Changes of other inputs are not
/// about one project.
#[must_use]
pub fn changed_projects(before: &LockInputs, now: &LockInputs) -> Vec<PackageName> {
    let LockInputs {
        requirements,
        constraints,
        overrides,
        excludes: _,
        interpreter_constraints: _,
        platforms: _,
        no_binary: _,
        only_binary: _,
        prereleases: _,
        require_wheels: _,
        fork_strategy: _,
        metadata,
        hashed,
    } = before;
    let required = |requirement: &Requirement| vec![requirement.name.clone()];
    let overridden = |one: &Override| vec![one.name.clone(), one.requirement.name.clone()];
    [
        in_one_only(requirements, &now.requirements, required),
        in_one_only(constraints, &now.constraints, required),
        in_one_only(overrides, &now.overrides, overridden),
        in_one_only(metadata, &now.metadata, |one| vec![one.name.clone()]),
        in_one_only(hashed, &now.hashed, |one| vec![one.name.clone()]),
    ]
    .concat()
}

fn in_one_only<T: PartialEq>(
    before: &[T],
    now: &[T],
    projects: impl Fn(&T) -> Vec<PackageName>,
) -> Vec<PackageName> {
    let gone = before.iter().filter(|value| !now.contains(value));
    let new = now.iter().filter(|value| !before.contains(value));
    gone.chain(new).flat_map(projects).collect()
}

fn requirements(from: &[Requirement], now: &[Requirement], found: &mut Vec<InputChange>) {
    let (mut removed, added) = difference(from, now);
    for to in added {
        let once = |all: &[Requirement]| all.iter().filter(|r| r.name == to.name).count() == 1;
        let before = removed.iter().position(|r| r.name == to.name);
        match before.filter(|_| once(from) && once(now)) {
            Some(at) => found.push(InputChange::RequirementChanged {
                from: removed.remove(at),
                to,
            }),
            None => found.push(InputChange::RequirementAdded(to)),
        }
    }
    found.extend(removed.into_iter().map(InputChange::RequirementRemoved));
}

fn constraints(from: &[Requirement], to: &[Requirement], found: &mut Vec<InputChange>) {
    let (removed, added) = difference(from, to);
    found.extend(added.into_iter().map(InputChange::ConstraintAdded));
    found.extend(removed.into_iter().map(InputChange::ConstraintRemoved));
}

fn hashes(from: &[HashedProject], to: &[HashedProject], found: &mut Vec<InputChange>) {
    let mut names = in_one_only(from, to, |one| vec![one.name.clone()]);
    names.sort();
    names.dedup();
    found.extend(names.into_iter().map(InputChange::Hashes));
}

/// The requirements that are only in `from`, and those that are only in `to`. They are compared as
/// text, as in a written lock: in memory, two ways to write one marker may differ.
fn difference(from: &[Requirement], to: &[Requirement]) -> (Vec<Requirement>, Vec<Requirement>) {
    if from == to {
        return (Vec::new(), Vec::new());
    }
    let texts =
        |all: &[Requirement]| -> Vec<String> { all.iter().map(Requirement::to_string).collect() };
    let (from_texts, to_texts) = (texts(from), texts(to));
    let without = |all: &[Requirement], texts: &[String], others: &[String]| -> Vec<Requirement> {
        let pairs = all.iter().zip(texts);
        let only = pairs.filter(|(_, text)| !others.contains(text));
        only.map(|(requirement, _)| requirement.clone()).collect()
    };
    (
        without(from, &from_texts, &to_texts),
        without(to, &to_texts, &from_texts),
    )
}

fn changed_settings(from: &LockInputs, to: &LockInputs, found: &mut Vec<InputChange>) {
    for ((name, from), (_, to)) in settings(from).into_iter().zip(settings(to)) {
        if from != to {
            found.push(InputChange::Setting { name, from, to });
        }
    }
}

/// The settings with their values as in the lock's header. The value of a setting that is not set
/// is empty.
fn settings(inputs: &LockInputs) -> [(&'static str, String); 10] {
    let LockInputs {
        requirements: _,
        constraints: _,
        overrides,
        excludes,
        interpreter_constraints,
        platforms,
        no_binary,
        only_binary,
        prereleases,
        require_wheels,
        fork_strategy,
        metadata,
        hashed: _,
    } = inputs;
    [
        (
            "interpreter-constraints",
            joined(interpreter_constraints.iter()),
        ),
        ("overrides", joined(overrides)),
        ("excludes", joined(excludes)),
        ("platforms", joined(platforms)),
        ("no-binary", no_binary.to_string()),
        ("only-binary", only_binary.to_string()),
        ("prereleases", prereleases.to_string()),
        ("require-wheels", require_wheels.to_string()),
        ("fork-strategy", fork_strategy.to_string()),
        ("metadata", joined(metadata)),
    ]
}

/// The values as text, sorted, because their order has no meaning.
pub(crate) fn joined(values: impl IntoIterator<Item = impl ToString>) -> String {
    let mut values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    values.sort();
    values.dedup();
    values.join(", ")
}

impl fmt::Display for InputChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RequirementAdded(new) => write!(f, "the requirement `{new}` is new"),
            Self::RequirementRemoved(old) => write!(f, "the requirement `{old}` is gone"),
            Self::RequirementChanged { from, to } => {
                write!(f, "the requirement `{from}` is now `{to}`")
            }
            Self::ConstraintAdded(new) => write!(f, "the constraint `{new}` is new"),
            Self::ConstraintRemoved(old) => write!(f, "the constraint `{old}` is gone"),
            Self::Hashes(name) => write!(f, "the `--hash` options of {name} changed"),
            Self::Setting { name, from, to } if from.is_empty() => {
                write!(f, "`{name}` was not set and is now `{to}`")
            }
            Self::Setting { name, from, to } if to.is_empty() => {
                write!(f, "`{name}` was `{from}` and is no longer set")
            }
            Self::Setting { name, from, to } => {
                write!(f, "`{name}` was `{from}` and is now `{to}`")
            }
        }
    }
}
