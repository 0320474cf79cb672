//! Where the journal of a run is kept: in the git directory, replaced atomically after every step.

use std::fs::TryLockError;
use std::io::{Read, Write};

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
    /// The folder for the repository of `git`; it need not exist.
    ///
    /// # Errors
    /// Not a repository.
    pub fn of(git: &Git) -> Result<Self, RunError> {
        let directory = git.text(&["rev-parse", "--absolute-git-dir"])?;
        Ok(Self {
            path: Utf8PathBuf::from(directory).join("xtask-release"),
        })
    }

    /// The journal of the run that is under way.
    ///
    /// # Errors
    /// There is one and it cannot be read.
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

    /// Keeps other runs out for as long as the file is open. The lock is the operating system's, so
    /// it ends with its process, however that ends.
    pub(super) fn lock(&self) -> Result<fs_err::File, RunError> {
        let path = self.path.with_extension("lock");
        let mut file = fs_err::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        match file.try_lock() {
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

    /// Where wheels are built before they are delivered.
    pub(super) fn staging(&self) -> Utf8PathBuf {
        self.path.join("wheels")
    }

    /// Where files are kept that were replaced in the output folder.
    pub(super) fn replaced(&self) -> Utf8PathBuf {
        self.path.join("replaced")
    }

    /// Ends the run.
    pub(super) fn remove(&self) -> Result<(), RunError> {
        // The journal first: what else is in the folder means nothing without it.
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

/// Replaces a file in one go, its permissions kept.
///
/// The new content is first written beside it, under a name that depends on nothing else: what a
/// killed run leaves there, the same step uses up, and an abort removes.
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

/// Where a file's new content is before it is whole.
pub(super) fn half_written(path: &Utf8Path) -> Utf8PathBuf {
    let name = path.file_name().unwrap_or_default();
    path.with_file_name(format!(".{name}.xtask-release"))
}
