//! One folder of a tree, and the paths that lead through it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use prost::Message;
use remote::Digest;
use remote::messages::{Directory, DirectoryNode, FileNode, SymlinkNode};

use super::node::TreeNode;
use crate::error::TreeError;

/// What is in a folder, by name.
#[derive(Default)]
pub(crate) struct TreeFolder {
    children: BTreeMap<String, FolderChild>,
    /// Of its `Directory` message; made when it is asked for.
    digest: OnceLock<Digest>,
}

/// What a name in a folder stands for.
#[derive(Clone)]
pub(crate) enum FolderChild {
    /// A file or link; never an empty folder.
    Node(TreeNode),
    Folder(Arc<TreeFolder>),
}

impl Clone for TreeFolder {
    /// A copy is made to be changed: it has no digest yet.
    fn clone(&self) -> Self {
        Self {
            children: self.children.clone(),
            digest: OnceLock::new(),
        }
    }
}

impl TreeFolder {
    /// A folder with one folder in it.
    pub(crate) fn holding(name: &str, folder: Arc<Self>) -> Self {
        Self {
            children: BTreeMap::from([(name.to_owned(), FolderChild::Folder(folder))]),
            digest: OnceLock::new(),
        }
    }

    /// A folder with these in it.
    pub(crate) fn with(children: BTreeMap<String, FolderChild>) -> Self {
        Self {
            children,
            digest: OnceLock::new(),
        }
    }

    pub(crate) fn children(&self) -> &BTreeMap<String, FolderChild> {
        &self.children
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    /// Puts a node at `path`, from here. `whole` is the path from the tree's root, for messages.
    pub(crate) fn insert(
        &mut self,
        whole: &str,
        path: &str,
        node: TreeNode,
    ) -> Result<(), TreeError> {
        self.digest = OnceLock::new();
        let (name, rest) = match path.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        check(name, whole)?;
        match (rest, node) {
            (Some(rest), node) => self.subfolder(whole, name)?.insert(whole, rest, node),
            (None, TreeNode::EmptyFolder) => self.subfolder(whole, name).map(|_| ()),
            (None, node) => self.leaf(whole, name, node),
        }
    }

    fn subfolder(&mut self, whole: &str, name: &str) -> Result<&mut Self, TreeError> {
        let child = self.children.entry(name.to_owned());
        match child.or_insert_with(|| FolderChild::Folder(Arc::default())) {
            FolderChild::Folder(folder) => Ok(Arc::make_mut(folder)),
            FolderChild::Node(_) => Err(conflict(whole)),
        }
    }

    fn leaf(&mut self, whole: &str, name: &str, node: TreeNode) -> Result<(), TreeError> {
        match self.children.entry(name.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(FolderChild::Node(node));
                Ok(())
            }
            Entry::Occupied(entry) => match entry.get() {
                FolderChild::Node(there) if same_content(there, &node) => Ok(()),
                _ => Err(conflict(whole)),
            },
        }
    }

    /// The folder at a path, `""` for this one.
    pub(crate) fn folder<'a>(self: &'a Arc<Self>, path: &str) -> Option<&'a Arc<Self>> {
        let mut folder = self;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            match folder.children.get(name)? {
                FolderChild::Folder(inner) => folder = inner,
                FolderChild::Node(_) => return None,
            }
        }
        Some(folder)
    }

    pub(crate) fn get(self: &Arc<Self>, path: &str) -> Option<TreeNode> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        match self.folder(folder)?.children.get(name)? {
            FolderChild::Node(node) => Some(node.clone()),
            FolderChild::Folder(folder) => folder.is_empty().then_some(TreeNode::EmptyFolder),
        }
    }

    /// Adds everything below to `nodes`. `path` is this folder's, with a slash at its end.
    pub(crate) fn collect(&self, path: &mut String, nodes: &mut Vec<(String, TreeNode)>) {
        let length = path.len();
        for (name, child) in &self.children {
            path.push_str(name);
            match child {
                FolderChild::Node(node) => nodes.push((path.clone(), node.clone())),
                FolderChild::Folder(folder) if folder.is_empty() => {
                    nodes.push((path.clone(), TreeNode::EmptyFolder));
                }
                FolderChild::Folder(folder) => {
                    path.push('/');
                    folder.collect(path, nodes);
                }
            }
            path.truncate(length);
        }
    }

    pub(crate) fn digest(&self) -> Digest {
        *self
            .digest
            .get_or_init(|| Digest::of_message(&directory_message(self)).0)
    }

    pub(crate) fn directories(&self, found: &mut BTreeMap<Digest, Vec<u8>>) {
        let digest = self.digest();
        if found.contains_key(&digest) {
            return;
        }
        found.insert(digest, directory_message(self).encode_to_vec());
        self.folders().for_each(|folder| folder.directories(found));
    }

    /// Adds the folders that are not known yet to both. Below one that is known there is none.
    pub(crate) fn unknown(&self, known: &mut BTreeSet<Digest>, found: &mut Vec<(Digest, Vec<u8>)>) {
        let digest = self.digest();
        if known.insert(digest) {
            found.push((digest, directory_message(self).encode_to_vec()));
            let folders = self.folders();
            folders.for_each(|folder| folder.unknown(known, found));
        }
    }

    fn folders(&self) -> impl Iterator<Item = &Arc<Self>> {
        self.children.values().filter_map(|child| match child {
            FolderChild::Folder(folder) => Some(folder),
            FolderChild::Node(_) => None,
        })
    }
}

/// Adds what is in `other` to `folder`, whose path is `path` with a slash at its end.
pub(crate) fn merge(
    folder: &mut Arc<TreeFolder>,
    other: &Arc<TreeFolder>,
    path: &str,
) -> Result<(), TreeError> {
    if Arc::ptr_eq(folder, other) || other.is_empty() {
        return Ok(());
    }
    if folder.is_empty() {
        *folder = other.clone();
        return Ok(());
    }
    let children = &mut Arc::make_mut(folder).children;
    for (name, child) in &other.children {
        let whole = || format!("{path}{name}");
        match (children.get_mut(name), child) {
            (None, child) => {
                children.insert(name.clone(), child.clone());
            }
            (Some(FolderChild::Folder(mine)), FolderChild::Folder(theirs)) => {
                merge(mine, theirs, &format!("{}/", whole()))?;
            }
            (Some(FolderChild::Node(mine)), FolderChild::Node(theirs))
                if same_content(mine, theirs) => {}
            _ => return Err(conflict(&whole())),
        }
    }
    Ok(())
}

/// The `Directory` message of a folder. Canonical: names sorted, nothing twice, no properties. The order of names
/// by their bytes is that of code points, which the definition asks for.
pub(crate) fn directory_message(folder: &TreeFolder) -> Directory {
    let mut message = Directory::default();
    for (name, child) in folder.children() {
        let name = name.clone();
        match child {
            FolderChild::Node(TreeNode::File(file)) => message.files.push(FileNode {
                name,
                digest: Some(file.digest.to_message()),
                is_executable: file.executable,
                node_properties: None,
            }),
            FolderChild::Node(TreeNode::Symlink(target)) => message.symlinks.push(SymlinkNode {
                name,
                target: target.clone(),
                node_properties: None,
            }),
            FolderChild::Node(TreeNode::EmptyFolder) => {}
            FolderChild::Folder(folder) => message.directories.push(DirectoryNode {
                name,
                digest: Some(folder.digest().to_message()),
            }),
        }
    }
    message
}

/// Whether two nodes are the same wherever their bytes come from.
pub(crate) fn same_content(one: &TreeNode, other: &TreeNode) -> bool {
    match (one, other) {
        (TreeNode::File(one), TreeNode::File(other)) => {
            one.digest == other.digest && one.executable == other.executable
        }
        (one, other) => one == other,
    }
}

/// The names of a path that stays within the tree.
pub(crate) fn names(path: &str) -> Result<Vec<&str>, TreeError> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<_> = path.split('/').collect();
    names.iter().try_for_each(|name| check(name, path))?;
    Ok(names)
}

fn check(name: &str, whole: &str) -> Result<(), TreeError> {
    if matches!(name, "" | "." | "..") || name.contains('\0') {
        let path = whole.to_owned();
        return Err(TreeError::Path { path });
    }
    Ok(())
}

pub(crate) fn conflict(path: &str) -> TreeError {
    let path = path.to_owned();
    TreeError::Conflict { path }
}
