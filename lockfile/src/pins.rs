//! Pins: the versions in an existing lock of any tool, which a new resolution prefers.

use std::collections::BTreeMap;

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
    /// The projects that it requires, as far as the lock says.
    pub requires: Vec<PackageName>,
}

impl Pin {
    /// Adds what another lock says of the same version.
    pub(crate) fn join(&mut self, other: &Self) {
        self.marker = self.marker.or(&other.marker);
        self.requires.extend(other.requires.iter().cloned());
    }
}

/// The pins of a lock, sorted by name and version.
#[must_use]
pub fn pins(lock: &Lock) -> Vec<Pin> {
    let pin = |package: &model::LockedPackage| Pin {
        name: package.name.clone(),
        version: package.version.clone(),
        source: package.source.clone(),
        marker: package.marker.clone(),
        requires: package
            .dependencies
            .iter()
            .map(|one| one.name.clone())
            .collect(),
    };
    sorted(lock.packages.iter().map(pin).collect())
}

/// The parts of the universe for which some project is pinned in several versions, each by a marker
/// that excludes the others: a resolution that begins with them keeps the pin of each part.
#[must_use]
pub fn pinned_forks(pins: &[Pin]) -> Vec<Marker> {
    let mut by_name = BTreeMap::<&PackageName, Vec<&Marker>>::new();
    for pin in pins {
        by_name.entry(&pin.name).or_default().push(&pin.marker);
    }
    let mut forks: Vec<Marker> = Vec::new();
    for markers in by_name.into_values().filter(|markers| markers.len() > 1) {
        let exclude_each_other = markers.iter().enumerate().all(|(at, one)| {
            let mut others = markers[at + 1..].iter();
            others.all(|other| one.is_disjoint(other))
        });
        let new = markers.into_iter().filter(|_| exclude_each_other);
        for marker in new {
            if !forks.iter().any(|known| known.is_same_set(marker)) {
                forks.push(marker.clone());
            }
        }
    }
    forks
}

/// Sorts pins by name and version, and keeps each name and version once.
pub(crate) fn sorted(mut pins: Vec<Pin>) -> Vec<Pin> {
    pins.sort_by(|a, b| (&a.name, &a.version, &a.source).cmp(&(&b.name, &b.version, &b.source)));
    pins.dedup_by(|later, first| {
        let same = (&later.name, &later.version, &later.source)
            == (&first.name, &first.version, &first.source);
        if same {
            first.join(later);
        }
        same
    });
    pins
}
