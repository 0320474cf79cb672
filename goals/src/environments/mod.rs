//! Environments of the repository's resolves: the packages of a lock for this machine, and the
//! repository's own code.
//!
//! This ties rooms together: `lockfile` reads the lock, `install` chooses, unpacks, builds and
//! links, `index` provides the files, and `targets` knows what is first-party.

mod cached;
mod editable;
mod error;
mod exporter;
mod first_party;
pub mod folders;
mod further;
mod generated;
mod groups;
mod judged_lock;
mod linked;
mod options;
mod plugin_lock;
mod plugins;
mod program_search;
mod programs;
pub mod pruning;
mod repository_scripts;
mod repository_tools;
mod required;
mod run_note;
mod runnable;
mod script;
mod seeds;
mod source_roots;
mod supply;
mod trial;
mod variables;

pub use cached::{CachedEnvironment, LockedClosure};
pub use exporter::{CheckedEnvironment, ExportedEnvironment, Exporter, relative};
pub use groups::GroupSelection;
pub use judged_lock::StaleLocks;
pub use linked::LockedPackages;
pub use options::{ExportOptions, SeedPolicy};
pub use plugins::{PLUGINS, Plugin};
pub use program_search::{LockSet, ProgramSearch};
pub use repository_scripts::RepositoryScripts;
pub use repository_tools::RepositoryTools;
pub use runnable::{RunnableTarget, TargetProgram};
pub use script::ScriptMetadata;
pub use trial::{LoadFailure, Trial, TrialObstacle, TrialVerdict, TrialWheel};
pub use variables::VariablesFile;
