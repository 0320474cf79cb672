//! `tree`: draws a lock as a tree, from the requirements down or from packages up.

use clap::Args;
use lockfile::TreeOptions;
use model::{PackageName, Platform};

use crate::commands::why;
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::locking::LockPath;
use goals::session::Session;

/// The arguments of `tree`.
#[derive(Debug, Args)]
pub(crate) struct TreeArguments {
    /// The resolve; without it the default one
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    /// Only the part for this platform
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,

    /// Draw up from this package to the requirements; may be repeated
    #[arg(long, value_name = "PACKAGE")]
    invert: Vec<PackageName>,

    /// The largest number of levels below the first
    #[arg(long, value_name = "COUNT")]
    depth: Option<usize>,
}

/// Prints the tree.
pub(crate) fn run(
    session: &Session,
    arguments: &TreeArguments,
) -> Result<CommandOutcome, GoalError> {
    let resolve = session.resolve(arguments.resolve.as_deref());
    let mut lock = LockPath::of(session, resolve)?.lock(resolve)?;
    if let Some(platform) = arguments.platform {
        lock = lockfile::export::for_platform(&lock, platform);
    }
    let is_locked = |name: &PackageName| lock.packages.iter().any(|package| package.name == *name);
    if let Some(unknown) = arguments.invert.iter().find(|name| !is_locked(name)) {
        return Err(why::not_locked(&lock, unknown, arguments.platform));
    }
    let options = TreeOptions {
        invert: arguments.invert.clone(),
        depth: arguments.depth,
    };
    terminal::print(lockfile::tree(&lock, &options));
    Ok(CommandOutcome::Done)
}
