//! `export --format`: prints a lock in another format.

use std::sync::Arc;

use index::Index;
use lockfile::Lock;
use model::{DistFile, LockedPackage};

use super::arguments::{ExportArguments, LockExportFormat};
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::locking::{LockPath, PackageIndexes};
use goals::session::Session;
use workspace::files;

/// Prints a lock.
pub(super) fn run(
    session: &Session,
    arguments: &ExportArguments,
    format: LockExportFormat,
) -> Result<CommandOutcome, GoalError> {
    if arguments.resolves.len() > 1 {
        return Err(GoalError::misuse(
            "only one lock can be printed at once: name one `--resolve`",
        ));
    }
    let resolve = session.resolve(arguments.resolves.first().map(String::as_str));
    let lock = LockPath::of(session, resolve)?.lock(resolve)?;
    let choice = arguments.index.choice();
    let mut lock = arguments.groups.selection().of(session, &choice, lock)?;
    if let Some(platform) = arguments.platform {
        lock = lockfile::export::for_platform(&lock, platform);
    }
    let index = || PackageIndexes::new(session, arguments.index.choice())?.index_of(resolve);
    let exported = export(index, format, &lock)?;
    if arguments.output == "-" {
        terminal::print(exported);
        return Ok(CommandOutcome::Done);
    }
    files::replace(
        &session.working_folder()?.join(&arguments.output),
        &exported,
    )
    .map_err(|error| GoalError::file("write", &arguments.output, &error))?;
    Ok(CommandOutcome::Done)
}

fn export(
    index: impl FnOnce() -> Result<Arc<Index>, GoalError>,
    format: LockExportFormat,
    lock: &Lock,
) -> Result<String, GoalError> {
    if format == LockExportFormat::Requirements {
        return Ok(lockfile::export::requirements(lock));
    }
    let index = index()?;
    for package in &lock.packages {
        index.prefetch_listing(&package.name);
    }
    let urls = |package: &LockedPackage, file: &DistFile| url(&index, package, file);
    match format {
        LockExportFormat::Requirements => Ok(lockfile::export::requirements(lock)),
        LockExportFormat::Pylock => Ok(lockfile::export::pylock(lock, &urls)?),
        LockExportFormat::Pex => Ok(lockfile::export::pex(lock, &urls)?),
        LockExportFormat::Cyclonedx => Ok(lockfile::export::cyclonedx(lock, &urls)),
    }
}

/// The present URL of a file on an index. A file with the same name and another hash does not
/// count.
fn url(index: &Index, package: &LockedPackage, file: &DistFile) -> Option<String> {
    let listing = index.listing(&package.name).ok()?;
    let release = listing.release(&package.version).ok()??;
    let listed = release.files.iter().find(|listed| {
        let same_hash = listed.file.sha256.is_none() || listed.file.sha256 == file.sha256;
        listed.file.filename == file.filename && same_hash
    })?;
    listed.absolute_url().map(String::from)
}
