//! Actions: a program, its declared inputs, its outputs. Run isolated, in parallel, once.
//!
//! [`Action`] is what to run, as data, in the vocabulary of the Remote Execution API: its digest is the same
//! on every machine. [`InputTree`] has the declared files by digest, [`FileIndex`] knows the digests of what
//! did not change. [`Engine::run`] gives an [`Outcome`] for each action: from the local cache, from a team's,
//! or from a run in a sandbox that holds the declared files only.
//!
//! ```no_run
//! use engine::{Action, Engine, EngineOptions, FileIndex, Silence};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::open(EngineOptions::new("/cache/engine".into()))?;
//! let index = FileIndex::open(engine.cache_folder(), "/repository".into());
//! let inputs = index.tree(&["src/a.py".to_owned()])?;
//! let action = Action::new("lint a.py", ["/usr/bin/wc", "-l", "src/a.py"]).inputs(inputs);
//! let report = engine.run(&[action], &Silence);
//! let outcome = report.outcomes[0].as_ref().unwrap();
//! println!("{}", String::from_utf8_lossy(&outcome.stdout.bytes()?));
//! # Ok(())
//! # }
//! ```

mod action;
mod checked_file;
mod engine;
mod error;
mod events;
mod file_index;
mod history;
mod local_run;
mod options;
mod outcome;
mod outputs;
mod process;
mod queue;
mod results;
mod sandbox;
mod sharing;
mod store;
mod supervisor;
mod template;
mod trace;
mod tree;

pub use action::{
    Action, CacheUse, Location, OutputPath, ResultReach, Shutdown, Streams, WorkerForm, Workplace,
};
pub use engine::Engine;
pub use error::{ActionError, EngineError, SandboxError, StoreError, TreeError};
pub use events::{RunEvent, RunObserver, RunReport, Silence};
pub use file_index::FileIndex;
pub use history::{CacheMiss, KeyDifference};
pub use options::{EngineOptions, SandboxKeeping};
pub use outcome::{KeptOutput, Outcome, Provenance};
pub use process::{
    ForkExec, Launch, LaunchStreams, ProcessEnd, ProcessSignal, RunningProcess, Spawner,
};
pub use remote::{BlobTransfer, Digest, SharedCacheStatistics};
pub use store::{BlobStore, CacheContents, CleaningReport, ResultCache};
pub use template::Template;
pub use trace::{RecordedAction, RunStats};
pub use tree::{InputFile, InputOrigin, InputTree, SharedTrees, TreeNode};
