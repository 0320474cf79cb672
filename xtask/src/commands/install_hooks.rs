//! `install-hooks`: git looks at what is staged before it is committed.

use clap::Args;
use goals::checking::{GitHooks, HookState};
use goals::error::GoalError;
use goals::session::Session;

use crate::outcome::CommandOutcome;

/// The arguments of `install-hooks`.
#[derive(Debug, Args)]
pub(crate) struct InstallHooksArguments {
    /// Remove the hook
    #[arg(long)]
    uninstall: bool,

    /// Change nothing; exit with 1 if the hook is not installed
    #[arg(long, conflicts_with = "uninstall")]
    check: bool,
}

/// Installs or removes the hook, or checks whether it is installed.
pub(crate) fn run(
    session: &Session,
    arguments: &InstallHooksArguments,
) -> Result<CommandOutcome, GoalError> {
    let hooks = GitHooks::of(session)?;
    if arguments.check {
        let told = match hooks.state()? {
            HookState::Installed => return Ok(CommandOutcome::Done),
            HookState::Old => "the hook is not as `cargo xtask install-hooks` writes it",
            HookState::Missing => "there is no hook",
            HookState::Foreign => "there is a hook, which `cargo xtask` did not write",
        };
        session.say(format_args!("{told}: {}", hooks.path()));
        return Ok(CommandOutcome::Found);
    }
    if arguments.uninstall {
        session.say(match hooks.uninstall()? {
            true => "the hook is removed",
            false => "there is no hook to remove",
        });
        return Ok(CommandOutcome::Done);
    }
    hooks.install()?;
    session.say("git runs `cargo xtask lint --staged` before each commit");
    Ok(CommandOutcome::Done)
}
