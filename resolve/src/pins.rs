//! Versions to keep: those of the lock before, and those that other parts of the universe chose.

use model::{Marker, PackageName, Version, VersionRange};
use rustc_hash::{FxHashMap, FxHashSet};

/// One version to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The project.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The environments for which the version was chosen.
    pub marker: Marker,
}

/// Versions to keep where they still satisfy.
///
/// A pin is held: a resolution that keeps it is looked for first, even at the price of a lower
/// version of something new. It is let go only where no such resolution exists, beginning with
/// the pins that what changed depends on.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    pins: FxHashMap<PackageName, Vec<Pin>>,
    forks: Vec<Marker>,
    changed: FxHashSet<PackageName>,
}

impl Pins {
    /// Pins of a lock, the parts of the universe that it was resolved in, and the projects
    /// whose requirements changed since: their pins are preferred and not held.
    #[must_use]
    pub fn new(
        pins: impl IntoIterator<Item = Pin>,
        forks: Vec<Marker>,
        changed: impl IntoIterator<Item = PackageName>,
    ) -> Self {
        let mut by_name = FxHashMap::<_, Vec<Pin>>::default();
        for pin in pins {
            by_name.entry(pin.name.clone()).or_default().push(pin);
        }
        Self {
            pins: by_name,
            forks,
            changed: changed.into_iter().collect(),
        }
    }

    /// The parts of the universe that the lock was resolved in.
    pub(crate) fn forks(&self) -> &[Marker] {
        &self.forks
    }

    /// The projects whose requirements changed.
    pub(crate) fn changed(&self) -> &FxHashSet<PackageName> {
        &self.changed
    }

    /// The projects whose pins are held at first.
    pub(crate) fn held(&self) -> FxHashSet<PackageName> {
        self.pins
            .keys()
            .filter(|name| !self.changed.contains(*name))
            .cloned()
            .collect()
    }

    /// The versions of `name` pinned for environments of `part`, best first.
    pub(crate) fn versions<'a>(
        &'a self,
        name: &PackageName,
        part: &'a Marker,
    ) -> impl Iterator<Item = &'a Version> {
        let pins = self.pins.get(name).map_or(&[][..], Vec::as_slice);
        let (here, elsewhere): (Vec<_>, Vec<_>) = pins
            .iter()
            .partition(|pin| pins.len() == 1 || !pin.marker.is_disjoint(part));
        here.into_iter().chain(elsewhere).map(|pin| &pin.version)
    }

    /// Whether this version is pinned for environments of `part`, or for others where none is
    /// pinned for those.
    pub(crate) fn keeps(&self, name: &PackageName, version: &Version, part: &Marker) -> bool {
        let pins = self.pins.get(name).map_or(&[][..], Vec::as_slice);
        let here = |pin: &&Pin| !pin.marker.is_disjoint(part);
        if pins.iter().any(|pin| here(&pin)) {
            let mut pins = pins.iter().filter(here);
            return pins.any(|pin| pin.version == *version);
        }
        pins.iter().any(|pin| pin.version == *version)
    }

    /// The environments for which a version in `range` is pinned.
    pub(crate) fn marker(&self, name: &PackageName, range: &VersionRange) -> Marker {
        let pins = self.pins.get(name).map_or(&[][..], Vec::as_slice);
        let in_range = pins.iter().filter(|pin| range.contains(&pin.version));
        in_range.fold(Marker::FALSE, |all, pin| all.or(&pin.marker))
    }

    /// The markers of the pins of this very version, as the lock has them.
    pub(crate) fn markers<'a>(
        &'a self,
        name: &PackageName,
        version: &'a Version,
    ) -> impl Iterator<Item = &'a Marker> {
        let pins = self.pins.get(name).map_or(&[][..], Vec::as_slice);
        let of_version = pins.iter().filter(move |pin| pin.version == *version);
        of_version.map(|pin| &pin.marker)
    }

    /// Whether this very version is pinned.
    #[must_use]
    pub fn contains(&self, name: &PackageName, version: &Version) -> bool {
        self.pins
            .get(name)
            .is_some_and(|pins| pins.iter().any(|pin| pin.version == *version))
    }
}
