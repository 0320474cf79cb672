//! What is in the repository and what depends on what: BUILD files, requirements and sources
//! become the target graph, the module mapping and the answers to queries.
//!
//! A thin reader ([`Repository`]) walks the tree and reads files; everything else is pure.

mod address;
pub mod data;
pub mod eval;
mod globs;
pub mod kinds;
mod options;
mod place;
mod repository;
pub mod requirements;

pub use options::{
    Ambiguity, Behavior, Infer, InitFiles, LockfileTargets, Options, Resolves, Switch, UseGitignore,
};
pub use place::{Place, nearest};
pub use repository::{
    BuildDir, Declaration, DeclaredRequirement, Dir, Error, Repository, ResolveRequirements, Rules,
    Tree, Warning,
};
