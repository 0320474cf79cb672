//! The folders and files of the repository that are not ignored.

use model::RepoPath;
use std::sync::Arc;

/// All folders that are not ignored, sorted by path, the root first.
#[derive(Debug, Default)]
pub struct SourceTree {
    dirs: Vec<Dir>,
}

/// One folder.
#[derive(Debug)]
pub struct Dir {
    /// Path relative to the root, `""` for the root.
    pub path: Arc<str>,
    /// Names of its files, sorted.
    pub files: Vec<Arc<str>>,
    /// Names that are not UTF-8, as far as they can be shown: no pattern matches them.
    pub unreadable: Vec<String>,
}

impl SourceTree {
    /// The folders of a walk, in any order.
    #[must_use]
    pub fn new(mut dirs: Vec<Dir>) -> Self {
        dirs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Self { dirs }
    }

    /// A tree of the given files, for tests and tools that have no folder.
    #[must_use]
    pub fn of<'f>(files: impl IntoIterator<Item = &'f str>) -> Self {
        let mut by_dir: std::collections::BTreeMap<&str, Vec<Arc<str>>> =
            std::collections::BTreeMap::from([("", Vec::new())]);
        for file in files {
            let (dir, name) = RepoPath::new(file).split();
            for parent in RepoPath::new(dir).folders() {
                by_dir.entry(parent).or_default();
            }
            by_dir.entry(dir).or_default().push(Arc::from(name));
        }
        let dirs = by_dir
            .into_iter()
            .map(|(path, mut files)| {
                files.sort_unstable();
                Dir {
                    path: Arc::from(path),
                    files,
                    unreadable: Vec::new(),
                }
            })
            .collect();
        Self::new(dirs)
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

    /// Whether the file exists and is not ignored.
    #[must_use]
    pub fn has_file(&self, path: &str) -> bool {
        let (dir, name) = RepoPath::new(path).split();
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
