//! Runs batches: as often as they may until they pass, and says what comes of each when it ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::{
    Action, ActionError, InputTree, Outcome, ProcessEnd, Provenance, RunEvent, RunObserver,
};
use pytest::{OutputPolicy, ResultLine, ResultOrigin, TestCase};

use super::action::PlannedBatch;
use super::fork_server::{ForkServers, ForkSpawner};
use crate::actions::ActionRunner;
use crate::session::Session;

/// The exit code of what was ended since it took too long.
const TIME_LIMIT: i32 = -15;

/// The exit code of what was ended since it printed too much: SIGXFSZ's.
const OUTPUT_LIMIT: i32 = -25;

/// The exit code of what the user interrupted: SIGINT's.
const INTERRUPT: i32 = -2;

/// What came of a batch.
#[derive(Debug, Clone)]
pub struct BatchOutcome {
    /// Its line in the summary.
    pub line: ResultLine,
    /// The addresses of its tests.
    pub addresses: Vec<String>,
    /// Their modules.
    pub files: Vec<String>,
    /// Its tests, as far as it reported them.
    pub cases: Vec<TestCase>,
    /// What it printed.
    pub output: String,
    /// What it wrote.
    pub(super) outputs: InputTree,
    /// Whether it was ended since the user interrupted the run.
    pub is_interrupted: bool,
}

/// Runs batches of one run.
pub(super) struct BatchRunner<'a> {
    pub(super) session: &'a Session,
    pub(super) actions: &'a ActionRunner<'a>,
    pub(super) arguments: &'a [String],
}

/// All that came of a run.
#[derive(Debug)]
pub(super) struct BatchResults {
    pub(super) outcomes: Vec<BatchOutcome>,
    pub(super) interrupted: bool,
}

impl BatchRunner<'_> {
    /// Runs them, in parallel.
    pub(super) fn run(&self, planned: &[PlannedBatch]) -> BatchResults {
        let most = match self.session.settings.test.debug {
            true => 1,
            false => self.session.settings.test.attempts_default.max(1),
        };
        let mut outcomes: Vec<Option<BatchOutcome>> = planned.iter().map(|_| None).collect();
        let mut interrupted = false;
        for attempt in 1..=most {
            let failed = |at: &usize| outcomes[*at].as_ref().is_none_or(|one| !one.line.succeeded);
            let todo: Vec<usize> = (0..planned.len()).filter(failed).collect();
            if todo.is_empty() || interrupted {
                break;
            }
            let actions = self.actions_of(todo.iter().map(|at| &planned[*at]));
            let watcher = BatchWatcher {
                session: self.session,
                batches: todo.iter().map(|at| &planned[*at]).collect(),
                attempt: Attempt {
                    number: attempt,
                    most,
                },
            };
            let report = self.actions.run(&actions, &watcher);
            interrupted = report.interrupted;
            for (at, outcome) in todo.iter().zip(&report.outcomes) {
                outcomes[*at] = Some(watcher.outcome(&planned[*at], outcome));
            }
        }
        BatchResults {
            outcomes: outcomes.into_iter().flatten().collect(),
            interrupted,
        }
    }
}

impl BatchRunner<'_> {
    /// The actions of batches. Where several have one environment, they are forked of one interpreter.
    fn actions_of<'p>(
        &self,
        batches: impl Iterator<Item = &'p PlannedBatch> + Clone,
    ) -> Vec<Action> {
        let servers = Arc::new(ForkServers::default());
        let mut sharing: BTreeMap<String, Arc<AtomicUsize>> = BTreeMap::new();
        for batch in batches
            .clone()
            .filter(|batch| batch.may_be_forked(self.session))
        {
            let count = sharing.entry(batch.server_key()).or_default();
            count.fetch_add(1, Ordering::Relaxed);
        }
        let action = |batch: &PlannedBatch| {
            let mut action = batch.action(self.session, self.arguments);
            let key = batch.server_key();
            let shared = sharing
                .get(&key)
                .filter(|_| batch.may_be_forked(self.session));
            if let Some(count) = shared.filter(|count| count.load(Ordering::Relaxed) > 1) {
                action.spawner = Some(Arc::new(ForkSpawner {
                    servers: servers.clone(),
                    variables: batch.server_variables(),
                    remaining: count.clone(),
                    slot: self.session.settings.pytest.execution_slot_var.clone(),
                    key,
                }));
            }
            action
        };
        batches.map(action).collect()
    }
}

/// Which attempt it is.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    number: usize,
    most: usize,
}

/// Says what comes of batches.
struct BatchWatcher<'a> {
    session: &'a Session,
    batches: Vec<&'a PlannedBatch>,
    attempt: Attempt,
}

impl BatchWatcher<'_> {
    fn outcome(
        &self,
        planned: &PlannedBatch,
        outcome: &Result<Outcome, ActionError>,
    ) -> BatchOutcome {
        let allows_none = self.session.settings.pytest.allow_empty_test_collection;
        let title = planned.batch.title();
        let attempts = self.attempt.number;
        match outcome {
            Ok(outcome) => {
                let exit_code = exit_code(outcome.end);
                let text = |kept: &engine::KeptOutput| kept.text().unwrap_or_default();
                let mut output = text(&outcome.stdout) + &text(&outcome.stderr);
                if outcome.end == ProcessEnd::TimeLimit {
                    let limit = planned.batch.timeout.unwrap_or_default().as_secs_f64();
                    output += &format!(
                        "\n\nExceeded timeout of {limit:.1} seconds when executing local process: Run Pytest for {title}\n"
                    );
                }
                BatchOutcome {
                    line: ResultLine {
                        title,
                        exit_code,
                        succeeded: exit_code == 0 || (exit_code == 5 && allows_none),
                        attempts,
                        elapsed: outcome.elapsed,
                        origin: origin(outcome.provenance),
                    },
                    addresses: planned.batch.addresses.clone(),
                    files: planned.batch.files.clone(),
                    cases: Vec::new(),
                    output,
                    outputs: outcome.outputs.clone(),
                    is_interrupted: outcome.end == ProcessEnd::Interrupt,
                }
            }
            Err(error) => BatchOutcome {
                line: ResultLine {
                    title,
                    exit_code: 1,
                    succeeded: false,
                    attempts,
                    elapsed: Duration::ZERO,
                    origin: ResultOrigin::Ran,
                },
                addresses: planned.batch.addresses.clone(),
                files: planned.batch.files.clone(),
                cases: Vec::new(),
                output: format!("{error}\n"),
                outputs: InputTree::default(),
                is_interrupted: matches!(error, ActionError::Interrupt),
            },
        }
    }

    fn say(&self, planned: &PlannedBatch, outcome: &Result<Outcome, ActionError>) {
        if self.session.settings.test.debug {
            return;
        }
        let never_started = matches!(outcome, Err(ActionError::Interrupt));
        let outcome = self.outcome(planned, outcome);
        let line = &outcome.line;
        let runs_again = self.attempt.number < self.attempt.most && !outcome.is_interrupted;
        if never_started || (!line.succeeded && runs_again) {
            return;
        }
        let verdict = match (line.succeeded, line.exit_code) {
            (true, _) => "succeeded".to_owned(),
            _ if outcome.is_interrupted => "interrupted".to_owned(),
            (false, code) => format!("failed (exit code {code})"),
        };
        let mut text = format!("Completed: Run Pytest - {} - {verdict}.", line.title);
        if is_output_shown(self.session.settings.test.output, line) {
            text += "\n";
            text += &outcome.output;
        }
        self.session.say(text);
    }
}

impl RunObserver for BatchWatcher<'_> {
    fn event(&self, event: &RunEvent<'_>) {
        if let RunEvent::Finished { index, outcome } = event {
            self.say(self.batches[*index], outcome);
        }
    }
}

/// Whether the output of a batch is printed.
fn is_output_shown(policy: OutputPolicy, line: &ResultLine) -> bool {
    match policy {
        OutputPolicy::All => true,
        OutputPolicy::Failed => !line.succeeded,
        OutputPolicy::None => false,
    }
}

fn exit_code(end: ProcessEnd) -> i32 {
    match end {
        ProcessEnd::Exit(code) => code,
        ProcessEnd::Signal(signal) => -signal,
        ProcessEnd::TimeLimit => TIME_LIMIT,
        ProcessEnd::OutputLimit => OUTPUT_LIMIT,
        ProcessEnd::Interrupt => INTERRUPT,
    }
}

fn origin(provenance: Provenance) -> ResultOrigin {
    match provenance {
        Provenance::LocalRun => ResultOrigin::Ran,
        Provenance::LocalCache => ResultOrigin::CachedLocally,
        Provenance::RemoteCache => ResultOrigin::CachedRemotely,
        Provenance::RemoteExecution => ResultOrigin::RanRemotely,
    }
}
