//! Keeps the journal of a run: in the git directory, replaced atomically after every step.

use std::fs::TryLockError;
use std::io::{Read, Write};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use git::Git;
use release::journal::Journal;

use super::error::RunError;

/// The folder in the git directory that belongs to a run.
#[derive(Debug, Clone)]
pub struct JournalFolder {
    path: Utf8PathBuf,
}

impl JournalFolder {
    /// The folder for the repository of `git`. It need not exist.
    ///
    /// # Errors
    /// Not a repository.
    pub fn of(git: &Git) -> Result<Self, RunError> {
        let directory = git.text(&["rev-parse", "--absolute-git-dir"])?;
        Ok(Self {
            path: Utf8PathBuf::from(directory).join("xtask-release"),
        })
    }

    /// The journal of the unfinished run, if there is one.
    ///
    /// # Errors
    /// Where it exists but cannot be read.
    pub fn read(&self) -> Result<Option<Journal>, RunError> {
        let path = self.path.join("journal.json");
        match fs_err::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes)
                    .map(Some)
                    .map_err(|error| RunError::Journal {
                        path,
                        message: error.to_string(),
                    })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps other runs out while the file is open. The operating system holds the lock, so that it
    /// ends with the process.
    pub(super) fn lock(&self) -> Result<fs_err::File, RunError> {
        let path = self.path.with_extension("lock");
        let mut file = fs_err::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        match try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder)?;
                return Err(RunError::Busy { holder });
            }
        }
        file.set_len(0)?;
        write!(file, "process {}", std::process::id())?;
        Ok(file)
    }

    /// Replaces the journal.
    pub(super) fn write(&self, journal: &Journal) -> Result<(), RunError> {
        fs_err::create_dir_all(&self.path)?;
        let path = self.path.join("journal.json");
        let bytes = serde_json::to_vec_pretty(journal).map_err(|error| RunError::Journal {
            path: path.clone(),
            message: error.to_string(),
        })?;
        replace(&path, &bytes)
    }

    /// The folder in which wheels are built before they are delivered.
    pub(super) fn staging(&self) -> Utf8PathBuf {
        self.path.join("wheels")
    }

    /// The folder with files of the output folder that were replaced.
    pub(super) fn replaced(&self) -> Utf8PathBuf {
        self.path.join("replaced")
    }

    /// Ends the run.
    pub(super) fn remove(&self) -> Result<(), RunError> {
        // The journal is removed first: without it, the other files have no meaning.
        let path = self.path.join("journal.json");
        if path.exists() {
            fs_err::remove_file(path)?;
        }
        if self.path.exists() {
            fs_err::remove_dir_all(&self.path)?;
        }
        Ok(())
    }
}

/// A program that is being started holds the file for a moment, until it has become that program:
/// so the lock is tried for a little while.
fn try_lock(file: &fs_err::File) -> Result<(), TryLockError> {
    const TRIES: usize = 10;
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            other => return other,
        }
    }
    file.try_lock()
}

/// Replaces a file as a whole, with the same permissions.
///
/// The new content is first written to a file beside it, always under the same name. If the run is
/// killed, the same step uses that file later, or an abort removes it.
pub(super) fn replace(path: &Utf8Path, bytes: &[u8]) -> Result<(), RunError> {
    let folder = path.parent().unwrap_or(Utf8Path::new("."));
    fs_err::create_dir_all(folder)?;
    let half = half_written(path);
    let mut file = fs_err::File::create(&half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    if let Ok(known) = fs_err::metadata(path) {
        file.set_permissions(known.permissions())?;
    }
    fs_err::rename(half, path)?;
    Ok(())
}

/// The path of the new content before it is complete.
pub(super) fn half_written(path: &Utf8Path) -> Utf8PathBuf {
    let name = path.file_name().unwrap_or_default();
    path.with_file_name(format!(".{name}.xtask-release"))
}
