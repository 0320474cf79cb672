//! Puts files into an environment: as links if the file system can make them, otherwise as copies.

use std::collections::BTreeSet;
use std::fs::FileTimes;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use model::Sha256;
use rustc_hash::FxHashSet;

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
    fs_err::create_dir_all(root)?;
    let place = &ItemsPlace::new(root, items);
    // Neighbours come from one wheel and go into one folder.
    let chunks = Mutex::new(items.chunks(64));
    let next = || chunks.lock().unwrap_or_else(PoisonError::into_inner).next();
    // Threads wait for the file system half of the time. A pool's thread would begin other work meanwhile, which
    // may wait for this environment.
    let threads = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let place_some = || std::iter::from_fn(next).try_for_each(|items| place.place(items));
        let threads = items.len().div_ceil(64).min(threads);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(place_some)).collect();
        threads.into_iter().try_for_each(|thread| {
            let placed = thread.join();
            placed.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })
}

/// Where items go: an environment, and what is known of its folders.
struct ItemsPlace<'p> {
    root: &'p Utf8Path,
    handle: Option<FolderHandle>,
    /// The folder that has most files, relative to the environment.
    site: Option<(&'p str, FolderHandle)>,
    /// The folders that are there, relative to the environment.
    folders: Mutex<FxHashSet<&'p str>>,
}

/// The open folder of a wheel's files in the store.
type OpenWheel<'a> = Option<(&'a Sha256, Option<FolderHandle>)>;

impl<'p> ItemsPlace<'p> {
    fn new(root: &'p Utf8Path, items: &[ItemToPlace<'p, '_>]) -> Self {
        let mut place = Self {
            root,
            handle: FolderHandle::open(root),
            site: None,
            folders: Mutex::default(),
        };
        let paths = || items.iter().map(|one| one.item.path.as_str());
        let record = paths().find_map(|path| path.strip_suffix("/RECORD"));
        if let Some((site, _)) = record.and_then(|folder| folder.rsplit_once('/'))
            && place.make_folder(site).is_ok()
        {
            place.site = FolderHandle::open(&root.join(site)).map(|handle| (site, handle));
        }
        place
    }

    fn place(&self, items: &[ItemToPlace<'p, '_>]) -> Result<(), EnvironmentError> {
        let mut source = None;
        for item in items {
            self.make_folder_of(&item.item.path)?;
            if !self.link(*item, &mut source) {
                place_by_path(self.root, *item)?;
            }
        }
        Ok(())
    }

    /// Makes the folder that an item goes into.
    fn make_folder_of(&self, path: &'p str) -> io::Result<()> {
        match path.rsplit_once('/') {
            Some((folder, _)) => self.make_folder(folder),
            None => Ok(()),
        }
    }

    fn make_folder(&self, folder: &'p str) -> io::Result<()> {
        let folders = || self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if folders().contains(folder) {
            return Ok(());
        }
        self.make_folder_of(folder)?;
        let handle = self.handle.as_ref();
        if handle.is_none_or(|handle| handle.make_folder(folder).is_err()) {
            make_folder(&self.root.join(folder))?;
        }
        // Only now: until then others who need it make it themselves.
        folders().insert(folder);
        Ok(())
    }

    /// Whether an item was linked. What was not is put there by its path, which also finds out why.
    fn link<'a>(&self, to_place: ItemToPlace<'_, 'a>, source: &mut OpenWheel<'a>) -> bool {
        let ItemToPlace { item, placed } = to_place;
        let (ItemContent::Stored { wheel, file }, Some((site, target))) =
            (&item.content, &self.site)
        else {
            return false;
        };
        if placed != CopyTime::default() || cfg!(target_os = "macos") {
            return false;
        }
        if source.as_ref().is_none_or(|(of, _)| *of != wheel.sha256()) {
            *source = Some((wheel.sha256(), FolderHandle::open(&wheel.folder())));
        }
        let below = item.path.strip_prefix(site);
        let (Some(below), Some((_, Some(source)))) =
            (below.and_then(|path| path.strip_prefix('/')), source)
        else {
            return false;
        };
        let time = wheel.time().duration_since(UNIX_EPOCH).unwrap_or_default();
        let size = file.size;
        source.file_state(&file.path) == Some(FileStamp { size, time })
            && target.link(below, source, &file.path).is_ok()
    }
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

fn place_by_path(root: &Utf8Path, item: ItemToPlace<'_, '_>) -> Result<(), EnvironmentError> {
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
