//! The commands: one file each, with its arguments and its code.

pub(crate) mod export;
pub(crate) mod generate_lockfiles;
pub(crate) mod lock;
pub(crate) mod package;
pub(crate) mod tree;
pub(crate) mod why;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::error::CommandError;
use crate::session::Session;

/// How a command that ran to its end came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As asked.
    Done,
    /// A check found something, and said so.
    Found,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Found => Self::FAILURE,
        }
    }
}

/// Runs what was typed.
pub(crate) fn run(cli: Cli) -> Result<Outcome, CommandError> {
    let session = Session::start(cli.global)?;
    match cli.command {
        Command::GenerateLockfiles(arguments) => generate_lockfiles::run(&session, &arguments),
        Command::Export(arguments) => export::run(&session, &arguments),
        Command::Lock(arguments) => lock::run(&session, &arguments),
        Command::Why(arguments) => why::run(&session, &arguments),
        Command::Tree(arguments) => tree::run(&session, &arguments),
        Command::Package(arguments) => package::run(&session, &arguments),
    }
}
