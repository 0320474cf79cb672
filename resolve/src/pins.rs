//! Versions to keep: those of the lock before, and those that other parts of the universe chose.

use model::{Marker, PackageName, Version, VersionRange};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::need::Need;

/// One version to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionPin {
    /// The project.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The environments for which the version was chosen.
    pub marker: Marker,
}

/// Versions to keep where they still satisfy.
///
/// A pin is kept: a resolution with it is looked for first, even at the price of a lower
/// version of something new. It is let go only where no such resolution exists, beginning with
/// the pins that what changed depends on.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    pins: FxHashMap<PackageName, Vec<VersionPin>>,
    forks: Vec<Marker>,
    changed: FxHashSet<PackageName>,
}

impl Pins {
    /// Pins of a lock, the parts of the universe that it was resolved in, and the projects
    /// whose requirements changed since: their pins are preferred, and kept only where nothing
    /// speaks against it.
    #[must_use]
    pub fn new(
        pins: impl IntoIterator<Item = VersionPin>,
        forks: Vec<Marker>,
        changed: impl IntoIterator<Item = PackageName>,
    ) -> Self {
        let mut by_name = FxHashMap::<_, Vec<VersionPin>>::default();
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

    /// The projects whose pins are kept at first.
    pub(crate) fn kept(&self) -> FxHashSet<PackageName> {
        self.pins
            .keys()
            .filter(|name| !self.changed.contains(*name))
            .cloned()
            .collect()
    }

    /// The versions pinned of a project, those for where it is needed first.
    pub(crate) fn versions(&self, need: Need<'_>) -> impl Iterator<Item = &Version> {
        let pins = self.of(need.name);
        let place = place(pins, need);
        let (here, elsewhere): (Vec<_>, Vec<_>) = pins
            .iter()
            .partition(|pin| place.is_none_or(|place| !pin.marker.is_disjoint(place)));
        here.into_iter().chain(elsewhere).map(|pin| &pin.version)
    }

    /// Whether this version is pinned for where the project is needed, or for elsewhere where
    /// none is pinned for there.
    pub(crate) fn keeps(&self, need: Need<'_>, version: &Version) -> bool {
        let pins = self.of(need.name);
        let place = place(pins, need);
        pins.iter().any(|pin| {
            pin.version == *version && place.is_none_or(|place| !pin.marker.is_disjoint(place))
        })
    }

    fn of(&self, name: &PackageName) -> &[VersionPin] {
        self.pins.get(name).map_or(&[], Vec::as_slice)
    }

    /// The environments for which a version in `range` is pinned.
    pub(crate) fn marker(&self, name: &PackageName, range: &VersionRange) -> Marker {
        let in_range = self
            .of(name)
            .iter()
            .filter(|pin| range.contains(&pin.version));
        in_range.fold(Marker::FALSE, |all, pin| all.or(&pin.marker))
    }

    /// The markers of the pins of this very version, as the lock has them.
    pub(crate) fn markers<'a>(
        &'a self,
        name: &PackageName,
        version: &'a Version,
    ) -> impl Iterator<Item = &'a Marker> {
        let of_version = self
            .of(name)
            .iter()
            .filter(move |pin| pin.version == *version);
        of_version.map(|pin| &pin.marker)
    }

    /// Whether this very version is pinned.
    #[must_use]
    pub fn contains(&self, name: &PackageName, version: &Version) -> bool {
        self.of(name).iter().any(|pin| pin.version == *version)
    }
}

/// The environments by which `pins`, all of one project, are told apart: those in which the
/// project is known to be needed, else those of the part, as what needs it may not be decided
/// yet; `None` where no pin is for either.
fn place<'a>(pins: &[VersionPin], need: Need<'a>) -> Option<&'a Marker> {
    if pins.len() < 2 {
        return None;
    }
    [need.demand, need.part]
        .into_iter()
        .find(|place| pins.iter().any(|pin| !pin.marker.is_disjoint(place)))
}
