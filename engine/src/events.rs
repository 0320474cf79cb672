//! What happens in a run, and who hears it.

use std::time::Duration;

use camino::Utf8Path;

use crate::error::ActionError;
use crate::history::CacheMiss;
use crate::outcome::Outcome;

/// What came of a run.
#[derive(Debug)]
pub struct RunReport {
    /// For each action, in their order.
    pub outcomes: Vec<Result<Outcome, ActionError>>,
    /// Whether the user interrupted it.
    pub interrupted: bool,
}

/// What happens in a run.
#[derive(Debug)]
pub enum RunEvent<'a> {
    /// An action is being run: its place among the actions, and its slot.
    Started {
        /// Its place among the actions.
        index: usize,
        /// Its execution slot.
        slot: usize,
    },
    /// An action has come to its end.
    Finished {
        /// Its place among the actions.
        index: usize,
        /// What came of it.
        outcome: &'a Result<Outcome, ActionError>,
    },
    /// No cache has the result of an action, which is run: its place among the actions, and why. Where that was asked
    /// for.
    NotCached {
        /// Its place among the actions.
        index: usize,
        /// Why.
        miss: &'a CacheMiss,
    },
    /// Something the user should know.
    Warning(&'a str),
    /// A sandbox was left.
    SandboxLeft {
        /// Its place among the actions.
        index: usize,
        /// The folder.
        folder: &'a Utf8Path,
    },
    /// The user interrupted the run; programs have some time to end.
    Interrupted {
        /// The programs that run, as readers call them.
        running: &'a [String],
        /// How long they have, the longest.
        grace: Duration,
    },
}

/// Hears what happens in a run, from several threads.
pub trait RunObserver: Sync {
    /// Something happened.
    fn event(&self, event: &RunEvent<'_>);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silence;

impl RunObserver for Silence {
    fn event(&self, _: &RunEvent<'_>) {}
}
