//! The versions chosen in one part of the universe.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{ExtraName, PackageName, Version};
use rustc_hash::FxHashMap;

use crate::dependencies::Dependencies;
use crate::package::SolverPackage;
use crate::part::UniversePart;
use crate::pins::VersionPin;
use crate::provider::DirectRelease;
use crate::seeds::Seeds;

/// The versions chosen in one part.
#[derive(Debug)]
pub(crate) struct Solution {
    pub(crate) part: UniversePart,
    /// Every decided package, extras included, with its version and what it requires.
    pub(crate) chosen: FxHashMap<SolverPackage, (Version, Dependencies)>,
    pub(crate) direct: FxHashMap<PackageName, Arc<DirectRelease>>,
    pub(crate) missing_extras: BTreeSet<(PackageName, Version, ExtraName)>,
    pub(crate) seeds: Seeds,
}

impl Solution {
    /// The chosen versions, as pins that other parts prefer.
    pub(crate) fn pins(&self) -> Vec<VersionPin> {
        let mut pins: Vec<VersionPin> = self
            .chosen
            .iter()
            .filter_map(|(package, (version, _))| match package {
                SolverPackage::Base(name) => Some(VersionPin {
                    name: name.clone(),
                    version: version.clone(),
                    marker: self.part.marker.clone(),
                    requires: Vec::new(),
                }),
                SolverPackage::Root | SolverPackage::Extra(..) => None,
            })
            .collect();
        pins.sort_by(|a, b| a.name.cmp(&b.name));
        pins
    }
}
