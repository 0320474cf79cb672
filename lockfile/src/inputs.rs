//! How the inputs of a lock differ from others: of the same resolve now, or of another lock.

use std::fmt;

use model::{LockInputs, PrereleasePolicy, Requirement};
use serde::Serialize;

/// One difference between the inputs of a lock and others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputChange {
    /// A requirement that was not there.
    RequirementAdded(Requirement),
    /// A requirement that is no longer there.
    RequirementRemoved(Requirement),
    /// A project's one requirement, changed.
    RequirementChanged {
        /// As it was.
        from: Requirement,
        /// As it is.
        to: Requirement,
    },
    /// A constraint that was not there.
    ConstraintAdded(Requirement),
    /// A constraint that is no longer there.
    ConstraintRemoved(Requirement),
    /// A setting that was another.
    Setting {
        /// The setting, as the lock's header names it.
        name: &'static str,
        /// As it was.
        from: String,
        /// As it is.
        to: String,
    },
}

/// Everything in which the inputs `to` differ from the inputs `from`, whatever their order.
#[must_use]
pub fn input_changes(from: &LockInputs, to: &LockInputs) -> Vec<InputChange> {
    let mut found = Vec::new();
    requirements(&from.requirements, &to.requirements, &mut found);
    constraints(&from.constraints, &to.constraints, &mut found);
    settings(from, to, &mut found);
    found
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

/// What only the one and only the other list has. Compared as text: the lock's is what was
/// written, and two ways to write one marker may differ in memory.
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

fn settings(from: &LockInputs, to: &LockInputs, found: &mut Vec<InputChange>) {
    type Describe = fn(&LockInputs) -> String;
    let all: [(&'static str, Describe); 8] = [
        ("interpreter-constraints", |i| {
            joined(i.interpreter_constraints.iter())
        }),
        ("overrides", |i| joined(i.overrides.iter())),
        ("excludes", |i| joined(i.excludes.iter())),
        ("platforms", |i| joined(i.platforms.iter())),
        ("no-binary", |i| joined(i.no_binary.iter())),
        ("only-binary", |i| joined(i.only_binary.iter())),
        ("prereleases", |i| policy(i.prereleases).to_owned()),
        ("require-wheels", |i| i.require_wheels.to_string()),
    ];
    for (name, describe) in all {
        let (from, to) = (describe(from), describe(to));
        if from != to {
            found.push(InputChange::Setting { name, from, to });
        }
    }
}

/// A pre-release policy in the format's words.
pub(crate) fn policy(policy: PrereleasePolicy) -> &'static str {
    match policy {
        PrereleasePolicy::IfNecessary => "if-necessary",
        PrereleasePolicy::Allow => "allow",
        PrereleasePolicy::Disallow => "disallow",
    }
}

/// Their order says nothing.
fn joined(values: impl Iterator<Item = impl ToString>) -> String {
    let mut values: Vec<String> = values.map(|value| value.to_string()).collect();
    values.sort();
    values.dedup();
    values.join(", ")
}

impl fmt::Display for InputChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RequirementAdded(it) => write!(f, "the requirement `{it}` is new"),
            Self::RequirementRemoved(it) => write!(f, "the requirement `{it}` is gone"),
            Self::RequirementChanged { from, to } => {
                write!(f, "the requirement `{from}` is now `{to}`")
            }
            Self::ConstraintAdded(it) => write!(f, "the constraint `{it}` is new"),
            Self::ConstraintRemoved(it) => write!(f, "the constraint `{it}` is gone"),
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
