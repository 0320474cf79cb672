//! `py-constraints`: which Pythons targets and all that they depend on are for, together.

use std::collections::{BTreeMap, BTreeSet};

use targets::{TargetGraph, TargetId};

use super::interpreter_constraints;
use crate::error::GoalError;
use crate::session::Session;

/// The interpreter constraints of targets with all that they depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstraintsReport {
    /// What a Python must satisfy to run all of them.
    pub merged: String,
    /// Constraints to the addresses of the targets that have them.
    pub targets: BTreeMap<String, BTreeSet<String>>,
}

impl ConstraintsReport {
    /// The constraints of these targets.
    ///
    /// # Errors
    /// Where constraints cannot be read, or a dependency leads nowhere.
    pub fn of(
        session: &Session,
        graph: &TargetGraph<'_>,
        roots: &[TargetId],
    ) -> Result<Self, GoalError> {
        let generated = roots.iter().flat_map(|id| graph.generated(*id));
        let all: Vec<TargetId> = generated.chain(roots.iter().copied()).collect();
        let reached = graph.transitive_dependencies(&all)?;
        let mut targets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut alternatives: BTreeSet<Vec<String>> = BTreeSet::new();
        for id in reached.into_iter().chain(all) {
            let target = graph.target(id);
            let has_constraints = target
                .known
                .is_some_and(|known| known.field("interpreter_constraints").next().is_some());
            if !has_constraints {
                continue;
            }
            let constraints = interpreter_constraints(session, graph, id)?;
            let with_name = |text: String| match text.starts_with(char::is_alphabetic) {
                true => text,
                false => format!("CPython{text}"),
            };
            let texts: Vec<String> = constraints.iter().map(with_name).collect();
            let address = target.address.to_string();
            targets
                .entry(texts.join(" OR "))
                .or_default()
                .insert(address);
            alternatives.insert(texts);
        }
        Ok(Self {
            merged: merged(alternatives),
            targets,
        })
    }
}

/// What satisfies one alternative of each.
fn merged(all: BTreeSet<Vec<String>>) -> String {
    let mut merged: BTreeSet<BTreeSet<String>> = BTreeSet::from([BTreeSet::new()]);
    for alternatives in all {
        let with = |so_far: &BTreeSet<String>| {
            let so_far = so_far.clone();
            let alternatives = alternatives.clone().into_iter();
            alternatives.map(move |one| {
                let one = one.trim_start_matches("CPython").split(',');
                let one = one.map(str::to_owned).filter(|one| !one.is_empty());
                so_far.iter().cloned().chain(one).collect()
            })
        };
        merged = merged.iter().flat_map(with).collect();
    }
    let text =
        |one: BTreeSet<String>| format!("CPython{}", one.into_iter().collect::<Vec<_>>().join(","));
    let texts: Vec<String> = merged.into_iter().map(text).collect();
    texts.join(" OR ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(all: &[&[&str]], expect: &str) {
        let texts = |alternatives: &&[&str]| {
            let alternatives = alternatives.iter();
            alternatives.map(|text| (*text).to_owned()).collect()
        };
        assert_eq!(merged(all.iter().map(texts).collect()), expect);
    }

    #[test]
    fn constraints_are_merged_as_pants_writes_them() {
        check(&[&["CPython==3.11.*"]], "CPython==3.11.*");
        check(
            &[&["CPython>=3.9,<3.12"], &["CPython==3.11.*"]],
            "CPython<3.12,==3.11.*,>=3.9",
        );
        check(
            &[&["CPython==3.8.*", "CPython==3.9.*"], &["CPython>=3.8"]],
            "CPython==3.8.*,>=3.8 OR CPython==3.9.*,>=3.8",
        );
    }
}
