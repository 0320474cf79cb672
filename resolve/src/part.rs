//! A part of the universe, with remembered answers about its environments.

use std::cell::RefCell;
use std::rc::Rc;

use model::{Coverage, CoveragePolicy, Marker, VersionRange};
use rustc_hash::FxHashMap;

/// A part of the universe.
#[derive(Debug, Clone)]
pub(crate) struct UniversePart {
    /// The part as a marker relative to the universe: true if the universe was not split.
    pub(crate) marker: Marker,
    /// The environments of the part, which are those of the marker within the universe.
    pub(crate) environments: Marker,
    /// Remembered answers about `environments`: thousands of requirements share a few markers.
    answers: Rc<RefCell<Answers>>,
}

#[derive(Debug, Default)]
struct Answers {
    excludes: FxHashMap<Marker, bool>,
    pythons: FxHashMap<Marker, VersionRange>,
    needed: FxHashMap<Marker, Coverage>,
}

impl UniversePart {
    /// The part that is the whole universe.
    pub(crate) fn all(universe: Marker) -> Self {
        Self::of(Marker::TRUE, universe)
    }

    /// The part whose marker is `marker`, with these environments.
    pub(crate) fn of(marker: Marker, environments: Marker) -> Self {
        Self {
            marker,
            environments,
            answers: Rc::default(),
        }
    }

    /// The environments of the part that are in `marker` too.
    pub(crate) fn and(&self, marker: &Marker) -> Self {
        Self::of(self.marker.and(marker), self.environments.and(marker))
    }

    /// Whether no environment of the part is in `marker`.
    pub(crate) fn excludes(&self, marker: &Marker) -> bool {
        if marker.is_true() {
            return self.environments.is_false();
        }
        let mut answers = self.answers.borrow_mut();
        if let Some(known) = answers.excludes.get(marker) {
            return *known;
        }
        let excludes = marker.is_disjoint(&self.environments);
        answers.excludes.insert(marker.clone(), excludes);
        excludes
    }

    /// The released Pythons on known platforms that `demand`, a part of this part, has environments
    /// of.
    pub(crate) fn needed(&self, policy: &CoveragePolicy, demand: &Marker) -> Coverage {
        let mut answers = self.answers.borrow_mut();
        if let Some(known) = answers.needed.get(demand) {
            return *known;
        }
        let needed = policy.needed(demand);
        answers.needed.insert(demand.clone(), needed);
        needed
    }

    /// The Python versions of those environments of the part that are in `demand`.
    pub(crate) fn pythons(&self, demand: &Marker) -> VersionRange {
        let mut answers = self.answers.borrow_mut();
        if let Some(known) = answers.pythons.get(demand) {
            return known.clone();
        }
        let pythons = demand.python_versions();
        answers.pythons.insert(demand.clone(), pythons.clone());
        pythons
    }
}
