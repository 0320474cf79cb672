//! How the changes of a lock are printed.

use std::fmt;

use goals::locking::{Status, Summary};
use lockfile::diff::PackageChange;

use crate::style::{self, SUBJECT};

/// The largest number of builds that are named.
const MOST_BUILDS: usize = 8;

/// A summary for the terminal.
pub(crate) struct SummaryText<'a>(pub(crate) &'a Summary);

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

impl fmt::Display for SummaryText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = self.0;
        let status = match summary.status {
            Status::Unchanged => "up to date",
            Status::Written if summary.changes.is_empty() => "written, no package changed",
            Status::Written => "written",
            Status::Stale => "stale",
        };
        write!(
            f,
            "{SUBJECT}{}{SUBJECT:#} ({}): ",
            summary.resolve, summary.lockfile
        )?;
        if let Some(packages) = summary.packages {
            write!(f, "{packages} packages, ")?;
        }
        f.write_str(status)?;
        for reason in &summary.reasons {
            write!(f, "\n  {reason}")?;
        }
        let shown: Vec<&str> = summary
            .builds
            .iter()
            .map(String::as_str)
            .take(MOST_BUILDS)
            .collect();
        if !shown.is_empty() {
            write!(f, "\n  built from source: {}", shown.join(", "))?;
            match summary.builds.len() - shown.len() {
                0 => {}
                more => write!(f, " and {more} more")?,
            }
        }
        for change in &summary.changes {
            write!(f, "\n  {}", Line(change))?;
        }
        Ok(())
    }
}
