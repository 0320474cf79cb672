//! Runs tests: which ones, with which packages and files, in which processes, and what came of it.
//!
//! `selection` says which targets are meant, `plan` makes batches of them, `inputs` and `packages` find what a
//! batch sees, and `runner` has the engine run it with that and nothing else.

mod action;
mod coverage;
mod inputs;
mod missing;
mod packages;
mod plan;
mod report;
mod runner;
mod selection;
mod slot;

use engine::CacheUse;
use pytest::{ResultLine, goal_exit_code, printed_order, shell_words};

use crate::actions::{ActionOptions, ActionRunner};
use crate::error::GoalError;
use crate::graph::{BuildFiles, TargetSelection};
use crate::locking::IndexChoice;
use crate::session::Session;
use action::PlannedBatch;
use coverage::CoverageOutcome;
pub use runner::BatchOutcome;
use runner::{BatchResults, BatchRunner};

/// What is to be tested, and how.
#[derive(Debug, Clone, Default)]
pub struct TestRequest {
    /// The targets.
    pub selection: TargetSelection,
    /// Further arguments of pytest.
    pub arguments: Vec<String>,
    /// Where packages come from.
    pub index: IndexChoice,
}

/// How the tests came out.
#[derive(Debug, Clone, Default)]
pub struct TestReport {
    /// The summary, in its order.
    pub lines: Vec<ResultLine>,
    /// What came of each batch.
    pub outcomes: Vec<BatchOutcome>,
    /// What else is said at the end.
    pub notes: Vec<String>,
    /// Why reports could not be made.
    pub error: Option<GoalError>,
    /// The exit code that follows.
    pub exit_code: u8,
}

/// Runs the tests that a request selects.
///
/// # Errors
/// A target, setting or lock that cannot be used. A test that fails is no error.
pub fn run(session: &Session, request: &TestRequest) -> Result<TestReport, GoalError> {
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let tests = selection::tests(session, &graph, &request.selection)?;
    if tests.is_empty() {
        workspace.keep(session);
        return Ok(TestReport {
            exit_code: u8::from(session.settings.test.debug),
            ..TestReport::default()
        });
    }
    let arguments = arguments(session, &request.arguments)?;
    let batches = plan::batches(session, &graph, &tests)?;
    let environments = packages::environments(session, &graph, (&request.index, &batches))?;
    let actions = ActionRunner::new(session, &options(session))?;
    let inputs = inputs::inputs(session, &graph, (actions.files(), &batches))?;
    workspace.finish(session, &graph);
    let planned = batches.into_iter().zip(environments).zip(inputs);
    let planned = planned.map(|((batch, environment), inputs)| PlannedBatch {
        batch,
        environment,
        inputs,
    });
    let planned: Vec<PlannedBatch> = planned.collect();
    let runner = BatchRunner {
        session,
        actions: &actions,
        arguments: &arguments,
    };
    let results = runner.run(&planned);
    let batches: Vec<_> = planned.iter().zip(&results.outcomes).collect();
    for (planned, outcome) in &batches {
        if !outcome.line.succeeded {
            let explained = missing::explained(&graph, &planned.batch, &outcome.output);
            explained.iter().for_each(|line| session.warn(line));
        }
    }
    report::write(session, (actions.engine().store(), &batches))?;
    let mut report = TestReport::of(&results);
    if session.settings.test.debug {
        report.lines.clear();
    } else if session.settings.test.use_coverage && !results.interrupted {
        let coverage = coverage::report(session, &graph, (&actions, &batches));
        report.add_coverage(coverage);
    }
    actions.finish()?;
    Ok(report)
}

impl TestReport {
    fn of(results: &BatchResults) -> Self {
        let ended = results
            .outcomes
            .iter()
            .filter(|outcome| !outcome.is_interrupted);
        let mut lines: Vec<ResultLine> = ended.map(|outcome| outcome.line.clone()).collect();
        printed_order(&mut lines);
        let exit_code = goal_exit_code(&lines);
        Self {
            exit_code: match results.interrupted {
                true => exit_code.max(1),
                false => exit_code,
            },
            outcomes: results.outcomes.clone(),
            lines,
            ..Self::default()
        }
    }

    fn add_coverage(&mut self, coverage: Result<CoverageOutcome, GoalError>) {
        match coverage {
            Ok(coverage) => {
                self.notes = coverage.lines;
                self.exit_code = coverage.exit_code.unwrap_or(self.exit_code);
            }
            Err(error) => {
                self.exit_code = self.exit_code.max(1);
                self.error = Some(error);
            }
        }
    }
}

/// The arguments of pytest: those of the settings, split as a shell does, then those of the request.
fn arguments(session: &Session, more: &[String]) -> Result<Vec<String>, GoalError> {
    let mut arguments = Vec::new();
    for line in &session.settings.pytest.args {
        let words = shell_words(line).ok_or_else(|| {
            GoalError::failure(format!("`args` in `[pytest]` has an open quote: {line}"))
        })?;
        arguments.extend(words);
    }
    arguments.extend_from_slice(more);
    Ok(arguments)
}

/// What the settings of tests say of actions.
fn options(session: &Session) -> ActionOptions {
    let settings = &session.settings.test;
    ActionOptions {
        jobs: settings.debug.then_some(1),
        cache: match settings.force {
            true => CacheUse::Write,
            false => CacheUse::ReadWrite,
        },
        ..ActionOptions::default()
    }
}
