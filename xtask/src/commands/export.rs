//! `export`: makes environments from locks, or prints a lock in another format.

mod arguments;
mod editor;
mod environments;
mod format;

pub(crate) use arguments::ExportArguments;

use crate::outcome::CommandOutcome;
use goals::error::GoalError;
use goals::session::Session;

/// Makes environments, or prints a lock.
pub(crate) fn run(
    session: &Session,
    arguments: &ExportArguments,
) -> Result<CommandOutcome, GoalError> {
    match arguments.format {
        Some(format) => format::run(session, arguments, format),
        None => environments::run(session, arguments),
    }
}
