//! What a run changed in a lock, and why: for the user and for scripts.

use lockfile::diff::PackageChange;
use serde::Serialize;

/// What a run did to the lock of one resolve.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The resolve.
    pub resolve: String,
    /// The lockfile, relative to the root.
    pub lockfile: String,
    /// How many packages the lock holds.
    pub packages: usize,
    /// Whether the lock is up to date, was written, or would have to be.
    pub status: Status,
    /// The packages that changed, sorted by name.
    pub changes: Vec<PackageChange>,
    /// Why the lock is stale, where it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// The state of a lock after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nothing was to do.
    Unchanged,
    /// It was written.
    Written,
    /// It has to be written, and `--check` does not.
    Stale,
}
