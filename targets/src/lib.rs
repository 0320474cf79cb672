//! Evaluates what is in the repository and what depends on what: BUILD files, requirements and
//! sources become the target graph, the module mapping, and the answers to queries.
//!
//! Nothing here reads a disk. The caller, who opens the repository, provides its files as
//! [`RepositoryFiles`].

mod address;
mod error;
mod fields;
mod files;
mod globs;
mod graph;
pub mod imports;
pub mod kinds;
pub mod modules;
mod options;
mod projects;
pub mod query;
mod repository;
pub mod requirements;
mod tree;
mod vocabulary;

pub use error::{Error, GraphWarning, Topic};
pub use files::{ContentHash, MemoryFiles, RepositoryFiles};
pub use globs::Glob;
pub use graph::{
    DistributionContents, DistributionFile, EntryPointDeclaration, FileContent, ResolveRequirement,
    ResolveRequirements, RuleAction, Target, TargetGraph, TargetId, TargetMap, TargetSet,
    UnmatchedGlobs, Violation, check_resolves, declared_entry_points, distribution_names,
    resolve_requirements,
};
pub use options::{
    Ambiguity, Behavior, GraphOptions, Infer, InitFiles, LockfileTargets, Resolves,
    SetupGeneration, Switch, UseGitignore,
};
pub use projects::{ExcludedGroup, IgnoredKey, InferredBuildFile, InferredRepository};
pub use repository::{BuildDir, Declaration, Repository, build_files};
pub use tree::{Dir, SourceTree};
