//! `lock diff` and `lock check`: what changed in locks, and whether locks are right.

mod check;
mod diff;

use clap::Subcommand;

use crate::outcome::CommandOutcome;
use goals::error::GoalError;
use goals::session::Session;

/// The commands about locks.
#[derive(Debug, Subcommand)]
pub(crate) enum LockCommand {
    /// What changed between two states of the locks, and why
    Diff(diff::LockDiffArguments),
    /// Check whether locks are what their inputs ask for, complete, and free of yanked files
    Check(check::LockCheckArguments),
}

/// Runs the command.
pub(crate) fn run(session: &Session, arguments: &LockCommand) -> Result<CommandOutcome, GoalError> {
    match arguments {
        LockCommand::Diff(arguments) => diff::run(session, arguments),
        LockCommand::Check(arguments) => check::run(session, arguments),
    }
}
