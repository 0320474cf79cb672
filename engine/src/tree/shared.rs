//! Many trees of one set of files: a folder that is the same in several of them is made, and hashed, once.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use rustc_hash::FxHashMap;

use super::folder::{FolderChild, TreeFolder, conflict, names, same_content};
use super::{InputTree, TreeNode};
use crate::error::TreeError;

/// Files of which trees are made, sorted so that those of a folder stand together.
pub struct SharedTrees {
    files: Vec<(String, TreeNode)>,
    positions: FxHashMap<String, usize>,
    /// All folders, those that are in others before these; the last one is the root.
    folders: Vec<SharedFolder>,
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

/// A folder with what may be in it.
struct SharedFolder {
    /// The positions of the files below, and of itself where it may be empty.
    files: Range<usize>,
    /// By name, in order.
    children: Vec<(String, SharedChild)>,
    /// What was made, by the bits of the files that are in it.
    made: FxHashMap<Box<[usize]>, Arc<TreeFolder>>,
}

/// What may be in a folder.
#[derive(Clone, Copy)]
enum SharedChild {
    /// A file or link by its position.
    File(usize),
    /// A folder by its position among all.
    Folder(usize),
}

impl SharedTrees {
    /// Files, links and empty folders by path.
    ///
    /// # Errors
    /// Where a path leads out of the tree, has two contents, or is also that of a folder.
    pub fn new(mut files: Vec<(String, TreeNode)>) -> Result<Self, TreeError> {
        for (path, _) in &files {
            names(path)?;
        }
        files.sort_by(|(one, _), (other, _)| in_order_of_names(one, other));
        let mut twice = files.windows(2).filter(|pair| pair[0].0 == pair[1].0);
        if let Some(pair) = twice.find(|pair| !same_content(&pair[0].1, &pair[1].1)) {
            return Err(conflict(&pair[0].0));
        }
        files.dedup_by(|(one, _), (other, _)| one == other);
        let positions = files.iter().enumerate();
        let positions = positions.map(|(at, (path, _))| (path.clone(), at));
        let mut trees = Self {
            positions: positions.collect(),
            folders: Vec::new(),
            files,
        };
        trees.add_folder((0..trees.files.len(), None), 0)?;
        Ok(trees)
    }

    /// Adds the folder with these files, and those in it. `start` is where their paths go on from there. Gives its
    /// position.
    fn add_folder(
        &mut self,
        (files, itself): (Range<usize>, Option<usize>),
        start: usize,
    ) -> Result<usize, TreeError> {
        let mut children = Vec::new();
        let mut at = itself.map_or(files.start, |itself| itself + 1);
        while at < files.end {
            let (path, node) = &self.files[at];
            let (name, is_here) = match path[start..].split_once('/') {
                Some((name, _)) => (name.to_owned(), false),
                None => (path[start..].to_owned(), true),
            };
            let below = start + name.len() + 1;
            let same = |(path, _): &(String, TreeNode)| {
                let rest = path[start..].strip_prefix(&*name);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let end = at + self.files[at..files.end].partition_point(same);
            let child = match (is_here, node) {
                (false, _) => SharedChild::Folder(self.add_folder((at..end, None), below)?),
                (true, TreeNode::EmptyFolder) => {
                    SharedChild::Folder(self.add_folder((at..end, Some(at)), below)?)
                }
                (true, _) if end > at + 1 => return Err(conflict(&self.files[at + 1].0)),
                (true, _) => SharedChild::File(at),
            };
            children.push((name, child));
            at = end;
        }
        self.folders.push(SharedFolder {
            files,
            children,
            made: FxHashMap::default(),
        });
        Ok(self.folders.len() - 1)
    }

    /// The position of a file.
    #[must_use]
    pub fn position(&self, path: &str) -> Option<usize> {
        self.positions.get(path).copied()
    }

    /// The tree of some of the files, by their positions.
    pub fn tree(&mut self, chosen: &FixedBitSet) -> InputTree {
        let root = self.folders.len() - 1;
        InputTree {
            root: self.folder(root, chosen).unwrap_or_default(),
        }
    }

    /// A folder by its position, with those of its files that are chosen; none without such files.
    fn folder(&mut self, at: usize, chosen: &FixedBitSet) -> Option<Arc<TreeFolder>> {
        let folder = &self.folders[at];
        let bits = bits(chosen, &folder.files);
        if bits.iter().all(|bits| *bits == 0) {
            return None;
        }
        if let Some(known) = folder.made.get(&*bits) {
            return Some(Arc::clone(known));
        }
        let mut children = Vec::new();
        for child in 0..folder.children.len() {
            let (name, child) = &self.folders[at].children[child];
            let name = name.clone();
            match *child {
                SharedChild::File(at) if !chosen.contains(at) => {}
                SharedChild::File(at) => {
                    children.push((name, FolderChild::Node(self.files[at].1.clone())));
                }
                SharedChild::Folder(below) => {
                    let folder = self.folder(below, chosen);
                    children.extend(folder.map(|folder| (name, FolderChild::Folder(folder))));
                }
            }
        }
        let made = Arc::new(TreeFolder::with(children.into_iter().collect()));
        self.folders[at].made.insert(bits, Arc::clone(&made));
        Some(made)
    }
}

/// The bits of a range, and no others.
fn bits(set: &FixedBitSet, range: &Range<usize>) -> Box<[usize]> {
    const WIDTH: usize = usize::BITS as usize;
    if range.is_empty() {
        return Box::default();
    }
    let (first, end) = (range.start / WIDTH, range.end.div_ceil(WIDTH));
    let words = set.as_slice();
    let words = words.get(first..end.min(words.len())).unwrap_or_default();
    let mut bits: Box<[usize]> = words.into();
    if let Some(word) = bits.first_mut() {
        *word &= usize::MAX << (range.start % WIDTH);
    }
    if let Some(word) = bits.get_mut(end - first - 1) {
        *word &= usize::MAX >> ((WIDTH - range.end % WIDTH) % WIDTH);
    }
    bits
}

/// As sequences of names: what is in a folder follows it at once.
fn in_order_of_names(one: &str, other: &str) -> Ordering {
    let first_slash = |byte: u8| if byte == b'/' { 0 } else { byte };
    one.bytes()
        .map(first_slash)
        .cmp(other.bytes().map(first_slash))
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
            let positions = paths.iter().map(|path| shared.position(path).unwrap());
            let positions: FixedBitSet = positions.collect();
            let plain = InputTree::of_nodes(paths.iter().map(|path| node(path))).unwrap();
            assert_eq!(
                shared.tree(&positions).digest(),
                plain.digest(),
                "{paths:?}"
            );
        }
        assert_eq!(shared.position("a/none.py"), None);
        let chosen: FixedBitSet = [0, 1].into_iter().collect();
        let first = shared.tree(&chosen);
        assert!(Arc::ptr_eq(&first.root, &shared.tree(&chosen).root));
    }

    #[test]
    fn many_files_share_the_words_of_a_set() {
        let paths: Vec<String> = (0..300).map(|at| format!("{}/{at:03}", at / 70)).collect();
        let all = paths.iter().map(|path| node(path));
        let mut shared = SharedTrees::new(all.collect()).unwrap();
        for step in 1..40 {
            for start in 0..step.min(3) {
                let chosen: FixedBitSet = (start..300).step_by(step).collect();
                let nodes = chosen.ones().map(|at| node(&paths[at]));
                let plain = InputTree::of_nodes(nodes).unwrap();
                assert_eq!(shared.tree(&chosen).digest(), plain.digest(), "{chosen}");
            }
        }
    }

    #[test]
    fn a_folder_may_be_empty() {
        let folder = |path: &str| (path.to_owned(), TreeNode::EmptyFolder);
        let mut shared = SharedTrees::new(vec![node("a/b"), folder("a"), folder("c")]).unwrap();
        let mut check = |chosen: &[&str], expected: &[&str]| {
            let chosen = chosen.iter().map(|path| shared.position(path).unwrap());
            let tree = shared.tree(&chosen.collect());
            let paths = tree.nodes().into_iter().map(|(path, _)| path);
            assert_eq!(paths.collect::<Vec<_>>(), expected);
        };
        check(&["a", "a/b", "c"], &["a/b", "c"]);
        check(&["a"], &["a"]);
        check(&["a/b"], &["a/b"]);
        check(&[], &[]);
    }

    #[test]
    fn a_path_that_is_a_folder_too_is_refused() {
        assert!(SharedTrees::new(vec![node("a"), node("a/b")]).is_err());
        assert!(SharedTrees::new(vec![node("../a")]).is_err());
        let other = TreeNode::File(InputFile::literal("other"));
        assert!(SharedTrees::new(vec![node("a"), ("a".to_owned(), other)]).is_err());
        assert!(SharedTrees::new(vec![node("a"), node("a")]).is_ok());
    }
}
