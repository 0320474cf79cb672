//! Ends programs that take too long, and all of them when the user says so.
//!
//! Each run has one watcher: a thread that knows which programs run and until when. The first Ctrl+C is handed to
//! the programs, which have a grace period for their own clean-up; a second one, or the end of that period, ends
//! them. A time limit ends a program at once, with everything it started.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::process::{ProcessSignal, RunningProcess};

/// Watches over the programs of one run.
#[derive(Default)]
pub(crate) struct Supervisor {
    state: Mutex<Watch>,
    changed: Condvar,
}

#[derive(Default)]
struct Watch {
    programs: BTreeMap<u64, WatchedProgram>,
    next: u64,
    interrupt: InterruptState,
    over: bool,
}

struct WatchedProgram {
    process: Arc<dyn RunningProcess>,
    until: Option<Instant>,
    late: bool,
}

/// How far an interrupted run is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum InterruptState {
    #[default]
    No,
    /// Handed on; programs have until then.
    Grace(Instant),
    /// Ended.
    Now,
}

/// A program that is watched, until it is dropped.
pub(crate) struct WatchedGuard<'a> {
    supervisor: &'a Supervisor,
    number: u64,
}

impl Supervisor {
    /// Whether nothing new may start.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.lock().interrupt != InterruptState::No
    }

    /// Watches a program. One that starts when the run is being ended is ended too.
    pub(crate) fn watch(
        &self,
        process: &Arc<dyn RunningProcess>,
        limit: Option<Duration>,
    ) -> WatchedGuard<'_> {
        let mut watch = self.lock();
        let number = watch.next;
        watch.next += 1;
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        match watch.interrupt {
            InterruptState::No => {}
            InterruptState::Grace(_) => process.signal(ProcessSignal::Interrupt),
            InterruptState::Now => process.signal(ProcessSignal::Kill),
        }
        let process = process.clone();
        let program = WatchedProgram {
            process,
            until,
            late: false,
        };
        watch.programs.insert(number, program);
        drop(watch);
        self.changed.notify_all();
        WatchedGuard {
            supervisor: self,
            number,
        }
    }

    /// Watches until the run is over. `said` hears, once, that programs were interrupted: how many.
    pub(crate) fn keep_watch(&self, said: &dyn Fn(usize)) {
        let mut watch = self.lock();
        let mut heard = false;
        while !watch.over {
            let now = Instant::now();
            if matches!(watch.interrupt, InterruptState::Grace(until) if until <= now) {
                watch.end_all();
            }
            watch.end_late(now);
            if watch.interrupt != InterruptState::No && !heard {
                heard = true;
                let running = watch.programs.len();
                drop(watch);
                said(running);
                watch = self.lock();
                continue;
            }
            let next = watch.next_deadline();
            watch = match next {
                None => self
                    .changed
                    .wait(watch)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(next) => {
                    let time = next.saturating_duration_since(Instant::now());
                    let waited = self.changed.wait_timeout(watch, time);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// The run is over.
    pub(crate) fn finish(&self) {
        self.lock().over = true;
        self.changed.notify_all();
    }

    /// Hands a signal of the user to the programs; the second one ends them.
    fn interrupt(&self, signal: ProcessSignal, grace: Duration) {
        let mut watch = self.lock();
        if watch.interrupt == InterruptState::No {
            watch.interrupt = InterruptState::Grace(Instant::now() + grace);
            watch
                .programs
                .values()
                .for_each(|program| program.process.signal(signal));
        } else {
            watch.end_all();
        }
        drop(watch);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Watch> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    fn end_all(&mut self) {
        self.interrupt = InterruptState::Now;
        let programs = self.programs.values();
        programs.for_each(|program| program.process.signal(ProcessSignal::Kill));
    }

    fn end_late(&mut self, now: Instant) {
        for program in self.programs.values_mut() {
            if program.until.is_some_and(|until| until <= now) {
                program.late = true;
                program.until = None;
                program.process.signal(ProcessSignal::Kill);
            }
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        let grace = match self.interrupt {
            InterruptState::Grace(until) => Some(until),
            _ => None,
        };
        let limits = self.programs.values().filter_map(|program| program.until);
        limits.chain(grace).min()
    }
}

impl WatchedGuard<'_> {
    /// Whether the program was ended since it took too long.
    pub(crate) fn was_late(&self) -> bool {
        let watch = self.supervisor.lock();
        watch
            .programs
            .get(&self.number)
            .is_some_and(|program| program.late)
    }
}

impl Drop for WatchedGuard<'_> {
    fn drop(&mut self) {
        self.supervisor.lock().programs.remove(&self.number);
    }
}

/// The runs that hear signals now.
struct Listener {
    supervisor: Weak<Supervisor>,
    grace: Duration,
}

static LISTENERS: Mutex<Vec<Listener>> = Mutex::new(Vec::new());
static HANDLER: OnceLock<()> = OnceLock::new();

/// Lets a run hear Ctrl+C and requests to end, as long as `supervisor` lives. Where no run hears them, they do what
/// they did before.
pub(crate) fn listen(supervisor: &Arc<Supervisor>, grace: Duration) {
    let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
    let supervisor = Arc::downgrade(supervisor);
    listeners.push(Listener { supervisor, grace });
    drop(listeners);
    HANDLER.get_or_init(|| {
        // Without a handler Ctrl+C ends this process, and the next run sweeps.
        if let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) {
            std::thread::spawn(move || signals.forever().for_each(hear));
        }
    });
}

fn hear(signal: i32) {
    let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
    listeners.retain(|listener| listener.supervisor.strong_count() > 0);
    let kind = match signal {
        SIGINT => ProcessSignal::Interrupt,
        _ => ProcessSignal::Terminate,
    };
    for listener in listeners.iter() {
        if let Some(supervisor) = listener.supervisor.upgrade() {
            supervisor.interrupt(kind, listener.grace);
        }
    }
    if listeners.is_empty() {
        drop(listeners);
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
}
