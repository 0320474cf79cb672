//! The local cache: blobs by digest, and results by the digest of their action.
//!
//! A file is written beside its place and renamed, so that a reader sees all of it or nothing, however many runs
//! write and whichever is killed. Nothing is waited for to reach the disk: what is read is checked instead.

/// The folder within a part of the cache in which files are written before they have their names.
pub(crate) const UNFINISHED: &str = "unfinished";

mod blobs;
mod cleaning;
mod digest_folder;
mod result_pack;
mod results;

pub use blobs::BlobStore;
pub(crate) use blobs::copy_hashing;
pub use cleaning::{CacheContents, CleaningReport};
pub use results::ResultCache;
