//! Puts files into an environment: as links if the file system can make them, otherwise as copies.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::FileTimes;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::error::EnvironmentError;
use super::folder_handle::{FileStamp, FolderHandle};
use super::items::{CopyTime, Item, ItemContent};
use crate::files;

/// A file to be put into an environment, and when it is copied if it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ItemToPlace<'p, 'a> {
    pub(crate) item: &'p Item<'a>,
    pub(crate) placed: CopyTime,
}

/// Puts `items` below `root`. Existing files are replaced one by one, so that a running program
/// keeps the file that it has open.
pub(crate) fn place_all(
    root: &Utf8Path,
    items: &[ItemToPlace<'_, '_>],
) -> Result<(), EnvironmentError> {
    make_folders(root, items)?;
    let linker = StoreLinker::between(root, items);
    items.par_iter().with_min_len(64).try_for_each(|item| {
        let is_linked = linker.as_ref().is_some_and(|linker| linker.link(*item));
        match is_linked {
            true => Ok(()),
            false => place(root, *item),
        }
    })
}

/// Links files of the store into a folder of an environment that has most of them.
struct StoreLinker<'p> {
    /// Relative to the environment.
    site: &'p str,
    target: FolderHandle,
    store: Utf8PathBuf,
    source: FolderHandle,
}

impl<'p> StoreLinker<'p> {
    fn between(root: &Utf8Path, items: &[ItemToPlace<'p, '_>]) -> Option<Self> {
        let wheel = items.iter().find_map(|one| match &one.item.content {
            ItemContent::Stored { wheel, .. } => Some(wheel),
            _ => None,
        })?;
        let record = items
            .iter()
            .find_map(|one| one.item.path.strip_suffix("/RECORD"));
        let (site, _) = record?.rsplit_once('/')?;
        let store = wheel.file("");
        // The store has folders of wheels by the first digits of their hashes.
        let store = store.ancestors().nth(3)?.to_owned();
        Some(Self {
            target: FolderHandle::open(&root.join(site))?,
            source: FolderHandle::open(&store)?,
            site,
            store,
        })
    }

    /// Whether an item was linked. What was not is put there by its path, which also finds out why.
    fn link(&self, to_place: ItemToPlace<'_, '_>) -> bool {
        let ItemToPlace { item, placed } = to_place;
        let ItemContent::Stored { wheel, file } = &item.content else {
            return false;
        };
        if placed != CopyTime::default() || cfg!(target_os = "macos") {
            return false;
        }
        let source = wheel.file(&file.path);
        let below = |path: &str, folder: &str| -> Option<String> {
            Some(path.strip_prefix(folder)?.strip_prefix('/')?.to_owned())
        };
        let source = below(source.as_str(), self.store.as_str());
        let (Some(source), Some(target)) = (source, below(&item.path, self.site)) else {
            return false;
        };
        let time = wheel.time().duration_since(UNIX_EPOCH).unwrap_or_default();
        let size = file.size;
        self.source.file_state(&source) == Some(FileStamp { size, time })
            && self.target.link(&target, &self.source, &source).is_ok()
    }
}

fn make_folders(root: &Utf8Path, items: &[ItemToPlace<'_, '_>]) -> io::Result<()> {
    let mut folders = BTreeSet::new();
    for ItemToPlace { item, .. } in items {
        let mut path = item.path.as_str();
        while let Some((folder, _)) = path.rsplit_once('/') {
            if !folders.insert(folder) {
                break;
            }
            path = folder;
        }
    }
    fs_err::create_dir_all(root)?;
    let handle = FolderHandle::open(root);
    let made = |folder: &&str| {
        handle
            .as_ref()
            .is_some_and(|handle| handle.make_folder(folder).is_ok())
    };
    let mut by_depth: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for folder in folders {
        let depth = folder.matches('/').count();
        by_depth.entry(depth).or_default().push(folder);
    }
    for folders in by_depth.into_values() {
        let folders = folders.into_par_iter().with_min_len(64);
        folders
            .filter(|folder| !made(folder))
            .try_for_each(|folder| make_folder(&root.join(folder)))?;
    }
    Ok(())
}

/// Makes a folder where there may be one, or a file in its place.
fn make_folder(folder: &Utf8Path) -> io::Result<()> {
    match std::fs::create_dir(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs_err::remove_file(folder)?;
            fs_err::create_dir(folder)
        }
        Err(_) => fs_err::create_dir_all(folder),
    }
}

fn place(root: &Utf8Path, item: ItemToPlace<'_, '_>) -> Result<(), EnvironmentError> {
    let target = root.join(&item.item.path);
    match put(&target, item) {
        Err(EnvironmentError::Io(error)) if error.kind() == ErrorKind::AlreadyExists => {
            replace(&target, item)
        }
        result => result,
    }
}

/// Writes the item beside its path and moves it there.
fn replace(target: &Utf8Path, item: ItemToPlace<'_, '_>) -> Result<(), EnvironmentError> {
    let temporary = beside(target);
    put(&temporary, item)?;
    if target.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        fs_err::remove_dir_all(target)?;
    }
    let renamed = fs_err::rename(&temporary, target);
    // POSIX requires that renaming one name of a file to another name of the same file does
    // nothing.
    let _ = fs_err::remove_file(&temporary);
    Ok(renamed?)
}

fn beside(target: &Utf8Path) -> Utf8PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    target.with_file_name(format!(
        "{}{}-{number}",
        files::TEMPORARY,
        std::process::id()
    ))
}

/// Writes the item to a path that does not exist.
fn put(target: &Utf8Path, to_place: ItemToPlace<'_, '_>) -> Result<(), EnvironmentError> {
    let ItemToPlace { item, placed } = to_place;
    match &item.content {
        ItemContent::Link(to) => Ok(files::symlink(to, target)?),
        ItemContent::Text { file, text } => {
            let mut options = fs_err::OpenOptions::new();
            options.write(true).create_new(true);
            files::open_with_mode(&mut options, file.mode());
            let mut out = options.open(target)?;
            out.write_all(text)?;
            let times = FileTimes::new().set_modified(item.time(placed));
            Ok(out.file().set_times(times)?)
        }
        ItemContent::Stored { wheel, file } => {
            check_source(item)?;
            let source = wheel.file(&file.path);
            if placed == CopyTime::default() && hard_link(&source, target)? {
                return Ok(());
            }
            Ok(copy(&source, target, item.time(placed))?)
        }
    }
}

/// A file of the store that was changed is not put into any environment.
pub(crate) fn check_source(item: &Item<'_>) -> Result<(), EnvironmentError> {
    match &item.content {
        ItemContent::Stored { wheel, file } if !wheel.is_intact(file) => {
            Err(EnvironmentError::DamagedStore {
                name: wheel.name().clone(),
                sha256: *wheel.sha256(),
                file: wheel.file(&file.path),
            })
        }
        _ => Ok(()),
    }
}

/// Whether a hard link was made. On macOS a copy is a clone, which shares nothing that an editor
/// could change in the store.
fn hard_link(source: &Utf8Path, target: &Utf8Path) -> io::Result<bool> {
    if cfg!(target_os = "macos") {
        return Ok(false);
    }
    match std::fs::hard_link(source, target) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // This is another file system, one without links, or the file has too many links.
        Err(_) => Ok(false),
    }
}

fn copy(source: &Utf8Path, target: &Utf8Path, time: SystemTime) -> io::Result<()> {
    if target.symlink_metadata().is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    // Shares the blocks of the file if the file system can.
    fs_err::copy(source, target)?;
    fs_err::OpenOptions::new()
        .write(true)
        .open(target)?
        .file()
        .set_times(FileTimes::new().set_modified(time))
}

/// Removes `paths` below `root`, the byte code of modules among them, and folders that become
/// empty.
pub(crate) fn remove_all<'a>(
    root: &Utf8Path,
    paths: impl Iterator<Item = &'a str>,
) -> io::Result<()> {
    let mut folders = BTreeSet::new();
    for path in paths {
        let file = root.join(path);
        match fs_err::remove_file(&file) {
            Ok(()) => {}
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            // A new package may have a folder where an old one had a file.
            Err(_) if file.is_dir() => {}
            Err(error) => return Err(error),
        }
        remove_bytecode(&file)?;
        let mut path = path;
        while let Some((folder, _)) = path.rsplit_once('/') {
            folders.insert(folder);
            path = folder;
        }
    }
    // The innermost folders come first. A folder that is not empty is kept.
    for folder in folders.iter().rev() {
        let _ = std::fs::remove_dir(root.join(folder).join("__pycache__"));
        let _ = std::fs::remove_dir(root.join(folder));
    }
    Ok(())
}

/// Removes what Python compiled of a module.
pub(crate) fn remove_bytecode(module: &Utf8Path) -> io::Result<()> {
    if module.extension() != Some("py") {
        return Ok(());
    }
    let (Some(folder), Some(stem)) = (module.parent(), module.file_stem()) else {
        return Ok(());
    };
    let Ok(entries) = folder.join("__pycache__").read_dir_utf8() else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry?;
        let of_module = entry
            .file_name()
            .strip_prefix(stem)
            .is_some_and(|rest| rest.starts_with('.'));
        if of_module {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}
