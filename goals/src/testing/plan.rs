//! Batches of tests: what runs in one process.

use std::collections::BTreeMap;
use std::time::Duration;

use buildfile::Data;
use model::InterpreterConstraints;
use pytest::{batches as cut, largest_of_two_sizes, requested_variables};
use targets::{TargetGraph, TargetId, TargetSet};

use crate::error::GoalError;
use crate::graph::interpreter_constraints;
use crate::session::Session;

/// The tag of tests that cannot be forked.
const ALONE: &str = "no-fork";

/// Tests that run in one process, and how.
#[derive(Debug, Clone)]
pub(super) struct TestBatch {
    pub(super) tests: Vec<TargetId>,
    pub(super) addresses: Vec<String>,
    /// Their modules, relative to the root.
    pub(super) files: Vec<String>,
    pub(super) resolve: Option<String>,
    pub(super) constraints: InterpreterConstraints,
    /// The tag that lets them share a process.
    pub(super) tag: Option<String>,
    /// Variables that they ask for; `%(buildroot)s` stands for the root.
    pub(super) variables: BTreeMap<String, String>,
    pub(super) xdist: Option<usize>,
    pub(super) timeout: Option<Duration>,
    /// Whether they have an interpreter of their own, by the tag `no-fork`.
    pub(super) is_alone: bool,
    /// What they depend on, themselves included.
    pub(super) closure: TargetSet,
}

/// What tests must have in common to run in one process.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct PartitionKey {
    tag: String,
    constraints: Vec<String>,
    variables: Vec<String>,
    xdist: Option<i64>,
    resolve: Option<String>,
    environment: Option<String>,
}

/// The batches of tests, which are sorted by address.
pub(super) fn batches(
    session: &Session,
    graph: &TargetGraph<'_>,
    tests: &[TargetId],
) -> Result<Vec<TestBatch>, GoalError> {
    let mut single = Vec::new();
    let mut partitions: BTreeMap<PartitionKey, Vec<TargetId>> = BTreeMap::new();
    for id in tests {
        match text(graph, *id, "batch_compatibility_tag") {
            Some(tag) if !session.settings.test.is_interactive() => {
                let key = PartitionKey::of(session, graph, (*id, tag))?;
                partitions.entry(key).or_default().push(*id);
            }
            _ => single.push(vec![*id]),
        }
    }
    let size = largest_of_two_sizes(session.settings.test.batch_size.get());
    for tests in partitions.into_values() {
        let addressed = tests.into_iter();
        let addressed = addressed.map(|id| (graph.target(id).address.clone(), id));
        let cut = cut(addressed.collect(), |(address, _)| address, size);
        let ids = cut
            .into_iter()
            .map(|batch| batch.into_iter().map(|(_, id)| id).collect());
        single.extend(ids);
    }
    let closures = graph.seen_by_each(&single)?;
    let batches = single.into_iter().zip(closures);
    let batches = batches.map(|(tests, closure)| TestBatch::new(session, graph, (tests, closure)));
    batches.collect()
}

impl PartitionKey {
    fn of(
        session: &Session,
        graph: &TargetGraph<'_>,
        (id, tag): (TargetId, &str),
    ) -> Result<Self, GoalError> {
        Ok(Self {
            tag: tag.to_owned(),
            constraints: interpreter_constraints(session, graph, id)?
                .iter()
                .collect(),
            variables: texts(graph, id, "extra_env_vars"),
            xdist: natural(graph, id, "xdist_concurrency"),
            resolve: graph.resolve_name(id).map(str::to_owned),
            environment: text(graph, id, "environment").map(str::to_owned),
        })
    }
}

impl TestBatch {
    fn new(
        session: &Session,
        graph: &TargetGraph<'_>,
        (tests, closure): (Vec<TargetId>, TargetSet),
    ) -> Result<Self, GoalError> {
        let first = tests[0];
        let settings = &session.settings;
        let own = texts(graph, first, "extra_env_vars");
        let of_all = &settings.subprocess_environment.env_vars;
        let entries = of_all.iter().chain(&settings.test.extra_env_vars);
        let entries = entries.chain(&own).map(String::as_str);
        let files = tests
            .iter()
            .filter_map(|id| graph.target(*id).source.as_deref());
        let addresses = tests.iter().map(|id| graph.target(*id).address.to_string());
        Ok(Self {
            addresses: addresses.collect(),
            tag: text(graph, first, "batch_compatibility_tag").map(str::to_owned),
            files: files.map(str::to_owned).collect(),
            resolve: graph.resolve_name(first).map(str::to_owned),
            constraints: interpreter_constraints(session, graph, first)?,
            variables: requested_variables(entries, &session.environment),
            xdist: xdist(session, graph, first),
            timeout: timeout(session, graph, &tests),
            is_alone: tests.iter().any(|id| graph.tags(*id).contains(&ALONE)),
            closure,
            tests,
        })
    }

    /// `t/a.py:tests`, or `t/a.py:tests and 3 other files`.
    pub(super) fn title(&self) -> String {
        match self.addresses.len() {
            1 => self.addresses[0].clone(),
            count => format!("{} and {} other files", self.addresses[0], count - 1),
        }
    }

    /// The BUILD file and line that declares the first of its tests.
    pub(super) fn declared_in(&self, graph: &TargetGraph<'_>) -> String {
        let places = self.tests.first().and_then(|id| graph.declaration(*id));
        places.map_or_else(String::new, |one| {
            let place = one.call.place();
            format!("{}:{}", place.path, place.line)
        })
    }

    /// Whether it depends on a target.
    pub(super) fn reaches(&self, id: TargetId) -> bool {
        self.closure.contains(id)
    }

    /// The name of its reports.
    pub(super) fn report_name(&self) -> String {
        let addresses: Vec<&str> = self.addresses.iter().map(String::as_str).collect();
        pytest::report_name(&addresses)
    }
}

/// The number of pytest-xdist's processes; none where it is off.
fn xdist(session: &Session, graph: &TargetGraph<'_>, id: TargetId) -> Option<usize> {
    let settings = &session.settings;
    if !settings.pytest.xdist_enabled || settings.test.is_interactive() {
        return None;
    }
    let declared = natural(graph, id, "xdist_concurrency");
    let count = match declared {
        Some(count) => usize::try_from(count).unwrap_or_default(),
        None => {
            let path = graph.target(id).source.as_deref().unwrap_or_default();
            let text = fs_err::read_to_string(session.root().join(path)).unwrap_or_default();
            let is_test = |line: &&str| {
                line.trim_start()
                    .trim_start_matches("async ")
                    .starts_with("def test_")
            };
            text.lines().filter(is_test).count()
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (count > 0).then(|| count.min(cores))
}

/// The time limit of a batch: those of its tests together. A test without one has none.
fn timeout(session: &Session, graph: &TargetGraph<'_>, tests: &[TargetId]) -> Option<Duration> {
    let settings = &session.settings.test;
    if !settings.timeouts || settings.is_interactive() {
        return None;
    }
    let of_test = |id: &TargetId| {
        let own = natural(graph, *id, "timeout").and_then(|seconds| u64::try_from(seconds).ok());
        let seconds = own.or(settings.timeout_default)?;
        Some(
            settings
                .timeout_maximum
                .map_or(seconds, |most| seconds.min(most)),
        )
    };
    let limits: Option<Vec<u64>> = tests.iter().map(of_test).collect();
    limits.map(|limits| Duration::from_secs(limits.iter().sum()))
}

fn text<'g>(graph: &'g TargetGraph<'_>, id: TargetId, field: &str) -> Option<&'g str> {
    graph.field(id, field).and_then(Data::as_str)
}

fn texts(graph: &TargetGraph<'_>, id: TargetId, field: &str) -> Vec<String> {
    let field = graph.field(id, field).map(Data::strings);
    field
        .unwrap_or_default()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn natural(graph: &TargetGraph<'_>, id: TargetId, field: &str) -> Option<i64> {
    match graph.field(id, field) {
        Some(Data::Int(number)) => Some(*number),
        _ => None,
    }
}
