//! The newer versions of locked packages, and which of them the requirements and the Pythons of the
//! lock admit.

use index::{ListedVersion, RequiresPython};
use lockfile::{FileProblemKind, Lock, LockGraph};
use model::{
    FileKind, InterpreterConstraints, LockedPackage, PackageName, PackageSet, PackageSource,
    PrereleasePolicy, Requirement, Version, VersionRange, VersionSpecifiers, specifiers_range,
};
use serde::Serialize;

use super::existing::LockPath;
use super::package_indexes::{IndexChoice, PackageIndexes};
use crate::error::GoalError;
use crate::session::Session;

/// A package with a newer version.
#[derive(Debug, Serialize)]
pub struct OutdatedPackage {
    /// The project.
    pub name: PackageName,
    /// The locked version.
    pub locked: Version,
    /// The highest version that every requirement admits, and that is for every Python of the lock.
    pub admitted: Version,
    /// The highest version.
    pub latest: Version,
    /// The Pythons that the highest version wants, where the lock is for others too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// The requirements that do not admit the highest version, and what declares them.
    pub held_by: Vec<String>,
}

/// The packages of the lock of a resolve with newer versions. The indexes are asked anew.
///
/// # Errors
/// Where the lock cannot be read, or an index cannot be asked.
pub fn outdated(
    session: &Session,
    resolve: &str,
    choice: IndexChoice,
) -> Result<Vec<OutdatedPackage>, GoalError> {
    let lock = LockPath::of(session, resolve)?.lock(resolve)?;
    let choice = choice.refreshing(PackageSet::All);
    let index = PackageIndexes::new(session, choice)?.index_of(resolve)?;
    let of_index = |package: &&LockedPackage| matches!(package.source, PackageSource::Index(_));
    for package in lock.packages.iter().filter(of_index) {
        index.prefetch_listing(&package.name);
    }
    let graph = lockfile::graph(&lock);
    let mut found = Vec::new();
    for (at, package) in lock.packages.iter().enumerate() {
        if of_index(&package) {
            let listing = index.listing(&package.name)?;
            found.extend(newer_of(&graph, at, listing.versions().rev()));
        }
    }
    Ok(found)
}

/// Finds newer versions of a package. `versions` are in ascending order.
fn newer_of<'a>(
    graph: &LockGraph<'_>,
    at: usize,
    versions: impl Iterator<Item = ListedVersion<'a>>,
) -> Option<OutdatedPackage> {
    let (lock, package) = (graph.lock(), graph.package(at));
    let admits = |requirement: &Requirement, version: &Version| {
        requirement
            .specifiers()
            .is_none_or(|specifiers| specifiers.contains(version))
    };
    let requirements: Vec<(String, &Requirement)> = requirements(graph, at);
    // No version is for a Python that is not released yet.
    let released = package.marker.and(&InterpreterConstraints::released());
    let pythons = match lock.inputs.pythons(&released) {
        none if none.is_empty() => lock.inputs.pythons(&package.marker),
        pythons => pythons,
    };
    let newer: Vec<ListedVersion<'_>> = versions
        .filter(|listed| *listed.version() > package.version && is_usable(listed, package, lock))
        .collect();
    let newest = *newer.last()?;
    let latest = newest.version().clone();
    let requires_python = wanted_pythons(&newest, &pythons);
    let is_admitted = |listed: &&ListedVersion<'_>| {
        let mut requirements = requirements.iter();
        requirements.all(|(_, requirement)| admits(requirement, listed.version()))
            && wanted_pythons(listed, &pythons).is_none()
            && without_file(lock, package, listed).is_none()
    };
    let admitted = newer.iter().rev().find(is_admitted);
    let admitted = admitted
        .map_or(&package.version, ListedVersion::version)
        .clone();
    // The other Pythons may have it already.
    let elsewhere = graph.find(package.name.as_str()).iter();
    let is_locked = elsewhere
        .map(|&at| &graph.package(at).version)
        .any(|it| *it == latest);
    if is_locked && admitted == package.version {
        return None;
    }
    let mut held_by: Vec<String> = requirements
        .into_iter()
        .filter(|(_, requirement)| !admits(requirement, &latest))
        .map(|(whose, asked)| format!("{whose}{}{}", asked.name, asked.source))
        .collect();
    if held_by.is_empty() && requires_python.is_none() {
        held_by.extend(without_file(lock, package, &newest));
    }
    held_by.sort();
    held_by.dedup();
    Some(OutdatedPackage {
        name: package.name.clone(),
        locked: package.version.clone(),
        admitted,
        latest,
        requires_python,
        held_by,
    })
}

/// What a version has no file for that the lock needs, by the rule of the resolver.
fn without_file(
    lock: &Lock,
    package: &LockedPackage,
    listed: &ListedVersion<'_>,
) -> Option<String> {
    let release = listed.release().ok()?;
    let mut candidate = LockedPackage {
        version: listed.version().clone(),
        sdist: None,
        wheels: Vec::new(),
        ..package.clone()
    };
    for file in &release.files {
        match file.kind {
            FileKind::Wheel(_) if lock.inputs.allows_wheels(&package.name) => {
                candidate.wheels.push(file.file.clone());
            }
            FileKind::Sdist(_) if lock.inputs.allows_sdists(&package.name) => {
                candidate.sdist = Some(file.file.clone());
            }
            _ => {}
        }
    }
    let alone = Lock {
        resolve: lock.resolve.clone(),
        inputs: lock.inputs.clone(),
        forks: Vec::new(),
        packages: vec![candidate],
    };
    let problems = lockfile::check_files(&alone);
    let mut missing = problems
        .iter()
        .filter(|problem| matches!(problem.kind, FileProblemKind::NoFile(_)));
    missing.next().map(ToString::to_string)
}

/// The Pythons that a version wants, where it is not for all of `pythons`.
fn wanted_pythons(listed: &ListedVersion<'_>, pythons: &VersionRange) -> Option<String> {
    let fits = |python: &VersionSpecifiers| pythons.subset_of(&specifiers_range(python));
    let wanted: Vec<VersionSpecifiers> = match listed.requires_python() {
        RequiresPython::Same(python) => python.into_iter().cloned().collect(),
        RequiresPython::Differ => {
            // Where a file is for every Python, the others do not matter.
            let release = listed.release().ok()?;
            let files = release.files.iter();
            let each: Option<Vec<_>> = files
                .map(|file| file.file.requires_python.clone())
                .collect();
            each?
        }
    };
    if wanted.is_empty() || wanted.iter().any(fits) {
        return None;
    }
    let mut texts: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    texts.sort();
    texts.dedup();
    Some(texts.join(" or "))
}

/// The requirements and constraints on a package, each with what declares it.
fn requirements<'a>(graph: &LockGraph<'a>, at: usize) -> Vec<(String, &'a Requirement)> {
    let package = graph.package(at);
    let required = graph.dependents(at).map(|(from, edge)| {
        let whose = from.map_or(String::new(), |from| {
            let from = graph.package(from);
            format!("{} {} requires ", from.name, from.version)
        });
        (whose, edge.requirement)
    });
    let constraints = graph.lock().inputs.constraints.iter();
    let constraints = constraints
        .filter(|constraint| {
            constraint.name == package.name && !constraint.marker.is_disjoint(&package.marker)
        })
        .map(|constraint| ("constraint ".to_owned(), constraint));
    required.chain(constraints).collect()
}

fn is_usable(listed: &ListedVersion<'_>, package: &LockedPackage, lock: &Lock) -> bool {
    let allowed = lock.inputs.prereleases == PrereleasePolicy::Allow
        || package.version.any_prerelease()
        || !listed.version().any_prerelease();
    allowed && !listed.is_yanked()
}
