//! Pins: the versions that an existing lock prefers, whoever wrote it.

use model::{Lock, Marker, PackageName, PackageSource, Version};

/// One package at the version that a lock has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The project.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// Where it comes from; a repository's commit is part of the pin.
    pub source: PackageSource,
    /// The environments that it is pinned for.
    pub marker: Marker,
}

/// The pins of a lock, sorted by name and version.
#[must_use]
pub fn pins(lock: &Lock) -> Vec<Pin> {
    let pin = |package: &model::LockedPackage| Pin {
        name: package.name.clone(),
        version: package.version.clone(),
        source: package.source.clone(),
        marker: package.marker.clone(),
    };
    sorted(lock.packages.iter().map(pin).collect())
}

/// Sorted by name and version, each name and version once.
pub(crate) fn sorted(mut pins: Vec<Pin>) -> Vec<Pin> {
    pins.sort_by(|a, b| (&a.name, &a.version, &a.source).cmp(&(&b.name, &b.version, &b.source)));
    pins.dedup_by(|later, first| {
        let same = (&later.name, &later.version, &later.source)
            == (&first.name, &first.version, &first.source);
        if same {
            first.marker = first.marker.or(&later.marker);
        }
        same
    });
    pins
}
