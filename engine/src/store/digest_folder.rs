//! A folder with a file for each digest, written as a whole.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use remote::Digest;
use tempfile::NamedTempFile;

use super::UNFINISHED;
use crate::error::StoreError;

/// How long a file of the cache counts as used just now, so that a use need not write. Cleaning spares files for
/// longer than this.
const RECENTLY: Duration = Duration::from_secs(10 * 60);

/// A folder with a file for each digest, and one for files that are not finished.
#[derive(Debug, Clone)]
pub(super) struct DigestFolder {
    folder: Utf8PathBuf,
    temporary: Utf8PathBuf,
}

impl DigestFolder {
    /// The folder, which is made if it is not there.
    pub(super) fn open(folder: Utf8PathBuf) -> Result<Self, StoreError> {
        let temporary = folder.join(UNFINISHED);
        fs_err::create_dir_all(&temporary)
            .map_err(|error| StoreError::file("create", &temporary, error))?;
        Ok(Self { folder, temporary })
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// The folder of what is not finished.
    pub(super) fn temporary(&self) -> &Utf8Path {
        &self.temporary
    }

    /// The path of a digest's file.
    pub(super) fn path(&self, digest: &Digest) -> Utf8PathBuf {
        let name = digest.hex();
        self.folder.join(&name[..2]).join(name)
    }

    /// A file that is not finished.
    pub(super) fn begin(&self) -> Result<NamedTempFile, StoreError> {
        NamedTempFile::new_in(&self.temporary)
            .map_err(|error| StoreError::file("write into", &self.temporary, error))
    }
}

/// Gives a finished file its name. It may not be written any more.
pub(super) fn persist(file: NamedTempFile, path: &Utf8Path) -> io::Result<()> {
    let read_only = std::fs::Permissions::from_mode(0o444);
    file.as_file().set_permissions(read_only)?;
    let file = match file.persist(path) {
        Ok(_) => return Ok(()),
        Err(failed) if failed.error.kind() == io::ErrorKind::NotFound => failed.file,
        Err(failed) => return Err(failed.error),
    };
    // The first of its folder.
    path.parent().map_or(Ok(()), fs_err::create_dir_all)?;
    file.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}

/// Lets cleaning see that a file was used.
pub(super) fn mark_used(path: &Utf8Path, metadata: &std::fs::Metadata) {
    let now = SystemTime::now();
    let age = metadata
        .modified()
        .ok()
        .and_then(|time| now.duration_since(time).ok());
    if age.is_some_and(|age| age > RECENTLY) {
        // A cache that may only be read is used all the same.
        let times = rustix::fs::Timestamps {
            last_access: rustix::fs::Timespec {
                tv_sec: 0,
                tv_nsec: rustix::fs::UTIME_NOW,
            },
            last_modification: rustix::fs::Timespec {
                tv_sec: 0,
                tv_nsec: rustix::fs::UTIME_NOW,
            },
        };
        let flags = rustix::fs::AtFlags::empty();
        let _ = rustix::fs::utimensat(rustix::fs::CWD, path.as_std_path(), &times, flags);
    }
}
