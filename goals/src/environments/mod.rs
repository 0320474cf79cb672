//! Environments of the repository's resolves: what a lock says for this machine, and the
//! repository's own code, put where it can be run.
//!
//! This is the glue between the rooms: `lockfile` reads the lock, `install` chooses, unpacks,
//! builds and links, `index` hands the files, `targets` says what is first-party.

mod editable;
mod error;
mod exporter;
mod first_party;
pub mod folders;
mod plugins;
mod required;
mod supply;
mod trial;

pub use exporter::{ExportOptions, ExportedEnvironment, Exporter, relative};
pub use plugins::{PLUGINS, Plugin};
pub use trial::{LoadFailure, Trial, TrialObstacle, TrialVerdict, TrialWheel};
