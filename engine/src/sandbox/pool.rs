//! Slots: one program at a time runs in each, whichever run of ours it belongs to.
//!
//! A slot is a folder with a lock of the operating system, which ends with the process that holds it. While it is
//! used it holds a file `busy` with the number of that process: a slot that is free and busy is of a run that was
//! killed, whose programs are ended and whose sandbox is removed before anything else happens there.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::contents::{Placing, SandboxContents};
use super::removal::remove_everything;
use crate::error::SandboxError;
use crate::process::end_everything_of;
use crate::tree::InputTree;

/// More slots than this are not there at one time.
const MOST: usize = 4096;

/// How often a slot of a killed run is tried again.
const PATIENCE: usize = 400;

/// How the name of a folder begins that is being removed.
const REMOVED: &str = "removed-";

/// The slots below a folder, which all runs share.
#[derive(Debug)]
pub(crate) struct SandboxPool {
    folder: Utf8PathBuf,
}

/// A slot that is this run's.
#[derive(Debug)]
pub(crate) struct SandboxSlot {
    number: usize,
    folder: Utf8PathBuf,
    contents: SandboxContents,
    /// Whether nobody can hold the files for output open any more.
    streams_are_free: bool,
    /// Holds the lock until it is dropped.
    _lock: File,
}

impl SandboxPool {
    /// The slots below a folder, which is made if it is not there. What killed runs left is removed.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) fn open(folder: &Utf8Path) -> Result<Self, SandboxError> {
        let failed = |error| SandboxError::file("create", folder, error);
        fs_err::create_dir_all(folder).map_err(failed)?;
        // Programs are found by the folder that they say they are in, which has no links.
        let folder = folder.canonicalize_utf8().map_err(failed)?;
        let pool = Self { folder };
        pool.sweep();
        Ok(pool)
    }

    /// The free slot of the lowest number.
    ///
    /// # Errors
    /// Where none can be used.
    pub(crate) fn acquire(&self) -> Result<SandboxSlot, SandboxError> {
        for number in 0..MOST {
            if let Some(slot) = self.slot(number)? {
                return Ok(slot);
            }
        }
        let error = io::Error::other("all slots are in use");
        Err(SandboxError::file("use", &self.folder, error))
    }

    /// Removes the slots from `number` on that are free.
    pub(crate) fn shrink(&self, number: usize) {
        for at in self.numbers().into_iter().filter(|at| *at >= number) {
            if let Ok(Some(slot)) = self.slot(at) {
                slot.remove();
            }
        }
    }

    /// Ends the programs and removes the sandboxes of runs that were killed.
    pub(crate) fn sweep(&self) {
        for name in self.names().filter(|name| name.starts_with(REMOVED)) {
            // Whoever wanted it gone was killed, or is at it.
            let _ = remove_everything(self.folder.join(name).as_std_path());
        }
        for number in self.numbers() {
            if self.folder.join(number.to_string()).join("busy").exists() {
                // Taking it clears it; giving it back removes the mark.
                if let Ok(Some(slot)) = self.slot(number) {
                    slot.give_back();
                }
            }
        }
    }

    fn numbers(&self) -> Vec<usize> {
        self.names().filter_map(|name| name.parse().ok()).collect()
    }

    fn names(&self) -> impl Iterator<Item = String> {
        let entries = fs_err::read_dir(&self.folder).into_iter().flatten();
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
    }

    /// A slot, unless it is in use.
    fn slot(&self, number: usize) -> Result<Option<SandboxSlot>, SandboxError> {
        let folder = self.folder.join(number.to_string());
        let failed = |error| SandboxError::file("use", &folder, error);
        fs_err::create_dir_all(&folder).map_err(failed)?;
        let path = folder.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let lock = match file {
            // Another run removed the slot meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(failed)?,
        };
        let mut patience = PATIENCE;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                // A child of a killed run has its locks until it becomes another program.
                Err(TryLockError::WouldBlock) if patience > 0 && is_orphaned(&folder) => {
                    patience -= 1;
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => return Ok(None),
            }
        }
        if !is_same(&lock, &path) {
            return Ok(None);
        }
        let mut slot = SandboxSlot {
            number,
            contents: SandboxContents::default(),
            streams_are_free: false,
            folder,
            _lock: lock,
        };
        slot.begin()?;
        Ok(Some(slot))
    }
}

/// Whether the run that uses a slot is no more.
fn is_orphaned(folder: &Utf8Path) -> bool {
    let owner = fs_err::read_to_string(folder.join("busy")).unwrap_or_default();
    let owner = owner.parse().ok().and_then(Pid::from_raw);
    owner.is_some_and(|owner| test_kill_process(owner) == Err(Errno::SRCH))
}

/// Whether a lock is of the file that has its name: a slot that was removed has another.
fn is_same(lock: &File, path: &Utf8Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let there = fs_err::metadata(path);
    let (Ok(held), Ok(there)) = (lock.metadata(), there) else {
        return false;
    };
    (held.dev(), held.ino()) == (there.dev(), there.ino())
}

impl SandboxSlot {
    /// Its number: no two programs that run on this machine at one time have the same.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// The folder by which its programs are known.
    pub(crate) fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// What an action sees.
    pub(crate) fn root(&self) -> Utf8PathBuf {
        self.folder.join("root")
    }

    /// The home folder of its programs.
    pub(crate) fn home(&self) -> Utf8PathBuf {
        self.folder.join("home")
    }

    /// The folder for its programs' temporary files.
    pub(crate) fn temporary(&self) -> Utf8PathBuf {
        self.folder.join("tmp")
    }

    /// Where its programs' output goes.
    pub(crate) fn stream(&self, name: &str) -> Utf8PathBuf {
        self.folder.join(name)
    }

    /// Makes the sandbox hold a tree, and nothing else. A program starts next.
    ///
    /// # Errors
    /// Where that cannot be done.
    pub(crate) fn prepare(
        &mut self,
        tree: &InputTree,
        placing: &Placing<'_>,
    ) -> Result<(), SandboxError> {
        let root = self.root();
        self.contents.correct(&root, tree, placing)?;
        self.prepare_surroundings()?;
        self.contents.start();
        Ok(())
    }

    /// Makes the folders beside the sandbox empty, and the files for output.
    ///
    /// # Errors
    /// Where that cannot be done.
    pub(crate) fn prepare_surroundings(&mut self) -> Result<(), SandboxError> {
        for folder in [self.home(), self.temporary()] {
            empty(&folder).map_err(|error| SandboxError::file("clear", &folder, error))?;
        }
        let free = std::mem::take(&mut self.streams_are_free);
        for name in ["stdout", "stderr"] {
            let path = self.stream(name);
            if !(free && truncate(&path)) {
                // A new file: what may hold the old one open writes into that.
                let made = remove_everything(path.as_std_path())
                    .and_then(|()| fs_err::File::create(&path).map(drop));
                made.map_err(|error| SandboxError::file("create", &path, error))?;
            }
        }
        Ok(())
    }

    /// The program ended, and nothing that it started is left: the next one may have its files for output. Some file
    /// systems make new files the more slowly the more were just removed.
    pub(crate) fn keep_streams(&mut self) {
        self.streams_are_free = true;
    }

    /// Gives it to the next who wants it, with what is in it.
    pub(crate) fn give_back(self) {
        // What cannot be kept is made again.
        let _ = self.keep();
    }

    /// Takes the sandbox out of the slot, for its user to look at. Gives the folder where it is now.
    ///
    /// # Errors
    /// Where it cannot be moved.
    pub(crate) fn take_out(&mut self) -> Result<Utf8PathBuf, SandboxError> {
        let mut number = 0;
        let to = loop {
            let to = self.folder.with_file_name(format!("left-{number}"));
            match fs_err::create_dir(&to) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(SandboxError::file("create", to, error)),
                Ok(()) => break to,
            }
        };
        let failed = |error| SandboxError::file("move the sandbox to", &to, error);
        fs_err::rename(self.root(), &to).map_err(failed)?;
        self.contents = SandboxContents::default();
        Ok(to)
    }

    fn keep(&self) -> io::Result<()> {
        for path in [
            self.home(),
            self.temporary(),
            self.stream("stdout"),
            self.stream("stderr"),
        ] {
            remove_everything(path.as_std_path())?;
        }
        let bytes = postcard::to_stdvec(&(boot(), &self.contents)).map_err(io::Error::other)?;
        fs_err::write(self.folder.join("contents"), bytes)?;
        fs_err::remove_file(self.folder.join("busy"))
    }

    /// Removes it with its folder.
    fn remove(self) {
        // Another run may look for it: what has its name is not changed while it is removed.
        let name = format!("{REMOVED}{}-{}", std::process::id(), self.number);
        let removed = self.folder.with_file_name(name);
        if fs_err::rename(&self.folder, &removed).is_ok() {
            // What is left is removed by the next run.
            let _ = remove_everything(removed.as_std_path());
        }
    }

    /// Marks it as used, and finds out what is in it.
    fn begin(&mut self) -> Result<(), SandboxError> {
        let busy = self.folder.join("busy");
        let record = self.folder.join("contents");
        let kept = fs_err::read(&record).ok().filter(|_| !busy.exists());
        let kept =
            kept.and_then(|bytes| postcard::from_bytes::<(String, SandboxContents)>(&bytes).ok());
        if busy.exists() {
            end_everything_of(&self.folder);
        }
        fs_err::write(&busy, std::process::id().to_string())
            .map_err(|error| SandboxError::file("write", &busy, error))?;
        // It holds for what the slot was when it was given back.
        let _ = fs_err::remove_file(&record);
        match kept.filter(|(when, _)| *when == boot()) {
            Some((_, contents)) => self.contents = contents,
            None => {
                let root = self.root();
                self.contents.clear(&root)?;
            }
        }
        Ok(())
    }
}

/// Makes a file empty, if it is one that has no other name. Gives whether it is.
fn truncate(path: &Utf8Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let there = path.as_std_path().symlink_metadata();
    let is_own = there
        .as_ref()
        .is_ok_and(|file| file.is_file() && file.nlink() == 1 && file.mode() & 0o600 == 0o600);
    let is_empty = there.is_ok_and(|file| file.len() == 0);
    is_own && (is_empty || fs_err::File::create(path).is_ok())
}

fn empty(folder: &Utf8Path) -> io::Result<()> {
    let is_empty = || fs_err::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    let metadata = folder.as_std_path().symlink_metadata();
    let is_usable = metadata
        .is_ok_and(|metadata| metadata.is_dir() && metadata.permissions().mode() & 0o700 == 0o700);
    if is_usable && is_empty() {
        return Ok(());
    }
    remove_everything(folder.as_std_path())?;
    fs_err::create_dir(folder)
}

/// Which start of the machine this is: after a crash files may be other than their times say.
fn boot() -> String {
    fs_err::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool() -> (tempfile::TempDir, SandboxPool) {
        let folder = tempfile::tempdir().unwrap();
        let pool = SandboxPool::open(Utf8Path::from_path(folder.path()).unwrap());
        (folder, pool.unwrap())
    }

    fn tree() -> InputTree {
        InputTree::of_literals([("src/a.py".to_owned(), "a")]).unwrap()
    }

    const NOTHING: Placing<'static> = Placing {
        folders: &[],
        store: None,
    };

    #[test]
    fn no_two_have_one_slot() {
        let (_folder, pool) = pool();
        let one = pool.acquire().unwrap();
        let two = pool.acquire().unwrap();
        assert_eq!((one.number(), two.number()), (0, 1));
        one.give_back();
        assert_eq!(pool.acquire().unwrap().number(), 0);
        two.give_back();
        pool.shrink(0);
        assert!(pool.numbers().is_empty());
    }

    #[test]
    fn what_is_given_back_is_used_again() {
        use std::os::unix::fs::MetadataExt;
        let (_folder, pool) = pool();
        let inode = |slot: &SandboxSlot| {
            fs_err::metadata(slot.root().join("src/a.py"))
                .unwrap()
                .ino()
        };
        let mut slot = pool.acquire().unwrap();
        slot.prepare(&tree(), &NOTHING).unwrap();
        let first = inode(&slot);
        slot.give_back();
        let mut slot = pool.acquire().unwrap();
        slot.prepare(&tree(), &NOTHING).unwrap();
        assert_eq!(inode(&slot), first);
    }

    /// A program may put a link where its home was.
    #[test]
    fn the_home_of_a_program_is_its_own() {
        let (_folder, pool) = pool();
        let mut slot = pool.acquire().unwrap();
        slot.prepare(&tree(), &NOTHING).unwrap();
        let other = slot.folder().with_file_name("other");
        fs_err::create_dir(&other).unwrap();
        fs_err::remove_dir(slot.home()).unwrap();
        fs_err::os::unix::fs::symlink(&other, slot.home()).unwrap();
        slot.prepare(&tree(), &NOTHING).unwrap();
        assert!(!slot.home().is_symlink() && other.exists());
    }

    #[test]
    fn what_a_killed_run_left_is_removed() {
        let (folder, pool) = pool();
        let mut slot = pool.acquire().unwrap();
        slot.prepare(&tree(), &NOTHING).unwrap();
        let root = slot.root();
        // As if its process had ended: the lock is free, and nothing was cleared.
        drop(slot);
        assert!(root.join("src/a.py").exists());
        SandboxPool::open(Utf8Path::from_path(folder.path()).unwrap()).unwrap();
        assert!(!root.exists());
    }
}
