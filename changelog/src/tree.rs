//! A tree of files that is handed over, so that nothing here touches a disk.

use camino::{Utf8Path, Utf8PathBuf};

/// A tree of files, wherever it is: a work tree, a commit, a test's memory. Paths are relative to
/// its root.
pub trait FileTree {
    /// The bytes of a file; `None` where there is no such file.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    fn read(&self, path: &Utf8Path) -> std::io::Result<Option<Vec<u8>>>;

    /// The bytes of several files, in their order: one question where each costs a process.
    ///
    /// # Errors
    /// A file is there and cannot be read.
    fn read_all(&self, paths: &[Utf8PathBuf]) -> std::io::Result<Vec<Option<Vec<u8>>>> {
        paths.iter().map(|path| self.read(path)).collect()
    }

    /// What is in a folder, by name; nothing where there is no such folder.
    ///
    /// # Errors
    /// The folder is there and cannot be read.
    fn list(&self, folder: &Utf8Path) -> std::io::Result<Vec<FolderEntry>>;
}

/// A file or folder in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FolderEntry {
    /// Its name in the folder.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// Something with contents.
    File,
    /// Something with entries.
    Folder,
}
