//! Trees of files: a work tree, and a commit that is not checked out.

use std::io::{Error, ErrorKind, Result};

use camino::{Utf8Path, Utf8PathBuf};
use changelog::{EntryKind, FileTree, FolderEntry};
use git::{Git, GitError};

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
        let siblings = self.list(path.parent().unwrap_or(Utf8Path::new("")))?;
        let name = path.file_name().unwrap_or("");
        let is_file = |entry: &FolderEntry| entry.name == name && entry.kind == EntryKind::File;
        if !siblings.iter().any(is_file) {
            return Ok(None);
        }
        let object = format!("{}:{path}", self.commit);
        let bytes = self.git.bytes(&["cat-file", "blob", &object]);
        bytes.map(Some).map_err(Error::other)
    }

    fn list(&self, folder: &Utf8Path) -> Result<Vec<FolderEntry>> {
        let folder = folder.as_str().trim_end_matches('/');
        let object = format!("{}:{folder}", self.commit);
        let lines = match self.git.maybe(&["ls-tree", "-z", &object]) {
            Ok(Some(lines)) => lines,
            Ok(None) => return Ok(Vec::new()),
            Err(error) => return Err(Error::other::<GitError>(error)),
        };
        let entry = |line: &str| {
            let (meta, name) = line.split_once('\t')?;
            let kind = match meta.contains(" tree ") {
                true => EntryKind::Folder,
                false => EntryKind::File,
            };
            let name = name.to_owned();
            Some(FolderEntry { name, kind })
        };
        Ok(lines.split('\0').filter_map(entry).collect())
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
