//! A repository without projects that has requirement files at its root.

use std::fmt::Write;
use std::sync::Arc;

use super::inferred::{InferredBuildFile, InferredRepository};
use super::layout::CodeKind;
use super::{declare, settings};
use crate::files::RepositoryFiles;

/// Files that people write, the first of each line that is there: what pip-compile reads counts more
/// than what it writes.
const FILES: &[&[&str]] = &[
    &["requirements.in", "requirements.txt"],
    &["requirements-dev.in", "requirements-dev.txt"],
    &["dev-requirements.in", "dev-requirements.txt"],
    &["requirements-test.in", "requirements-test.txt"],
    &["test-requirements.in", "test-requirements.txt"],
];

/// The targets of the requirement files at the root and of all code; `None` where there are no such
/// files.
pub(super) fn infer(files: &dyn RepositoryFiles) -> Option<InferredRepository> {
    let has = |name: &&&str| files.tree().has_file(name);
    let found: Vec<&str> = FILES
        .iter()
        .filter_map(|names| names.iter().find(has).copied())
        .collect();
    let first = found.first()?;
    let mut build_files = Vec::new();
    for dir in files.tree().dirs() {
        let mut text = declare::code(&dir.path, &dir.files, ["", ""]);
        if dir.path.is_empty() {
            for file in &found {
                let name = file.rsplit_once('.').map_or(*file, |(stem, _)| stem);
                let name = if name == "requirements" { "reqs" } else { name };
                let _infallible =
                    writeln!(text, "python_requirements(name={name:?}, source={file:?})");
            }
        }
        if !text.is_empty() {
            build_files.push(InferredBuildFile {
                folder: Arc::clone(&dir.path),
                source: Arc::from(*first),
                text,
            });
        }
    }
    let mut roots = vec!["/".to_owned()];
    for dir in files.tree().dirs() {
        let is_test = |file: &Arc<str>| CodeKind::of(file) == Some(CodeKind::Test);
        let is_package = dir.files.iter().any(|file| **file == *"__init__.py");
        if &*dir.path == "src" || !is_package && dir.files.iter().any(is_test) {
            roots.push(format!("/{}", dir.path));
        }
    }
    Some(InferredRepository {
        settings: settings::without_projects(&roots, files),
        build_files,
        ..InferredRepository::default()
    })
}
