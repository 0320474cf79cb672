//! Which files a `sources` field means. Patterns are globs; those after a `!` are read as in a
//! `.gitignore` file, as Pants reads them: one that names a folder excludes all below it.

use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::globs::Glob;
use crate::tree::{SourceTree, join};

/// The files that a list of patterns matches, and the patterns that match none.
#[derive(Debug, Default)]
pub(crate) struct GlobMatches {
    /// Paths relative to the folder, sorted.
    pub(crate) files: Vec<Arc<str>>,
    /// Wanted patterns without a match.
    pub(crate) unmatched: Vec<String>,
}

/// Compiled patterns of a `sources` field.
#[derive(Debug)]
pub(crate) struct Patterns {
    wanted: Vec<(Glob, String)>,
    unwanted: Gitignore,
    /// Those that count from the root of the repository.
    unwanted_from_root: Gitignore,
}

/// A pattern that cannot be read.
#[derive(Debug)]
pub(crate) struct InvalidPattern {
    /// As it is written.
    pub(crate) pattern: String,
    /// What is wrong with it.
    pub(crate) reason: String,
}

impl InvalidPattern {
    fn new(pattern: &str, error: &ignore::Error) -> Self {
        Self {
            pattern: pattern.to_owned(),
            reason: error.to_string(),
        }
    }
}

impl Patterns {
    /// Compiles the patterns of a target in the folder `dir`.
    ///
    /// # Errors
    /// The first pattern that is none, and why.
    pub(crate) fn new<'p>(
        dir: &str,
        patterns: impl IntoIterator<Item = &'p str>,
    ) -> Result<Self, InvalidPattern> {
        let mut wanted = Vec::new();
        let mut unwanted = GitignoreBuilder::new("");
        let mut unwanted_from_root = GitignoreBuilder::new("");
        for pattern in patterns {
            let Some(excluded) = pattern.strip_prefix('!') else {
                wanted.push((Glob::new(pattern), pattern.to_owned()));
                continue;
            };
            // Pants puts the folder in front, so that a pattern counts from there; in the root
            // there is nothing to put in front, and a name counts at any depth.
            // Nothing can be put in front of a path that counts from the root.
            let (builder, line) = match dir {
                "" => (&mut unwanted, excluded.to_owned()),
                _ if excluded.starts_with('/') => (&mut unwanted_from_root, excluded.to_owned()),
                _ => (&mut unwanted, format!("/{excluded}")),
            };
            let added = builder.add_line(None, &line).map(|_| ());
            added.map_err(|error| InvalidPattern::new(pattern, &error))?;
        }
        let built = |builder: GitignoreBuilder| {
            let built = builder.build();
            built.map_err(|error| InvalidPattern::new("!", &error))
        };
        Ok(Self {
            wanted,
            unwanted: built(unwanted)?,
            unwanted_from_root: built(unwanted_from_root)?,
        })
    }

    /// The files below `dir` that match.
    pub(crate) fn matched(&self, tree: &SourceTree, dir: &str) -> GlobMatches {
        let mut matched = GlobMatches::default();
        let mut hits = vec![false; self.wanted.len()];
        let flat = self.wanted.iter().all(|(glob, _)| glob.is_flat());
        let own = flat.then(|| tree.dir(dir)).flatten().into_iter();
        let below = (!flat).then(|| tree.below(dir)).into_iter().flatten();
        for folder in own.chain(below) {
            let within = folder.path[dir.len()..].trim_start_matches('/');
            if !flat && !self.may_match(within) {
                continue;
            }
            let mut path = join(within, "");
            let start = path.len();
            for name in &folder.files {
                path.truncate(start);
                path.push_str(name);
                let mut any = false;
                for ((glob, _), hit) in self.wanted.iter().zip(&mut hits) {
                    if glob.is_match(&path) {
                        *hit = true;
                        any = true;
                    }
                }
                if any && !self.excludes(dir, &path) {
                    matched.files.push(Arc::from(path.as_str()));
                }
            }
        }
        matched.files.sort_unstable();
        matched.unmatched = self
            .wanted
            .iter()
            .zip(hits)
            .filter(|(_, hit)| !hit)
            .map(|((_, pattern), _)| pattern.clone())
            .collect();
        matched
    }

    /// Whether a path relative to the folder would match, if it existed.
    pub(crate) fn would_match(&self, dir: &str, path: &str) -> bool {
        self.wanted.iter().any(|(glob, _)| glob.is_match(path)) && !self.excludes(dir, path)
    }

    /// Whether a file is excluded, or a folder that it lies in.
    fn excludes(&self, dir: &str, path: &str) -> bool {
        excludes(&self.unwanted, path)
            || (!self.unwanted_from_root.is_empty()
                && excludes(&self.unwanted_from_root, &join(dir, path)))
    }

    /// Whether any pattern can match within the folder.
    fn may_match(&self, within: &str) -> bool {
        self.wanted.iter().any(|(glob, _)| {
            let folders = glob.literal_folders();
            folders.is_empty() || within.starts_with(&folders) || folders.starts_with(within)
        })
    }
}

fn excludes(unwanted: &Gitignore, path: &str) -> bool {
    if unwanted.is_empty() {
        return false;
    }
    let folders = path.match_indices('/').map(|(end, _)| (&path[..end], true));
    let mut parts = folders.chain([(path, false)]);
    parts.any(|(part, is_dir)| unwanted.matched(part, is_dir).is_ignore())
}
