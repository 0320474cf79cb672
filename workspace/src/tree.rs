//! The files of a repository on disk: the folders that ignore rules leave visible, walked side by
//! side, and what is in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use camino::Utf8Path;
use engine::FileIndex;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::prelude::*;
use targets::requirements::RequirementsError;
use targets::{
    ContentHash, Dir, Error, GraphOptions, InferredRepository, Repository, RepositoryFiles,
    SourceTree, UseGitignore,
};

/// The largest depth of folders. Only a circle of links is deeper.
const MAX_DEPTH: usize = 128;

/// Walks the repository at `root` and evaluates its BUILD files. Sources and requirement files are
/// read when they are asked for.
///
/// # Errors
/// The root cannot be read, an ignore pattern is invalid, or see [`Repository::load`].
pub fn load(root: &Utf8Path, options: GraphOptions) -> Result<Repository, Error> {
    let files = DiskFiles::open(root.as_std_path(), &options)?;
    Repository::load(Box::new(files), options)
}

/// The same, with what an index knows of files: those whose hash will do are not read.
///
/// # Errors
/// See [`load`].
pub fn load_indexed(index: Arc<FileIndex>, options: GraphOptions) -> Result<Repository, Error> {
    let mut files = DiskFiles::open(index.root().as_std_path(), &options)?;
    files.index = Some(index);
    Repository::load(Box::new(files), options)
}

/// Paths of the BUILD files of the repository at `root`, which are not evaluated.
///
/// # Errors
/// The root cannot be read, or an ignore pattern is invalid.
pub fn build_files(root: &Utf8Path, options: &GraphOptions) -> Result<Vec<String>, Error> {
    let files = DiskFiles::open(root.as_std_path(), options)?;
    let found = targets::build_files(&files, options).into_iter();
    Ok(found.map(|path| path.to_string()).collect())
}

/// The repository at `root` as it was when some files were others: what was in them, `None` for those
/// that were not there.
///
/// # Errors
/// See [`load`].
pub fn load_earlier(
    root: &Utf8Path,
    options: GraphOptions,
    others: BTreeMap<String, Option<Vec<u8>>>,
) -> Result<Repository, Error> {
    let mut files = DiskFiles::open(root.as_std_path(), &options)?;
    let rules = rules(root.as_std_path(), &options)?;
    let mut paths: BTreeSet<String> = files.tree.files().collect();
    for (path, contents) in &others {
        if contents.is_none() {
            paths.remove(path);
        } else if !rules.matched_path_or_any_parents(path, false).is_ignore() {
            paths.insert(path.clone());
        }
    }
    files.tree = SourceTree::of(paths.iter().map(String::as_str));
    files.others = others;
    Repository::load(Box::new(files), options)
}

/// The files and folders of the repository at `root` that ignore rules leave visible, each with its size and the time
/// of its last change.
///
/// # Errors
/// The root cannot be read, or an ignore pattern is invalid.
pub fn file_times(root: &Utf8Path, options: &GraphOptions) -> Result<FileTimes, Error> {
    let files = DiskFiles::open(root.as_std_path(), options)?;
    let paths: Vec<String> = files.tree.files().collect();
    let times = paths.into_par_iter().filter_map(|path| {
        let found = std::fs::metadata(root.join(&path)).ok()?;
        let time = found.modified().ok()?;
        Some((path, (found.len(), time)))
    });
    Ok(times.collect())
}

/// The size and the time of the last change of files, by path.
pub type FileTimes = BTreeMap<String, (u64, SystemTime)>;

/// What follows from the projects of the repository at `root`, if it has no BUILD files.
///
/// # Errors
/// A `pyproject.toml` that cannot be read.
pub(crate) fn infer(root: &Utf8Path) -> Result<Option<InferredRepository>, RequirementsError> {
    match DiskFiles::open(root.as_std_path(), &GraphOptions::default()) {
        Ok(files) => InferredRepository::of(&files),
        // Whoever needs the files is told why they cannot be had.
        Err(_) => Ok(None),
    }
}

/// The files of a repository on disk.
#[derive(Debug)]
struct DiskFiles {
    root: PathBuf,
    tree: SourceTree,
    skipped: Vec<String>,
    /// Files that are to be seen with other contents, or not at all.
    others: BTreeMap<String, Option<Vec<u8>>>,
    /// What is known of their hashes.
    index: Option<Arc<FileIndex>>,
    build_ignore: Gitignore,
}

impl DiskFiles {
    /// Walks the folder `root`. Folders below that cannot be read are left out.
    fn open(root: &Path, options: &GraphOptions) -> Result<Self, Error> {
        let rules = rules(root, options)?;
        fs_err::read_dir(root)?;
        let mut dirs = Vec::new();
        let walk = Walk {
            root,
            rules: &rules,
            skipped: Mutex::default(),
        };
        walk.folder(Arc::from(""), 0, &mut dirs);
        Ok(Self {
            root: root.to_owned(),
            tree: SourceTree::new(dirs),
            skipped: {
                let mut skipped = walk.skipped.into_inner().unwrap_or_default();
                skipped.sort();
                skipped
            },
            others: BTreeMap::new(),
            index: None,
            build_ignore: matcher(&options.build_ignore, "build_ignore")?,
        })
    }
}

impl RepositoryFiles for DiskFiles {
    fn tree(&self) -> &SourceTree {
        &self.tree
    }

    fn is_there(&self, path: &str) -> bool {
        match self.others.get(path) {
            Some(contents) => contents.is_some(),
            None => self.root.join(path).is_file(),
        }
    }

    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        match self.others.get(path) {
            Some(Some(contents)) => Ok(contents.clone()),
            Some(None) => Err(std::io::ErrorKind::NotFound.into()),
            None => {
                let path = self.root.join(path);
                let path = Utf8Path::from_path(&path).ok_or(std::io::ErrorKind::InvalidInput)?;
                crate::files::read(path)
            }
        }
    }

    fn known_hash(&self, path: &str) -> Option<ContentHash> {
        let index = self.index.as_ref()?;
        match self.others.contains_key(path) {
            true => None,
            false => Some(*index.digest_of(path).ok()?.hash()),
        }
    }

    fn skipped(&self) -> &[String] {
        &self.skipped
    }

    fn is_ignored_build_file(&self, path: &str) -> bool {
        let matched = self.build_ignore.matched_path_or_any_parents(path, false);
        matched.is_ignore()
    }
}

/// The ignore rules: as in Pants, the root's `.gitignore` and git's own excludes, then
/// `pants_ignore`.
fn rules(root: &Path, options: &GraphOptions) -> Result<Gitignore, Error> {
    let mut builder = GitignoreBuilder::new("");
    if options.use_gitignore == UseGitignore::Yes {
        for file in [".git/info/exclude", ".gitignore"] {
            if let Ok(text) = fs_err::read_to_string(root.join(file)) {
                for line in text.lines() {
                    // git skips lines that it cannot read, and so does this tool.
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
fn matcher(patterns: &[String], setting: &'static str) -> Result<Gitignore, Error> {
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
    /// Pipes, sockets and devices.
    skipped: Mutex<Vec<String>>,
}

impl Walk<'_> {
    fn folder(&self, path: Arc<str>, depth: usize, into: &mut Vec<Dir>) {
        let absolute = self.root.join(&*path);
        let Ok(entries) = fs_err::read_dir(&absolute) else {
            return;
        };
        let mut files = Vec::new();
        let mut folders = Vec::new();
        let mut unreadable = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name();
            let (name, kind) = match (name.to_str(), entry.file_type()) {
                (Some(name), Ok(kind)) => (name, kind),
                (None, Ok(_)) => {
                    unreadable.push(name.to_string_lossy().into_owned());
                    continue;
                }
                (_, Err(_)) => continue,
            };
            let below = match &*path {
                "" => name.to_owned(),
                path => format!("{path}/{name}"),
            };
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
            let is_file = || kind.is_symlink() && entry.path().is_file();
            if !is_dir && !kind.is_file() && !is_file() {
                // Opening it could wait for ever.
                if let Ok(mut skipped) = self.skipped.lock() {
                    skipped.push(below);
                }
            } else if is_dir {
                folders.push(below);
            } else {
                files.push(Arc::from(name));
            }
        }
        files.sort_unstable();
        unreadable.sort_unstable();
        into.push(Dir {
            path,
            files,
            unreadable,
        });
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

    /// Whether a link leads to a folder; `None` if it leads nowhere, in a circle, or out of the
    /// repository.
    fn linked(&self, link: &Path, folder: &Path) -> Option<bool> {
        if !fs_err::metadata(link).ok()?.is_dir() {
            return Some(false);
        }
        let target: PathBuf = fs_err::canonicalize(link).ok()?;
        let folder = fs_err::canonicalize(folder).ok()?;
        let root = fs_err::canonicalize(self.root).ok()?;
        (target.starts_with(root) && !folder.starts_with(&target)).then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = root.join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
    }

    fn open(root: &Path, options: GraphOptions) -> Repository {
        load(Utf8Path::from_path(root).unwrap(), options).unwrap()
    }

    #[test]
    fn ignored_files_are_not_seen() {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            (".gitignore", "/secret/\n*.log\n"),
            ("secret/BUILD", "syntax error here\n"),
            ("a/x.log", ""),
            ("a/.bashrc", ""),
            (".hidden/BUILD", "also an error\n"),
            ("dist/BUILD", "an error\n"),
            ("a/skip/BUILD", "an error\n"),
            ("a/b/BUILD.more", "target(name='t')\n"),
        ];
        write(folder.path(), &files);
        let options = GraphOptions {
            build_ignore: vec!["skip".to_owned()],
            ..GraphOptions::default()
        };
        let repository = open(folder.path(), options);
        let files: Vec<String> = repository.tree().files().collect();
        assert_eq!(
            files,
            [".gitignore", "a/.bashrc", "a/b/BUILD.more", "a/skip/BUILD"]
        );
        assert_eq!(repository.declarations().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_circle_end() {
        use fs_err::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("a/BUILD", "target(name='t')\n")]);
        symlink("..", folder.path().join("a/up")).unwrap();
        symlink("self", folder.path().join("a/self")).unwrap();
        let repository = open(folder.path(), GraphOptions::default());
        assert_eq!(repository.tree().dirs().len(), 2);
    }
}
