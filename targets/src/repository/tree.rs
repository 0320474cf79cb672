//! The folders and files of the repository that ignore rules leave visible.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::prelude::*;

use super::Error;
use crate::options::{Options, UseGitignore};

/// How deep folders may nest; only a loop of links gets there.
const MAX_DEPTH: usize = 128;

/// Everything that is seen, folders sorted by path, the root first.
#[derive(Debug, Default)]
pub struct Tree {
    dirs: Vec<Dir>,
}

/// One folder.
#[derive(Debug)]
pub struct Dir {
    /// Path relative to the root, `""` for the root.
    pub path: Arc<str>,
    /// Names of its files, sorted.
    pub files: Vec<Arc<str>>,
}

impl Tree {
    /// Walks the folder `root`.
    ///
    /// # Errors
    /// An ignore pattern that cannot be parsed; the root folder cannot be read. Folders below
    /// that cannot be read are left out.
    pub fn walk(root: &Path, options: &Options) -> Result<Self, Error> {
        let rules = rules(root, options)?;
        fs_err::read_dir(root)?;
        let mut dirs = Vec::new();
        let walk = Walk {
            root,
            rules: &rules,
        };
        walk.folder(Arc::from(""), 0, &mut dirs);
        dirs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { dirs })
    }

    /// A tree of the given files, for tests and tools that have no folder.
    #[must_use]
    pub fn of<'f>(files: impl IntoIterator<Item = &'f str>) -> Self {
        let mut by_dir: std::collections::BTreeMap<&str, Vec<Arc<str>>> =
            std::collections::BTreeMap::from([("", Vec::new())]);
        for file in files {
            let (dir, name) = file.rsplit_once('/').unwrap_or(("", file));
            let mut at = dir;
            while let Some((parent, _)) = at.rsplit_once('/') {
                by_dir.entry(parent).or_default();
                at = parent;
            }
            by_dir.entry(dir).or_default().push(Arc::from(name));
        }
        let mut dirs: Vec<Dir> = by_dir
            .into_iter()
            .map(|(path, mut files)| {
                files.sort_unstable();
                Dir {
                    path: Arc::from(path),
                    files,
                }
            })
            .collect();
        dirs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Self { dirs }
    }

    /// All folders, sorted by path.
    #[must_use]
    pub fn dirs(&self) -> &[Dir] {
        &self.dirs
    }

    /// The folder of that path.
    #[must_use]
    pub fn dir(&self, path: &str) -> Option<&Dir> {
        self.position(path).map(|at| &self.dirs[at])
    }

    /// The position of the folder of that path.
    #[must_use]
    pub fn position(&self, path: &str) -> Option<usize> {
        self.dirs.binary_search_by(|dir| (*dir.path).cmp(path)).ok()
    }

    /// Whether the file is seen.
    #[must_use]
    pub fn has_file(&self, path: &str) -> bool {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.dir(dir).is_some_and(|dir| {
            dir.files
                .binary_search_by(|file| (**file).cmp(name))
                .is_ok()
        })
    }

    /// The folder of that path and all below it.
    pub fn below<'t>(&'t self, path: &'t str) -> impl Iterator<Item = &'t Dir> {
        // `a-b` sorts between `a` and `a/b`, so the folders below are two runs.
        let own = self.dir(path);
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        };
        let start = self.dirs.partition_point(|dir| *dir.path < *prefix);
        let below = self.dirs[start..]
            .iter()
            .take_while(move |dir| dir.path.starts_with(&prefix))
            .filter(move |dir| !path.is_empty() || !dir.path.is_empty());
        own.into_iter().chain(below)
    }

    /// The names of the folders in a folder.
    pub fn folders_in<'t>(&'t self, path: &'t str) -> impl Iterator<Item = &'t str> {
        self.below(path).filter_map(move |dir| {
            let name = dir.path[path.len()..].trim_start_matches('/');
            (!name.is_empty() && !name.contains('/')).then_some(name)
        })
    }

    /// Paths of all files, sorted by folder, then name.
    pub fn files(&self) -> impl Iterator<Item = String> {
        self.dirs
            .iter()
            .flat_map(|dir| dir.files.iter().map(|file| join(&dir.path, file)))
    }
}

/// `dir/name`, or just `name` in the root.
pub(crate) fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() {
        name.to_owned()
    } else {
        format!("{dir}/{name}")
    }
}

/// The ignore rules: as in Pants, the root's `.gitignore` and git's own excludes, then
/// `pants_ignore`.
fn rules(root: &Path, options: &Options) -> Result<Gitignore, Error> {
    let mut builder = GitignoreBuilder::new("");
    if options.use_gitignore == UseGitignore::Yes {
        for file in [".git/info/exclude", ".gitignore"] {
            if let Ok(text) = fs_err::read_to_string(root.join(file)) {
                for line in text.lines() {
                    // git skips lines that it cannot read; so do we.
                    let _skipped = builder.add_line(None, line);
                }
            }
        }
    }
    add_patterns(&mut builder, &options.pants_ignore, "pants_ignore")?;
    builder.build().map_err(|error| Error::Pattern {
        setting: "pants_ignore",
        pattern: String::new(),
        reason: error.to_string(),
    })
}

/// Gitignore patterns of a setting as a matcher.
pub(super) fn matcher(patterns: &[String], setting: &'static str) -> Result<Gitignore, Error> {
    let mut builder = GitignoreBuilder::new("");
    add_patterns(&mut builder, patterns, setting)?;
    builder.build().map_err(|error| Error::Pattern {
        setting,
        pattern: String::new(),
        reason: error.to_string(),
    })
}

fn add_patterns(
    builder: &mut GitignoreBuilder,
    patterns: &[String],
    setting: &'static str,
) -> Result<(), Error> {
    for pattern in patterns {
        builder
            .add_line(None, pattern)
            .map_err(|error| Error::Pattern {
                setting,
                pattern: pattern.clone(),
                reason: error.to_string(),
            })?;
    }
    Ok(())
}

struct Walk<'w> {
    root: &'w Path,
    rules: &'w Gitignore,
}

impl Walk<'_> {
    fn folder(&self, path: Arc<str>, depth: usize, into: &mut Vec<Dir>) {
        let absolute = self.root.join(&*path);
        let Ok(entries) = fs_err::read_dir(&absolute) else {
            return;
        };
        let mut files = Vec::new();
        let mut folders = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name();
            let (Some(name), Ok(kind)) = (name.to_str(), entry.file_type()) else {
                continue;
            };
            let below = join(&path, name);
            let is_dir = if kind.is_symlink() {
                match self.linked(&entry.path(), &absolute) {
                    Some(is_dir) => is_dir,
                    None => continue,
                }
            } else {
                kind.is_dir()
            };
            if self.rules.matched(&below, is_dir).is_ignore() {
                continue;
            }
            if is_dir {
                folders.push(below);
            } else {
                files.push(Arc::from(name));
            }
        }
        files.sort_unstable();
        into.push(Dir { path, files });
        if depth >= MAX_DEPTH {
            return;
        }
        match folders.as_slice() {
            [] => {}
            [one] => self.folder(Arc::from(&**one), depth + 1, into),
            many => {
                let below: Vec<Vec<Dir>> = many
                    .par_iter()
                    .map(|folder| {
                        let mut dirs = Vec::new();
                        self.folder(Arc::from(&**folder), depth + 1, &mut dirs);
                        dirs
                    })
                    .collect();
                into.extend(below.into_iter().flatten());
            }
        }
    }

    /// Whether a link leads to a folder; `None` if it leads nowhere, in a circle, or to a
    /// folder outside the repository.
    fn linked(&self, link: &Path, folder: &Path) -> Option<bool> {
        let target: PathBuf = fs_err::canonicalize(link).ok()?;
        if !target.is_dir() {
            return Some(false);
        }
        let folder = fs_err::canonicalize(folder).ok()?;
        let root = fs_err::canonicalize(self.root).ok()?;
        (target.starts_with(root) && !folder.starts_with(&target)).then_some(true)
    }
}
