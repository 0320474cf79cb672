//! How a command came out, and the exit code of that.

use std::process::ExitCode;

/// How a command ended that ran completely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommandOutcome {
    /// As asked.
    Done,
    /// It is a check, and printed what it found.
    Found,
    /// With this exit code, which says what was found.
    Exit(u8),
}

impl From<CommandOutcome> for ExitCode {
    fn from(outcome: CommandOutcome) -> Self {
        match outcome {
            CommandOutcome::Done => Self::SUCCESS,
            CommandOutcome::Found => Self::FAILURE,
            CommandOutcome::Exit(code) => Self::from(code),
        }
    }
}
