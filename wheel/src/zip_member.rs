//! A member of a zip archive as the archive describes it, and what can be wrong with an archive.

use std::io;

use crate::member::FileMode;
use crate::zip_format::Method;

/// A member as the archive describes it.
#[derive(Clone, Debug)]
pub struct ZipMember {
    /// As it stands in the archive; not checked for anything.
    pub name: String,
    /// Uncompressed size in bytes, as declared.
    pub size: u64,
    /// The Unix mode, where the archive was made on Unix.
    pub unix_mode: Option<u32>,
    pub(crate) method: Method,
    pub(crate) flags: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u64,
    /// Where the local header is.
    pub(crate) header: u64,
    /// Where the data is.
    pub(crate) data: u64,
}

/// A file that is no zip archive, or can be read as two different ones.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZipError {
    /// The input could not be read.
    #[error("cannot read the archive")]
    Io(#[from] io::Error),
    /// The archive as a whole is wrong.
    #[error("the archive is not valid: {0}")]
    Archive(&'static str),
    /// One member is wrong.
    #[error("the member `{name}` is not valid: {problem}")]
    Member {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No such member.
    #[error("the archive has no `{0}`")]
    NoMember(String),
}

impl ZipMember {
    /// Whether it is a folder: a name that ends in `/`.
    pub fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Whether it is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.unix_mode
            .is_some_and(|mode| mode & 0o170_000 == 0o120_000)
    }

    /// Whether anyone may execute it.
    pub fn mode(&self) -> FileMode {
        self.unix_mode.map_or(FileMode::Regular, FileMode::of_unix)
    }

    pub(crate) fn wrong(&self, problem: &'static str) -> ZipError {
        ZipError::Member {
            name: self.name.clone(),
            problem,
        }
    }
}
