//! Ends programs that take too long, and all of them when the user says so.
//!
//! Each run has one watcher: a thread that knows which programs run and until when. The first Ctrl+C is handed to
//! the programs, each of which has a grace period for its own clean-up; a second one, or the end of that period, ends
//! it. A program whose time is over has the same period, one that writes too much has none.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::action::Shutdown;
use crate::process::{LaunchStreams, ProcessSignal, RunningProcess};

/// How often the sizes of outputs, and what runs by now, are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Watches over the programs of one run.
pub(crate) struct Supervisor {
    /// How long programs have for their own clean-up.
    grace: Duration,
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
    name: String,
    shutdown: Shutdown,
    /// When it is asked to end, or is ended if it was asked.
    until: Option<Instant>,
    /// Whether it was asked.
    asked: bool,
    streams: Vec<Utf8PathBuf>,
    output: u64,
    exceeded: Option<ProgramExcess>,
}

/// What a program may use, and how it is ended.
pub(crate) struct ProgramLimits<'a> {
    /// What a reader calls the program.
    pub(crate) name: &'a str,
    /// How it is asked to end.
    pub(crate) shutdown: Shutdown,
    /// How long it may run.
    pub(crate) time: Option<Duration>,
    /// How many bytes it may write to each of its streams.
    pub(crate) output: u64,
    /// These.
    pub(crate) streams: &'a LaunchStreams,
}

/// Which limit a program went beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgramExcess {
    /// That of its time.
    Time,
    /// That of its output.
    Output,
}

/// How far an interrupted run is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum InterruptState {
    #[default]
    No,
    /// Handed on, as this; programs have some time.
    Asked(ProcessSignal),
    /// Ended.
    Now,
}

/// A program that is watched, until it is dropped.
pub(crate) struct WatchedGuard<'a> {
    supervisor: &'a Supervisor,
    number: u64,
}

impl Supervisor {
    /// A supervisor of programs that have so long for their own clean-up.
    pub(crate) fn new(grace: Duration) -> Self {
        Self {
            grace,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Whether nothing new may start.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.lock().interrupt != InterruptState::No
    }

    /// Watches a program. One that starts when the run is being ended is ended too.
    pub(crate) fn watch(
        &self,
        process: &Arc<dyn RunningProcess>,
        limits: &ProgramLimits<'_>,
    ) -> WatchedGuard<'_> {
        let mut watch = self.lock();
        let number = watch.next;
        watch.next += 1;
        let until = limits
            .time
            .and_then(|limit| Instant::now().checked_add(limit));
        let mut program = WatchedProgram {
            process: process.clone(),
            name: limits.name.to_owned(),
            shutdown: limits.shutdown,
            until,
            asked: false,
            streams: match limits.streams {
                LaunchStreams::Files { stdout, stderr } => vec![stdout.clone(), stderr.clone()],
                LaunchStreams::Terminal => Vec::new(),
            },
            output: limits.output,
            exceeded: None,
        };
        match watch.interrupt {
            InterruptState::No => {}
            InterruptState::Asked(signal) => program.ask(signal, self.grace),
            InterruptState::Now => process.signal(ProcessSignal::Kill),
        }
        watch.programs.insert(number, program);
        drop(watch);
        // The watcher looks in time for all others.
        if limits.time.is_some_and(|limit| limit < LOOK) {
            self.changed.notify_all();
        }
        WatchedGuard {
            supervisor: self,
            number,
        }
    }

    /// Watches until the run is over. `said` hears, once, which programs were interrupted, and how long they have.
    pub(crate) fn keep_watch(&self, said: &dyn Fn(&[String], Duration)) {
        let mut watch = self.lock();
        let mut heard = false;
        while !watch.over {
            let now = Instant::now();
            watch.end_late(now, self.grace);
            watch.end_loud();
            if watch.interrupt != InterruptState::No && !heard {
                heard = true;
                let (running, longest) = watch.running(self.grace);
                drop(watch);
                said(&running, longest);
                watch = self.lock();
                continue;
            }
            let now = Instant::now();
            let time = watch.next_deadline().saturating_duration_since(now);
            let waited = self.changed.wait_timeout(watch, time.min(LOOK));
            watch = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The run is over.
    pub(crate) fn finish(&self) {
        self.lock().over = true;
        self.changed.notify_all();
    }

    /// Hands a signal of the user to the programs; the second one ends them.
    fn interrupt(&self, signal: ProcessSignal) {
        let mut watch = self.lock();
        if watch.interrupt == InterruptState::No {
            watch.interrupt = InterruptState::Asked(signal);
            // One whose time is over is at it already.
            for program in watch.programs.values_mut().filter(|one| !one.asked) {
                program.ask(signal, self.grace);
            }
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

    /// Asks programs whose time is over to end, and ends those that were asked long ago.
    fn end_late(&mut self, now: Instant, grace: Duration) {
        for program in self.programs.values_mut() {
            if program.until.is_none_or(|until| until > now) {
                continue;
            }
            if program.asked {
                program.until = None;
                program.process.signal(ProcessSignal::Kill);
            } else {
                program.exceeded = Some(ProgramExcess::Time);
                program.ask(ProcessSignal::Interrupt, grace);
            }
        }
    }

    /// The programs that run, and the longest time that one of them has.
    fn running(&self, grace: Duration) -> (Vec<String>, Duration) {
        let programs = self.programs.values();
        let names = programs.clone().map(|program| program.name.clone());
        let longest = programs.map(|program| program.grace(grace)).max();
        (names.collect(), longest.unwrap_or(grace))
    }

    /// Ends programs that wrote too much.
    fn end_loud(&mut self) {
        for program in self.programs.values_mut() {
            let size = |path: &Utf8PathBuf| fs_err::metadata(path).map_or(0, |file| file.len());
            let limit = program.output;
            if program.exceeded.is_none() && program.streams.iter().any(|path| size(path) > limit) {
                program.exceeded = Some(ProgramExcess::Output);
                program.until = None;
                program.process.signal(ProcessSignal::Kill);
            }
        }
    }

    fn next_deadline(&self) -> Instant {
        let limits = self.programs.values().filter_map(|program| program.until);
        limits.min().unwrap_or_else(|| Instant::now() + LOOK)
    }
}

impl WatchedProgram {
    /// Asks it to end, as the user did by `signal`.
    fn ask(&mut self, signal: ProcessSignal, grace: Duration) {
        self.asked = true;
        self.until = Instant::now().checked_add(self.grace(grace));
        let has_terminal = self.streams.is_empty();
        match (self.shutdown, signal) {
            // Its terminal interrupted it.
            (Shutdown::First { .. }, ProcessSignal::Interrupt) if has_terminal => {}
            (Shutdown::First { .. }, _) => self.process.signal(ProcessSignal::InterruptFirst),
            (Shutdown::Group, signal) => self.process.signal(signal),
        }
    }

    /// How long it has for its own clean-up, where others have `grace`.
    fn grace(&self, grace: Duration) -> Duration {
        match self.shutdown {
            Shutdown::First { grace } => grace,
            Shutdown::Group => grace,
        }
    }
}

impl WatchedGuard<'_> {
    /// The limit that the program went beyond.
    pub(crate) fn exceeded(&self) -> Option<ProgramExcess> {
        let watch = self.supervisor.lock();
        watch.programs.get(&self.number)?.exceeded
    }
}

impl Drop for WatchedGuard<'_> {
    fn drop(&mut self) {
        self.supervisor.lock().programs.remove(&self.number);
    }
}

/// The runs that hear signals now.
static LISTENERS: Mutex<Vec<Weak<Supervisor>>> = Mutex::new(Vec::new());
static HANDLER: OnceLock<()> = OnceLock::new();

/// Lets a run hear Ctrl+C and requests to end, as long as `supervisor` lives. Where no run hears them, they do what
/// they did before.
pub(crate) fn listen(supervisor: &Arc<Supervisor>) {
    let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
    listeners.push(Arc::downgrade(supervisor));
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
    listeners.retain(|listener| listener.strong_count() > 0);
    let kind = match signal {
        SIGINT => ProcessSignal::Interrupt,
        _ => ProcessSignal::Terminate,
    };
    for listener in listeners.iter() {
        if let Some(supervisor) = listener.upgrade() {
            supervisor.interrupt(kind);
        }
    }
    if listeners.is_empty() {
        drop(listeners);
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::process::ProcessEnd;

    /// A program that only counts the signals it gets.
    #[derive(Default)]
    struct Program {
        signals: Mutex<Vec<ProcessSignal>>,
    }

    impl RunningProcess for Program {
        fn wait(&self) -> std::io::Result<ProcessEnd> {
            Ok(ProcessEnd::Exit(0))
        }

        fn signal(&self, signal: ProcessSignal) {
            self.signals.lock().unwrap().push(signal);
        }
    }

    const NONE: ProgramLimits<'static> = ProgramLimits {
        name: "a program",
        shutdown: Shutdown::Group,
        time: None,
        output: 0,
        streams: &LaunchStreams::Terminal,
    };

    /// Runs `work` while a supervisor watches, and gives how often an interruption was said.
    fn watched(grace: Duration, work: impl FnOnce(&Supervisor)) -> usize {
        let supervisor = Supervisor::new(grace);
        let said = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                supervisor.keep_watch(&|_, _| {
                    said.fetch_add(1, Ordering::Relaxed);
                });
            });
            work(&supervisor);
            supervisor.finish();
        });
        said.into_inner()
    }

    fn wait_for(program: &Program, expected: &[ProcessSignal]) {
        let start = Instant::now();
        while *program.signals.lock().unwrap() != expected {
            assert!(start.elapsed() < Duration::from_secs(30), "{expected:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn programs_have_a_grace_period() {
        let program = Arc::new(Program::default());
        let process: Arc<dyn RunningProcess> = program.clone();
        let said = watched(Duration::from_millis(30), |supervisor| {
            let _guard = supervisor.watch(&process, &NONE);
            supervisor.interrupt(ProcessSignal::Interrupt);
            assert!(supervisor.is_interrupted());
            wait_for(&program, &[ProcessSignal::Interrupt, ProcessSignal::Kill]);
        });
        assert_eq!(said, 1);
    }

    #[test]
    fn the_second_interruption_ends_them() {
        let program = Arc::new(Program::default());
        let process: Arc<dyn RunningProcess> = program.clone();
        watched(Duration::from_secs(600), |supervisor| {
            let _guard = supervisor.watch(&process, &NONE);
            supervisor.interrupt(ProcessSignal::Interrupt);
            supervisor.interrupt(ProcessSignal::Interrupt);
            wait_for(&program, &[ProcessSignal::Interrupt, ProcessSignal::Kill]);
            let late = Arc::new(Program::default());
            let process: Arc<dyn RunningProcess> = late.clone();
            let _late = supervisor.watch(&process, &NONE);
            wait_for(&late, &[ProcessSignal::Kill]);
        });
    }

    #[test]
    fn a_program_that_ends_what_it_started_is_asked_alone_and_once() {
        let program = Arc::new(Program::default());
        let process: Arc<dyn RunningProcess> = program.clone();
        watched(Duration::from_millis(1), |supervisor| {
            let grace = Duration::from_millis(30);
            let limits = ProgramLimits {
                shutdown: Shutdown::First { grace },
                time: Some(Duration::from_millis(10)),
                streams: &LaunchStreams::Files {
                    stdout: Utf8PathBuf::new(),
                    stderr: Utf8PathBuf::new(),
                },
                ..NONE
            };
            let _guard = supervisor.watch(&process, &limits);
            supervisor.interrupt(ProcessSignal::Terminate);
            let asked = [ProcessSignal::InterruptFirst, ProcessSignal::Kill];
            wait_for(&program, &asked);
        });
    }

    #[test]
    fn a_time_limit_has_the_grace_period_too() {
        let program = Arc::new(Program::default());
        let process: Arc<dyn RunningProcess> = program.clone();
        watched(Duration::from_millis(30), |supervisor| {
            let limits = ProgramLimits {
                time: Some(Duration::from_millis(10)),
                ..NONE
            };
            let guard = supervisor.watch(&process, &limits);
            wait_for(&program, &[ProcessSignal::Interrupt, ProcessSignal::Kill]);
            assert_eq!(guard.exceeded(), Some(ProgramExcess::Time));
            assert!(!supervisor.is_interrupted());
        });
    }
}
