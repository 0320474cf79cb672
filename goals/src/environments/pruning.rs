//! What is in the cache and of no use any more: what older versions of this tool left, and what was not
//! used for a time.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};

use super::folders::{self, entries};
use crate::error::GoalError;
use crate::session::Session;

/// Entries of a folder of the cache that are of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedEntries {
    /// The folder.
    pub folder: Utf8PathBuf,
    /// What its entries are, as text for the user.
    pub what: &'static str,
    /// The entries.
    pub entries: Vec<Utf8PathBuf>,
    /// How many there are with those that are used.
    pub all: usize,
}

/// The rooms whose entries can be told apart, and how deep these lie in the room's folder.
const DEPTHS: &[(&str, usize)] = &[
    ("wheels", 2),
    ("builds", 2),
    ("listings", 2),
    ("metadata", 1),
    ("files", 1),
    ("partial", 1),
    ("archives", 1),
    ("git", 1),
    ("checked", 1),
    ("environments", 1),
    ("linked-environments", 1),
    ("code", 2),
    ("trials", 1),
    ("requires", 1),
    ("runs", 1),
];

/// What in the cache is of a format that a newer one has replaced, or was not used for `age`. A wheel
/// is used while an environment on this disk has its files.
///
/// # Errors
/// The cache cannot be read.
pub fn unused(session: &Session, age: Duration) -> Result<Vec<UnusedEntries>, GoalError> {
    let owned = folders::in_cache(session)?;
    let numbered = |path: &Utf8Path| -> Option<(String, u32)> {
        let (stem, number) = path.file_name()?.rsplit_once('-')?;
        Some((stem.to_owned(), number.parse().ok()?))
    };
    let mut newest: BTreeMap<String, u32> = BTreeMap::new();
    for (stem, number) in owned.iter().filter_map(|one| numbered(&one.path)) {
        let known = newest.entry(stem).or_default();
        *known = number.max(*known);
    }
    let since = SystemTime::now() - age;
    let mut found = Vec::new();
    for one in owned {
        let Some((stem, number)) = numbered(&one.path) else {
            continue;
        };
        let is_old = newest.get(&stem).is_some_and(|newest| number < *newest);
        let depth = DEPTHS.iter().find(|(known, _)| *known == stem);
        let all = match (is_old, depth) {
            (true, _) => vec![one.path.clone()],
            (false, Some((_, depth))) => below(&one.path, *depth),
            (false, None) => continue,
        };
        let count = all.len();
        let unused = all.into_iter();
        let unused = unused.filter(|entry| is_old || !is_used(entry, since));
        let unused = UnusedEntries {
            entries: unused.collect(),
            folder: one.path,
            what: match is_old {
                true => "of an older version of this tool",
                false => one.what,
            },
            all: count,
        };
        if !unused.entries.is_empty() {
            found.push(unused);
        }
    }
    Ok(found)
}

fn below(folder: &Utf8Path, depth: usize) -> Vec<Utf8PathBuf> {
    let here = entries(folder);
    match depth {
        0 | 1 => here,
        depth => here
            .iter()
            .flat_map(|inside| below(inside, depth - 1))
            .collect(),
    }
}

/// Whether an entry, or what lies directly in it, was read or written since, or has a second name.
fn is_used(entry: &Utf8Path, since: SystemTime) -> bool {
    let is_recent = |found: &Metadata| {
        let times = [found.accessed(), found.modified()];
        // Reading a folder changes its time, and this reads folders.
        let times = times.into_iter().skip(usize::from(found.is_dir()));
        times.flatten().any(|time| time > since)
    };
    let is_file_in_use =
        |path: &Utf8Path| path.symlink_metadata().is_ok_and(|found| is_recent(&found));
    is_file_in_use(entry)
        || entries(entry).iter().any(|inside| is_file_in_use(inside))
        || is_linked(&entry.join(FILES))
}

/// The folder of a wheel's files in the store.
const FILES: &str = "files";

/// Whether a file below has another name elsewhere, as in an environment of hard links.
#[cfg(unix)]
fn is_linked(folder: &Utf8Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    entries(folder).iter().any(|path| {
        let found = path.symlink_metadata();
        found.is_ok_and(|found| match found.is_dir() {
            true => is_linked(path),
            false => found.nlink() > 1,
        })
    })
}

#[cfg(not(unix))]
fn is_linked(_: &Utf8Path) -> bool {
    false
}
