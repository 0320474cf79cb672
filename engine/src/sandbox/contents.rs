//! What is in a sandbox, and how it becomes what the next action declares.
//!
//! For each file and folder its metadata are recorded when it is put there. A program that changes a file, gives it
//! other rights, or adds something to a folder changes the time of that file's or folder's metadata, which no
//! program can set back. A change within one tick of the kernel's clock after it was recorded may not show: what
//! was recorded that short before a program started is read once more.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use remote::Digest;
use serde::{Deserialize, Serialize};

use super::removal::remove_everything;
use crate::error::{SandboxError, StoreError};
use crate::file_index::{InputStamp, hash_file};
use crate::store::BlobStore;
use crate::store::copy_hashing;
use crate::tree::{InputFile, InputOrigin, InputTree, TreeNode};

/// Longer than a tick of any kernel's clock.
const TICK: Duration = Duration::from_millis(20);

/// From how many files on they are put in by more than one thread.
const MANY: usize = 64;

/// What is in a folder, by path from it; `""` is the folder itself.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct SandboxContents {
    entries: BTreeMap<String, SandboxEntry>,
    /// When the last program started.
    started: Option<Duration>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SandboxEntry {
    kind: EntryKind,
    stamp: InputStamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum EntryKind {
    Folder,
    File { hash: [u8; 32], executable: bool },
    Symlink(String),
}

/// What an action declares, with all folders on the way.
type Declaration = BTreeMap<String, TreeNode>;

impl SandboxContents {
    /// Makes `root` hold the tree and the `folders`, and nothing else.
    ///
    /// # Errors
    /// Where that cannot be done, or an input is no longer what it was.
    pub(crate) fn correct(
        &mut self,
        root: &Utf8Path,
        tree: &InputTree,
        placing: &Placing<'_>,
    ) -> Result<(), SandboxError> {
        let corrected = self.try_to_correct(root, tree, placing);
        if corrected.is_err() {
            // What is there now is not recorded.
            self.clear(root)?;
        }
        corrected
    }

    /// Removes all of it.
    ///
    /// # Errors
    /// Where that cannot be done.
    pub(crate) fn clear(&mut self, root: &Utf8Path) -> Result<(), SandboxError> {
        self.entries.clear();
        remove_everything(root.as_std_path())
            .map_err(|error| SandboxError::file("remove", root, error))
    }

    fn try_to_correct(
        &mut self,
        root: &Utf8Path,
        tree: &InputTree,
        placing: &Placing<'_>,
    ) -> Result<(), SandboxError> {
        let declared = declaration(tree, placing.folders);
        let mut touched = self.remove_what_is_wrong(root, &declared)?;
        self.add_what_is_missing(root, declared, (placing, &mut touched))?;
        for folder in touched {
            let path = root.join(&folder);
            let metadata = fs_err::symlink_metadata(&path);
            let metadata = metadata.map_err(|error| SandboxError::file("read", &path, error))?;
            let stamp = InputStamp::of(&metadata);
            let kind = EntryKind::Folder;
            self.entries.insert(folder, SandboxEntry { kind, stamp });
        }
        Ok(())
    }

    /// A program starts now.
    pub(crate) fn start(&mut self) {
        self.started = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    }

    /// Removes what is not declared or not what it was. Gives the folders that it changed.
    fn remove_what_is_wrong(
        &mut self,
        root: &Utf8Path,
        declared: &Declaration,
    ) -> Result<BTreeSet<String>, SandboxError> {
        let mut touched = BTreeSet::new();
        let mut gone: Option<String> = None;
        let entries = std::mem::take(&mut self.entries);
        let known: BTreeSet<&str> = entries.keys().map(String::as_str).collect();
        let mut kept = BTreeMap::new();
        // A folder comes before what is in it: what is below one that is no folder any more is not looked at.
        for (path, entry) in &entries {
            if gone.as_ref().is_some_and(|gone| is_below(path, gone)) {
                continue;
            }
            let full = root.join(path);
            let state = self.state(&full, entry, declared.get(path));
            let failed = |error| SandboxError::file("clear", &full, error);
            match state {
                EntryState::Right => {}
                EntryState::OtherContents => {
                    remove_strangers(&full, path, &known).map_err(failed)?;
                    touched.insert(path.clone());
                }
                EntryState::Wrong => {
                    remove_everything(full.as_std_path()).map_err(failed)?;
                    touched.extend(parent(path).map(str::to_owned));
                    gone = Some(path.clone());
                    continue;
                }
            }
            kept.insert(path.clone(), entry.clone());
        }
        touched.retain(|folder| kept.contains_key(folder));
        self.entries = kept;
        Ok(touched)
    }

    /// Whether an entry is what it was recorded as, and what is declared.
    fn state(
        &self,
        full: &Utf8Path,
        entry: &SandboxEntry,
        declared: Option<&TreeNode>,
    ) -> EntryState {
        let Ok(metadata) = full.as_std_path().symlink_metadata() else {
            return EntryState::Wrong;
        };
        if declared.map(kind_of).as_ref() != Some(&entry.kind) || !entry.kind.is_of(&metadata) {
            return EntryState::Wrong;
        }
        let same = InputStamp::of(&metadata) == entry.stamp;
        let certain = !entry.stamp.within(TICK, self.started);
        match &entry.kind {
            _ if same && certain => EntryState::Right,
            EntryKind::Folder if metadata.permissions().mode() & 0o777 != 0o755 => {
                EntryState::Wrong
            }
            EntryKind::Folder => EntryState::OtherContents,
            EntryKind::File { hash, .. } if same => match hash_file(full.as_std_path()) {
                Ok(digest) if digest.hash() == hash => EntryState::Right,
                _ => EntryState::Wrong,
            },
            _ => EntryState::Wrong,
        }
    }

    fn add_what_is_missing(
        &mut self,
        root: &Utf8Path,
        declared: Declaration,
        (placing, touched): (&Placing<'_>, &mut BTreeSet<String>),
    ) -> Result<(), SandboxError> {
        let mut files = Vec::new();
        for (path, node) in declared {
            if self.entries.contains_key(&path) {
                continue;
            }
            let full = root.join(&path);
            touched.extend(parent(&path).map(str::to_owned));
            match node {
                TreeNode::EmptyFolder => {
                    make_folder(&full)
                        .map_err(|error| SandboxError::file("create", &full, error))?;
                    touched.insert(path);
                }
                TreeNode::Symlink(target) => {
                    let stamp = make_link(&target, &full);
                    let stamp =
                        stamp.map_err(|error| SandboxError::file("create", &full, error))?;
                    let kind = EntryKind::Symlink(target);
                    self.entries.insert(path, SandboxEntry { kind, stamp });
                }
                TreeNode::File(file) => files.push((path, full, file)),
            }
        }
        let place = |(path, full, file): (String, Utf8PathBuf, InputFile)| {
            let stamp = place_file(&path, &full, &file, placing.store)?;
            let kind = kind_of(&TreeNode::File(file));
            Ok((path, SandboxEntry { kind, stamp }))
        };
        let placed: Result<Vec<_>, SandboxError> = if files.len() < MANY {
            files.into_iter().map(place).collect()
        } else {
            files.into_par_iter().map(place).collect()
        };
        self.entries.extend(placed?);
        Ok(())
    }
}

/// What a sandbox is made of, beside the tree.
pub(crate) struct Placing<'a> {
    /// Folders that are there although they hold nothing, from the root.
    pub(crate) folders: &'a [String],
    /// Where inputs are that are not on the disk.
    pub(crate) store: Option<&'a BlobStore>,
}

enum EntryState {
    Right,
    /// A folder that is one still, with something else in it perhaps.
    OtherContents,
    Wrong,
}

impl EntryKind {
    fn is_of(&self, metadata: &std::fs::Metadata) -> bool {
        match self {
            Self::Folder => metadata.is_dir(),
            Self::File { .. } => metadata.is_file(),
            Self::Symlink(_) => metadata.is_symlink(),
        }
    }
}

fn kind_of(node: &TreeNode) -> EntryKind {
    match node {
        TreeNode::EmptyFolder => EntryKind::Folder,
        TreeNode::Symlink(target) => EntryKind::Symlink(target.clone()),
        TreeNode::File(file) => EntryKind::File {
            hash: *file.digest.hash(),
            executable: file.executable,
        },
    }
}

fn declaration(tree: &InputTree, folders: &[String]) -> Declaration {
    let mut declared = Declaration::from([(String::new(), TreeNode::EmptyFolder)]);
    let mut last = String::new();
    for (path, node) in tree.nodes() {
        let folder = parent(&path).unwrap_or_default();
        if folder != last {
            add_folders(folder, &mut declared);
            folder.clone_into(&mut last);
        }
        declared.insert(path, node);
    }
    folders
        .iter()
        .for_each(|folder| add_folders(folder, &mut declared));
    declared
}

fn add_folders(folder: &str, declared: &mut Declaration) {
    let ends = folder
        .match_indices('/')
        .map(|(at, _)| at)
        .chain([folder.len()]);
    for end in ends {
        let folder = folder[..end].to_owned();
        declared.entry(folder).or_insert(TreeNode::EmptyFolder);
    }
}

fn parent(path: &str) -> Option<&str> {
    if path.is_empty() {
        return None;
    }
    Some(path.rsplit_once('/').map_or("", |(folder, _)| folder))
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// Removes what is in a folder and not known.
fn remove_strangers(full: &Utf8Path, path: &str, known: &BTreeSet<&str>) -> io::Result<()> {
    for entry in fs_err::read_dir(full)? {
        let entry = entry?;
        let name = entry.file_name();
        let inner = name.to_str().map(|name| match path {
            "" => name.to_owned(),
            path => format!("{path}/{name}"),
        });
        if !inner.is_some_and(|inner| known.contains(inner.as_str())) {
            remove_everything(&entry.path())?;
        }
    }
    Ok(())
}

fn make_folder(path: &Utf8Path) -> io::Result<()> {
    fs_err::create_dir(path)?;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

fn make_link(target: &str, path: &Utf8Path) -> io::Result<InputStamp> {
    fs_err::os::unix::fs::symlink(target, path)?;
    Ok(InputStamp::of(&fs_err::symlink_metadata(path)?))
}

/// Writes a copy of a file, which has the bytes that its digest says.
fn place_file(
    path: &str,
    full: &Utf8Path,
    file: &InputFile,
    store: Option<&BlobStore>,
) -> Result<InputStamp, SandboxError> {
    let mode = if file.executable { 0o755 } else { 0o644 };
    let failed = |error| SandboxError::file("write", full, error);
    let new = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(full);
    let mut new = new.map_err(failed)?;
    match &file.origin {
        InputOrigin::Literal(bytes) => new.write_all(bytes).map_err(failed)?,
        InputOrigin::Store => copy_stored(file.digest, &mut new, store).map_err(|error| {
            let path = path.to_owned();
            SandboxError::Store { path, error }
        })?,
        InputOrigin::Disk(source) => {
            let changed = || SandboxError::Changed {
                path: path.to_owned(),
            };
            let mut source = fs_err::File::open(source.as_ref()).map_err(|_| changed())?;
            let copied = copy_hashing(&mut source, &mut new).map_err(failed)?;
            if copied != file.digest {
                return Err(changed());
            }
        }
    }
    let metadata = new.metadata().map_err(failed)?;
    if metadata.permissions().mode() & 0o777 == mode {
        return Ok(InputStamp::of(&metadata));
    }
    // The user's mask took rights.
    new.set_permissions(std::fs::Permissions::from_mode(mode))
        .map_err(failed)?;
    new.metadata()
        .map(|metadata| InputStamp::of(&metadata))
        .map_err(failed)
}

fn copy_stored(
    digest: Digest,
    to: &mut std::fs::File,
    store: Option<&BlobStore>,
) -> Result<(), StoreError> {
    store
        .ok_or(StoreError::Missing { digest })?
        .copy_to(&digest, to)
}

#[cfg(test)]
#[path = "contents_tests.rs"]
mod tests;
