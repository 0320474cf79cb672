//! Brings packages to this machine: downloads, checks, unpacks and builds.

mod build_actions;
mod build_index;
mod builds;
mod sources;
mod workshop;

pub use build_actions::{BuildActions, COMPILER_VARIABLES};
pub use build_index::{BuildIndex, candidate};
pub use builds::{Builds, DirectPackage, Sdist, VersionHook};
pub use sources::{DirectSource, Sources, locked_identity, subdirectory};
pub use workshop::Workshop;
