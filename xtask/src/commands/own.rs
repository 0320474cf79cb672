//! `self`: about this program itself.

use camino::Utf8PathBuf;
use clap::Subcommand;
use goals::error::GoalError;
use goals::installation::Installer;

use crate::outcome::CommandOutcome;

/// About this program itself.
#[derive(Debug, Subcommand)]
pub(crate) enum OwnCommand {
    /// Say what installed this program, and how to get a newer one: it is left to the installer
    Update,
}

/// Needs no repository.
pub(crate) fn run(command: &OwnCommand) -> Result<CommandOutcome, GoalError> {
    match command {
        OwnCommand::Update => Err(update()),
    }
}

fn update() -> GoalError {
    let program = std::env::current_exe().and_then(fs_err::canonicalize);
    let program = program
        .ok()
        .and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    let program = program.unwrap_or_default();
    let installer = Installer::of(&program);
    GoalError::failure("it does not update itself: that is left to what installed it")
        .because(format!("{program} came from {installer}"))
        .hint(installer.update())
}
