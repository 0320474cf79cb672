//! `lock check`: checks whether every lock is what its inputs ask for, complete, free of yanked
//! files, and what the indexes say.

use clap::Args;

use crate::arguments::IndexArguments;
use crate::outcome::CommandOutcome;
use crate::style::SUBJECT;
use goals::error::GoalError;
use goals::locking::{self, LockChecker, PackageIndexes};
use goals::session::Session;

/// The arguments of `lock check`.
#[derive(Debug, Args)]
pub(crate) struct LockCheckArguments {
    /// Check only this resolve; may be repeated
    #[arg(long = "resolve", value_name = "NAME")]
    resolves: Vec<String>,

    /// Fail if a package changed since this git revision and no changed input leads to it
    #[arg(long, value_name = "REF")]
    budget: Option<String>,

    #[command(flatten)]
    index: IndexArguments,
}

/// Checks the locks, and prints what is wrong with each.
pub(crate) fn run(
    session: &Session,
    arguments: &LockCheckArguments,
) -> Result<CommandOutcome, GoalError> {
    let paths = locking::lock_paths(session, &arguments.resolves)?;
    let repository = workspace::load(session.root(), session.target_options())?;
    targets::check_resolves(&repository)?;
    let checker = LockChecker {
        session,
        repository: &repository,
        indexes: PackageIndexes::new(session, arguments.index.choice())?,
        access: arguments.index.access(),
        budget: arguments.budget.as_deref(),
    };
    let mut outcome = CommandOutcome::Done;
    for (resolve, path) in &paths {
        let problems = checker.problems(resolve, path)?;
        let verdict = if problems.is_empty() { ": sound" } else { "" };
        session.say(format_args!(
            "{SUBJECT}{resolve}{SUBJECT:#} ({}){verdict}",
            path.relative
        ));
        for problem in &problems {
            session.say(format_args!("  {problem}"));
            outcome = CommandOutcome::Found;
        }
    }
    Ok(outcome)
}
