//! Errors of writing an archive. Each has the names and places that its message needs. Verification
//! has its own findings.

use std::io;

use crate::path::{MemberPath, PathProblem};

/// An archive could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// A name is not valid for a member.
    #[error("`{name}` cannot be a name in the archive: {problem}")]
    UnsafePath {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
    /// One member has two sources.
    #[error("two files would be `{path}` in the archive: {first_origin} and {second_origin}")]
    DuplicateMember {
        /// The member.
        path: MemberPath,
        /// Where one of them comes from.
        first_origin: String,
        /// Where the other comes from.
        second_origin: String,
    },
    /// The paths of two members differ in case only.
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
    /// A member is below another member, which is a file.
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
        /// Why it could not be read.
        source: io::Error,
    },
    /// A source file has another size than when it was opened.
    #[error("`{origin}` changed while it was read: {expected} bytes when opened, {read} read")]
    ChangedWhileRead {
        /// Where the bytes come from.
        origin: String,
        /// Its size when it was opened.
        expected: u64,
        /// How many bytes were read (one more than expected if it grew).
        read: u64,
    },
    /// The archive could not be written, for instance because the disk is full.
    #[error("cannot write the archive")]
    Write(#[from] io::Error),
    /// The compressor failed, which should not happen.
    #[error("the compressor failed: {0}")]
    Deflate(String),
    /// A value is not valid for SOURCE_DATE_EPOCH.
    #[error("`{0}` is not a number of seconds since 1970, as SOURCE_DATE_EPOCH must be")]
    InvalidEpoch(String),
    /// No valid METADATA file can be made from the metadata.
    #[error(transparent)]
    Metadata(#[from] crate::metadata::CoreMetadataError),
}

impl ArchiveError {
    pub(crate) fn deflate(error: flate2::CompressError) -> ArchiveError {
        ArchiveError::Deflate(error.to_string())
    }
}
