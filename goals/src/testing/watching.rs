//! Waits until files of the repository change.
//!
//! The files are looked at now and then: that works on every file system, also where files are shared with another
//! machine, and sees what ignore rules leave visible, nothing else.

use std::time::{Duration, Instant};

use workspace::{FileTimes, file_times};

use crate::error::GoalError;
use crate::session::Session;

/// The shortest time between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// A look takes at most this part of the time.
const SHARE: u32 = 20;

/// The files of a repository as they were at one moment.
#[derive(Debug)]
pub struct WatchedFiles {
    times: FileTimes,
}

impl WatchedFiles {
    /// The files as they are now.
    ///
    /// # Errors
    /// The root cannot be read, or an ignore pattern is invalid.
    pub fn now(session: &Session) -> Result<Self, GoalError> {
        let times = file_times(session.root(), &session.target_options())?;
        Ok(Self { times })
    }

    /// How many files there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.times.len()
    }

    /// Waits until something differs, and nothing more comes for a moment: an editor or git writes many files one
    /// after another. Gives what differs, sorted.
    ///
    /// # Errors
    /// See [`WatchedFiles::now`].
    pub fn wait(&self, session: &Session) -> Result<Vec<String>, GoalError> {
        let mut before: Vec<String> = Vec::new();
        loop {
            let start = Instant::now();
            let changed = self.changed(&Self::now(session)?);
            if !changed.is_empty() && changed == before {
                return Ok(changed);
            }
            before = changed;
            std::thread::sleep(PAUSE.max(start.elapsed() * SHARE));
        }
    }

    fn changed(&self, now: &Self) -> Vec<String> {
        let paths = self.times.keys().chain(now.times.keys());
        let changed = paths.filter(|path| self.times.get(*path) != now.times.get(*path));
        let mut changed: Vec<String> = changed.cloned().collect();
        changed.sort();
        changed.dedup();
        changed
    }
}
