//! Folders that hold declared files and nothing else.
//!
//! A sandbox is kept and corrected by difference: the next action's files are put in, others are removed, and what
//! a program changed or added is made good. Its files are copies: whatever a program does to them, no file of the
//! user or of the cache changes. See `contents` for how a change is noticed.

mod contents;
mod pool;
mod removal;

pub(crate) use contents::Placing;
pub(crate) use pool::{SandboxPool, SandboxSlot};
pub(crate) use removal::remove_everything;
