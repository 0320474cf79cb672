//! The third-party requirements of each resolve, as the targets have them.

use std::sync::Arc;

use model::Place;

use crate::requirements::{IndexOption, RequirementGroup, RequirementLine};

/// The requirements and options of a resolve.
#[derive(Clone, Debug, Default)]
pub struct ResolveRequirements {
    /// Requirements in order of BUILD file and line.
    pub requirements: Vec<ResolveRequirement>,
    /// Constraints from `-c` lines.
    pub constraints: Vec<RequirementLine>,
    /// Requirements that replace those of packages.
    pub overrides: Vec<RequirementLine>,
    /// Options about indexes in requirement files.
    pub indexes: Vec<IndexOption>,
    /// The extras and dependency groups of requirement files, and what each includes of the others.
    pub groups: Vec<(RequirementGroup, Vec<RequirementGroup>)>,
    /// Other options in requirement files: name, value, place.
    pub options: Vec<(String, String, Place)>,
    /// The declarations of requirements that belong to the resolve, or may: their types, and where
    /// they stand.
    pub declarations: Vec<(String, Place)>,
}

/// One requirement of a resolve and the target that declares it.
#[derive(Clone, Debug)]
pub struct ResolveRequirement {
    /// The line.
    pub line: Arc<RequirementLine>,
    /// Address of the target; of the generator for lines of which no target is made.
    pub target: Arc<str>,
}
