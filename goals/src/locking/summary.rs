//! What a run changed in a lock, and why: for the user and for scripts.

use std::fmt;

use lockfile::diff::PackageChange;
use serde::Serialize;

use crate::style::{self, SUBJECT};

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

/// A change as one line, its sign in colour.
struct Line<'a>(&'a PackageChange);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PackageChange { name, change, .. } = self.0;
        let style = match self.0.sign() {
            '+' => style::GOOD,
            '~' => style::CHANGED,
            _ => style::BAD,
        };
        let sign = self.0.sign();
        let because = self.0.because();
        write!(f, "{style}{sign}{style:#} {name} {change}  ({because})")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match self.status {
            Status::Unchanged => "up to date",
            Status::Written if self.changes.is_empty() => "written, no package changed",
            Status::Written => "written",
            Status::Stale => "stale",
        };
        write!(
            f,
            "{SUBJECT}{}{SUBJECT:#} ({}): {} packages, {status}",
            self.resolve, self.lockfile, self.packages
        )?;
        for reason in &self.reasons {
            write!(f, "\n  {reason}")?;
        }
        for change in &self.changes {
            write!(f, "\n  {}", Line(change))?;
        }
        Ok(())
    }
}
