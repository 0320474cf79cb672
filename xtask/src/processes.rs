//! A program in the place of this process: it gets the terminal, signals and exit code as if it
//! had been started directly. And what this process says when it is interrupted.

use goals::error::CommandError;

use crate::error::EdgeError;

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

/// On Ctrl+C says `hint`, and ends as if it had said nothing.
#[cfg(unix)]
pub(crate) fn say_when_interrupted(hint: &'static str) {
    use signal_hook::consts::SIGINT;
    // Where it cannot be listened for, the process ends all the same.
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT]) else {
        return;
    };
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            EdgeError::from(CommandError::failure("interrupted").hint(hint)).print();
            let _ = signal_hook::low_level::emulate_default_handler(SIGINT);
        }
    });
}

/// There are no signals here.
#[cfg(not(unix))]
pub(crate) fn say_when_interrupted(_: &'static str) {}
