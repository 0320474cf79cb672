//! What came of an action.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use remote::Digest;

use crate::process::ProcessEnd;
use crate::store::BlobStore;
use crate::tree::{InputTree, TreeNode};

/// What came of an action that has a result, good or bad.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The key of the action.
    pub action: Digest,
    /// How the program ended.
    pub end: ProcessEnd,
    /// What it wrote to its standard output.
    pub stdout: KeptOutput,
    /// What it wrote to its standard error.
    pub stderr: KeptOutput,
    /// What it wrote of its outputs, from its working directory. The bytes are in the blob store.
    pub outputs: InputTree,
    /// How long the program ran, when it did.
    pub elapsed: Duration,
    /// Where the result comes from.
    pub provenance: Provenance,
}

impl Outcome {
    /// How many bytes its outputs and its output have.
    pub(crate) fn bytes(&self) -> u64 {
        let outputs = self.outputs.nodes();
        let sizes = outputs.iter().map(|(_, node)| match node {
            TreeNode::File(file) => file.digest.size(),
            TreeNode::Symlink(_) | TreeNode::EmptyFolder => 0,
        });
        sizes.sum::<u64>() + self.stdout.size() + self.stderr.size()
    }
}

/// Where a result comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provenance {
    /// The program ran here.
    LocalRun,
    /// From the cache of this machine.
    LocalCache,
    /// From a team's cache.
    RemoteCache,
    /// A server's worker ran it.
    RemoteExecution,
}

/// What a program wrote to a stream.
#[derive(Debug, Clone)]
pub struct KeptOutput {
    bytes: OutputBytes,
}

#[derive(Debug, Clone)]
enum OutputBytes {
    Here(Arc<[u8]>),
    /// Too large for the memory.
    Blob(BlobStore, Digest),
}

impl KeptOutput {
    /// These bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = OutputBytes::Here(bytes.into());
        Self { bytes }
    }

    /// The bytes of a blob.
    #[must_use]
    pub fn stored(store: &BlobStore, digest: Digest) -> Self {
        let bytes = OutputBytes::Blob(store.clone(), digest);
        Self { bytes }
    }

    /// The bytes of a blob, which need not be there if it has none.
    pub(crate) fn stored_or_empty(store: &BlobStore, digest: Digest) -> Self {
        match digest.size() {
            0 => Self::of(b""),
            _ => Self::stored(store, digest),
        }
    }

    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &self.bytes {
            OutputBytes::Here(bytes) => bytes.len() as u64,
            OutputBytes::Blob(_, digest) => digest.size(),
        }
    }

    /// All of it.
    ///
    /// # Errors
    /// Where the cache lost it.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.copy_to(&mut bytes)?;
        Ok(bytes)
    }

    /// All of it as text. What is no UTF-8 is replaced.
    ///
    /// # Errors
    /// Where the cache lost it.
    pub fn text(&self) -> io::Result<String> {
        Ok(String::from_utf8_lossy(&self.bytes()?).into_owned())
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// Where the cache lost it, or it cannot be written.
    pub fn copy_to(&self, to: &mut dyn Write) -> io::Result<()> {
        match &self.bytes {
            OutputBytes::Here(bytes) => to.write_all(bytes),
            OutputBytes::Blob(store, digest) => store.copy_to(digest, to).map_err(io::Error::other),
        }
    }

    pub(crate) fn digest(&self) -> Option<Digest> {
        match &self.bytes {
            OutputBytes::Here(_) => None,
            OutputBytes::Blob(_, digest) => Some(*digest),
        }
    }
}
