//! The time stamp of an archive: SOURCE_DATE_EPOCH, else the last commit that touched the package.

use camino::Utf8Path;
use git::Git;
use wheel::ArchiveTime;

use crate::error::GoalError;
use crate::session::Session;

const VARIABLE: &str = "SOURCE_DATE_EPOCH";

/// The time in `SOURCE_DATE_EPOCH`.
pub(super) fn from_environment(session: &Session) -> Result<Option<ArchiveTime>, GoalError> {
    let Some(value) = session.environment.get(VARIABLE) else {
        return Ok(None);
    };
    match ArchiveTime::from_source_date_epoch(value) {
        Ok(time) => Ok(Some(time)),
        Err(error) => Err(GoalError::failure(format!("cannot use {VARIABLE}"))
            .because(error.to_string())
            .hint(format!(
                "unset it, or `export {VARIABLE}=$(git log -1 --format=%ct)`"
            ))),
    }
}

/// The time of the last commit that changed something in `folder`. Outside of a git repository, and
/// for files that were never committed, the earliest time that archives can have.
pub(super) fn of_last_commit(root: &Utf8Path, folder: &str) -> ArchiveTime {
    Git::at(root)
        .last_change(folder)
        .map_or(ArchiveTime::EARLIEST, ArchiveTime::from_unix)
}
