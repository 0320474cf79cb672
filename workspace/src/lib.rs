//! Opens a repository once: its root, its settings, its cache folder, the folders and files that the
//! target graph sees, the imports that were parsed before, and files that are replaced as a whole.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a mistake in a fixture fails its test")
)]

mod cache;
pub mod files;
mod imports;
mod opened;
pub mod pending;
pub mod settings;
mod tree;

pub use cache::{CACHE_MARK, CACHE_TAG};
pub use imports::ImportCacheFile;
pub use opened::{OpenError, Workspace};
pub use tree::{FileTimes, build_files, file_times, load, load_earlier, load_indexed};
