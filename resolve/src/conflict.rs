//! Requirements that clash: what the resolver hands out where there is no solution.

use std::sync::Arc;

use model::{Marker, PackageName, Version};
use rustc_hash::FxHashMap;

use crate::dependencies::DependencyMap;
use crate::derivation::Derivation;

/// Requirements that no set of versions satisfies together.
#[derive(Debug)]
pub struct Conflict {
    /// Where every fact of it holds: there it clashes.
    pub(crate) environments: Marker,
    /// The same, relative to the universe.
    pub(crate) region: Marker,
    pub(crate) derivation: Derivation,
    pub(crate) dependencies: DependencyMap,
    /// The versions that exist, of each project in the conflict.
    pub(crate) versions: FxHashMap<PackageName, Arc<[Version]>>,
}
