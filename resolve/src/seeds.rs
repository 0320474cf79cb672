//! What a part knows in advance when it starts again.

use model::{Marker, PackageName, RequirementSource, Version};
use rustc_hash::FxHashMap;

use crate::reason::Reason;

/// Knowledge from earlier attempts at the part.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seeds {
    /// Environments in which projects turned out to be needed.
    pub(crate) demand: FxHashMap<PackageName, Marker>,
    /// Direct references that were met only after a version of the project had been decided.
    pub(crate) direct: FxHashMap<PackageName, RequirementSource>,
    /// Versions that cannot be used in all the environments in which they turned out to be needed,
    /// with the reason. They were chosen for more environments than are needed in the end, in which
    /// wheels for other Pythons seemed to be enough.
    pub(crate) refused: Vec<(PackageName, Version, Reason)>,
}
