//! `init`: makes a repository ready for its first lock, without a question.

use clap::Args;

use crate::arguments::GlobalArguments;
use crate::outcome::CommandOutcome;
use crate::style::SUBJECT;
use goals::error::GoalError;
use goals::session::Session;
use goals::starting;

/// The arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {}

/// Makes a project where there is nothing.
pub(crate) fn prepare(global: &GlobalArguments) -> Result<(), GoalError> {
    let folder = global.folder()?;
    if starting::make_project(&folder)? {
        crate::terminal::say(format_args!("wrote pyproject.toml"));
    }
    Ok(())
}

/// Writes what is missing, and says what comes next.
pub(crate) fn run(session: &Session) -> Result<CommandOutcome, GoalError> {
    let found = starting::first_steps(session)?;
    for path in &found.written {
        session.say(format_args!("wrote {path}"));
    }
    session.say(format_args!(
        "{SUBJECT}{}{SUBJECT:#} has {}",
        session.root().file_name().unwrap_or("the repository"),
        found.source
    ));
    for (resolve, lock) in &found.resolves {
        session.say(format_args!("  {resolve}: {lock}"));
    }
    session.say(format_args!("next: `cargo xtask generate-lockfiles`"));
    Ok(CommandOutcome::Done)
}
