//! Where the code of a project lies: its source roots, its packages, its tests.

use toml_edit::Item;

use super::manifest::ProjectManifest;
use crate::tree::{Dir, SourceTree, join};
use model::RepoPath;

/// What becomes of a file of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeKind {
    /// pytest collects it.
    Test,
    /// Tests share it.
    TestUtils,
    /// All else.
    Source,
}

impl CodeKind {
    /// By the names that pytest and Pants look for.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        match extension {
            "py" | "pyi" => {}
            _ => return None,
        }
        let is_test = stem.starts_with("test_") || stem.ends_with("_test") || stem == "tests";
        Some(match (stem, is_test, extension) {
            ("conftest", ..) => Self::TestUtils,
            (_, true, "py") => Self::Test,
            (_, true, _) => Self::TestUtils,
            _ => Self::Source,
        })
    }
}

/// The folders from which a project's imports start, `""` for the root of the repository.
pub(super) fn source_roots(
    project: &ProjectManifest,
    dirs: &[&Dir],
    tree: &SourceTree,
) -> Vec<String> {
    let mut of_packages = named_roots(project);
    of_packages.retain(|root| tree.dir(root).is_some());
    let src = join(&project.folder, "src");
    let src_is_package = tree.has_file(&join(&src, "__init__.py"));
    if tree.dir(&src).is_some() && !src_is_package {
        of_packages.push(src);
    }
    // pytest makes the folder of a test importable that is in no package. Below a root of packages, a folder without
    // `__init__.py` is a package too, and a module may be called `test_attributes`.
    let tests = dirs.iter().filter(|dir| {
        let has = |name: &str| dir.files.iter().any(|file| **file == *name);
        let is_test = |file: &std::sync::Arc<str>| CodeKind::of(file) == Some(CodeKind::Test);
        let is_below =
            |root: &String| *root != project.folder && RepoPath::new(&dir.path).starts_with(root);
        let is_of_tests = BESIDE.contains(&RepoPath::new(&dir.path).file_name());
        !has("__init__.py")
            && (has("conftest.py") || dir.files.iter().any(is_test))
            && (is_of_tests || !of_packages.iter().any(is_below))
    });
    let mut roots: Vec<String> = tests.map(|dir| dir.path.to_string()).collect();
    roots.push(project.folder.clone());
    roots.extend(of_packages);
    roots.sort();
    roots.dedup();
    roots
}

/// The source roots that the tables of build backends name.
fn named_roots(project: &ProjectManifest) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for keys in [
        &["tool", "setuptools", "package-dir", ""][..],
        &["tool", "setuptools", "packages", "find", "where"],
        &["tool", "uv", "build-backend", "module-root"],
        &["tool", "pdm", "build", "package-dir"],
        &["tool", "maturin", "python-source"],
    ] {
        let texts = project.texts(keys).into_iter();
        found.extend(texts.map(str::to_owned));
    }
    for table in project.tables(&["tool", "poetry", "packages"]) {
        let from = table.get("from").and_then(Item::as_str);
        found.extend(from.map(str::to_owned));
    }
    let packages = project.texts(&["tool", "hatch", "build", "targets", "wheel", "packages"]);
    let parents = packages
        .into_iter()
        .map(|path| RepoPath::new(path).folder());
    found.extend(parents.map(str::to_owned));
    let sources = project.texts(&["tool", "hatch", "build", "targets", "wheel", "sources"]);
    found.extend(sources.into_iter().map(str::to_owned));
    found.retain(|root| !root.is_empty());
    found
        .iter()
        .filter_map(|root| project.below(root))
        .collect()
}

/// Whether a distribution has what lies in a folder: not so tests, documents and examples beside the
/// packages.
pub(super) fn is_packaged(project: &ProjectManifest, folder: &str) -> bool {
    let within = RepoPath::new(folder).strip_prefix(&project.folder);
    let first = within.unwrap_or_default().split('/').next();
    !first.is_some_and(|name| BESIDE.contains(&name))
}

/// Folders beside the packages of a project.
const BESIDE: &[&str] = &[
    "test",
    "tests",
    "testing",
    "doc",
    "docs",
    "example",
    "examples",
    "benchmark",
    "benchmarks",
    "scripts",
    "tools",
    "ci",
    "dev",
];

/// Names of folders with projects that are data of tests, or are to be copied.
pub(super) const SAMPLES: &[&str] = &[
    "test",
    "tests",
    "testdata",
    "test_data",
    "fixture",
    "fixtures",
    "template",
    "templates",
    "example",
    "examples",
    "sample",
    "samples",
    "doc",
    "docs",
    "vendor",
    "third_party",
];
