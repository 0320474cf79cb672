//! What a lock of another tool says, before it is worked out where each package is needed.

use model::{DistFile, InterpreterConstraints, LockedPackage, Requirement, Sha256};

use crate::error::{LockReadErrorKind, ReadFault};

pub(super) fn foreign(why: &'static str) -> ReadFault {
    ReadFault::new(0..0, LockReadErrorKind::Foreign(why))
}

/// The `requires-python` of a lock.
pub(super) fn constraints(texts: &[String]) -> Result<InterpreterConstraints, ReadFault> {
    InterpreterConstraints::parse(texts).map_err(|_| foreign("its Python versions cannot be read"))
}

/// What a lock of another tool says.
pub(super) struct ForeignContents {
    pub(super) requirements: Vec<Requirement>,
    pub(super) interpreter_constraints: InterpreterConstraints,
    /// Without extras, with all that they require, and a marker only where versions differ by it.
    pub(super) packages: Vec<LockedPackage>,
}

/// A file by where it lies and its sha256; `None` without that hash: a download could not be checked.
pub(super) fn dist_file(place: &str, sha256: &str) -> Option<DistFile> {
    let sha256: Sha256 = sha256.parse().ok()?;
    let filename = place.split(['#', '?']).next()?.rsplit('/').next()?;
    let filename = percent_encoding::percent_decode_str(filename)
        .decode_utf8()
        .ok()?;
    (!filename.is_empty() && !filename.contains('/')).then(|| DistFile {
        filename: filename.into_owned(),
        sha256: Some(sha256),
        size: None,
        upload_time: None,
        requires_python: None,
        yanked: None,
    })
}
