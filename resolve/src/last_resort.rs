//! Yanked versions that a release requires by `==`, where there is no solution without them.
//!
//! An index that yanks a version asks that it be used only where it is asked for by its number (PEP
//! 592). pip takes the word of any package for that. Here a version that users do not ask for
//! themselves is tried after all others, and only where the clash was.

use model::{Marker, PackageName, Version, VersionRange};
use rustc_hash::FxHashMap;

/// The yanked versions that may be used, and where.
#[derive(Debug, Default)]
pub(crate) struct LastResorts(FxHashMap<PackageName, Vec<LastResort>>);

/// Yanked versions of one project.
#[derive(Debug, Clone)]
pub(crate) struct LastResort {
    pub(crate) versions: VersionRange,
    /// The environments in which there is no solution without one of them.
    pub(crate) environments: Marker,
}

impl LastResorts {
    /// Whether there is any for this project.
    pub(crate) fn has(&self, name: &PackageName) -> bool {
        self.0.contains_key(name)
    }

    /// Whether this version is one.
    pub(crate) fn contains(&self, name: &PackageName, version: &Version) -> bool {
        let mut all = self.0.get(name).into_iter().flatten();
        all.any(|one| one.versions.contains(version))
    }

    /// Where this version may be used.
    pub(crate) fn environments(&self, name: &PackageName, version: &Version) -> Marker {
        let all = self.0.get(name).into_iter().flatten();
        all.filter(|one| one.versions.contains(version))
            .fold(Marker::FALSE, |all, one| all.or(&one.environments))
    }

    /// Whether `other` says nothing new.
    pub(crate) fn covers(&self, name: &PackageName, other: &LastResort) -> bool {
        let mut all = self.0.get(name).into_iter().flatten();
        all.any(|one| {
            other.versions.subset_of(&one.versions)
                && other.environments.is_subset(&one.environments)
        })
    }

    pub(crate) fn add(&mut self, name: PackageName, one: LastResort) {
        self.0.entry(name).or_default().push(one);
    }
}
