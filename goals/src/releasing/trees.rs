//! Trees of files: a work tree, and a commit that is not checked out.

use std::io::{Error, ErrorKind, Result};

use camino::{Utf8Path, Utf8PathBuf};
use changelog::{EntryKind, FileTree, FolderEntry};
use git::{Git, RevisionEntry};

/// The files below a folder of the file system.
#[derive(Debug, Clone)]
pub struct WorkTree {
    root: Utf8PathBuf,
}

impl WorkTree {
    /// The tree at `root`.
    pub fn new(root: impl Into<Utf8PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

impl FileTree for WorkTree {
    fn read(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>> {
        found(fs_err::read(self.root.join(path)))
    }

    fn list(&self, folder: &Utf8Path) -> Result<Vec<FolderEntry>> {
        let Some(entries) = found(fs_err::read_dir(self.root.join(folder)))? else {
            return Ok(Vec::new());
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            names.push(FolderEntry {
                name: entry.file_name().to_string_lossy().into_owned(),
                kind: match entry.path().is_dir() {
                    true => EntryKind::Folder,
                    false => EntryKind::File,
                },
            });
        }
        names.sort();
        Ok(names)
    }
}

/// The files of a commit.
#[derive(Debug, Clone)]
pub struct CommitTree {
    git: Git,
    commit: String,
}

impl CommitTree {
    /// The tree of `commit`, which may be any revision, in the repository of `git`.
    pub fn new(git: Git, commit: impl Into<String>) -> Self {
        Self {
            git,
            commit: commit.into(),
        }
    }
}

impl FileTree for CommitTree {
    fn read(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>> {
        Ok(self.read_all(&[path.to_owned()])?.pop().flatten())
    }

    fn read_all(&self, paths: &[Utf8PathBuf]) -> Result<Vec<Option<Vec<u8>>>> {
        self.git.files(&self.commit, paths).map_err(Error::other)
    }

    fn list(&self, folder: &Utf8Path) -> Result<Vec<FolderEntry>> {
        let entries = self.git.entries(&self.commit, folder);
        let entry = |entry: RevisionEntry| FolderEntry {
            name: entry.name,
            kind: match entry.is_folder {
                true => EntryKind::Folder,
                false => EntryKind::File,
            },
        };
        Ok(entries
            .map_err(Error::other)?
            .into_iter()
            .map(entry)
            .collect())
    }
}

fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
