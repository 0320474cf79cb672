//! `lock diff` and `lock check`: what changed in locks, and whether they are sound.

mod check;
mod diff;

use clap::Subcommand;

use crate::outcome::CommandOutcome;
use goals::error::CommandError;
use goals::session::Session;

/// What can be done with locks.
#[derive(Debug, Subcommand)]
pub(crate) enum LockCommand {
    /// What changed between two states of the locks, and why
    Diff(diff::LockDiffArguments),
    /// Whether the locks are what their inputs say, complete, and free of yanked files
    Check(check::LockCheckArguments),
}

/// Does it.
pub(crate) fn run(
    session: &Session,
    arguments: &LockCommand,
) -> Result<CommandOutcome, CommandError> {
    match arguments {
        LockCommand::Diff(arguments) => diff::run(session, arguments),
        LockCommand::Check(arguments) => check::run(session, arguments),
    }
}
