//! Keeps the journal of a run: in the git directory, replaced atomically after every step.

use std::fs::TryLockError;
use std::io::{Read, Write};

use camino::Utf8PathBuf;
use git::Git;
use release::journal::Journal;

use super::error::RunError;
use workspace::files;

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

    /// Nothing, where no other release is to be resumed or aborted first.
    ///
    /// # Errors
    /// One is, or runs at this moment.
    pub fn refuse_when_under_way(&self) -> Result<(), RunError> {
        let Some(journal) = self.read()? else {
            return Ok(());
        };
        let _alone = self.lock()?;
        Err(RunError::under_way(&journal))
    }

    /// Keeps other runs out until the lock is dropped. The operating system holds it, so that it ends
    /// with the process.
    pub(super) fn lock(&self) -> Result<RunLock, RunError> {
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
        Ok(RunLock(file))
    }

    /// Replaces the journal.
    pub(super) fn write(&self, journal: &Journal) -> Result<(), RunError> {
        fs_err::create_dir_all(&self.path)?;
        let path = self.path.join("journal.json");
        let bytes = serde_json::to_vec_pretty(journal).map_err(|error| RunError::Journal {
            path: path.clone(),
            message: error.to_string(),
        })?;
        Ok(files::replace(&path, &bytes)?)
    }

    /// The folder in which wheels are built before they are delivered.
    pub(super) fn staging(&self) -> Utf8PathBuf {
        self.path.join("wheels")
    }

    /// The folder in which the release's commit is checked out while it is packaged.
    pub(super) fn tree(&self) -> Utf8PathBuf {
        self.path.join("tree")
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

/// Keeps other runs out until it is dropped.
#[derive(Debug)]
pub(super) struct RunLock(fs_err::File);

impl Drop for RunLock {
    fn drop(&mut self) {
        // A program that another thread starts has a copy of the open file for a moment, and a lock
        // lasts as long as any copy is open: closing ours would not be enough.
        let _ = self.0.unlock();
    }
}
