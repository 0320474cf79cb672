//! What a repository is on disk: its files, which are replaced as a whole.

pub mod files;
