//! What a run did, in numbers and as a trace.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use remote::SharedCacheStatistics;
use serde_json::json;

use crate::outcome::{Outcome, Provenance};

/// What the actions of an engine's runs did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunStats {
    /// How many actions ran here.
    pub ran: usize,
    /// How many results came from the cache of this machine.
    pub local_cache: usize,
    /// How many came from a team's cache.
    pub remote_cache: usize,
    /// How many a server's workers ran.
    pub remote_execution: usize,
    /// How many have no result, or a bad one.
    pub failed: usize,
    /// What was had of a team's cache, if there is one.
    pub shared: Option<SharedCacheStatistics>,
    /// The time of the runs, one after another.
    pub wall: Duration,
    /// How long the programs would have run whose results came from a cache.
    pub saved: Duration,
    /// How many bytes of outputs and output they need not write again.
    pub saved_bytes: u64,
    /// The longest action of each run: no number of cores makes the runs shorter than them together.
    pub critical_path: Vec<(String, Duration)>,
}

impl RunStats {
    /// How long the critical path is.
    #[must_use]
    pub fn critical_time(&self) -> Duration {
        self.critical_path.iter().map(|(_, time)| *time).sum()
    }
}

/// Records what happens.
#[derive(Debug)]
pub(crate) struct TraceRecorder {
    start: Instant,
    record: Mutex<TraceRecord>,
}

#[derive(Debug, Default)]
struct TraceRecord {
    stats: RunStats,
    events: Vec<RecordedAction>,
}

/// An action of a run that is over.
#[derive(Debug, Clone)]
pub struct RecordedAction {
    /// Its description.
    pub name: String,
    /// Where its result is from, if it has one.
    pub provenance: Option<Provenance>,
    /// When it began.
    pub start: Instant,
    /// How long it took.
    pub elapsed: Duration,
    /// The worker that it occupied.
    pub lane: usize,
}

/// An action that is over.
pub(crate) struct TracedAction<'a> {
    pub(crate) description: &'a str,
    pub(crate) outcome: Option<&'a Outcome>,
    pub(crate) start: Instant,
    /// The worker that it occupied.
    pub(crate) lane: usize,
}

impl TraceRecorder {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            record: Mutex::default(),
        }
    }

    pub(crate) fn stats(&self) -> RunStats {
        self.record
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .stats
            .clone()
    }

    /// Records an action.
    pub(crate) fn add(&self, action: &TracedAction<'_>) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let stats = &mut record.stats;
        match action.outcome {
            None => stats.failed += 1,
            Some(outcome) => {
                stats.failed += usize::from(!outcome.end.success());
                *match outcome.provenance {
                    Provenance::LocalRun => &mut stats.ran,
                    Provenance::LocalCache => &mut stats.local_cache,
                    Provenance::RemoteCache => &mut stats.remote_cache,
                    Provenance::RemoteExecution => &mut stats.remote_execution,
                } += 1;
                if matches!(
                    outcome.provenance,
                    Provenance::LocalCache | Provenance::RemoteCache
                ) {
                    stats.saved += outcome.elapsed;
                    stats.saved_bytes += outcome.bytes();
                }
            }
        }
        record.events.push(RecordedAction {
            name: action.description.to_owned(),
            provenance: action.outcome.map(|outcome| outcome.provenance),
            start: action.start,
            elapsed: action.start.elapsed(),
            lane: action.lane,
        });
    }

    /// A run that began at `start` is over.
    pub(crate) fn finish(&self, start: Instant) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let events = record.events.iter().filter(|event| event.start >= start);
        let longest = events.max_by_key(|event| event.elapsed);
        let longest = longest.map(|event| (event.name.clone(), event.elapsed));
        record.stats.critical_path.extend(longest);
        record.stats.wall += start.elapsed();
    }

    pub(crate) fn actions(&self) -> Vec<RecordedAction> {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.events.clone()
    }

    /// Everything in the format that Perfetto and about:tracing read.
    pub(crate) fn json(&self) -> String {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let events = record.events.iter().map(|event| {
            json!({
                "name": event.name,
                "cat": "action",
                "ph": "X",
                "ts": micros(event.start.saturating_duration_since(self.start)),
                "dur": micros(event.elapsed),
                "pid": 1,
                "tid": event.lane,
                "args": { "from": event.provenance.map_or("no result", name) },
            })
        });
        json!({ "traceEvents": events.collect::<Vec<_>>(), "displayTimeUnit": "ms" }).to_string()
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn name(provenance: Provenance) -> &'static str {
    match provenance {
        Provenance::LocalRun => "run",
        Provenance::LocalCache => "local cache",
        Provenance::RemoteCache => "remote cache",
        Provenance::RemoteExecution => "remote execution",
    }
}
