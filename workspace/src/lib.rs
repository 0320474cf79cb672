//! What a repository is on disk: the folders and files that the target graph sees, the imports that
//! were parsed before, and files that are replaced as a whole.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a mistake in a fixture fails its test")
)]

pub mod files;
mod imports;
pub mod pending;
mod tree;

pub use imports::ImportCacheFile;
pub use tree::load;
