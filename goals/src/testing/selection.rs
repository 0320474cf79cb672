//! Which targets `test` runs: tests that are not skipped, of this shard.

use std::collections::BTreeSet;

use pytest::{Shard, TestTimes};
use targets::kinds::{Content, Role};
use targets::{TargetGraph, TargetId};

use super::merging::read_times;
use crate::error::GoalError;
use crate::graph::{NoSpecs, TargetSelection, specs};
use crate::session::Session;

/// The tests that a selection means, sorted by address.
pub(super) fn tests(
    session: &Session,
    graph: &TargetGraph<'_>,
    selection: &TargetSelection,
) -> Result<Vec<TargetId>, GoalError> {
    if selection.specs.is_empty() && selection.changed.is_none() {
        session.warn("no tests are named: `::` names all, `dir::` those in `dir` and below");
        return Ok(Vec::new());
    }
    if selection.changed.is_some() && !selection.specs.is_empty() {
        return Err(GoalError::failure(
            "`--changed-since` and specs both say which tests run: only one of them may be given",
        )
        .hint("`--filter-address-regex` narrows what changed"));
    }
    let selected = selection.of(session, graph, NoSpecs::Refused)?;
    let mut found: BTreeSet<TargetId> = selected.iter().copied().collect();
    // What depends on a change is known test by test; a generator that was named stands for all.
    if selection.changed.is_none() {
        found.extend(selection.generated(graph, &selected)?);
    }
    for id in excluded(session, graph, selection) {
        found.remove(&id);
    }
    let mut tests: Vec<TargetId> = found.into_iter().filter(|id| is_test(graph, *id)).collect();
    let is_skipped = |id: &TargetId| {
        let field = graph.field(*id, "skip_tests");
        field.and_then(buildfile::Data::as_bool) == Some(true)
    };
    tests.retain(|id| !is_skipped(id));
    if tests.is_empty() && selection.changed.is_none() && names_one(&selection.specs) {
        session.warn(
            "no tests are among these targets; `test` runs `python_test` and `python_tests` targets",
        );
    }
    if session.settings.pytest.skip {
        tests.clear();
    }
    tests.sort_by_key(|id| &graph.target(*id).address);
    of_shard(session, graph, tests)
}

/// What specs exclude: of a generator that another names, too.
fn excluded(
    session: &Session,
    graph: &TargetGraph<'_>,
    selection: &TargetSelection,
) -> Vec<TargetId> {
    let without = selection
        .specs
        .iter()
        .filter_map(|spec| spec.strip_prefix('-'));
    let without: Vec<String> = without.map(str::to_owned).collect();
    let excluded = specs(session, &without)
        .ok()
        .filter(|_| !without.is_empty());
    let excluded = excluded.and_then(|specs| specs.select(graph).ok());
    let excluded = excluded.unwrap_or_default();
    let generated = excluded.iter().flat_map(|id| graph.generated(*id));
    let generated: Vec<TargetId> = generated.collect();
    [excluded, generated].concat()
}

fn is_test(graph: &TargetGraph<'_>, id: TargetId) -> bool {
    matches!(
        graph.target(id).role(),
        Role::File {
            content: Content::Test,
            ..
        }
    )
}

/// Whether a spec names a file or target, not all of a folder.
fn names_one(specs: &[String]) -> bool {
    specs
        .iter()
        .any(|spec| !spec.ends_with(':') && !spec.contains('*') && !spec.starts_with('-'))
}

fn of_shard(
    session: &Session,
    graph: &TargetGraph<'_>,
    tests: Vec<TargetId>,
) -> Result<Vec<TargetId>, GoalError> {
    let Some(shard) = &session.settings.test.shard else {
        return Ok(tests);
    };
    let shard: Shard = shard
        .parse()
        .map_err(|error: pytest::ShardError| GoalError::failure(error.to_string()))?;
    let times = times(session)?;
    let address = |id: &TargetId| &*graph.target(*id).address;
    let own: Vec<bool> = match times.is_empty() {
        true => tests.iter().map(|id| shard.has(address(id))).collect(),
        false => {
            let timed: Vec<_> = tests
                .iter()
                .map(|id| (address(id), times.get(address(id))))
                .collect();
            shard.balanced(&timed)
        }
    };
    Ok(tests
        .into_iter()
        .zip(own)
        .filter(|(_, own)| *own)
        .map(|(id, _)| id)
        .collect())
}

/// The times that the settings name.
fn times(session: &Session) -> Result<TestTimes, GoalError> {
    let Some(path) = &session.settings.test.times else {
        return Ok(TestTimes::default());
    };
    read_times(&session.root().join(path), path)
}
