//! How large the cache may grow: what was used longest ago goes first.

use std::time::{Duration, SystemTime};

use camino::Utf8Path;

use super::UNFINISHED;

/// What was used within this time is not removed: a run may be about to read it.
const IN_USE: Duration = Duration::from_secs(60 * 60);

/// What a part of the cache holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheContents {
    /// The number of files.
    pub files: u64,
    /// Their sizes together.
    pub bytes: u64,
}

/// What cleaning removed and left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CleaningReport {
    /// What was removed.
    pub removed: CacheContents,
    /// What is left.
    pub left: CacheContents,
}

struct CacheFile {
    used: SystemTime,
    size: u64,
    path: std::path::PathBuf,
    /// Whether a run was killed that wrote it.
    unfinished: bool,
}

impl CacheContents {
    /// What the folders hold.
    #[must_use]
    pub fn of(folders: &[&Utf8Path]) -> Self {
        let mut contents = Self::default();
        files(folders)
            .iter()
            .for_each(|file| contents.add(file.size));
        contents
    }

    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

impl CleaningReport {
    /// Removes what was used longest ago from the folders, until they hold at most `limit` bytes. Runs may use
    /// them meanwhile.
    #[must_use]
    pub fn clean(folders: &[&Utf8Path], limit: u64) -> Self {
        let now = SystemTime::now();
        let mut files = files(folders);
        files.sort_by_key(|file| file.used);
        let mut over = files
            .iter()
            .map(|file| file.size)
            .sum::<u64>()
            .saturating_sub(limit);
        let mut report = Self::default();
        for file in &files {
            let idle = now
                .duration_since(file.used)
                .is_ok_and(|idle| idle > IN_USE);
            let unwanted = over > 0 || file.unfinished;
            if unwanted && idle && fs_err::remove_file(&file.path).is_ok() {
                over = over.saturating_sub(file.size);
                report.removed.add(file.size);
            } else {
                report.left.add(file.size);
            }
        }
        report
    }
}

/// The files two levels below, which is where blobs and results are.
fn files(folders: &[&Utf8Path]) -> Vec<CacheFile> {
    let entries = |path: &std::path::Path| {
        let found = fs_err::read_dir(path).ok();
        found.into_iter().flatten().filter_map(Result::ok)
    };
    let inner = folders
        .iter()
        .flat_map(|folder| entries(folder.as_std_path()));
    let all = inner.flat_map(|folder| entries(&folder.path()).collect::<Vec<_>>());
    let described = all.filter_map(|entry| {
        let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some(CacheFile {
            used: metadata.modified().ok()?,
            size: metadata.len(),
            unfinished: entry
                .path()
                .parent()
                .is_some_and(|folder| folder.ends_with(UNFINISHED)),
            path: entry.path(),
        })
    });
    described.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(path: &Utf8Path, hours: u64) {
        let time = SystemTime::now() - Duration::from_secs(hours * 60 * 60);
        let file = fs_err::File::options().append(true).open(path).unwrap();
        file.into_parts().0.set_modified(time).unwrap();
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs_err::create_dir(root.join("00")).unwrap();
        for (name, hours) in [("old", 9), ("older", 10), ("newer", 2), ("new", 0)] {
            let path = root.join("00").join(name);
            fs_err::write(&path, [0; 10]).unwrap();
            age(&path, hours);
        }
        assert_eq!(CleaningReport::clean(&[root], 40).removed.files, 0);
        assert_eq!(CleaningReport::clean(&[root], 25).removed.files, 2);
        assert!(root.join("00/newer").exists() && !root.join("00/old").exists());
        // What was used just now stays, also over the limit.
        let report = CleaningReport::clean(&[root], 0);
        assert_eq!(
            report.left,
            CacheContents {
                files: 1,
                bytes: 10
            }
        );
        assert!(root.join("00/new").exists());
    }

    #[test]
    fn what_a_killed_run_did_not_finish_goes() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs_err::create_dir(root.join(UNFINISHED)).unwrap();
        for (name, hours) in [("old", 9), ("new", 0)] {
            let path = root.join(UNFINISHED).join(name);
            fs_err::write(&path, [0; 10]).unwrap();
            age(&path, hours);
        }
        assert_eq!(CleaningReport::clean(&[root], 1000).removed.files, 1);
        assert!(root.join(UNFINISHED).join("new").exists());
    }
}
