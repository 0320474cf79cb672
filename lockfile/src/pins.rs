//! Pins: the versions in an existing lock of any tool, which a new resolution prefers.

use model::{Lock, Marker, PackageName, PackageSource, Version};

/// One package at the version that a lock has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The project.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// Where it comes from. For a git repository this includes the commit.
    pub source: PackageSource,
    /// The environments for which it is pinned.
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

/// Sorts pins by name and version, and keeps each name and version once.
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
