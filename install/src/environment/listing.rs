//! The list of the files that were put into an environment, kept in it: whether they are still as
//! they were is seen from it alone, without the store.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::Utf8Path;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::folder_handle::{FileStamp, FolderHandle};
use super::items::{CopyTime, Item, ItemContent};
use crate::files;
use crate::protected::LIST_FILE;

/// The files of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InstalledFiles(Vec<InstalledFile>);

/// A file or link of an environment, as it was put there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InstalledFile {
    /// Relative to the root.
    pub(crate) path: String,
    kind: InstalledKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum InstalledKind {
    File {
        size: u64,
        /// Since the start of 1970.
        time: Duration,
        sha256: [u8; 32],
    },
    Link(String),
}

impl InstalledFile {
    pub(crate) fn of(item: &Item<'_>, placed: CopyTime) -> Self {
        let kind = match (&item.content, item.file()) {
            (ItemContent::Link(target), _) => InstalledKind::Link(target.to_string()),
            (_, Some(file)) => {
                let time = item.time(placed).duration_since(UNIX_EPOCH);
                InstalledKind::File {
                    size: file.size,
                    time: time.unwrap_or_default(),
                    sha256: file.sha256,
                }
            }
            (_, None) => InstalledKind::Link(String::new()),
        };
        Self {
            path: item.path.clone(),
            kind,
        }
    }

    /// Whether both are to have the same content.
    pub(crate) fn has_content_of(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (InstalledKind::Link(one), InstalledKind::Link(other)) => one == other,
            (InstalledKind::File { sha256: one, .. }, InstalledKind::File { sha256, .. }) => {
                one == sha256
            }
            _ => false,
        }
    }

    /// Whether it is below `root` as it was put there, by its size and time.
    pub(crate) fn is_intact(&self, root: &Utf8Path) -> bool {
        let place = root.join(&self.path);
        match &self.kind {
            InstalledKind::Link(target) => {
                place.read_link_utf8().is_ok_and(|found| found == *target)
            }
            InstalledKind::File { size, time, .. } => {
                std::fs::symlink_metadata(place).is_ok_and(|found| {
                    found.is_file() && found.len() == *size && has_time(&found, *time)
                })
            }
        }
    }
}

fn has_time(found: &std::fs::Metadata, time: Duration) -> bool {
    let wanted: SystemTime = UNIX_EPOCH + time;
    found.modified().is_ok_and(|modified| modified == wanted)
}

impl InstalledFiles {
    pub(crate) fn new(files: Vec<InstalledFile>) -> Self {
        Self(files)
    }

    /// The list in the environment at `root`; none if it was made by an older version, or lost.
    pub(crate) fn read(root: &Utf8Path) -> Option<Self> {
        postcard::from_bytes(&fs_err::read(root.join(LIST_FILE)).ok()?).ok()
    }

    pub(crate) fn write(&self, root: &Utf8Path) -> io::Result<()> {
        files::write_atomically(&root.join(LIST_FILE), &self.bytes()?)
    }

    /// What the file of the list holds.
    pub(crate) fn bytes(&self) -> io::Result<Vec<u8>> {
        postcard::to_stdvec(self).map_err(io::Error::other)
    }

    /// The files by their paths.
    pub(crate) fn by_path(&self) -> impl Iterator<Item = (&str, &InstalledFile)> {
        self.0.iter().map(|file| (file.path.as_str(), file))
    }

    /// The `.dist-info` folders of what was installed, relative to the root.
    pub(crate) fn distributions(&self) -> impl Iterator<Item = &str> {
        let paths = self.0.iter().map(|file| file.path.as_str());
        paths.filter_map(|path| {
            path.strip_suffix("/RECORD")
                .filter(|folder| folder.ends_with(".dist-info"))
        })
    }

    /// The `site-packages` that has the first distribution, relative to the root.
    pub(crate) fn site(&self) -> Option<&str> {
        let (site, _) = self.distributions().next()?.rsplit_once('/')?;
        Some(site)
    }

    /// The files that someone changed or removed.
    pub(crate) fn changed(&self, root: &Utf8Path) -> Vec<&InstalledFile> {
        let site = self.site();
        let site = site.and_then(|site| Some((site, FolderHandle::open(&root.join(site))?)));
        let is_intact = |file: &InstalledFile| {
            let inside = site.as_ref().and_then(|(site, handle)| {
                let below = file.path.strip_prefix(site)?.strip_prefix('/')?;
                Some((handle, below))
            });
            match (inside, &file.kind) {
                (Some((handle, below)), InstalledKind::File { size, time, .. }) => {
                    let (size, time) = (*size, *time);
                    handle.file_state(below) == Some(FileStamp { size, time })
                }
                _ => file.is_intact(root),
            }
        };
        let files = self.0.par_iter().with_min_len(256);
        files.filter(|file| !is_intact(file)).collect()
    }
}
