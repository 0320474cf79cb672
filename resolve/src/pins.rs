//! Versions to keep: those of the existing lock, and those that other parts of the universe chose.

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
    /// The projects that it requires, as far as known.
    pub requires: Vec<PackageName>,
}

/// Versions to keep if they still satisfy the requirements.
///
/// A resolution with all kept pins is looked for first, even if something new then gets a lower
/// version. A pin is given up only if there is no such resolution, beginning with the pins of
/// projects that a changed requirement leads to.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    pins: FxHashMap<PackageName, Vec<VersionPin>>,
    forks: Vec<Marker>,
    changed: FxHashSet<PackageName>,
}

impl Pins {
    /// The pins of a lock, with the parts of the universe that it was resolved in. The projects
    /// whose requirements changed since are in `changed`: their pins are tried first, but not kept
    /// at the expense of anything else.
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

    /// How many versions are pinned.
    pub(crate) fn len(&self) -> usize {
        self.pins.values().map(Vec::len).sum()
    }

    /// The projects whose requirements changed.
    pub(crate) fn changed(&self) -> &FxHashSet<PackageName> {
        &self.changed
    }

    /// The requirements between projects that the lock knows of.
    pub(crate) fn requirements(&self) -> impl Iterator<Item = (&PackageName, &PackageName)> {
        let pins = self.pins.values().flatten();
        pins.flat_map(|pin| pin.requires.iter().map(|required| (&pin.name, required)))
    }

    /// The projects whose pins are kept at first.
    pub(crate) fn kept(&self) -> FxHashSet<PackageName> {
        self.pins
            .keys()
            .filter(|name| !self.changed.contains(*name))
            .cloned()
            .collect()
    }

    /// The pinned versions of a project, first those for the environments in which it is needed.
    pub(crate) fn versions(&self, need: Need<'_>) -> impl Iterator<Item = &Version> {
        let pins = self.of(need.name);
        let place = place(pins, need);
        let (here, elsewhere): (Vec<_>, Vec<_>) = pins
            .iter()
            .partition(|pin| place.is_none_or(|place| !pin.marker.is_disjoint(place)));
        here.into_iter().chain(elsewhere).map(|pin| &pin.version)
    }

    /// Whether `version` is pinned for the environments in which the project is needed; if no
    /// version is, whether it is pinned for others.
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

    /// The markers under which the lock has this version.
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

    /// Whether this version of the project is pinned.
    #[must_use]
    pub fn contains(&self, name: &PackageName, version: &Version) -> bool {
        self.of(name).iter().any(|pin| pin.version == *version)
    }
}

/// The environments that decide which of `pins`, all of one project, apply: those in which the
/// project is known to be needed or, since what needs it may not be decided yet, all of the part.
/// `None` if no pin is for either.
fn place<'a>(pins: &[VersionPin], need: Need<'a>) -> Option<&'a Marker> {
    if pins.len() < 2 {
        return None;
    }
    [need.demand, &need.part.environments]
        .into_iter()
        .find(|place| pins.iter().any(|pin| !pin.marker.is_disjoint(place)))
}
