//! What can go wrong while an archive is made. Every error carries the names
//! and places that its message needs; verification has findings of its own.

use std::io;

use crate::path::{MemberPath, PathProblem};

/// An archive could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// A name that cannot be that of a member.
    #[error("`{name}` cannot be a name in the archive: {problem}")]
    UnsafePath {
        /// The name as it came.
        name: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
    /// Two sources for one member.
    #[error("two files would be `{path}` in the archive: {first_origin} and {second_origin}")]
    DuplicateMember {
        /// The member.
        path: MemberPath,
        /// Where one of them comes from.
        first_origin: String,
        /// Where the other comes from.
        second_origin: String,
    },
    /// Two members that are one on a file system without case.
    #[error(
        "`{first}` ({first_origin}) and `{second}` ({second_origin}) differ in case only: \
         on Windows and macOS one would overwrite the other"
    )]
    CaseClash {
        /// The first in archive order.
        first: MemberPath,
        /// The second.
        second: MemberPath,
        /// Where the first comes from.
        first_origin: String,
        /// Where the second comes from.
        second_origin: String,
    },
    /// A member below another member.
    #[error("`{file}` would be a file and, for `{below}`, a folder")]
    FileIsFolder {
        /// The member that is a file.
        file: MemberPath,
        /// The member below it.
        below: MemberPath,
    },
    /// A source file could not be read.
    #[error("cannot read `{origin}` for the member `{path}`")]
    Read {
        /// The member.
        path: MemberPath,
        /// Where its bytes come from.
        origin: String,
        /// Why not.
        source: io::Error,
    },
    /// A source file had another size than when it was opened.
    #[error("`{origin}` changed while it was read: {expected} bytes when opened, {read} read")]
    ChangedWhileRead {
        /// Where the bytes come from.
        origin: String,
        /// Its size when it was opened.
        expected: u64,
        /// How many bytes were read (one more than expected if it grew).
        read: u64,
    },
    /// The archive could not be written: the disk is full, for one.
    #[error("cannot write the archive")]
    Write(#[from] io::Error),
    /// The compressor refused; it has no reason to.
    #[error("the compressor failed: {0}")]
    Deflate(String),
    /// Not a value for SOURCE_DATE_EPOCH.
    #[error("`{0}` is not a number of seconds since 1970, as SOURCE_DATE_EPOCH must be")]
    InvalidEpoch(String),
    /// Metadata that no valid METADATA file can be made of.
    #[error(transparent)]
    Metadata(#[from] crate::metadata::CoreMetadataError),
}

impl ArchiveError {
    pub(crate) fn deflate(error: flate2::CompressError) -> ArchiveError {
        ArchiveError::Deflate(error.to_string())
    }
}
