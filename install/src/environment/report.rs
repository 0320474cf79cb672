//! What a run did to an environment.

use camino::Utf8PathBuf;

use super::damage::Changes;
use super::owners::FileCollision;
use super::strays::InstalledDistribution;

/// What was done to an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncReport {
    /// Whether it was made, changed or left alone.
    pub outcome: SyncOutcome,
    /// The packages that changed.
    pub changes: Changes,
    /// Files that someone had changed or removed, and that were restored.
    pub restored: Vec<Utf8PathBuf>,
    /// Packages that someone installed with other tools and that were kept, as `name version`.
    pub foreign: Vec<String>,
    /// Packages that someone installed with other tools and that were removed, as `name version`.
    pub removed: Vec<String>,
    /// Files that several packages have, with different contents.
    pub collisions: Vec<FileCollision>,
}

/// Whether an environment was made, changed or left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncOutcome {
    /// It was made.
    Created,
    /// It was made anew, for this reason.
    Rebuilt(&'static str),
    /// It was changed in place.
    Changed,
    /// It was right already.
    Unchanged,
}

impl SyncReport {
    pub(crate) fn of(outcome: SyncOutcome) -> Self {
        Self {
            outcome,
            changes: Changes::default(),
            restored: Vec::new(),
            foreign: Vec::new(),
            removed: Vec::new(),
            collisions: Vec::new(),
        }
    }

    pub(crate) fn with_foreign(mut self, foreign: &[InstalledDistribution]) -> Self {
        self.foreign = titles(foreign);
        self
    }
}

pub(crate) fn titles(distributions: &[InstalledDistribution]) -> Vec<String> {
    distributions
        .iter()
        .map(InstalledDistribution::title)
        .collect()
}
