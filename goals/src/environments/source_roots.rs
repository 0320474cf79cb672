//! The folders from which an environment imports the repository's code: those that hold modules.
//!
//! A folder that holds none makes its subfolders importable as empty namespace packages, so that
//! `import docker` succeeds where the repository has a folder of that name. The repository's root is
//! such a folder nearly always: it is one of them only where a target of code has modules there.

use std::collections::{BTreeMap, BTreeSet};

use model::RepoPath;
use targets::{BuildDir, Repository};

/// The folders from which imports start, relative to the repository's root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ImportRoots {
    /// Those with modules that run.
    pub(super) modules: BTreeSet<String>,
    /// Those with stubs only, which type checkers and editors read.
    pub(super) stubs: BTreeSet<String>,
}

/// What a root holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    Stubs,
    Modules,
}

impl ImportRoots {
    pub(super) fn of(repository: &Repository) -> Self {
        let roots: BTreeSet<String> = repository.source_roots().into_iter().collect();
        let mut held: BTreeMap<&str, Held> = BTreeMap::new();
        for dir in repository.tree().dirs() {
            let Some(root) = root_of(&roots, &dir.path) else {
                continue;
            };
            if held.get(root) == Some(&Held::Modules) || !is_package_path(root, &dir.path) {
                continue;
            }
            let needed = !root.is_empty()
                || !is_of_tests(&dir.path) && has_sources(repository.build_dir(&dir.path));
            let found = dir
                .files
                .iter()
                .filter_map(|name| held_by(name, root))
                .max();
            if let Some(found) = found.filter(|_| needed) {
                let known = held.entry(root).or_insert(found);
                *known = (*known).max(found);
            }
        }
        let of = |kind| {
            let roots = held.iter().filter(move |(_, held)| **held == kind);
            roots.map(|(root, _)| (*root).to_owned()).collect()
        };
        Self {
            modules: of(Held::Modules),
            stubs: of(Held::Stubs),
        }
    }
}

/// The innermost root that a folder is in.
fn root_of<'r>(roots: &'r BTreeSet<String>, folder: &str) -> Option<&'r str> {
    let mut path = folder;
    loop {
        if let Some(root) = roots.get(path) {
            return Some(root);
        }
        if path.is_empty() {
            return None;
        }
        path = RepoPath::new(path).folder();
    }
}

/// Whether each folder below the root has the name of a package.
fn is_package_path(root: &str, folder: &str) -> bool {
    let below = folder[root.len()..].trim_start_matches('/');
    below.is_empty() || below.split('/').all(is_identifier)
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    first && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// What a file makes its root hold. At the repository's root, tests do not count: a test runner finds
/// them by their files.
fn held_by(name: &str, root: &str) -> Option<Held> {
    let (stem, extension) = name.rsplit_once('.')?;
    let is_test = || {
        stem.starts_with("test_")
            || stem.ends_with("_test")
            || matches!(stem, "tests" | "conftest" | "test_utils")
    };
    match extension {
        "py" if is_identifier(stem) && !(root.is_empty() && is_test()) => Some(Held::Modules),
        "so" => Some(Held::Modules),
        "pyi" if is_identifier(stem) => Some(Held::Stubs),
        _ => None,
    }
}

/// Whether a folder is in one that holds tests alone, which a test runner finds.
fn is_of_tests(folder: &str) -> bool {
    matches!(folder.split('/').next(), Some("test" | "tests"))
}

/// Whether a BUILD file there declares code that is not only for tests.
fn has_sources(folder: Option<&BuildDir>) -> bool {
    let declarations = folder.map(|folder| &folder.declarations).into_iter();
    declarations
        .flatten()
        .any(|declaration| matches!(&*declaration.kind, "python_source" | "python_sources"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_make_of_a_root() {
        assert!(held_by("a.py", "") == Some(Held::Modules));
        assert!(held_by("build-macros.py", "").is_none());
        assert!(held_by("conftest.py", "").is_none());
        assert!(held_by("conftest.py", "src") == Some(Held::Modules));
        assert!(held_by("a.pyi", "stubs") == Some(Held::Stubs));
        assert!(held_by("a.cpython-312-x86_64-linux-gnu.so", "src") == Some(Held::Modules));
        assert!(is_package_path("src", "src/a/b") && !is_package_path("src", "src/a-b"));
    }
}
