//! What hooks make of files that git ignores, and of folders: an abort takes it back. It is never
//! committed.
//!
//! git has no earlier state of these files. What is new after a hook is the hook's, and an abort
//! removes it if it is still as the hook left it. What was there before is the user's: where a hook
//! changes it, an abort can only name it. Of a folder that is ignored as a whole and in which a file
//! of the user changes meanwhile, something else may be at work in it (a database, an editor): what
//! is new in it is not told apart from that, and stays too.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use git::{Git, GitError};
use jiff::Timestamp;
use release::journal::{ForeignFiles, IgnoredState, Journal};

use super::context::{RunContext, folder_of_root};

/// The files that git ignores and all folders, at one moment.
#[derive(Debug, Default)]
pub(super) struct IgnoredFiles {
    /// As ignore rules name them: files, and folders as a whole.
    entries: BTreeSet<Utf8PathBuf>,
    files: BTreeMap<Utf8PathBuf, IgnoredState>,
    folders: BTreeSet<Utf8PathBuf>,
    empty: BTreeSet<Utf8PathBuf>,
}

impl IgnoredFiles {
    /// Those of a work tree. What cannot be read is left out: no hook is given more rights.
    pub(super) fn of(context: &RunContext<'_>) -> Result<Self, GitError> {
        let mut found = Self {
            entries: entries(&context.git)?,
            ..Self::default()
        };
        found.walk(context.root, Utf8Path::new(""), Rule::Visible);
        Ok(found)
    }

    fn walk(&mut self, root: &Utf8Path, folder: &Utf8Path, rule: Rule) {
        let Ok(entries) = root.join(folder).read_dir_utf8() else {
            return;
        };
        let mut is_empty = true;
        for entry in entries {
            is_empty = false;
            let Ok(entry) = entry else {
                continue; // a name that is not UTF-8
            };
            if folder == "" && entry.file_name() == ".git" {
                continue;
            }
            let path = folder.join(entry.file_name());
            let rule = match self.entries.contains(&path) {
                true => Rule::Ignored,
                false => rule,
            };
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    self.walk(root, &path, rule);
                    self.folders.insert(path);
                }
                Ok(_) if rule == Rule::Ignored => {
                    self.files
                        .extend(stamp(entry.path()).map(|stamp| (path, stamp)));
                }
                _ => {}
            }
        }
        if is_empty {
            self.empty.insert(folder.to_owned());
        }
    }

    /// What is not of the release's hooks.
    pub(super) fn foreign(&self, journal: &Journal) -> ForeignFiles {
        let files = self.files.keys();
        let files = files.filter(|path| !journal.ignored.contains_key(*path));
        ForeignFiles {
            files: files.cloned().collect(),
            folders: &self.folders - &journal.made_folders,
        }
    }

    /// The folders with nothing in them.
    pub(super) fn into_empty_folders(self) -> BTreeSet<Utf8PathBuf> {
        self.empty
    }

    /// Notes what differs after a hook. `foreign` is what the hook found there when it began first.
    pub(super) fn note(&self, after: &Self, foreign: &ForeignFiles, journal: &mut Journal) {
        let both = self.files.keys().chain(after.files.keys());
        let changed: BTreeSet<&Utf8PathBuf> = both
            .filter(|path| self.files.get(*path) != after.files.get(*path))
            .collect();
        let (users, hooks): (Vec<_>, Vec<_>) = changed
            .into_iter()
            .partition(|path| foreign.files.contains(*path));
        let in_use: BTreeSet<_> = users.iter().filter_map(|path| self.entry(path)).collect();
        journal.disturbed.extend(users.into_iter().cloned());
        for path in hooks {
            let shared = self.entry(path).is_some_and(|entry| in_use.contains(entry));
            match after.files.get(path) {
                None => drop(journal.ignored.remove(path)),
                Some(_) if shared => drop(journal.disturbed.insert(path.clone())),
                Some(stamp) => drop(journal.ignored.insert(path.clone(), stamp.clone())),
            }
        }
        let folders = after.folders.difference(&self.folders);
        let made = folders.filter(|folder| !foreign.folders.contains(*folder));
        journal.made_folders.extend(made.cloned());
    }

    /// The path, or the folder around it, that the ignore rules name.
    fn entry(&self, path: &Utf8Path) -> Option<&Utf8PathBuf> {
        path.ancestors().find_map(|part| self.entries.get(part))
    }
}

/// Whether a folder is ignored as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Visible,
    Ignored,
}

/// Size and time of what is at a path; `None` if there is nothing, or a folder.
pub(super) fn stamp(path: &Utf8Path) -> Option<IgnoredState> {
    let metadata = fs_err::symlink_metadata(path).ok()?;
    let modified = Timestamp::try_from(metadata.modified().ok()?).ok()?;
    (!metadata.is_dir()).then_some(IgnoredState {
        size: metadata.len(),
        modified,
    })
}

/// Removes what hooks made and nobody has changed since, then the folders that hooks made, and makes
/// those again that were empty before. Gives what was changed since.
pub(super) fn take_back(root: &Utf8Path, journal: &Journal) -> std::io::Result<Vec<Utf8PathBuf>> {
    let mut kept = Vec::new();
    for (path, stamp) in &journal.ignored {
        let file = root.join(path);
        match self::stamp(&file) {
            None => {}
            Some(found) if found == *stamp => fs_err::remove_file(file)?,
            Some(_) => kept.push(path.clone()),
        }
    }
    for folder in journal.made_folders.iter().rev() {
        // One with a file of the user stays.
        let _ = fs_err::remove_dir(root.join(folder));
    }
    for folder in &journal.empty_folders {
        fs_err::create_dir_all(root.join(folder))?;
    }
    Ok(kept)
}

/// The files and folders that git is told to ignore: a hook may change what it is told.
fn entries(git: &Git) -> Result<BTreeSet<Utf8PathBuf>, GitError> {
    let prefix = folder_of_root(git)?;
    let options = [
        "--untracked-files=all",
        "--ignored=matching",
        "--no-renames",
    ];
    let listed =
        git.text(&[&["status", "--porcelain", "-z"][..], &options, &["--", "."]].concat())?;
    let paths = listed
        .split('\0')
        .filter_map(|entry| entry.strip_prefix("!! ")?.strip_prefix(prefix.as_str()));
    Ok(paths
        .map(|path| Utf8PathBuf::from(path.trim_end_matches('/')))
        .collect())
}
