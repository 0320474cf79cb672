//! The lock as a file: reading, writing, comparing and merging locks, and the formats of other
//! tools.
//!
//! The goals of the format, in their order:
//!
//! 1. A person reviews it: TOML in the vocabulary of PEP 751, one fact a line, the inputs first.
//! 2. Git merges it: each requirement, dependency and file is a line of its own, sorted.
//! 3. The same lock gives the same bytes, on any machine.
//! 4. It contains no URL of an index: an index that moves or gets another name changes no lock.
//! 5. Reading it is fast enough for a run that has nothing to do ([`read_inputs`]).
//!
//! Pure: text in, values out. This room does not know how a solution was found. [`Lock`] itself
//! belongs to `model`, and nothing in it follows the format. Each change of the format raises
//! [`FORMAT_VERSION`].

mod check;
mod complete;
mod conflict;
mod conflict_markers;
pub mod diff;
mod error;
pub mod export;
mod fields;
mod files;
mod format;
mod graph;
pub mod import;
mod inputs;
pub mod merge;
mod pins;
mod read;
mod split;
mod tree;
mod why;
mod write;

pub use check::{Staleness, check, check_consistency, check_derivation, check_source};
pub use complete::{
    FileProblem, FileProblemKind, SourceBuild, check_files, lacks_files, serves_more,
    source_builds, yanked,
};
pub use conflict::{ConflictedLock, read_conflicted, write_conflicted};
pub use diff::{LockDiff, diff};
pub use error::{LockReadError, LockReadErrorKind};
pub use format::{FORMAT_VERSION, LockFormat};
pub use graph::{Edge, LockGraph, answers, graph};
pub use inputs::{InputChange, changed_projects, input_changes};
pub use model::Lock;
pub use pins::{Pin, pinned_forks, pins};
pub use read::{read, read_inputs};
pub use split::{SplitReason, VersionSplit};
pub use tree::{TreeOptions, tree};
pub use why::{Chain, ChainLink, Why, why};
pub use write::{write, write_readable};

#[cfg(test)]
mod fixtures;
