//! What a repository is on disk: its git, and its files, which are replaced as a whole.

pub mod files;
pub mod git;
