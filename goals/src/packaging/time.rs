//! The time stamp of an archive: SOURCE_DATE_EPOCH, else the earliest that archives can have.
//!
//! It is never that of a commit: a shallow clone, or an export without git, would give other bytes.

use wheel::ArchiveTime;

use crate::error::GoalError;
use crate::session::Session;

const VARIABLE: &str = "SOURCE_DATE_EPOCH";

/// The time of every archive of a run.
pub(super) fn of_archives(session: &Session) -> Result<ArchiveTime, GoalError> {
    let Some(value) = session.environment.get(VARIABLE) else {
        return Ok(ArchiveTime::EARLIEST);
    };
    ArchiveTime::from_source_date_epoch(value).map_err(|error| {
        GoalError::failure(format!("cannot use {VARIABLE}"))
            .because(error.to_string())
            .hint(format!(
                "unset it, or `export {VARIABLE}=$(git log -1 --format=%ct)`"
            ))
    })
}
