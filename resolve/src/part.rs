//! A part of the universe, and what is often asked about its environments.

use std::cell::RefCell;
use std::rc::Rc;

use model::{Marker, VersionRange};
use rustc_hash::FxHashMap;

/// A part of the universe.
#[derive(Debug, Clone)]
pub(crate) struct UniversePart {
    /// The part, relative to the universe: true where the universe was not split.
    pub(crate) marker: Marker,
    /// The environments themselves.
    pub(crate) environments: Marker,
    /// Answers about `environments`: there are few markers, and thousands of edges that bear them.
    answers: Rc<RefCell<Answers>>,
}

#[derive(Debug, Default)]
struct Answers {
    excludes: FxHashMap<Marker, bool>,
    pythons: FxHashMap<Marker, VersionRange>,
}

impl UniversePart {
    /// All of a universe.
    pub(crate) fn all(universe: Marker) -> Self {
        Self {
            marker: Marker::TRUE,
            environments: universe,
            answers: Rc::default(),
        }
    }

    /// The environments of the part that are in `marker` too.
    pub(crate) fn and(&self, marker: &Marker) -> Self {
        Self {
            marker: self.marker.and(marker),
            environments: self.environments.and(marker),
            answers: Rc::default(),
        }
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

    /// The Pythons of a set of environments.
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
