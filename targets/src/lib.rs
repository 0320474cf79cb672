//! What is in the repository and what depends on what: BUILD files, requirements and sources
//! become the target graph, the module mapping and the answers to queries.
//!
//! A thin reader ([`Repository`]) walks the tree and reads files; everything else is pure.

mod address;
mod globs;
mod graph;
pub mod imports;
pub mod kinds;
pub mod modules;
mod options;
pub mod query;
mod repository;
pub mod requirements;

pub use graph::{
    Action, DistributionContents, DistributionFile, EntryPoint, FileContent, Graph,
    ResolveRequirement, ResolveRequirements, Target, TargetId, TargetMap, UnmatchedGlobs,
    Violation, check_resolves, resolve_requirements,
};
pub use options::{
    Ambiguity, Behavior, Infer, InitFiles, LockfileTargets, Options, Resolves, Switch, UseGitignore,
};
pub use repository::{BuildDir, Declaration, Dir, Error, Repository, Topic, Tree, Warning};
