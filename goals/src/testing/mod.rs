//! Runs tests: which ones, with which packages and files, in which processes, and what came of it.
//!
//! `selection` says which targets are meant, `plan` makes batches of them, `inputs` and `packages` find what a
//! batch sees, and `runner` has the engine run it with that and nothing else.

mod action;
mod browser;
mod changed_coverage;
mod coverage;
mod fork_server;
mod inputs;
mod live;
mod made_files;
mod merging;
mod missing;
mod on_workers;
mod packages;
mod plan;
mod plugins;
mod preparation;
mod project_metadata;
mod report;
mod results;
mod runner;
mod runtime_packages;
mod selection;
mod shared_packages;
mod slot;
mod watching;

use pytest::{ResultLine, goal_exit_code, printed_order};
use targets::{TargetGraph, TargetId};

use crate::actions::{ActionOptions, ActionRunner};
use crate::error::GoalError;
use crate::graph::{BuildFiles, TargetSelection};
use crate::locking::IndexChoice;
use crate::session::Session;
use action::PlannedBatch;
pub use browser::open_page;
use changed_coverage::ChangedLines;
use coverage::CoverageOutcome;
pub use merging::{MergeReport, ShardMerge};
pub use results::TestReport;
pub use runner::BatchOutcome;
use runner::{BatchResults, BatchRunner};
use runtime_packages::RuntimePackages;
pub use watching::WatchedFiles;

/// What is to be tested, and how.
#[derive(Debug, Clone, Default)]
pub struct TestRequest {
    /// The targets.
    pub selection: TargetSelection,
    /// Further arguments of pytest.
    pub arguments: Vec<String>,
    /// Where packages come from.
    pub index: IndexChoice,
    /// How actions run.
    pub actions: ActionOptions,
    /// Whether the tests of modules that passed are told one by one.
    pub cases: bool,
    /// Modules that failed before, and need not run again while nothing of theirs changed.
    pub known: Vec<BatchOutcome>,
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
            exit_code: u8::from(session.settings.test.is_interactive()),
            ..TestReport::default()
        });
    }
    if request.actions.explain {
        explain(session, &graph, (&request.selection, &tests))?;
    }
    if let Some(since) = &session.settings.test.coverage_changed_since {
        // Whoever misspells it learns that before the tests run.
        ChangedLines::of(session, since)?;
    }
    let of_settings = session.settings.pytest.args.0.iter();
    let arguments: Vec<String> = of_settings.chain(&request.arguments).cloned().collect();
    let batches = plan::batches(session, &graph, &tests)?;
    let environments = packages::environments(session, &graph, (&request.index, &batches))?;
    let actions = ActionRunner::new(session, &options(session, &request.actions))?;
    let mut inputs = inputs::inputs(session, &graph, (actions.files(), &batches))?;
    let packages = RuntimePackages {
        session,
        graph: &graph,
        imports: workspace.imports(),
        actions: &actions,
        index: &request.index,
    };
    packages.add(&batches, &mut inputs)?;
    workspace.finish(session, &graph);
    let planned = batches.into_iter().zip(environments).zip(inputs);
    let planned = planned.map(|((batch, environment), inputs)| PlannedBatch {
        batch,
        environment: environment.own,
        shared: environment.shared,
        inputs,
    });
    let planned: Vec<PlannedBatch> = planned.collect();
    if session.settings.test.measures_coverage()
        && let Some(first) = planned.first()
    {
        coverage::wanted_coverage(session, &actions, &first.environment)?;
    }
    let runner = BatchRunner {
        session,
        actions: &actions,
        arguments: &arguments,
        known: &request.known,
    };
    let results = runner.run(&planned);
    let batches: Vec<_> = planned.iter().zip(&results.outcomes).collect();
    for (planned, outcome) in &batches {
        if !outcome.line.succeeded {
            let explained = missing::explained(&graph, &planned.batch, &outcome.output);
            explained.iter().for_each(|line| session.warn(line));
        }
    }
    let failed = results.outcomes.iter().filter(|one| !one.line.succeeded);
    let outputs = failed.map(|outcome| outcome.output.as_str());
    let explained = plugins::explained(session, &graph, outputs);
    explained.iter().for_each(|line| session.warn(line));
    let written = report::write(session, (actions.engine().store(), &batches));
    drop(batches);
    let mut results = results;
    for (planned, outcome) in planned.iter().zip(&mut results.outcomes) {
        // Most of them passed, and their reports need not be read.
        if request.cases || !outcome.line.succeeded {
            report::add_cases(actions.engine().store(), (planned, outcome));
        }
    }
    let batches: Vec<_> = planned.iter().zip(&results.outcomes).collect();
    let mut report = TestReport::of(&results);
    if session.settings.test.is_interactive() {
        report.lines.clear();
    } else if session.settings.test.measures_coverage() && !results.interrupted {
        let coverage = coverage::report(session, &graph, (&actions, &batches));
        report.add_coverage(coverage);
    }
    if let Err(error) = written {
        report.add_error(error);
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
            is_interrupted: results.interrupted,
            lines,
            ..Self::default()
        }
    }

    fn add_coverage(&mut self, coverage: Result<CoverageOutcome, GoalError>) {
        match coverage {
            Ok(coverage) => {
                self.notes = coverage.lines;
                self.coverage_page = coverage.page;
                self.exit_code = coverage.exit_code.unwrap_or(self.exit_code);
            }
            Err(error) => self.add_error(error),
        }
    }

    /// Adds why something of what tests wrote could not be kept, which is no reason to hide how they came out.
    fn add_error(&mut self, error: GoalError) {
        self.exit_code = self.exit_code.max(1);
        self.errors.push(error);
    }
}

/// Says why tests are selected, and why all of them run.
fn explain(
    session: &Session,
    graph: &TargetGraph<'_>,
    (selection, tests): (&TargetSelection, &[TargetId]),
) -> Result<(), GoalError> {
    if let Some(changed) = &selection.changed {
        for reason in changed.reasons(session, graph, tests)? {
            session.say(reason);
        }
    }
    if session.settings.test.force {
        session.say("all of them run, also those that passed before: `--force`");
    }
    Ok(())
}

/// What the settings of tests say of actions.
fn options(session: &Session, asked: &ActionOptions) -> ActionOptions {
    let settings = &session.settings.test;
    let mut options = asked.clone();
    if settings.is_interactive() {
        options.jobs = Some(1);
    }
    if settings.force {
        options.force();
    }
    options
}
