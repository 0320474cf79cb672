//! Files that Python or pytest load because they lie beside or above a source.

use super::subject::Subject;
use crate::error::Error;
use crate::graph::target::TargetId;
use crate::kinds::Content;
use crate::options::InitFiles;
use crate::tree::{Dir, SourceTree, join};
use model::{Place, RepoPath};

/// Adds the owners of the `__init__` files in a folder and above it.
pub(super) fn add_init_files(subject: &mut Subject<'_>, dir: &str) {
    for at in ancestors(subject.targets.repository().tree(), dir) {
        let owners = subject.init_owners(at, || init_owners(subject, at));
        let fitting = owners.iter().filter(|id| goes_with(subject, **id));
        let fitting: Vec<TargetId> = fitting.copied().collect();
        subject.found.targets.extend(fitting);
    }
}

/// Adds the owners of the `conftest.py` files in a folder and above it, for a test.
pub(super) fn add_conftests(subject: &mut Subject<'_>, dir: &str) -> Result<(), Error> {
    if !subject.target().is_file_of(Content::Test) {
        return Ok(());
    }
    let tree = subject.targets.repository().tree();
    let mut unowned = None;
    for at in ancestors(tree, dir) {
        let folder = &tree.dirs()[at];
        if !has(folder, "conftest.py") {
            continue;
        }
        let path = join(&folder.path, "conftest.py");
        if subject.targets.owners_of_file(&path).is_empty() {
            unowned = Some(path);
            continue;
        }
        let owners = python_owners(subject, &path).into_iter();
        let fitting: Vec<TargetId> = owners.filter(|id| goes_with(subject, *id)).collect();
        subject.found.targets.extend(fitting);
    }
    match unowned {
        None => Ok(()),
        Some(path) => Err(Error::Invalid {
            message: format!(
                "no target owns this file, but `{}` uses it",
                subject.target().address
            ),
            hint: Some(match RepoPath::new(&path).folder() {
                "" => "add `python_test_utils()` to the BUILD file of the root".to_owned(),
                folder => format!("add `python_test_utils()` to the BUILD file in `{folder}`"),
            }),
            place: Place::file(path),
        }),
    }
}

/// Whether another target can be used beside the subject, and is another file.
fn goes_with(subject: &Subject<'_>, other: TargetId) -> bool {
    let (own, other) = (subject.target(), subject.targets.get(other));
    own.resolve == other.resolve && own.source != other.source
}

/// A folder and every folder above it, by position in the tree.
fn ancestors<'t>(tree: &'t SourceTree, dir: &'t str) -> impl Iterator<Item = usize> + 't {
    let above = |path: &&'t str| match *path {
        "" => None,
        path => Some(RepoPath::new(path).folder()),
    };
    std::iter::successors(Some(dir), above).filter_map(|path| tree.position(path))
}

fn has(folder: &Dir, name: &str) -> bool {
    let found = folder.files.binary_search_by(|file| (**file).cmp(name));
    found.is_ok()
}

/// Owners of the `__init__` files of a folder that count.
fn init_owners(subject: &Subject<'_>, at: usize) -> Vec<TargetId> {
    let repository = subject.targets.repository();
    let folder = &repository.tree().dirs()[at];
    let mut owners = Vec::new();
    for name in ["__init__.py", "__init__.pyi"] {
        if !has(folder, name) {
            continue;
        }
        let path = join(&folder.path, name);
        let has_content = || !repository.late_file(&path).is_blank();
        if subject.infer().init_files == InitFiles::Always || has_content() {
            owners.extend(python_owners(subject, &path));
        }
    }
    owners
}

fn python_owners(subject: &Subject<'_>, path: &str) -> Vec<TargetId> {
    let mut owners = subject.targets.owners_of_file(path);
    owners.retain(|id| subject.targets.get(*id).is_python());
    owners
}
