//! Actions: a program, its declared inputs, its outputs. Run isolated, in parallel, once.
//!
//! [`Action`] is what to run, as data, in the vocabulary of the Remote Execution API: its digest is the same
//! on every machine. [`InputTree`] has the declared files by digest, [`FileIndex`] knows the digests of what
//! did not change. A [`Spawner`] starts the program.

mod action;
mod error;
mod file_index;
mod process;
mod template;
mod tree;

pub use action::{Action, CacheUse, Location, OutputPath, Streams, Workplace};
pub use error::TreeError;
pub use file_index::FileIndex;
pub use process::{
    ForkExec, Launch, LaunchStreams, ProcessEnd, ProcessSignal, RunningProcess, Spawner,
};
pub use remote::Digest;
pub use template::Template;
pub use tree::{InputFile, InputOrigin, InputTree, TreeNode};
