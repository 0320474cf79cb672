//! Merges each field of the inputs from three sides, in the way that its meaning requires.

use std::collections::{BTreeMap, BTreeSet};

use model::{InterpreterConstraints, LockInputs, Override, PackageName, PackageSet, Platform};

use super::contradiction::Contradiction;
use super::sides::ThreeWay;
use crate::inputs::joined;

/// The inputs of three sides, and the contradictions that were found so far.
pub(super) struct FieldMerge<'a> {
    sides: ThreeWay<&'a LockInputs>,
    pub(super) contradictions: Vec<Contradiction>,
}

impl<'a> FieldMerge<'a> {
    pub(super) fn new(sides: ThreeWay<&'a LockInputs>) -> Self {
        Self {
            sides,
            contradictions: Vec::new(),
        }
    }

    /// The values that both lists have, and those that either side added. They are compared as
    /// text: in memory, two ways to write one marker may differ.
    pub(super) fn list<T: Clone + ToString>(&self, get: impl Fn(&LockInputs) -> Vec<T>) -> Vec<T> {
        let ThreeWay { base, ours, theirs } = self.sides.map(|inputs| -> BTreeMap<String, T> {
            let values = get(inputs).into_iter();
            values.map(|value| (value.to_string(), value)).collect()
        });
        let base = base.unwrap_or_default();
        let is_kept = |text: &str| {
            let both = ours.contains_key(text) && theirs.contains_key(text);
            both || !base.contains_key(text)
        };
        let all: BTreeMap<&String, &T> = ours.iter().chain(&theirs).collect();
        let kept = all.into_iter().filter(|(text, _)| is_kept(text));
        kept.map(|(_, value)| value.clone()).collect()
    }

    /// A single value, which only one side may have changed.
    pub(super) fn value<T: ToString>(
        &mut self,
        name: &'static str,
        get: impl Fn(&LockInputs) -> T,
    ) -> T {
        let words = self.sides.map(|inputs| get(inputs).to_string());
        self.of_one_side(name, words, get)
    }

    pub(super) fn interpreter_constraints(&mut self) -> InterpreterConstraints {
        let get = |inputs: &LockInputs| inputs.interpreter_constraints.clone();
        let words = self.sides.map(|inputs| joined(get(inputs).iter()));
        self.of_one_side("interpreter-constraints", words, get)
    }

    /// All overrides of one project are merged as one value.
    pub(super) fn overrides(&mut self) -> Vec<Override> {
        let all = self.sides.iter().flat_map(|inputs| &inputs.overrides);
        let projects: BTreeSet<&PackageName> = all.map(|one| &one.name).collect();
        let mut merged = Vec::new();
        for project in projects {
            let get = |inputs: &LockInputs| -> Vec<Override> {
                let all = inputs.overrides.iter();
                all.filter(|one| one.name == *project).cloned().collect()
            };
            let words = self.sides.map(|inputs| joined(get(inputs)));
            merged.extend(self.of_one_side("overrides", words, get));
        }
        merged
    }

    /// The platforms. An empty list stands for all of them.
    pub(super) fn platforms(&mut self) -> Vec<Platform> {
        let words = self.sides.map(|inputs| joined(&inputs.platforms));
        let names_some = |inputs: &LockInputs| !inputs.platforms.is_empty();
        if words.merged().is_none() && self.sides.iter().all(|inputs| names_some(inputs)) {
            return self.list(|inputs| inputs.platforms.clone());
        }
        self.of_one_side("platforms", words, |inputs| inputs.platforms.clone())
    }

    /// A set of packages, which may be the set of all packages.
    pub(super) fn packages(
        &mut self,
        name: &'static str,
        get: impl Fn(&LockInputs) -> &PackageSet,
    ) -> PackageSet {
        let words = self.sides.map(|inputs| get(inputs).to_string());
        let names_some = |inputs: &LockInputs| *get(inputs) != PackageSet::All;
        if words.merged().is_none() && self.sides.iter().all(|inputs| names_some(inputs)) {
            let names = self.list(|inputs| match get(inputs) {
                PackageSet::All => Vec::new(),
                PackageSet::Names(names) => names.iter().cloned().collect(),
            });
            return PackageSet::Names(names.into_iter().collect());
        }
        self.of_one_side(name, words, |inputs| get(inputs).clone())
    }

    /// The value of the side that changed it. The sides are compared by `words`.
    fn of_one_side<T>(
        &mut self,
        name: &'static str,
        words: ThreeWay<String>,
        get: impl Fn(&LockInputs) -> T,
    ) -> T {
        match words.merged() {
            Some(merged) if *merged == words.ours => get(self.sides.ours),
            Some(_) => get(self.sides.theirs),
            None => {
                let contradiction = Contradiction::setting(name, words);
                self.contradictions.push(contradiction);
                get(self.sides.ours)
            }
        }
    }
}
