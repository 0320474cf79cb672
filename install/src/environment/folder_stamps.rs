//! What the folders of an environment were when all of its files were right: as long as they are the same, no file
//! was added, removed or replaced in them, and the files need not be looked at one by one.
//!
//! What was written into a file in place leaves its folder as it was. `check-export` looks at each file, and what it
//! finds makes the next export do so too.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::Utf8Path;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::folder_handle::{FolderHandle, FolderStamp};
use super::listing::{InstalledFile, InstalledFiles};
use crate::files;
use crate::protected::FOLDERS_FILE;

/// A folder that changed this recently may change again and have the same time: the coarsest clock of a file system
/// that is used is FAT's.
const COARSE_TICK: Duration = Duration::from_secs(2);

/// The same where times have fractions of a second. They come from the system's clock, which has a hundred ticks a
/// second or more.
const TICK: Duration = Duration::from_millis(50);

/// The folders of an environment, and the files that are none of packages.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FolderStamps {
    /// Relative to the root.
    folders: Vec<(String, FolderStamp)>,
    /// Those outside of packages, which are few: they are looked at.
    files: Vec<InstalledFile>,
    /// What is there of others, as `name version`.
    pub(crate) foreign: Vec<String>,
}

impl FolderStamps {
    /// What the folders of these files are now; none where one may change unseen.
    pub(crate) fn of(root: &Utf8Path, files: &InstalledFiles) -> Option<Self> {
        let handle = FolderHandle::open(root)?;
        let site = files.site()?;
        let (inside, outside): (Vec<_>, Vec<_>) = files.by_path().partition(|(path, _)| {
            let below = path.strip_prefix(site);
            below.is_some_and(|below| below.starts_with('/'))
        });
        let mut names = BTreeSet::from([site]);
        for (path, _) in inside {
            let mut path = path;
            while let Some((folder, _)) = path.rsplit_once('/') {
                if !names.insert(folder) {
                    break;
                }
                path = folder;
            }
        }
        let now = SystemTime::now();
        let stamped = names.into_iter();
        let stamped = stamped.map(|name| Some((name.to_owned(), handle.folder_stamp(name)?)));
        let folders: Vec<(String, FolderStamp)> = stamped.collect::<Option<_>>()?;
        let tick = match folders.iter().any(|(_, stamp)| stamp.has_fraction()) {
            true => TICK,
            false => COARSE_TICK,
        };
        let limit = now.checked_sub(tick)?.duration_since(UNIX_EPOCH).ok()?;
        if folders.iter().any(|(_, stamp)| stamp.is_since(limit)) {
            return None;
        }
        Some(Self {
            folders,
            files: outside.into_iter().map(|(_, file)| file.clone()).collect(),
            foreign: Vec::new(),
        })
    }

    /// What is noted in the environment at `root`, if that is how it still is.
    pub(crate) fn still(root: &Utf8Path) -> Option<Self> {
        let noted = fs_err::read(root.join(FOLDERS_FILE)).ok()?;
        let noted: Self = postcard::from_bytes(&noted).ok()?;
        let handle = FolderHandle::open(root)?;
        let is_same = |(name, stamp): &(String, FolderStamp)| {
            handle.folder_stamp(name).as_ref() == Some(stamp)
        };
        let folders = noted.folders.par_iter().with_min_len(256);
        let is_right = folders.all(is_same) && noted.files.iter().all(|file| file.is_intact(root));
        is_right.then_some(noted)
    }

    /// Notes it in the environment at `root`. Without the note, the files are looked at.
    pub(crate) fn write(&self, root: &Utf8Path) {
        if let Ok(bytes) = postcard::to_stdvec(self) {
            let _ = files::write_atomically(&root.join(FOLDERS_FILE), &bytes);
        }
    }

    /// Forgets what is noted in the environment at `root`.
    pub(crate) fn forget(root: &Utf8Path) {
        let _ = fs_err::remove_file(root.join(FOLDERS_FILE));
    }
}
