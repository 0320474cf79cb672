//! What a part takes for granted when it starts again.

use model::{Marker, PackageName, RequirementSource, Version};
use rustc_hash::FxHashMap;

use crate::reason::Reason;

/// What an attempt at a part that went wrong has shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seeds {
    /// Environments in which a project turned out to be needed.
    pub(crate) demand: FxHashMap<PackageName, Marker>,
    /// Direct references that were met after a version had been decided.
    pub(crate) direct: FxHashMap<PackageName, RequirementSource>,
    /// Versions that do not serve where they turned out to be needed. A version that was tried
    /// and given up may have asked for a project in more environments, and wheels for other
    /// Pythons seemed to do.
    pub(crate) refused: Vec<(PackageName, Version, Reason)>,
}
