//! `merge-lockfile`: the command with which git merges two lockfiles (see `install-merge-driver`).
//!
//! Git may merge the lock before or after requirements.txt and BUILD files. Therefore nothing of
//! the repository is read except its settings, and these only if an index is needed.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use git::{Git, merge_files};
use lockfile::{Lock, LockFormat};

use crate::arguments::GlobalArguments;
use crate::outcome::CommandOutcome;
use goals::error::GoalError;
use goals::locking::{IndexChoice, MergeSides, PackageIndexes, merge, not_written};
use goals::session::Session;
use workspace::files;

/// What git hands over.
#[derive(Debug, Args)]
pub(crate) struct MergeLockfileArguments {
    /// A file with the lock that both sides started from; it is empty if there was none
    #[arg(value_name = "%O")]
    base: Utf8PathBuf,

    /// A file with the lock of our side, which is replaced by the merged lock
    #[arg(value_name = "%A")]
    ours: Utf8PathBuf,

    /// A file with the lock of their side
    #[arg(value_name = "%B")]
    theirs: Utf8PathBuf,

    /// The lockfile's path in the repository
    #[arg(value_name = "%P")]
    path: Utf8PathBuf,

    /// The size of conflict markers; without it git's attribute says
    #[arg(value_name = "%L")]
    marker_size: Option<usize>,
}

/// Replaces the lock of our side by the merged lock or, if there is none, by conflict markers.
pub(crate) fn run(
    global: GlobalArguments,
    arguments: &MergeLockfileArguments,
) -> Result<CommandOutcome, GoalError> {
    let readable =
        |lock: Lock| lockfile::write_readable(&lock, &arguments.path).map_err(not_written);
    let text = match merged(global, arguments).and_then(readable) {
        Ok(text) => text,
        Err(error) => {
            let conflict = conflict(arguments, &error)?;
            write(arguments, &conflict)?;
            return Err(error);
        }
    };
    write(arguments, &text)?;
    Ok(CommandOutcome::Done)
}

fn merged(global: GlobalArguments, arguments: &MergeLockfileArguments) -> Result<Lock, GoalError> {
    let sides = MergeSides {
        base: base(&arguments.base)?,
        ours: side(&arguments.ours, "our side", &arguments.path)?,
        theirs: side(&arguments.theirs, "their side", &arguments.path)?,
    };
    let mut session = None;
    merge(&sides, || {
        let session: &Session = session.insert(global.open()?);
        PackageIndexes::new(session, IndexChoice::default())
    })
}

fn side(file: &Utf8Path, which: &str, path: &Utf8Path) -> Result<Lock, GoalError> {
    let place = format!("{path} ({which})");
    let text = read(file)?;
    if LockFormat::of(&text) != LockFormat::Own {
        return Err(GoalError::failure(format!(
            "cannot merge {path}: {which} is not a lock of this tool"
        )));
    }
    Ok(lockfile::read(&text, place.as_str().into())?)
}

/// Reads the base. A base that cannot be read as a lock of this tool is treated as a missing one.
fn base(file: &Utf8Path) -> Result<Option<Lock>, GoalError> {
    let text = read(file)?;
    if let Some(conflicted) = lockfile::read_conflicted(&text, file) {
        return Ok(conflicted.ours.ok());
    }
    Ok(lockfile::read(&text, file).ok())
}

fn read(file: &Utf8Path) -> Result<String, GoalError> {
    fs_err::read_to_string(file).map_err(|error| GoalError::file("read", file, &error))
}

fn write(arguments: &MergeLockfileArguments, text: &str) -> Result<(), GoalError> {
    files::replace(&arguments.ours, text)
        .map_err(|error| GoalError::file("write", &arguments.ours, &error))
}

/// The conflict as git itself would leave it, with a comment on top that explains it.
fn conflict(arguments: &MergeLockfileArguments, error: &GoalError) -> Result<String, GoalError> {
    let explanation: String = error.lines().map(|line| format!("# {line}\n")).collect();
    let files = [&arguments.ours, &arguments.base, &arguments.theirs];
    // git runs the driver at the top of the work tree, which the path is relative to.
    let size = match arguments.marker_size {
        Some(size) => size,
        None => Git::at(".").marker_size(&arguments.path)?,
    };
    let text = merge_files(files.map(Utf8PathBuf::as_path), size)?;
    let marker = format!("{} ", "<".repeat(size));
    if text.lines().any(|line| line.starts_with(&marker)) {
        return Ok(explanation + &text);
    }
    // No single line conflicts, and yet there is no merged lock: the whole texts become the
    // conflict.
    let (ours, theirs) = (read(&arguments.ours)?, read(&arguments.theirs)?);
    let both = lockfile::write_conflicted(&ours, &theirs, size);
    Ok(explanation + &both)
}
