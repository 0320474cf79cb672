//! What takes time, and how long it took.

use std::fmt;
use std::time::{Duration, Instant};

use engine::{Provenance, RecordedAction};

/// Something that took time.
#[derive(Debug, Clone)]
pub struct TimedUnit {
    /// What it was about.
    pub name: String,
    /// What was done.
    pub kind: UnitKind,
    /// When it began.
    pub start: Instant,
    /// How long it took.
    pub elapsed: Duration,
}

/// What was done in some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnitKind {
    /// A resolve was locked.
    Lock,
    /// An environment was made or looked at.
    Environment,
    /// A server answered.
    Request,
    /// An action ran.
    Run,
    /// The result of an action came from a cache.
    Cached,
}

impl TimedUnit {
    /// How long after this moment it began.
    pub(super) fn after(&self, moment: Instant) -> Duration {
        self.start.saturating_duration_since(moment)
    }
}

impl From<RecordedAction> for TimedUnit {
    fn from(action: RecordedAction) -> Self {
        Self {
            name: action.name,
            kind: match action.provenance {
                Some(Provenance::LocalCache | Provenance::RemoteCache) => UnitKind::Cached,
                None | Some(Provenance::LocalRun | Provenance::RemoteExecution) => UnitKind::Run,
            },
            start: action.start,
            elapsed: action.elapsed,
        }
    }
}

impl fmt::Display for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lock => "lock",
            Self::Environment => "environment",
            Self::Request => "request",
            Self::Run => "run",
            Self::Cached => "cached",
        })
    }
}
