//! The forge that hosts a repository: releases with notes and files, and pull requests.
//!
//! Each call looks for what is there first, so that it can be repeated.

mod api;
mod github;
mod gitlab;
mod proposal;
mod remote;

pub use proposal::{ForgeRelease, PullRequest};
pub use remote::Forge;
