//! Releases: facts about the repository -> a plan of steps -> a journaled run.
pub mod changelog;
pub mod git;
pub mod tree;
