//! Removes folders of this tool. Says beforehand how much space that frees, and what could not be
//! removed.

use std::collections::HashMap;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::files;

/// The size of a folder, and the space that removing it frees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// The number of files and links.
    pub files: u64,
    /// The bytes of the disk that become free. A file with another name elsewhere, such as a hard
    /// link in an environment, is not counted.
    pub freed: u64,
}

/// What could not be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The topmost file or folder that was not removed.
    pub path: Utf8PathBuf,
    /// The number of the user who owns it, where the system has such numbers.
    pub owner: Option<u32>,
    /// Why it was not removed.
    pub reason: String,
}

/// The space that removing `folders` together frees. Folders that cannot be read are not counted.
#[must_use]
pub fn size(folders: &[Utf8PathBuf]) -> Size {
    let mut count = Count::default();
    for folder in folders {
        count.add(folder);
    }
    count.size
}

/// Removes a folder. It is moved away first, so that no run sees half of it.
///
/// Files that cannot be removed, such as those that a container made as root, are reported and
/// left.
///
/// # Errors
/// Where the folder cannot be moved at all.
pub fn remove(folder: &Utf8Path) -> io::Result<Vec<Leftover>> {
    let Some(parent) = folder.parent() else {
        return Ok(Vec::new());
    };
    let name = folder.file_name().unwrap_or_default();
    let aside = parent.join(format!("{}{name}-{}", files::TEMPORARY, std::process::id()));
    let place = match fs_err::rename(folder, &aside) {
        Ok(()) => aside,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        // A folder of another user cannot be moved, even if it is empty.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => folder.to_owned(),
        Err(error) => return Err(error),
    };
    let mut leftovers = Vec::new();
    remove_below(&place, &mut leftovers);
    if !leftovers.is_empty() && place != folder {
        // Under its old name, `clean` finds it again.
        fs_err::rename(&place, folder)?;
        for leftover in &mut leftovers {
            if let Ok(inside) = leftover.path.strip_prefix(&place) {
                leftover.path = folder.join(inside);
            }
        }
    }
    Ok(leftovers)
}

fn remove_below(path: &Utf8Path, leftovers: &mut Vec<Leftover>) {
    let is_folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
    let before = leftovers.len();
    if is_folder {
        match path.read_dir_utf8() {
            Ok(entries) => entries
                .filter_map(Result::ok)
                .for_each(|entry| remove_below(entry.path(), leftovers)),
            Err(error) => leftovers.push(leftover(path, &error)),
        }
    }
    if leftovers.len() > before {
        return;
    }
    let removed = if is_folder {
        fs_err::remove_dir(path)
    } else {
        fs_err::remove_file(path)
    };
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        leftovers.push(leftover(path, &error));
    }
}

fn leftover(path: &Utf8Path, error: &io::Error) -> Leftover {
    Leftover {
        path: path.to_owned(),
        owner: owner(path).or_else(|| owner(path.parent()?)),
        reason: error.kind().to_string(),
    }
}

#[cfg(unix)]
fn owner(path: &Utf8Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    Some(path.symlink_metadata().ok()?.uid())
}

#[cfg(not(unix))]
fn owner(_: &Utf8Path) -> Option<u32> {
    None
}

/// Counts files. A file with several names is counted once.
#[derive(Default)]
struct Count {
    size: Size,
    /// The files that were seen, by device and inode number.
    linked: HashMap<(u64, u64), u64>,
}

impl Count {
    fn add(&mut self, path: &Utf8Path) {
        let Ok(found) = path.symlink_metadata() else {
            return;
        };
        if !found.is_dir() {
            self.size.files += 1;
            self.size.freed += self.freed_by(&found);
            return;
        }
        let Ok(entries) = path.read_dir_utf8() else {
            return;
        };
        for entry in entries.filter_map(Result::ok) {
            self.add(entry.path());
        }
    }

    #[cfg(unix)]
    fn freed_by(&mut self, found: &std::fs::Metadata) -> u64 {
        use std::os::unix::fs::MetadataExt;
        let left = self
            .linked
            .entry((found.dev(), found.ino()))
            .or_insert(found.nlink());
        *left = left.saturating_sub(1);
        // Blocks are counted in units of 512 bytes.
        if *left == 0 { found.blocks() * 512 } else { 0 }
    }

    #[cfg(not(unix))]
    fn freed_by(&mut self, found: &std::fs::Metadata) -> u64 {
        found.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let temp = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temp.path()).unwrap().to_owned();
        fs_err::create_dir_all(root.join("a/b")).unwrap();
        fs_err::create_dir_all(root.join("other")).unwrap();
        fs_err::write(root.join("a/b/one"), vec![1; 10_000]).unwrap();
        fs_err::hard_link(root.join("a/b/one"), root.join("other/one")).unwrap();
        (temp, root)
    }

    #[test]
    fn a_file_with_another_name_frees_nothing() {
        let (_temp, root) = folder();
        assert_eq!(size(&[root.join("a")]), Size { files: 1, freed: 0 });
        let both = size(&[root.join("a"), root.join("other")]);
        assert!(both.files == 2 && both.freed >= 10_000);
    }

    #[test]
    fn a_folder_goes_as_a_whole() {
        let (_temp, root) = folder();
        assert_eq!(remove(&root.join("a")).unwrap(), []);
        assert_eq!(remove(&root.join("absent")).unwrap(), []);
        let left: Vec<_> = root
            .read_dir_utf8()
            .unwrap()
            .map(|e| e.unwrap().file_name().to_owned())
            .collect();
        assert_eq!(left, ["other"]);
    }
}
