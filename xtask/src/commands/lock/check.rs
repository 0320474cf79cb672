//! `lock check`: checks whether every lock is what its inputs ask for, complete, free of yanked
//! files, and what the indexes say.

use clap::Args;
use serde::Serialize;

use crate::arguments::IndexArguments;
use crate::json::{self, FormatArguments};
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

    #[command(flatten)]
    format: FormatArguments,
}

/// What is wrong with a lock.
#[derive(Debug, Serialize)]
struct CheckedLock<'a> {
    resolve: &'a str,
    lockfile: &'a str,
    problems: Vec<String>,
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
    let mut checked = Vec::new();
    for (resolve, path) in &paths {
        let lock = CheckedLock {
            resolve,
            lockfile: path.relative.as_str(),
            problems: checker.problems(resolve, path)?,
        };
        if !arguments.format.is_json() {
            say(session, &lock);
        }
        checked.push(lock);
    }
    if arguments.format.is_json() {
        json::print(&checked)?;
    }
    Ok(match checked.iter().all(|lock| lock.problems.is_empty()) {
        true => CommandOutcome::Done,
        false => CommandOutcome::Found,
    })
}

fn say(session: &Session, lock: &CheckedLock<'_>) {
    let CheckedLock {
        resolve,
        lockfile,
        problems,
    } = lock;
    let verdict = if problems.is_empty() { ": sound" } else { "" };
    session.say(format_args!(
        "{SUBJECT}{resolve}{SUBJECT:#} ({lockfile}){verdict}"
    ));
    for problem in problems {
        session.say(format_args!("  {problem}"));
    }
}
