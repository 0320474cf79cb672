//! The run of a plan: step by step, journaled, resumable, and undone by an abort.

mod abort;
mod changes;
mod context;
mod error;
mod ignored;
mod journal;
mod remote_refs;
mod runner;
mod steps;

pub use abort::AbortReport;
pub use context::ReleaseGoals;
pub use error::{ExpectedHead, MovedHead, RunError, StepError};
pub use journal::JournalFolder;
pub use runner::{Moment, Runner, Watch};
pub use steps::write_news;
