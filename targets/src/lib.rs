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
    Action, Distribution, EntryPoint, Graph, OwnedFile, Shipped, Target, TargetId, Unmatched,
    Violation,
};
pub use options::{
    Ambiguity, Behavior, Infer, InitFiles, LockfileTargets, Options, Resolves, Switch, UseGitignore,
};
pub use repository::{
    BuildDir, Declaration, DeclaredRequirement, Dir, Error, Repository, ResolveRequirements, Rules,
    Topic, Tree, Warning,
};
