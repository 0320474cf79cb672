//! A folder that is open: the files below it are looked at and linked from there on. The path of a file in an
//! environment has a dozen parts, and the system would walk all of them for each file again.

use std::io;
use std::time::Duration;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

/// What is known of a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStamp {
    pub(crate) size: u64,
    /// Since the start of 1970.
    pub(crate) time: Duration,
}

/// What of a folder's metadata changes when a name in it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FolderStamp {
    /// Seconds and nanoseconds since the start of 1970.
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u64,
}

impl FolderStamp {
    /// Whether it changed at this time since the start of 1970, or later.
    pub(crate) fn is_since(&self, limit: Duration) -> bool {
        let limit = (i128::from(limit.as_secs()), i64::from(limit.subsec_nanos()));
        let is_since = |(seconds, nanoseconds)| (i128::from(seconds), nanoseconds) >= limit;
        is_since(self.modified) || is_since(self.changed)
    }

    /// Whether its times are finer than seconds.
    pub(crate) fn has_fraction(&self) -> bool {
        self.modified.1 != 0 || self.changed.1 != 0
    }
}

#[cfg(unix)]
mod handle {
    use std::os::fd::OwnedFd;

    use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, linkat, mkdirat, openat, statat};

    use super::{Duration, FileStamp, FolderStamp, Utf8Path, io};

    /// An open folder.
    #[derive(Debug)]
    pub(crate) struct FolderHandle(OwnedFd);

    impl FolderHandle {
        /// Opens a folder; none where that cannot be done, and its files are then found by their paths.
        pub(crate) fn open(path: &Utf8Path) -> Option<Self> {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let opened = openat(CWD, path.as_std_path(), flags, Mode::empty());
            opened.ok().map(Self)
        }

        /// The state of a file below it; none where there is no such file, or something else.
        pub(crate) fn file_state(&self, path: &str) -> Option<FileStamp> {
            let found = statat(&self.0, path, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
            let seconds = u64::try_from(found.st_mtime).ok()?;
            let state = FileStamp {
                size: u64::try_from(found.st_size).ok()?,
                time: Duration::new(seconds, number(found.st_mtime_nsec)?),
            };
            is_file.then_some(state)
        }

        /// What a folder below it is; none where there is none.
        pub(crate) fn folder_stamp(&self, path: &str) -> Option<FolderStamp> {
            let found = statat(&self.0, path, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let is_folder = FileType::from_raw_mode(found.st_mode) == FileType::Directory;
            let stamp = FolderStamp {
                modified: (number(found.st_mtime)?, number(found.st_mtime_nsec)?),
                changed: (number(found.st_ctime)?, number(found.st_ctime_nsec)?),
                inode: number(found.st_ino)?,
            };
            is_folder.then_some(stamp)
        }

        /// Makes a folder below it.
        pub(crate) fn make_folder(&self, path: &str) -> io::Result<()> {
            Ok(mkdirat(&self.0, path, Mode::from_raw_mode(0o777))?)
        }

        /// Makes a hard link, below it, of a file below another folder.
        pub(crate) fn link(&self, path: &str, source: &Self, file: &str) -> io::Result<()> {
            Ok(linkat(&source.0, file, &self.0, path, AtFlags::empty())?)
        }
    }

    /// Systems have these numbers in different types.
    fn number<N>(number: impl TryInto<N>) -> Option<N> {
        number.try_into().ok()
    }
}

#[cfg(not(unix))]
mod handle {
    use super::{FileStamp, FolderStamp, Utf8Path, io};

    /// An open folder, which this system does not have.
    #[derive(Debug)]
    pub(crate) struct UnopenedFolder;

    impl UnopenedFolder {
        pub(crate) fn open(_: &Utf8Path) -> Option<Self> {
            None
        }

        pub(crate) fn file_state(&self, _: &str) -> Option<FileStamp> {
            None
        }

        pub(crate) fn folder_stamp(&self, _: &str) -> Option<FolderStamp> {
            None
        }

        pub(crate) fn make_folder(&self, _: &str) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(crate) fn link(&self, _: &str, _: &Self, _: &str) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
}

#[cfg(unix)]
pub(crate) use handle::FolderHandle;
#[cfg(not(unix))]
pub(crate) use handle::UnopenedFolder as FolderHandle;
