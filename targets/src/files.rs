//! The only access to the files of a repository, which the caller provides.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use crate::tree::SourceTree;

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

    /// Paths of what is neither a file nor a folder, and is left out of the tree.
    fn skipped(&self) -> &[String] {
        &[]
    }

    /// Whether `build_ignore` names a BUILD file, which is not evaluated then.
    fn is_ignored_build_file(&self, path: &str) -> bool;
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
