//! Replaces this process by another program, which gets the terminal, signals and exit code as if
//! it had been started directly. Also prints a message if this process is interrupted.

use camino::Utf8Path;
use goals::error::GoalError;

use crate::error::CommandError;

/// A program that replaces this process.
pub(crate) struct Replacement {
    program: String,
    command: std::process::Command,
}

impl Replacement {
    /// Takes the path of the program.
    #[allow(
        clippy::disallowed_methods,
        reason = "duct starts a child; only this call replaces the process"
    )]
    pub(crate) fn new(program: &str) -> Self {
        Self {
            program: program.to_owned(),
            command: std::process::Command::new(program),
        }
    }

    /// Adds arguments for the program.
    pub(crate) fn arguments(&mut self, arguments: &[String]) {
        self.command.args(arguments);
    }

    /// Sets an environment variable of the program.
    pub(crate) fn variable(&mut self, name: &str, value: &str) {
        self.command.env(name, value);
    }

    /// The folder in which it runs.
    pub(crate) fn folder(&mut self, folder: &Utf8Path) {
        self.command.current_dir(folder);
    }

    /// Removes an environment variable of the program.
    pub(crate) fn without(&mut self, name: &str) {
        self.command.env_remove(name);
    }

    /// Replaces this process by the program. Returns only if that fails.
    #[cfg(unix)]
    pub(crate) fn replace_this_process(mut self) -> GoalError {
        use std::os::unix::process::CommandExt;
        let error = self.command.exec();
        GoalError::file("run", self.program.as_str().into(), &error)
    }

    /// This system cannot replace a process.
    #[cfg(not(unix))]
    pub(crate) fn replace_this_process(self) -> GoalError {
        GoalError::failure(format!("cannot run {}: not on this system", self.program))
    }
}

/// Prints `hint` on Ctrl+C, and ends the process as usual.
#[cfg(unix)]
pub(crate) fn say_when_interrupted(hint: &'static str) {
    use signal_hook::consts::SIGINT;
    // If the signal cannot be handled, Ctrl+C ends the process without the hint.
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT]) else {
        return;
    };
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            CommandError::from(GoalError::failure("interrupted").hint(hint)).print();
            let _ = signal_hook::low_level::emulate_default_handler(SIGINT);
        }
    });
}

/// There are no such signals on this system.
#[cfg(not(unix))]
pub(crate) fn say_when_interrupted(_: &'static str) {}
