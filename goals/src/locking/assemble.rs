//! Makes a lock of a resolution, by adding the files of each package.
//!
//! Single files of a release can be yanked (PEP 592). Such a file is left out unless nothing else serves
//! an environment, and then it is there for a release that is required by `==` or that the lock had.

use lockfile::{FileProblem, FileProblemKind, Lock};
use model::{
    DistFile, FileKind, LockedPackage, Marker, PackageSource, Resolution, ResolutionNode,
    VersionRange,
};
use resolve::{Provider, ReleaseMetadata};
use rustc_hash::FxHashMap;

use super::inputs::ResolveDeclaration;
use super::provider::{IndexProvider, ProviderError};
use super::yanked::is_named;
use crate::error::GoalError;

/// Adds the files to a resolution.
pub(super) fn lock(
    declared: &ResolveDeclaration,
    resolution: Resolution,
    provider: &IndexProvider<'_>,
) -> Result<Lock, GoalError> {
    let mut pythons = FxHashMap::<Marker, VersionRange>::default();
    let mut packages = Vec::with_capacity(resolution.nodes.len());
    for node in resolution.nodes {
        // Most packages have one of a few markers.
        let pythons = pythons
            .entry(node.marker.clone())
            .or_insert_with(|| declared.inputs.pythons(&node.marker));
        packages.push(package(declared, node, provider, pythons)?);
    }
    let lock = Lock {
        resolve: declared.resolve.clone(),
        inputs: declared.inputs.clone(),
        forks: resolution.forks,
        packages,
    };
    debug_assert_eq!(lockfile::check_derivation(&lock), [], "{}", lock.resolve);
    debug_assert_eq!(without_file(&lock), [], "{}", lock.resolve);
    Ok(lock)
}

/// The packages that have no file where they are needed.
fn without_file(lock: &Lock) -> Vec<FileProblem> {
    let problems = lockfile::check_files(lock).into_iter();
    problems
        .filter(|problem| matches!(problem.kind, FileProblemKind::NoFile(_)))
        .collect()
}

fn package(
    declared: &ResolveDeclaration,
    node: ResolutionNode,
    provider: &IndexProvider<'_>,
    pythons: &VersionRange,
) -> Result<LockedPackage, GoalError> {
    let mut package = LockedPackage {
        name: node.name,
        version: node.version,
        source: node.source,
        marker: node.marker,
        requires_python: None,
        extras: node.extras,
        dependencies: node.dependencies,
        sdist: None,
        wheels: Vec::new(),
    };
    if !matches!(package.source, PackageSource::Index(_)) {
        return Ok(direct(package, provider));
    }
    let in_words = ProviderError::into_command_error;
    let metadata = provider
        .metadata(&package.name, &package.version)
        .map_err(in_words)?;
    if let ReleaseMetadata::Available(metadata) = metadata {
        package.requires_python = metadata.requires_python.clone();
    }
    let inputs = &declared.inputs;
    let allows_wheels = inputs.allows_wheels(&package.name);
    let allows_sdists = inputs.allows_sdists(&package.name);
    let mut files = provider
        .files(&package.name, &package.version)
        .map_err(in_words)?;
    files.retain(|(kind, _)| match kind {
        FileKind::Wheel(wheel) => allows_wheels && inputs.admit_wheel(wheel, pythons),
        FileKind::Sdist(_) => allows_sdists,
    });
    let is_withdrawn = |(_, file): &(FileKind, DistFile)| file.yanked.is_some();
    let (withdrawn, files): (Vec<_>, Vec<_>) = files.into_iter().partition(is_withdrawn);
    for (kind, file) in files {
        let file = with_hash(&package, file, provider)?;
        add(&mut package, &kind, file);
    }
    if !withdrawn.is_empty()
        && (is_named(&package, inputs) || lockfile::lacks_files(&package, inputs))
    {
        let known = package.clone();
        for (kind, file) in withdrawn {
            if lockfile::serves_more(&known, &kind) {
                let file = with_hash(&package, file, provider)?;
                add(&mut package, &kind, file);
            }
        }
    }
    package.wheels.sort_by(|a, b| a.filename.cmp(&b.filename));
    Ok(package)
}

fn add(package: &mut LockedPackage, kind: &FileKind, file: DistFile) {
    match kind {
        FileKind::Wheel(_) => package.wheels.push(file),
        FileKind::Sdist(_) => {
            let mut known = package.sdist.iter();
            if known.all(|known| is_better(&file, known)) {
                package.sdist = Some(file);
            }
        }
    }
}

/// The specification requires `.tar.gz`; old releases have several archives.
fn is_better(file: &DistFile, known: &DistFile) -> bool {
    let rank = |file: &DistFile| (!file.filename.ends_with(".tar.gz"), file.filename.clone());
    rank(file) < rank(known)
}

fn with_hash(
    package: &LockedPackage,
    file: DistFile,
    provider: &IndexProvider<'_>,
) -> Result<DistFile, GoalError> {
    match file.sha256 {
        Some(_) => Ok(file),
        None => provider.with_hash(&package.name, &package.version, file),
    }
}

/// The archive of a direct reference. A git repository or a folder has no file to record.
fn direct(mut package: LockedPackage, provider: &IndexProvider<'_>) -> LockedPackage {
    let Some(fetched) = provider.fetched(&package.source) else {
        return package;
    };
    package.requires_python = fetched.direct.metadata.requires_python.clone();
    match fetched.file {
        Some(file) if file.filename.ends_with(".whl") => package.wheels.push(file),
        Some(file) => package.sdist = Some(file),
        None => {}
    }
    package
}
