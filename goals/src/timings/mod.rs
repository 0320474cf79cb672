//! What a command spends its time on, for `--timings`: locks, environments, requests, actions. The session of the
//! command has the record, so that whatever runs in it can add to it.

mod page;
mod unit;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use transport::{RequestObserver, RequestPurpose};
use workspace::files;

pub use self::unit::{TimedUnit, UnitKind};

use crate::error::GoalError;
use crate::reporter::Progress;

/// The folder of the pages, relative to the root.
const FOLDER: &str = "dist/timings";

/// The record of a command.
#[derive(Debug)]
pub struct Timings {
    begun: Instant,
    units: Mutex<Vec<TimedUnit>>,
}

impl Timings {
    /// A record that begins now.
    #[must_use]
    pub fn begin() -> Self {
        Self {
            begun: Instant::now(),
            units: Mutex::default(),
        }
    }

    /// Adds what is over.
    pub fn add(&self, units: impl IntoIterator<Item = TimedUnit>) {
        let mut record = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        record.extend(units);
    }

    /// Writes the page of a goal, and the same for scripts. The page's path, relative to the root.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn write(&self, root: &Utf8Path, goal: &str) -> Result<Utf8PathBuf, GoalError> {
        let elapsed = self.begun.elapsed();
        let mut units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        units.sort_by(|one, other| (one.start, &one.name).cmp(&(other.start, &other.name)));
        let page = Utf8PathBuf::from(format!("{FOLDER}/{goal}.html"));
        let written = [
            (
                page.clone(),
                page::html(self.begun, goal, (elapsed, &units)),
            ),
            (
                page.with_extension("json"),
                self.json(goal, (elapsed, &units)),
            ),
        ];
        for (path, text) in written {
            files::replace(&root.join(&path), &text)
                .map_err(|error| GoalError::file("write", &path, &error))?;
        }
        Ok(page)
    }

    fn json(&self, goal: &str, (elapsed, units): (Duration, &[TimedUnit])) -> String {
        let units = units.iter().map(|unit| {
            json!({
                "name": unit.name,
                "kind": unit.kind.to_string(),
                "start": unit.after(self.begun).as_secs_f64(),
                "seconds": unit.elapsed.as_secs_f64(),
            })
        });
        let units: Vec<_> = units.collect();
        let all = json!({ "goal": goal, "seconds": elapsed.as_secs_f64(), "units": units });
        format!("{all:#}\n")
    }
}

/// Records requests, and lets another observer hear of them.
#[derive(Debug)]
pub(crate) struct TimedProgress {
    shown: Arc<dyn Progress>,
    timings: Arc<Timings>,
    open: Mutex<HashMap<String, Instant>>,
}

impl TimedProgress {
    pub(crate) fn new(shown: Arc<dyn Progress>, timings: Arc<Timings>) -> Self {
        Self {
            shown,
            timings,
            open: Mutex::default(),
        }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<String, Instant>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for TimedProgress {
    fn show(&self, what: &str) {
        self.shown.show(what);
    }

    fn finish(&self) {
        self.shown.finish();
    }
}

impl RequestObserver for TimedProgress {
    fn started(&self, purpose: &RequestPurpose) {
        self.open().insert(purpose.to_string(), Instant::now());
        self.shown.started(purpose);
    }

    fn sent(&self, purpose: &RequestPurpose, bytes: u64, of: u64) {
        self.shown.sent(purpose, bytes, of);
    }

    fn received(&self, purpose: &RequestPurpose, bytes: u64) {
        self.shown.received(purpose, bytes);
    }

    fn finished(&self, purpose: &RequestPurpose) {
        let name = purpose.to_string();
        if let Some(start) = self.open().remove(&name) {
            let (kind, elapsed) = (UnitKind::Request, start.elapsed());
            self.timings.add([TimedUnit {
                name,
                kind,
                start,
                elapsed,
            }]);
        }
        self.shown.finished(purpose);
    }

    fn retrying(&self, purpose: &RequestPurpose, cause: &str) {
        self.shown.retrying(purpose, cause);
    }

    fn warning(&self, message: &str) {
        self.shown.warning(message);
    }
}
