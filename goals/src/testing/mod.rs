//! Runs tests: which ones, with which packages and files, in which processes, and what came of it.
//!
//! `selection` says which targets are meant, `plan` makes batches of them, `inputs` and `packages` find what a
//! batch sees, and `runner` has the engine run it with that and nothing else.

mod action;
mod inputs;
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
pub use runner::BatchOutcome;
use runner::BatchRunner;

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
    let outcomes = &results.outcomes;
    let batches: Vec<_> = planned.iter().zip(outcomes).collect();
    report::write(session, (actions.engine().store(), &batches))?;
    let ended = outcomes.iter().filter(|outcome| !outcome.is_interrupted);
    let mut lines: Vec<ResultLine> = ended.map(|outcome| outcome.line.clone()).collect();
    printed_order(&mut lines);
    let mut exit_code = goal_exit_code(&lines);
    if results.interrupted {
        exit_code = exit_code.max(1);
    }
    if session.settings.test.debug {
        lines.clear();
    }
    actions.finish()?;
    Ok(TestReport { lines, exit_code })
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
