//! What a lock holds of the repository itself: projects and archives, which change without another
//! version or URL of them being named.

use camino::{Utf8Path, Utf8PathBuf};
use lockfile::{Lock, check_source};
use model::{FileDigests, LockedPackage, PackageSource, RequirementSource, Sha256};
use serde::{Deserialize, Serialize};

use super::inputs::ResolveDeclaration;
use super::package_indexes::PackageIndexes;
use crate::error::GoalError;
use workspace::files::{folder_state, sha256_of};

/// A project or an archive of the repository as it was seen.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LocalSource {
    path: Utf8PathBuf,
    sha256: Option<Sha256>,
}

/// The files that decide on the metadata of a project where these are static. Otherwise a build
/// decides, which may read any file.
const METADATA_FILES: [&str; 4] = ["PKG-INFO", "pyproject.toml", "setup.cfg", "setup.py"];

impl LocalSource {
    fn of(root: &Utf8Path, path: &Utf8Path) -> Self {
        let found = root.join(path);
        let sha256 = if found.is_dir() {
            let files = METADATA_FILES.map(|name| sha256_of(&found.join(name)).ok());
            let all = match index::folder_metadata(&found) {
                Some(_) => None,
                None => Some(folder_state(&found)),
            };
            Some(Sha256::of(format!("{files:?}{all:?}").as_bytes()))
        } else {
            sha256_of(&found).ok()
        };
        Self {
            path: path.to_owned(),
            sha256,
        }
    }

    /// Whether nothing changed that decides on its metadata.
    pub(super) fn is_as_it_was(&self, root: &Utf8Path) -> bool {
        Self::of(root, &self.path).sha256 == self.sha256
    }
}

/// The projects and archives of the repository that a lock holds, as they are now.
pub(super) fn sources(lock: &Lock, root: &Utf8Path) -> Vec<LocalSource> {
    let paths = lock.packages.iter().filter_map(path);
    paths.map(|path| LocalSource::of(root, path)).collect()
}

/// Why a lock is no longer right about the projects and archives of the repository.
pub(super) fn reasons(
    lock: &Lock,
    indexes: &PackageIndexes<'_>,
    declared: &ResolveDeclaration,
) -> Result<Vec<String>, GoalError> {
    let local: Vec<_> = lock
        .packages
        .iter()
        .filter_map(|package| Some((package, path(package)?)))
        .collect();
    if local.is_empty() {
        return Ok(Vec::new());
    }
    let index = indexes.index(declared)?;
    let constraints = &declared.inputs.interpreter_constraints;
    let builds = indexes.builds(&index, constraints, Vec::new());
    let mut found = Vec::new();
    for (package, path) in local {
        let source = RequirementSource::Path {
            path: path.to_owned(),
            digests: FileDigests::default(),
        };
        let now = builds
            .direct(&source, Some(&package.name))
            .map_err(|error| {
                let place = declared.place_of(&package.name);
                match place.filter(|_| !error.has_place()) {
                    Some(place) => error.at(place.clone()),
                    None => error,
                }
            })?;
        let differs = check_source(&declared.inputs, package, &now.metadata);
        found.extend(differs.iter().map(ToString::to_string));
        let file = builds.fetched(&package.source).and_then(|it| it.file);
        if file.and_then(|file| file.sha256) != locked_hash(package) {
            found.push(format!("{path} is not the file that was locked"));
        }
    }
    Ok(found)
}

fn path(package: &LockedPackage) -> Option<&Utf8Path> {
    match &package.source {
        PackageSource::Path { path } => Some(path),
        PackageSource::Index(_) | PackageSource::Url { .. } | PackageSource::Git { .. } => None,
    }
}

fn locked_hash(package: &LockedPackage) -> Option<Sha256> {
    let mut files = package.sdist.iter().chain(&package.wheels);
    files.find_map(|file| file.sha256)
}
