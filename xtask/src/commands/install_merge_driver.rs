//! `install-merge-driver`: makes git run `merge-lockfile` when it merges a lockfile.
//!
//! `.gitattributes` has the names of the files, for every clone. The configuration of this clone
//! has the command.

use clap::Args;

use crate::outcome::CommandOutcome;
use goals::error::GoalError;
use goals::locking::MergeDriver;
use goals::session::Session;

/// The arguments of `install-merge-driver`.
#[derive(Debug, Args)]
pub(crate) struct InstallMergeDriverArguments {
    /// Uninstall the driver
    #[arg(long)]
    uninstall: bool,

    /// Change nothing; exit with 1 if the driver is not installed
    #[arg(long, conflicts_with = "uninstall")]
    check: bool,
}

/// Installs or uninstalls the driver, or checks whether it is installed.
pub(crate) fn run(
    session: &Session,
    arguments: &InstallMergeDriverArguments,
) -> Result<CommandOutcome, GoalError> {
    let driver = MergeDriver::of(session)?;
    if arguments.check {
        let missing = driver.missing()?;
        for what in &missing {
            session.say(what);
        }
        return Ok(match missing.is_empty() {
            true => CommandOutcome::Done,
            false => CommandOutcome::Found,
        });
    }
    if arguments.uninstall {
        driver.uninstall()?;
        session.say("git merges lockfiles line by line again");
    } else {
        driver.install()?;
        session.say("git merges lockfiles by `cargo xtask merge-lockfile`");
    }
    Ok(CommandOutcome::Done)
}
