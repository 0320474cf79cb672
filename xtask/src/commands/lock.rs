//! `lock diff` and `lock check`: what changed in locks, and whether they are sound.

mod check;
mod diff;

use clap::Subcommand;

use crate::commands::Outcome;
use goals::error::CommandError;
use goals::session::Session;

/// What can be done with locks.
#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    /// What changed between two states of the locks, and why
    Diff(diff::Arguments),
    /// Whether the locks are what their inputs say, complete, and free of yanked files
    Check(check::Arguments),
}

/// Does it.
pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<Outcome, CommandError> {
    match arguments {
        Arguments::Diff(arguments) => diff::run(session, arguments),
        Arguments::Check(arguments) => check::run(session, arguments),
    }
}
