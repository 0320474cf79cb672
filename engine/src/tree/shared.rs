//! Many trees of one set of files: a folder that is the same in several of them is made, and hashed, once.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use super::folder::{FolderChild, TreeFolder};
use super::{InputTree, TreeNode};
use crate::error::TreeError;

/// Files of which trees are made, sorted so that those of a folder stand together.
pub struct SharedTrees {
    files: Vec<SharedFile>,
    /// The folders that were made, for each depth by their files.
    folders: Vec<HashMap<Box<[u32]>, Arc<TreeFolder>>>,
}

/// How many files there are.
impl fmt::Debug for SharedTrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.files.len();
        f.debug_struct("SharedTrees")
            .field("files", &files)
            .finish_non_exhaustive()
    }
}

/// A file by the names that lead to it.
struct SharedFile {
    names: Vec<String>,
    node: TreeNode,
}

impl SharedTrees {
    /// Files, links and empty folders by path, each path once.
    ///
    /// # Errors
    /// Where a path leads out of the tree, or is also that of a folder.
    pub fn new(files: Vec<(String, TreeNode)>) -> Result<Self, TreeError> {
        // That finds what is wrong with paths.
        InputTree::of_nodes(files.iter().cloned())?;
        let file = |(path, node): (String, TreeNode)| SharedFile {
            names: path.split('/').map(str::to_owned).collect(),
            node,
        };
        let mut files: Vec<SharedFile> = files.into_iter().map(file).collect();
        files.sort_by(|a, b| a.names.cmp(&b.names));
        Ok(Self {
            files,
            folders: Vec::new(),
        })
    }

    /// The position of a file.
    #[must_use]
    pub fn position(&self, path: &str) -> Option<u32> {
        let found = self
            .files
            .binary_search_by(|file| file.names.iter().map(String::as_str).cmp(path.split('/')));
        found.ok().and_then(|at| u32::try_from(at).ok())
    }

    /// The tree of some of the files, whose positions are sorted, each once.
    pub fn tree(&mut self, positions: &[u32]) -> InputTree {
        InputTree {
            root: self.folder(positions, 0),
        }
    }

    /// The folder with these files, to which so many names lead.
    fn folder(&mut self, positions: &[u32], depth: usize) -> Arc<TreeFolder> {
        if self.folders.len() <= depth {
            self.folders.push(HashMap::new());
        }
        if let Some(known) = self.folders[depth].get(positions) {
            return Arc::clone(known);
        }
        let mut children = BTreeMap::new();
        let mut rest = positions;
        while let Some(first) = rest.first() {
            let file = &self.files[*first as usize];
            let name = file.names[depth].clone();
            let is_here = file.names.len() == depth + 1;
            let same = |at: &u32| self.files[*at as usize].names[depth] == name;
            let count = rest.partition_point(same);
            let child = match (is_here, &file.node) {
                (true, TreeNode::EmptyFolder) => FolderChild::Folder(Arc::default()),
                (true, node) => FolderChild::Node(node.clone()),
                (false, _) => FolderChild::Folder(self.folder(&rest[..count], depth + 1)),
            };
            children.insert(name, child);
            rest = &rest[count..];
        }
        let made = Arc::new(TreeFolder::with(children));
        self.folders[depth].insert(positions.into(), Arc::clone(&made));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::InputFile;

    fn node(path: &str) -> (String, TreeNode) {
        (path.to_owned(), TreeNode::File(InputFile::literal(path)))
    }

    const PATHS: &[&str] = &["a.py", "a/b.py", "a/b/c.py", "a/b/d.py", "a/e.py", "z/y/x"];

    #[test]
    fn trees_are_those_of_their_files() {
        let all: Vec<_> = PATHS.iter().rev().map(|path| node(path)).collect();
        let mut shared = SharedTrees::new(all).unwrap();
        for chosen in 0..1_u32 << PATHS.len() {
            let paths = PATHS.iter().enumerate();
            let paths = paths.filter(|(at, _)| chosen & (1 << at) != 0);
            let paths: Vec<&str> = paths.map(|(_, path)| *path).collect();
            let mut positions: Vec<u32> = paths
                .iter()
                .map(|path| shared.position(path).unwrap())
                .collect();
            positions.sort_unstable();
            let plain = InputTree::of_nodes(paths.iter().map(|path| node(path))).unwrap();
            assert_eq!(
                shared.tree(&positions).digest(),
                plain.digest(),
                "{paths:?}"
            );
        }
        assert_eq!(shared.position("a/none.py"), None);
        let first = shared.tree(&[0, 1]);
        assert!(Arc::ptr_eq(&first.root, &shared.tree(&[0, 1]).root));
    }

    #[test]
    fn a_path_that_is_a_folder_too_is_refused() {
        assert!(SharedTrees::new(vec![node("a"), node("a/b")]).is_err());
        assert!(SharedTrees::new(vec![node("../a")]).is_err());
    }
}
