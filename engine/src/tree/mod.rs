//! Declared inputs and outputs as a Merkle tree: the same files have the same digest everywhere.
//!
//! Folders are shared between trees, so that merging and narrowing cost what differs. A folder's digest is that
//! of the Remote Execution API's `Directory` message, made once.

mod folder;
mod messages;
mod node;
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use remote::Digest;
use remote::messages::Tree;

use crate::error::TreeError;
use folder::TreeFolder;
pub use node::{InputFile, InputOrigin, TreeNode};
pub use shared::SharedTrees;

/// Files, links and folders by path. Cheap to clone.
#[derive(Clone, Default)]
pub struct InputTree {
    root: Arc<TreeFolder>,
}

impl InputTree {
    /// A tree of nodes by path.
    ///
    /// # Errors
    /// Where a path leads out of the tree, or has two contents.
    pub fn of_nodes(
        nodes: impl IntoIterator<Item = (String, TreeNode)>,
    ) -> Result<Self, TreeError> {
        let mut root = TreeFolder::default();
        for (path, node) in nodes {
            root.insert(&path, &path, node)?;
        }
        Ok(Self {
            root: Arc::new(root),
        })
    }

    /// A tree of files with these bytes.
    ///
    /// # Errors
    /// Where a path leads out of the tree.
    pub fn of_literals<B: Into<Vec<u8>>>(
        files: impl IntoIterator<Item = (String, B)>,
    ) -> Result<Self, TreeError> {
        let nodes = files.into_iter();
        Self::of_nodes(nodes.map(|(path, bytes)| (path, TreeNode::File(InputFile::literal(bytes)))))
    }

    /// This tree and one more file, link or folder.
    ///
    /// # Errors
    /// Where the path leads out of the tree, or has another content already.
    pub fn with(mut self, path: &str, node: TreeNode) -> Result<Self, TreeError> {
        Arc::make_mut(&mut self.root).insert(path, path, node)?;
        Ok(self)
    }

    /// Both trees in one.
    ///
    /// # Errors
    /// Where a path has different contents in them.
    pub fn merge(&self, other: &Self) -> Result<Self, TreeError> {
        let mut root = self.root.clone();
        folder::merge(&mut root, &other.root, "")?;
        Ok(Self { root })
    }

    /// The tree below a folder of this path.
    ///
    /// # Errors
    /// Where the path leads out of the tree.
    pub fn prefix(&self, folder: &str) -> Result<Self, TreeError> {
        let mut root = self.root.clone();
        for name in folder::names(folder)?.into_iter().rev() {
            root = Arc::new(TreeFolder::holding(name, root));
        }
        Ok(Self { root })
    }

    /// What is below a folder, with paths from there. Empty if there is no such folder.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        let root = self.root.folder(folder).cloned().unwrap_or_default();
        Self { root }
    }

    /// The files, links and empty folders whose paths are chosen.
    #[must_use]
    pub fn subset(&self, chosen: impl Fn(&str) -> bool) -> Self {
        let mut root = TreeFolder::default();
        for (path, node) in self.nodes() {
            if chosen(&path) {
                // What was in a tree has a path of a tree.
                let _ = root.insert(&path, &path, node);
            }
        }
        Self {
            root: Arc::new(root),
        }
    }

    /// What is at a path; nothing at that of a folder that holds something.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<TreeNode> {
        self.root.get(path)
    }

    /// Everything in it, by path, sorted as paths of names.
    #[must_use]
    pub fn nodes(&self) -> Vec<(String, TreeNode)> {
        let mut nodes = Vec::new();
        self.root.collect(&mut String::new(), &mut nodes);
        nodes
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// The digest of its root's `Directory` message.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.root.digest()
    }

    /// The `Directory` messages of its folders, encoded, by digest: what a server needs of it beside files.
    #[must_use]
    pub fn directories(&self) -> BTreeMap<Digest, Vec<u8>> {
        let mut found = BTreeMap::new();
        self.root.directories(&mut found);
        found
    }

    /// The `Directory` messages of its folders that are not known yet, which they are from now on.
    pub(crate) fn unknown_directories(
        &self,
        known: &mut BTreeSet<Digest>,
    ) -> Vec<(Digest, Vec<u8>)> {
        let mut found = Vec::new();
        self.root.unknown(known, &mut found);
        found
    }

    /// The `Tree` message of an output folder: its root, and each folder below it once.
    #[must_use]
    pub fn tree_message(&self) -> Tree {
        messages::output_tree(&self.root)
    }

    /// The tree that a `Tree` message describes. Its files are in the store.
    ///
    /// # Errors
    /// Where a digest is none, a folder is missing, or a name is none: what is wrong, in a sentence.
    pub fn of_tree_message(message: &Tree) -> Result<Self, String> {
        let nodes = messages::nodes_of_output(message)?;
        Self::of_nodes(nodes).map_err(|error| error.to_string())
    }
}

/// The paths of what is in it.
impl fmt::Debug for InputTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes();
        f.debug_list()
            .entries(nodes.iter().map(|(path, _)| path))
            .finish()
    }
}

#[cfg(test)]
mod tests;
