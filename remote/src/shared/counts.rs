//! What a run had of a shared cache, counted by several threads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::blob::BlobTransfer;

#[derive(Default)]
pub(super) struct Counts {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) shared: AtomicU64,
    pub(super) fetched: AtomicTransfer,
    pub(super) sent: AtomicTransfer,
    pub(super) waited_micros: AtomicU64,
    pub(super) executed: AtomicU64,
}

#[derive(Default)]
pub(super) struct AtomicTransfer {
    blobs: AtomicU64,
    bytes: AtomicU64,
}

impl AtomicTransfer {
    pub(super) fn add(&self, moved: BlobTransfer) {
        self.blobs.fetch_add(moved.blobs, Ordering::Relaxed);
        self.bytes.fetch_add(moved.bytes, Ordering::Relaxed);
    }

    fn get(&self) -> BlobTransfer {
        BlobTransfer {
            blobs: self.blobs.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

/// What a run had of the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SharedCacheStatistics {
    /// Results that were found.
    pub hits: u64,
    /// Results that were not there.
    pub misses: u64,
    /// Look-ups that failed.
    pub failures: u64,
    /// Results of this machine that others find now.
    pub shared: u64,
    /// What was fetched.
    pub fetched: BlobTransfer,
    /// What was sent.
    pub sent: BlobTransfer,
    /// Actions that the server ran.
    pub executed: u64,
    /// Calls over the network.
    pub calls: u64,
    /// How long look-ups took, all together.
    pub waited: Duration,
}

impl Counts {
    /// The counts so far, with the number of calls.
    pub(super) fn get(&self, calls: u64) -> SharedCacheStatistics {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SharedCacheStatistics {
            hits: get(&self.hits),
            misses: get(&self.misses),
            failures: get(&self.failures),
            shared: get(&self.shared),
            fetched: self.fetched.get(),
            sent: self.sent.get(),
            executed: get(&self.executed),
            calls,
            waited: Duration::from_micros(get(&self.waited_micros)),
        }
    }

    /// Adds one.
    pub(super) fn count(count: &AtomicU64) {
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds the time that a look-up took.
    pub(super) fn add_wait(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or_default();
        self.waited_micros.fetch_add(micros, Ordering::Relaxed);
    }
}
