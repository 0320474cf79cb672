//! What a path of a tree stands for.

use std::path::Path;
use std::sync::Arc;

use remote::Digest;

/// A file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Whether its owner may execute it.
    pub executable: bool,
    /// Where its bytes can be had. No part of the digest.
    pub origin: InputOrigin,
}

/// Where the bytes of an input can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputOrigin {
    /// In a file on this machine. Whether it still has them is checked when it is read.
    Disk(Arc<Path>),
    /// Here.
    Literal(Arc<[u8]>),
    /// In the blob store.
    Store,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeNode {
    /// A file.
    File(InputFile),
    /// A symbolic link with its target, as it is written in the link.
    Symlink(String),
    /// A folder with nothing in it. Other folders follow from what they hold.
    EmptyFolder,
}

impl InputFile {
    /// A file with these bytes.
    #[must_use]
    pub fn literal(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self {
            digest: Digest::of(&bytes),
            executable: false,
            origin: InputOrigin::Literal(bytes.into()),
        }
    }

    /// A file whose bytes are in the blob store.
    #[must_use]
    pub fn stored(digest: Digest) -> Self {
        Self {
            digest,
            executable: false,
            origin: InputOrigin::Store,
        }
    }

    /// The same file, which its owner may execute.
    #[must_use]
    pub fn executable(mut self) -> Self {
        self.executable = true;
        self
    }
}
