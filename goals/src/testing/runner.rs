//! Runs batches: as often as they may until they pass, and says what comes of each when it ends.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::{
    Action, ActionError, Digest, InputTree, Outcome, ProcessEnd, Provenance, RunEvent, RunObserver,
    WorkerForm,
};
use model::Sha256;
use pytest::{OutputPolicy, ResultLine, ResultOrigin, TestCase};
use rustc_hash::FxHashMap;

use super::action::{ENDED, PlannedBatch, debug_adapter_address};
use super::fork_server::{ForkServers, ForkSpawner, ServerChoice, is_lost};
use super::live::LiveLine;
use super::on_workers::TestOnWorkers;
use crate::actions::ActionRunner;
use crate::session::Session;

/// The exit code of what was ended since it took too long.
const TIME_LIMIT: i32 = -15;

/// The exit code of what was ended since it printed too much: SIGXFSZ's.
const OUTPUT_LIMIT: i32 = -25;

/// The exit code of what the user interrupted: SIGINT's.
const INTERRUPT: i32 = -2;

/// What is said of a module that has no result however often its server is started.
const LOST: &str = "the process that it was forked of was killed, and so was another that it had alone: it may kill its parent, or the system may lack memory";

/// What is said of a module whose process ended well, but not by pytest.
const NOT_ENDED: &str = "its process ended with exit code 0, which is not pytest's, so that nothing is known of its tests: something called `os._exit(0)`, raised `SystemExit` in a conftest.py, or had another program take its place";

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
    /// What it printed, where that is shown: of what failed, or of all.
    pub output: String,
    /// The key of its action.
    pub(super) action: Digest,
    /// What it wrote.
    pub(super) outputs: InputTree,
    /// Whether it was ended since the user interrupted the run.
    pub is_interrupted: bool,
    /// Whether it is none, since the process that it was forked of was killed.
    is_lost: bool,
    /// How earlier attempts failed.
    pub(super) earlier: Vec<FailedAttempt>,
}

/// An attempt after which there was another.
#[derive(Debug, Clone)]
pub(super) struct FailedAttempt {
    pub(super) number: usize,
    pub(super) exit_code: i32,
    /// What it wrote.
    pub(super) outputs: InputTree,
}

/// Runs batches of one run.
pub(super) struct BatchRunner<'a> {
    pub(super) session: &'a Session,
    pub(super) actions: &'a ActionRunner<'a>,
    pub(super) arguments: &'a [String],
    /// What failed before, and would again.
    pub(super) known: &'a [BatchOutcome],
}

/// All that came of a run.
#[derive(Debug)]
pub(super) struct BatchResults {
    pub(super) outcomes: Vec<BatchOutcome>,
    pub(super) interrupted: bool,
}

impl BatchOutcome {
    /// The attempts until now, of which it was the last.
    fn into_earlier(self) -> Vec<FailedAttempt> {
        let mut earlier = self.earlier;
        if !self.is_lost {
            earlier.push(FailedAttempt {
                number: self.line.attempts,
                exit_code: self.line.exit_code,
                outputs: self.outputs,
            });
        }
        earlier
    }
}

impl BatchRunner<'_> {
    /// Runs them, in parallel.
    pub(super) fn run(&self, planned: &[PlannedBatch]) -> BatchResults {
        let most = match self.session.settings.test.is_interactive() {
            true => 1,
            false => self.session.settings.test.attempts_default.get(),
        };
        let mut outcomes: Vec<Option<BatchOutcome>> =
            planned.iter().map(|planned| self.known(planned)).collect();
        let unknown: Vec<usize> = (0..planned.len())
            .filter(|at| outcomes[*at].is_none())
            .collect();
        let mut interrupted = false;
        for number in 1..=most {
            let mut attempt = Attempt {
                number,
                most,
                servers: ServerUse::Shared,
            };
            let failed = |at: &usize| outcomes[*at].as_ref().is_none_or(|one| !one.line.succeeded);
            let mut todo: Vec<usize> = unknown.iter().copied().filter(failed).collect();
            while !todo.is_empty() && !interrupted {
                let round = self.round(todo.iter().map(|at| &planned[*at]).collect(), attempt);
                interrupted = round.interrupted;
                let mut lost = Vec::new();
                for (at, (mut outcome, has_lost)) in todo.iter().zip(round.outcomes) {
                    let before = outcomes[*at].take();
                    outcome.earlier = before.map_or_else(Vec::new, BatchOutcome::into_earlier);
                    // Without a result it was no attempt.
                    outcome.is_lost = has_lost;
                    outcomes[*at] = Some(outcome);
                    lost.extend(has_lost.then_some(*at));
                }
                // Who killed the server is among them, and kills no other's this time.
                attempt.servers = ServerUse::OneEach;
                todo = lost;
            }
        }
        BatchResults {
            outcomes: outcomes.into_iter().flatten().collect(),
            interrupted,
        }
    }

    /// What came of a batch before, if that would come of it again.
    fn known(&self, planned: &PlannedBatch) -> Option<BatchOutcome> {
        let addresses = &planned.batch.addresses;
        let known = self.known.iter().find(|one| one.addresses == *addresses)?;
        let key = planned.action(self.session, self.arguments).digest();
        (key == known.action).then(|| known.clone())
    }

    /// Runs batches once. With the outcome of each is said whether it is none, since its server was killed.
    fn round(&self, batches: Vec<&PlannedBatch>, attempt: Attempt) -> AttemptRound {
        let actions = self.actions_of(&batches, attempt.servers);
        let is_quiet = !self.session.settings.test.is_interactive();
        let watcher = BatchWatcher {
            live: is_quiet.then(|| LiveLine::new(self.session, batches.len())),
            session: self.session,
            batches,
            attempt,
        };
        let report = self.actions.run(&actions, &watcher);
        let outcomes = watcher.batches.iter().zip(&report.outcomes);
        let outcomes = outcomes.map(|(planned, outcome)| {
            (
                watcher.outcome(planned, outcome),
                attempt.has_lost(outcome) && !report.interrupted,
            )
        });
        AttemptRound {
            outcomes: outcomes.collect(),
            interrupted: report.interrupted,
        }
    }

    /// The actions of batches. Those of which several have a server are forked of one interpreter.
    fn actions_of(&self, batches: &[&PlannedBatch], use_of_servers: ServerUse) -> Vec<Action> {
        let servers = Arc::new(ForkServers::default());
        let mut choices: BTreeMap<String, Arc<ServerChoice>> = BTreeMap::new();
        let mut keys: Vec<Vec<String>> = Vec::new();
        for (at, batch) in batches.iter().enumerate() {
            let mut own = Vec::new();
            if batch.may_be_forked(self.session) {
                own = batch.server_choices();
            }
            if use_of_servers == ServerUse::OneEach {
                own.iter_mut()
                    .for_each(|choice| choice.key = format!("{at} {}", choice.key));
            }
            keys.push(own.iter().map(|choice| choice.key.clone()).collect());
            for choice in own {
                let shared = choices.entry(choice.key.clone());
                let shared = shared.or_insert_with(|| Arc::new(choice));
                shared.remaining.fetch_add(1, Ordering::Relaxed);
            }
        }
        let mut forms: BTreeMap<String, Arc<TestOnWorkers>> = BTreeMap::new();
        for batch in batches {
            let form = forms.entry(batch.environment.identity.to_string());
            form.or_insert_with(|| Arc::new(TestOnWorkers::new(batch.environment.clone())));
        }
        let mut prepared: FxHashMap<Sha256, usize> = FxHashMap::default();
        for batch in batches.iter().filter(|batch| batch.may_be_prepared()) {
            *prepared.entry(batch.environment.identity).or_default() += 1;
        }
        let action = |(batch, keys): (&&PlannedBatch, &Vec<String>)| {
            let mut action = batch.action(self.session, self.arguments);
            let form = forms.get(&batch.environment.identity.to_string());
            action.on_workers = form.map(|form| form.clone() as Arc<dyn WorkerForm>);
            let is_worth = |choice: &&Arc<ServerChoice>| {
                let count = choice.remaining.load(Ordering::Relaxed);
                count > 1 || use_of_servers == ServerUse::OneEach
            };
            let choices = keys.iter().filter_map(|key| choices.get(key));
            let choices: Vec<_> = choices.filter(is_worth).cloned().collect();
            if !choices.is_empty() {
                action.spawner = Some(Arc::new(ForkSpawner {
                    servers: servers.clone(),
                    choices,
                    environment: batch.environment.environment.root().to_owned(),
                    slot: self.session.settings.pytest.execution_slot_var.clone(),
                    preparation: (batch.may_be_prepared()
                        && prepared.get(&batch.environment.identity) > Some(&1))
                    .then(|| Arc::new(batch.preparation())),
                }));
            }
            action
        };
        batches.iter().zip(&keys).map(action).collect()
    }
}

/// What came of batches that were run once.
struct AttemptRound {
    /// Each with whether it is none, since its server was killed.
    outcomes: Vec<(BatchOutcome, bool)>,
    interrupted: bool,
}

/// Of which servers modules are forked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServerUse {
    /// Those of one environment of one.
    Shared,
    /// Each of one of its own.
    OneEach,
}

/// Which attempt it is.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    number: usize,
    most: usize,
    servers: ServerUse,
}

impl Attempt {
    /// Whether a batch is to be run again since its server, which it shared, was killed.
    fn has_lost(&self, outcome: &Result<Outcome, ActionError>) -> bool {
        let is_shared = self.servers == ServerUse::Shared;
        is_shared && matches!(outcome, Err(ActionError::Start { error, .. }) if is_lost(error))
    }
}

/// Says what comes of batches.
struct BatchWatcher<'a> {
    session: &'a Session,
    batches: Vec<&'a PlannedBatch>,
    attempt: Attempt,
    /// None where the terminal is the tests'.
    live: Option<LiveLine>,
}

impl BatchWatcher<'_> {
    fn outcome(
        &self,
        planned: &PlannedBatch,
        outcome: &Result<Outcome, ActionError>,
    ) -> BatchOutcome {
        let allows_none = self.session.settings.pytest.allow_empty_test_collection;
        let title = match self.session.settings.test.show_all_batch_targets {
            true => planned.batch.addresses.join(", "),
            false => planned.batch.title(),
        };
        let attempts = self.attempt.number;
        match outcome {
            Ok(outcome) => {
                let exit_code = exit_code(outcome.end);
                let succeeded = exit_code == 0 || (exit_code == 5 && allows_none);
                let text = |kept: &engine::KeptOutput| kept.text().unwrap_or_default();
                let is_read = !succeeded || self.session.settings.test.output == OutputPolicy::All;
                let mut output = match is_read {
                    true => text(&outcome.stdout) + &text(&outcome.stderr),
                    false => String::new(),
                };
                if outcome.end == ProcessEnd::TimeLimit {
                    let limit = planned.batch.timeout.unwrap_or_default().as_secs_f64();
                    output += &format!(
                        "\n\nExceeded timeout of {limit:.1} seconds when executing local process: Run Pytest for {title}\n"
                    );
                }
                output += &end_explained(outcome.end);
                BatchOutcome {
                    line: ResultLine {
                        title,
                        exit_code,
                        succeeded,
                        attempts,
                        elapsed: outcome.elapsed,
                        origin: origin(outcome.provenance),
                    },
                    addresses: planned.batch.addresses.clone(),
                    files: planned.batch.files.clone(),
                    cases: Vec::new(),
                    action: outcome.action,
                    output,
                    outputs: outcome.outputs.clone(),
                    is_interrupted: outcome.end == ProcessEnd::Interrupt,
                    is_lost: false,
                    earlier: Vec::new(),
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
                action: Digest::of(&[]),
                output: match error {
                    ActionError::Start { error, .. } if is_lost(error) => format!("{LOST}\n"),
                    ActionError::NoOutput { path } if path == ENDED => format!("{NOT_ENDED}\n"),
                    _ => format!("{error}\n"),
                },
                outputs: InputTree::default(),
                is_interrupted: matches!(error, ActionError::Interrupt),
                is_lost: false,
                earlier: Vec::new(),
            },
        }
    }

    fn say(&self, planned: &PlannedBatch, outcome: &Result<Outcome, ActionError>) {
        if self.session.settings.test.is_interactive() {
            return;
        }
        let never_started = matches!(outcome, Err(ActionError::Interrupt));
        let has_lost = self.attempt.has_lost(outcome);
        let outcome = self.outcome(planned, outcome);
        let line = &outcome.line;
        let runs_again = self.attempt.number < self.attempt.most && !outcome.is_interrupted;
        if never_started || has_lost || (!line.succeeded && runs_again) {
            return;
        }
        let verdict = match (line.succeeded, line.exit_code) {
            (true, _) => "succeeded".to_owned(),
            _ if outcome.is_interrupted => "interrupted".to_owned(),
            (false, code) => format!("failed (exit code {code})"),
        };
        let mut text = format!("Completed: Run Pytest - {} - {verdict}.", line.title);
        if let Some(tag) = &planned.batch.tag {
            text += &format!("\nPartition: {tag}");
        }
        if is_output_shown(self.session.settings.test.output, line) {
            text += "\n";
            text += &outcome.output;
        }
        match line.succeeded {
            true => self.session.say(text),
            false => self.session.tell_result(text),
        }
    }
}

impl RunObserver for BatchWatcher<'_> {
    fn event(&self, event: &RunEvent<'_>) {
        match event {
            RunEvent::Started { index, .. } => {
                let title = self.batches[*index].batch.title();
                if self.session.settings.test.debug_adapter {
                    self.session.say(format_args!(
                        "{title} waits for an editor's debugger at {}",
                        debug_adapter_address(self.session)
                    ));
                }
                self.live
                    .iter()
                    .for_each(|live| live.started(*index, &title));
            }
            RunEvent::Finished { index, outcome } => {
                self.say(self.batches[*index], outcome);
                let ended_well = outcome.as_ref().is_ok_and(|outcome| outcome.end.success());
                self.live
                    .iter()
                    .for_each(|live| live.ended(*index, ended_well));
            }
            _ => {}
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

/// What a reader needs to know of an end that pytest itself cannot report.
fn end_explained(end: ProcessEnd) -> Cow<'static, str> {
    let known = match end {
        ProcessEnd::Signal(9) => {
            "\n\nIts process was killed (SIGKILL): by itself, by another one, or by the system for want of memory.\n"
        }
        ProcessEnd::Signal(11) => "\n\nIts process crashed (SIGSEGV).\n",
        ProcessEnd::Signal(6) => "\n\nIts process aborted (SIGABRT).\n",
        ProcessEnd::Signal(15) => {
            "\n\nIts process was asked to end (SIGTERM), by itself or by another one.\n"
        }
        ProcessEnd::Signal(24) => "\n\nIts process took more time than its own limit (SIGXCPU).\n",
        ProcessEnd::Signal(number) => {
            return format!("\n\nIts process was ended by signal {number}.\n").into();
        }
        ProcessEnd::OutputLimit => "\n\nIts process wrote more than it may to its output.\n",
        _ => "",
    };
    known.into()
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
