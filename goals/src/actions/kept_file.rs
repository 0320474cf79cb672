//! The one file that is the output of an action: an archive, a wheel.

use camino::Utf8PathBuf;
use engine::{BlobStore, Digest, Outcome, TreeNode};

/// The folder of such an action's output: it has one file.
pub const OUTPUT: &str = "archive";

/// The file that came of an action: its name and its bytes.
pub struct KeptFile<'a> {
    /// Its name.
    pub name: String,
    digest: Digest,
    store: &'a BlobStore,
}

impl<'a> KeptFile<'a> {
    /// The one file among the outputs.
    pub fn of(outcome: &Outcome, store: &'a BlobStore) -> Option<Self> {
        let mut nodes = outcome.outputs.below(OUTPUT).nodes().into_iter();
        match (nodes.next(), nodes.next()) {
            (Some((name, TreeNode::File(file))), None) => Some(Self {
                name,
                digest: file.digest,
                store,
            }),
            _ => None,
        }
    }

    /// Writes its bytes, which are checked.
    ///
    /// # Errors
    /// Where they are damaged, or cannot be written.
    pub fn copy_to(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        let copied = self.store.copy_to(&self.digest, out);
        copied.map_err(std::io::Error::other)
    }

    /// Where its bytes are, which are checked now. Nobody may write there.
    ///
    /// # Errors
    /// Where they are damaged.
    pub fn path(&self) -> std::io::Result<Utf8PathBuf> {
        let path = self.store.checked_path(&self.digest);
        path.map_err(std::io::Error::other)
    }
}
