//! Requirements that clash: the answer of the resolver if there is no solution.

use std::sync::Arc;

use model::{Marker, PackageName, Version};
use rustc_hash::FxHashMap;

use crate::dependencies::DependencyMap;
use crate::derivation::Derivation;

/// Requirements that no set of versions satisfies together.
#[derive(Debug)]
pub struct Conflict {
    /// The environments in which every fact of the conflict holds, so that the requirements clash.
    pub(crate) environments: Marker,
    /// The same environments as a marker that is relative to the universe.
    pub(crate) region: Marker,
    pub(crate) derivation: Derivation,
    pub(crate) dependencies: DependencyMap,
    /// The versions that exist, of each project in the conflict.
    pub(crate) versions: FxHashMap<PackageName, Arc<[Version]>>,
}
