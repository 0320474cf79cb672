//! Locks what the builds of a lock's source distributions require: a site without an index needs
//! these wheels too.

use std::collections::BTreeMap;

use lockfile::Lock;
use model::{
    InterpreterConstraints, LockInputs, LockedPackage, PackageSet, PackageSource, Platform,
    Requirement, Version, VersionRange, WheelFilename,
};
use resolve::Pins;

use super::inputs::ResolveDeclaration;
use super::locker;
use super::provider::IndexProvider;
use super::upgrade::Upgrade;
use crate::error::GoalError;
use crate::session::Session;
use crate::supply::Builds;

/// A lock for each list of requirements that builds of packages in `lock` have on some of
/// `platforms`.
///
/// They consist of wheels only, as for the builds themselves, so that no build waits for another.
pub fn build_locks(
    session: &Session,
    lock: &Lock,
    platforms: &[Platform],
    builds: &Builds<'_>,
) -> Result<Vec<Lock>, GoalError> {
    let mut wanted = BTreeMap::<Vec<Requirement>, Vec<&str>>::new();
    for package in lock
        .packages
        .iter()
        .filter(|package| is_built(package, lock, platforms))
    {
        let source = match (&package.source, &package.sdist) {
            // A git repository cannot be vendored, and a package that has wheels only is not built.
            (PackageSource::Git { .. }, _)
            | (PackageSource::Index(_) | PackageSource::Url { .. }, None) => continue,
            (PackageSource::Path { .. }, None) if !package.wheels.is_empty() => continue,
            (_, sdist) => builds.sources().locked(package, sdist.as_ref())?,
        };
        let requires = builds.requires(&source)?;
        if let Some(error) = requires.unasked {
            session.warn(format_args!(
                "{} {} may require more to be built than was found: {error}",
                package.name, package.version
            ));
        }
        let mut requirements = requires.requirements;
        requirements.sort();
        requirements.dedup();
        if !requirements.is_empty() {
            wanted
                .entry(requirements)
                .or_default()
                .push(package.name.as_str());
        }
    }
    let locks = wanted.into_iter().map(|(requirements, names)| {
        let inputs = LockInputs {
            requirements,
            interpreter_constraints: lock.inputs.interpreter_constraints.clone(),
            platforms: platforms.to_vec(),
            only_binary: PackageSet::All,
            prereleases: lock.inputs.prereleases,
            ..LockInputs::default()
        };
        let declared =
            ResolveDeclaration::of_lock(&format!("builds of {}", names.join(", ")), inputs);
        let provider = IndexProvider::new(builds.index(), builds, &declared);
        let locked = locker::lock(&declared, Pins::default(), &Upgrade::default(), &provider);
        locked.map(|(lock, _)| lock)
    });
    locks.collect()
}

/// Whether an interpreter of the lock on one of `platforms` needs a package and has no wheel of it.
fn is_built(package: &LockedPackage, lock: &Lock, platforms: &[Platform]) -> bool {
    let constraints = &lock.inputs.interpreter_constraints;
    let wheels: Vec<WheelFilename> = package
        .wheels
        .iter()
        .filter_map(|wheel| wheel.filename.parse().ok())
        .collect();
    let has_wheel = |platform: Option<Platform>, pythons: &VersionRange| {
        wheels.iter().any(|wheel| {
            let mut tags = wheel.platform_tag.split('.');
            platform.is_none_or(|platform| tags.any(|tag| platform.fits_tag(tag)))
                && constraints.admit_wheel(wheel, pythons)
        })
    };
    let needed = |platform: &Platform| !package.marker.is_disjoint(&platform.marker());
    let mut on: Vec<Option<Platform>> =
        platforms.iter().copied().filter(needed).map(Some).collect();
    if platforms.is_empty() {
        on.push(None);
    }
    let pythons = pythons(constraints);
    on.iter()
        .any(|platform| pythons.iter().any(|range| !has_wheel(*platform, range)))
}

/// The minor versions of Python that the constraints admit; one range for all if they have no upper
/// bound.
fn pythons(constraints: &InterpreterConstraints) -> Vec<VersionRange> {
    let range = constraints.range();
    let minor = |minor: u64| {
        let (low, high) = (Version::new([3, minor]), Version::new([3, minor + 1]));
        range.intersection(&VersionRange::between(low, high))
    };
    let is_open = !minor(LAST_MINOR).is_empty();
    let minors: Vec<VersionRange> = (0..LAST_MINOR)
        .map(minor)
        .filter(|range| !range.is_empty())
        .collect();
    if is_open || minors.is_empty() {
        return vec![range];
    }
    minors
}

/// Only constraints without an upper bound admit this Python 3.
const LAST_MINOR: u64 = 40;
