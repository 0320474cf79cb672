//! The only access to the files of a repository, which the caller provides.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io;

use sha2::{Digest as _, Sha256};

use crate::tree::SourceTree;

/// The SHA-256 of a file's bytes.
pub type ContentHash = [u8; 32];

/// The files of a repository. Paths are relative to its root, with `/`.
pub trait RepositoryFiles: fmt::Debug + Send + Sync {
    /// The folders and files that ignore rules leave visible.
    fn tree(&self) -> &SourceTree;

    /// Whether there is such a file, visible or not.
    fn is_there(&self, path: &str) -> bool;

    /// The bytes of a file, visible or not.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// The SHA-256 of a file, where that is known without reading it.
    fn known_hash(&self, _path: &str) -> Option<ContentHash> {
        None
    }

    /// Paths of what is neither a file nor a folder, and is left out of the tree.
    fn skipped(&self) -> &[String] {
        &[]
    }

    /// Whether `build_ignore` names a BUILD file, which is not evaluated then.
    fn is_ignored_build_file(&self, path: &str) -> bool;
}

/// A file that is read when its bytes are asked for: often its hash will do.
#[derive(Debug)]
pub(crate) struct LateFile<'r> {
    files: &'r dyn RepositoryFiles,
    path: &'r str,
    hash: Option<ContentHash>,
    bytes: OnceCell<Vec<u8>>,
}

impl<'r> LateFile<'r> {
    /// The file at a path.
    pub(crate) fn new(files: &'r dyn RepositoryFiles, path: &'r str) -> Self {
        Self {
            files,
            path,
            hash: files.known_hash(path),
            bytes: OnceCell::new(),
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn bytes(&self) -> io::Result<&[u8]> {
        if let Some(bytes) = self.bytes.get() {
            return Ok(bytes);
        }
        let bytes = self.files.read(self.path)?;
        Ok(self.bytes.get_or_init(|| bytes))
    }

    /// The hash of its bytes.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn hash(&self) -> io::Result<ContentHash> {
        match self.hash {
            Some(hash) => Ok(hash),
            None => self.bytes().map(hash),
        }
    }

    /// Its text, for a message: without what cannot be read.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes().unwrap_or_default())
    }

    /// Whether there is nothing in it but white space, or it cannot be read.
    pub(crate) fn is_blank(&self) -> bool {
        let is_empty = self.hash == Some(hash(&[]));
        is_empty || self.bytes().unwrap_or_default().trim_ascii().is_empty()
    }
}

/// The hash of bytes.
pub(crate) fn hash(bytes: &[u8]) -> ContentHash {
    Sha256::digest(bytes).into()
}

/// A repository that has only these files, all of them visible: for tests and tools.
#[derive(Debug, Default)]
pub struct MemoryFiles {
    tree: SourceTree,
    contents: BTreeMap<String, Vec<u8>>,
}

impl MemoryFiles {
    /// The contents of files by their path.
    #[must_use]
    pub fn new(contents: BTreeMap<String, Vec<u8>>) -> Self {
        Self {
            tree: SourceTree::of(contents.keys().map(String::as_str)),
            contents,
        }
    }
}

impl RepositoryFiles for MemoryFiles {
    fn tree(&self) -> &SourceTree {
        &self.tree
    }

    fn is_there(&self, path: &str) -> bool {
        self.contents.contains_key(path)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = self.contents.get(path).cloned();
        bytes.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_ignored_build_file(&self, _: &str) -> bool {
        false
    }
}
