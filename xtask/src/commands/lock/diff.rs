//! `lock diff`: what changed between two states of the locks, and which input is the cause.

use clap::{Args, ValueEnum};

use crate::json;
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::locking::{self, LockState};
use goals::session::Session;

/// The arguments of `lock diff`.
#[derive(Debug, Args)]
pub(crate) struct LockDiffArguments {
    /// The old state: a git revision or a lockfile [default: `HEAD`]
    #[arg(value_name = "FROM")]
    from: Option<String>,

    /// The new state: a git revision or a lockfile [default: the working tree]
    #[arg(value_name = "TO")]
    to: Option<String>,

    /// Only this resolve; may be repeated
    #[arg(long = "resolve", value_name = "NAME")]
    resolves: Vec<String>,

    /// How to print it
    #[arg(long, alias = "format", value_enum, default_value_t = Format::Text)]
    output_format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a pull request
    Markdown,
    /// For programs
    Json,
    /// A page
    Html,
}

/// Prints the differences.
pub(crate) fn run(
    session: &Session,
    arguments: &LockDiffArguments,
) -> Result<CommandOutcome, GoalError> {
    let from = LockState::of(session, arguments.from.as_deref().unwrap_or("HEAD"))?;
    let to = match &arguments.to {
        Some(to) => LockState::of(session, to)?,
        None => LockState::WorkingTree,
    };
    let diffs = locking::lock_diffs(session, &arguments.resolves, &from, &to)?;
    match arguments.output_format {
        Format::Text => terminal::print(lockfile::diff::text(&diffs)),
        Format::Markdown => terminal::print(lockfile::diff::markdown(&diffs)),
        Format::Json => json::print(&diffs)?,
        Format::Html => terminal::print(lockfile::diff::html(&diffs)),
    }
    Ok(CommandOutcome::Done)
}
