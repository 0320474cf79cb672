//! Source roots: the folders that imports start from.

use model::RepoPath;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::globs::Glob;
use crate::options::GraphOptions;
use crate::repository::Repository;
use crate::tree::SourceTree;

/// The source root of every folder.
#[derive(Debug)]
pub(crate) struct SourceRoots {
    by_dir: FxHashMap<Box<str>, Option<Box<str>>>,
    patterns: Vec<Pattern>,
    markers: Vec<String>,
}

#[derive(Debug)]
enum Pattern {
    /// `/`: the root of the repository.
    Top,
    /// `/src`: from the root of the repository.
    Anchored(Glob),
    /// `src/python`: the last parts of a path.
    Floating(Glob),
}

impl Pattern {
    fn new(text: &str) -> Self {
        match (text.trim_matches('/'), text.strip_prefix('/')) {
            ("" | ".", _) => Self::Top,
            (_, Some(rest)) => Self::Anchored(Glob::new(rest)),
            (rest, None) => Self::Floating(Glob::new(&format!("**/{rest}"))),
        }
    }

    fn is_match(&self, dir: &str) -> bool {
        match self {
            Self::Top => dir.is_empty(),
            Self::Anchored(glob) | Self::Floating(glob) => !dir.is_empty() && glob.is_match(dir),
        }
    }
}

impl SourceRoots {
    pub(crate) fn new(tree: &SourceTree, options: &GraphOptions) -> Self {
        let mut roots = Self {
            by_dir: FxHashMap::default(),
            patterns: options
                .root_patterns
                .iter()
                .map(|pattern| Pattern::new(pattern))
                .collect(),
            markers: options.marker_filenames.clone(),
        };
        // Folders come sorted, so that parents are known before their children.
        for dir in tree.dirs() {
            let own = roots
                .patterns
                .iter()
                .any(|pattern| pattern.is_match(&dir.path))
                || roots
                    .markers
                    .iter()
                    .any(|marker| dir.files.iter().any(|file| **file == **marker));
            let root = if own {
                Some(Box::from(&*dir.path))
            } else {
                let parent = RepoPath::new(&dir.path).folder();
                let inherited = roots.by_dir.get(parent).cloned().flatten();
                inherited.filter(|_| !dir.path.is_empty())
            };
            roots.by_dir.insert(Box::from(&*dir.path), root);
        }
        roots
    }

    /// The source root of a folder.
    pub(crate) fn of(&self, dir: &str) -> Option<&str> {
        let mut dir = dir;
        // A file that is generated may be in a folder that does not exist.
        loop {
            match self.by_dir.get(dir) {
                Some(root) => return root.as_deref(),
                None if dir.is_empty() => return None,
                None => dir = RepoPath::new(dir).folder(),
            }
        }
    }

    /// A path from its source root on; the whole path where there is none.
    pub(crate) fn strip<'p>(&self, path: &'p str) -> &'p str {
        let dir = RepoPath::new(path).folder();
        match self.of(dir) {
            Some("") | None => path,
            Some(root) => path[root.len()..].trim_start_matches('/'),
        }
    }

    /// The source roots in use, as `roots` lists them.
    pub(crate) fn all(&self) -> BTreeSet<&str> {
        let everywhere = self
            .patterns
            .iter()
            .any(|pattern| matches!(pattern, Pattern::Top));
        self.by_dir
            .iter()
            .filter(|(dir, _)| !dir.is_empty())
            .filter_map(|(dir, root)| {
                let root = root.as_deref()?;
                (everywhere || root == &**dir).then_some(root)
            })
            .collect()
    }
}

impl Repository {
    /// The folders from which imports start, relative to the root, whether or not anything lies
    /// in them.
    #[must_use]
    pub fn source_roots(&self) -> Vec<String> {
        let roots = SourceRoots::new(self.tree(), self.options());
        roots.all().into_iter().map(str::to_owned).collect()
    }
}

/// The module of a path below its source root.
pub(crate) fn module_of(stripped: &str) -> String {
    let (dir, name) = RepoPath::new(stripped).split();
    let path = match name {
        "__init__.py" | "__init__.pyi" => dir.to_owned(),
        _ => {
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            crate::tree::join(dir, stem)
        }
    };
    path.replace('/', ".")
}

/// The package that relative imports in a path start from.
pub(crate) fn package_of(stripped: &str) -> String {
    let dir = RepoPath::new(stripped).folder();
    dir.replace('/', ".")
}
