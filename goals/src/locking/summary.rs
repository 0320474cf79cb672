//! What a run changed in a lock and why, for the user and for scripts.

use lockfile::diff::PackageChange;
use serde::Serialize;

/// The result of a run for the lock of one resolve.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The resolve.
    pub resolve: String,
    /// The lockfile, relative to the root.
    pub lockfile: String,
    /// The number of packages in the lock; none where there is no lock that can be read.
    pub packages: Option<usize>,
    /// Whether the lock was up to date, was written, or is stale.
    pub status: Status,
    /// The packages that changed, sorted by name.
    pub changes: Vec<PackageChange>,
    /// Why the lock is stale, if it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// What of these packages is installed by a build, such as `numpy 2.0.2 on CPython 3.13`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub builds: Vec<String>,
}

/// The state of a lock after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It was up to date.
    Unchanged,
    /// It was written.
    Written,
    /// It is stale, and `--check` does not write it.
    Stale,
}
