//! Trees as the Remote Execution API's messages, and back.
//!
//! An output folder is one `Tree` message: all its `Directory` messages, each once.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use remote::messages::{Directory, Tree};
use remote::{Digest, DigestError};

use super::folder::{FolderChild, TreeFolder, directory_message};
use super::node::{InputFile, TreeNode};

/// The `Tree` message of an output folder: its root, and each folder below once.
pub(crate) fn output_tree(folder: &TreeFolder) -> Tree {
    let mut children = Vec::new();
    let mut seen = BTreeSet::new();
    children_of(folder, &mut seen, &mut children);
    Tree {
        root: Some(directory_message(folder)),
        children,
    }
}

fn children_of(folder: &TreeFolder, seen: &mut BTreeSet<Digest>, children: &mut Vec<Directory>) {
    for child in folder.children().values() {
        if let FolderChild::Folder(folder) = child
            && seen.insert(folder.digest())
        {
            children.push(directory_message(folder));
            children_of(folder, seen, children);
        }
    }
}

/// What is in the tree that a `Tree` message describes; its files are in the store.
///
/// # Errors
/// Where a digest is none, or a folder is missing.
pub(crate) fn nodes_of_output(message: &Tree) -> Result<Vec<(String, TreeNode)>, String> {
    let folders: BTreeMap<Digest, &Directory> = message
        .children
        .iter()
        .map(|folder| (Digest::of(&folder.encode_to_vec()), folder))
        .collect();
    let root = message.root.as_ref().ok_or("a tree without a root")?;
    let mut nodes = Vec::new();
    Reader { folders, depth: 0 }.read(root, "", &mut nodes)?;
    Ok(nodes)
}

/// More folders within each other than this are no honest tree.
const MAX_DEPTH: usize = 200;

struct Reader<'a> {
    folders: BTreeMap<Digest, &'a Directory>,
    depth: usize,
}

impl Reader<'_> {
    fn read(
        &mut self,
        folder: &Directory,
        path: &str,
        nodes: &mut Vec<(String, TreeNode)>,
    ) -> Result<(), String> {
        if self.depth > MAX_DEPTH {
            return Err("folders within each other without an end".to_owned());
        }
        let wrong = |error: DigestError| error.to_string();
        for file in &folder.files {
            let digest = Digest::from_message(file.digest.as_ref()).map_err(wrong)?;
            let stored = InputFile::stored(digest);
            let stored = InputFile {
                executable: file.is_executable,
                ..stored
            };
            nodes.push((format!("{path}{}", file.name), TreeNode::File(stored)));
        }
        for link in &folder.symlinks {
            let node = TreeNode::Symlink(link.target.clone());
            nodes.push((format!("{path}{}", link.name), node));
        }
        for inner in &folder.directories {
            let digest = Digest::from_message(inner.digest.as_ref()).map_err(wrong)?;
            let path = format!("{path}{}", inner.name);
            let known = self.folders.get(&digest).copied();
            let known = known.ok_or_else(|| format!("the folder `{path}` is not in its tree"))?;
            nodes.push((path.clone(), TreeNode::EmptyFolder));
            self.depth += 1;
            self.read(known, &format!("{path}/"), nodes)?;
            self.depth -= 1;
        }
        Ok(())
    }
}
