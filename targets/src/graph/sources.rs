//! Which files a `sources` field means.

use std::sync::Arc;

use crate::globs::Glob;
use crate::tree::SourceTree;
use buildfile::Data;

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
    unwanted: Vec<Glob>,
}

impl Patterns {
    pub(crate) fn of<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Self {
        let mut compiled = Self {
            wanted: Vec::new(),
            unwanted: Vec::new(),
        };
        for pattern in patterns {
            match pattern.strip_prefix('!') {
                Some(pattern) => compiled.unwanted.push(Glob::new(pattern)),
                None => compiled
                    .wanted
                    .push((Glob::new(pattern), pattern.to_owned())),
            }
        }
        compiled
    }

    pub(crate) fn of_field(value: &Data) -> Self {
        Self::of(value.strings())
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
            for name in &folder.files {
                let path = if within.is_empty() {
                    Arc::clone(name)
                } else {
                    Arc::from(format!("{within}/{name}"))
                };
                let mut any = false;
                for ((glob, _), hit) in self.wanted.iter().zip(&mut hits) {
                    if glob.is_match(&path) {
                        *hit = true;
                        any = true;
                    }
                }
                if any && !self.unwanted.iter().any(|glob| glob.is_match(&path)) {
                    matched.files.push(path);
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
    pub(crate) fn would_match(&self, path: &str) -> bool {
        self.wanted.iter().any(|(glob, _)| glob.is_match(path))
            && !self.unwanted.iter().any(|glob| glob.is_match(path))
    }

    /// Whether any pattern can match within the folder.
    fn may_match(&self, within: &str) -> bool {
        self.wanted.iter().any(|(glob, _)| {
            let folders = glob.literal_folders();
            folders.is_empty() || within.starts_with(&folders) || folders.starts_with(within)
        })
    }
}
