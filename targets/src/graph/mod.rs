//! From declarations to the target graph, in layers that only use those before them: one target;
//! all targets, and finding them; the expansion of declarations; the dependencies of a target;
//! visibility; the graph; and distributions.

mod definitions;
mod distribution;
mod entry_points;
mod expand;
mod explicit;
#[allow(
    clippy::module_inception,
    reason = "the graph is what the folder is about"
)]
mod graph;
mod inference;
mod lookup;
mod module_map;
mod requirements;
mod roots;
mod seen;
mod sources;
mod target;
mod targets;
mod visibility;

pub use distribution::{DistributionContents, DistributionFile, FileContent};
pub use entry_points::{EntryPointDeclaration, declared_entry_points};
pub use expand::{check_resolves, distribution_names, resolve_requirements};
pub use graph::TargetGraph;
pub use requirements::{ResolveRequirement, ResolveRequirements};
pub use target::{Target, TargetId, TargetMap, TargetSet};
pub use targets::UnmatchedGlobs;
pub use visibility::{RuleAction, Violation};
