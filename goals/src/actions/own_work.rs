//! Actions whose work this process does itself: no program is started, and yet what came of it is kept and shared.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use engine::{
    Action, ActionError, Digest, Launch, Outcome, ProcessEnd, ProcessSignal, RunningProcess,
    Silence, Spawner, Workplace,
};

use super::ActionRunner;
use crate::error::GoalError;

/// An action with its work.
pub struct OwnWork<'w> {
    /// Its key, and what it writes.
    pub action: Action,
    /// Writes the outputs of the action below a folder, which is empty.
    pub work: WorkFunction<'w>,
}

/// What does the work.
type WorkFunction<'w> = Box<dyn Fn(&Utf8Path) -> Result<WorkWorth, GoalError> + Send + Sync + 'w>;

/// What can be done with what came of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkWorth {
    /// It follows from the action's key, and is kept.
    Kept,
    /// It came of more than the key says: it is for this run alone.
    Once,
}

/// The exit code of work that went well, and is for this run alone.
const ONCE: i32 = 3;

/// A piece of work that is to be done now.
struct WorkRequest {
    index: usize,
    folder: Utf8PathBuf,
    done: Arc<WorkState>,
}

/// Whether a piece of work is done, or given up.
#[derive(Default)]
struct WorkState {
    end: Mutex<Option<ProcessEnd>>,
    changed: Condvar,
}

/// Hands work to the threads that do it.
#[derive(Debug)]
struct WorkSpawner {
    index: usize,
    desk: Sender<WorkRequest>,
}

impl Spawner for WorkSpawner {
    fn spawn(&self, launch: &Launch) -> io::Result<Arc<dyn RunningProcess>> {
        let done = Arc::<WorkState>::default();
        let request = WorkRequest {
            index: self.index,
            folder: launch.folder.clone(),
            done: Arc::clone(&done),
        };
        self.desk.send(request).map_err(io::Error::other)?;
        Ok(done)
    }

    /// A thread cannot be asked.
    fn heeds_signals(&self) -> bool {
        false
    }
}

impl WorkState {
    /// The first end counts.
    fn end(&self, end: ProcessEnd) {
        let mut known = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert(end);
        self.changed.notify_all();
    }
}

impl RunningProcess for WorkState {
    fn wait(&self) -> io::Result<ProcessEnd> {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match *end {
                Some(end) => return Ok(end),
                None => {
                    let waited = self.changed.wait(end);
                    end = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn signal(&self, signal: ProcessSignal) {
        // A thread cannot be ended: it is no longer waited for.
        if signal == ProcessSignal::Kill {
            self.end(ProcessEnd::Signal(9));
        }
    }
}

impl ActionRunner<'_> {
    /// Does work of this process as actions: what is in a cache is not done again. The outcomes are in the order of
    /// the work.
    pub fn run_own(&self, work: &[OwnWork<'_>]) -> Vec<Result<Outcome, GoalError>> {
        let (desk, requests) = channel();
        let actions = work.iter().enumerate().map(|(index, one)| Action {
            workplace: Workplace::Empty,
            spawner: Some(Arc::new(WorkSpawner {
                index,
                desk: desk.clone(),
            })),
            ..one.action.clone()
        });
        let actions: Vec<_> = actions.collect();
        drop(desk);
        let requests = Mutex::new(requests);
        let errors = Mutex::default();
        let report = std::thread::scope(|scope| {
            for _ in 0..self.engine().jobs().min(work.len()) {
                scope.spawn(|| do_work(work, &requests, &errors));
            }
            let report = self.run(&actions, &Silence);
            // The threads end when nobody can ask them any more.
            drop(actions);
            report
        });
        let errors = errors.into_inner().unwrap_or_else(PoisonError::into_inner);
        let outcomes = report.outcomes.into_iter();
        outcomes.map(|outcome| judge(outcome, &errors)).collect()
    }
}

/// By the keys of actions: those with one key are done once.
type WorkErrors = Mutex<BTreeMap<Digest, GoalError>>;

fn do_work(work: &[OwnWork<'_>], requests: &Mutex<Receiver<WorkRequest>>, errors: &WorkErrors) {
    loop {
        let request = requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(request) = request else { return };
        let done = (work[request.index].work)(&request.folder);
        let code = match done {
            Ok(WorkWorth::Kept) => 0,
            Ok(WorkWorth::Once) => ONCE,
            Err(error) => {
                let mut errors = errors.lock().unwrap_or_else(PoisonError::into_inner);
                errors.insert(work[request.index].action.digest(), error);
                1
            }
        };
        request.done.end(ProcessEnd::Exit(code));
    }
}

fn judge(
    outcome: Result<Outcome, ActionError>,
    errors: &BTreeMap<Digest, GoalError>,
) -> Result<Outcome, GoalError> {
    let outcome = outcome.map_err(|error| GoalError::failure(error.to_string()))?;
    match (outcome.end, errors.get(&outcome.action)) {
        (ProcessEnd::Exit(0 | ONCE), _) => Ok(outcome),
        (ProcessEnd::Exit(_), Some(error)) => Err(error.clone()),
        (end, _) => Err(GoalError::failure(end.to_string())),
    }
}
