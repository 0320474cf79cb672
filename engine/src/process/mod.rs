//! Programs as processes: started, waited for, and ended with everything they started.

mod fork_exec;
mod leftovers;
mod program;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use camino::Utf8PathBuf;

pub use fork_exec::ForkExec;
pub(crate) use leftovers::{MARKER, adopt_orphans, end_everything_of, end_orphans_of};
pub(crate) use program::find_program;

/// A program that is about to be started.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Its absolute path; its name where an action has a spawner of its own that starts no such file.
    pub program: Utf8PathBuf,
    /// Its arguments, its own name aside.
    pub arguments: Vec<String>,
    /// All variables it sees.
    pub environment: BTreeMap<String, String>,
    /// Where it starts.
    pub folder: Utf8PathBuf,
    /// Where its output goes.
    pub streams: LaunchStreams,
    /// The number of its execution slot: no two programs that run at one time have the same.
    pub slot: usize,
}

/// Where a program's output goes.
#[derive(Debug, Clone)]
pub enum LaunchStreams {
    /// Into two files, which are there and empty. Its input is empty.
    Files {
        /// The file for its standard output.
        stdout: Utf8PathBuf,
        /// The file for its standard error.
        stderr: Utf8PathBuf,
    },
    /// To the terminal, and its input from there.
    Terminal,
}

/// What starts programs: as children of this process, or of a server that forks.
pub trait Spawner: fmt::Debug + Send + Sync {
    /// Starts a program.
    ///
    /// # Errors
    /// Where it cannot be started.
    fn spawn(&self, launch: &Launch) -> io::Result<Arc<dyn RunningProcess>>;

    /// Whether what it starts can be asked to end. Where nothing of a run can, Ctrl+C ends this process, as it does
    /// without a run.
    fn heeds_signals(&self) -> bool {
        true
    }

    /// What it prepares in a slot where it starts its program: programs of which it prepares the same start sooner
    /// there. None where it prepares nothing.
    fn affinity(&self) -> Option<String> {
        None
    }
}

/// A program that was started. It leads a process group of its own, unless it has the terminal.
pub trait RunningProcess: Send + Sync {
    /// Waits until it has ended, and ends what is left of its process group then.
    ///
    /// # Errors
    /// Where it cannot be waited for.
    fn wait(&self) -> io::Result<ProcessEnd>;

    /// Sends a signal to it and, but for `InterruptFirst`, to its group. Nothing happens if it has ended.
    fn signal(&self, signal: ProcessSignal);
}

/// What is sent to a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessSignal {
    /// Ctrl+C.
    Interrupt,
    /// Ctrl+C, for the program itself and not for what it started.
    InterruptFirst,
    /// A request to end.
    Terminate,
    /// The end.
    Kill,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessEnd {
    /// With an exit code.
    Exit(i32),
    /// By a signal.
    Signal(i32),
    /// By the engine, since it took longer than it may.
    TimeLimit,
    /// By the engine, since it wrote more than it may to its output.
    OutputLimit,
    /// Not well, after the user interrupted the run.
    Interrupt,
}

impl ProcessEnd {
    /// Whether it ended with the exit code 0.
    #[must_use]
    pub fn success(self) -> bool {
        self == Self::Exit(0)
    }
}

/// As a reader sees it.
impl fmt::Display for ProcessEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::TimeLimit => f.write_str("it took too long"),
            Self::OutputLimit => f.write_str("it wrote too much to its output"),
            Self::Interrupt => f.write_str("interrupted"),
        }
    }
}
