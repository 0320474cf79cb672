//! A program in the place of this process: it gets the terminal, signals and exit code as if it
//! had been started directly.

use crate::error::CommandError;

/// A program that takes this process's place.
pub(crate) struct Replacement {
    program: String,
    command: std::process::Command,
}

impl Replacement {
    /// `program` is a path.
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

    /// Adds arguments.
    pub(crate) fn arguments(&mut self, arguments: &[String]) {
        self.command.args(arguments);
    }

    /// Sets a variable of the environment.
    pub(crate) fn variable(&mut self, name: &str, value: &str) {
        self.command.env(name, value);
    }

    /// Takes a variable away.
    pub(crate) fn without(&mut self, name: &str) {
        self.command.env_remove(name);
    }

    /// Becomes the program; returns only where that fails.
    #[cfg(unix)]
    pub(crate) fn replace_this_process(mut self) -> CommandError {
        use std::os::unix::process::CommandExt;
        let error = self.command.exec();
        CommandError::file("run", self.program.as_str().into(), &error)
    }

    /// There is no such thing here.
    #[cfg(not(unix))]
    pub(crate) fn replace_this_process(self) -> CommandError {
        CommandError::failure(format!("cannot run {}: not on this system", self.program))
    }
}
