//! The cache of a team as a run uses it: looked up in the background, filled after success, and never
//! in the way.

mod core;
mod counts;
mod execution;
mod look_up;

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::blob::Blob;
use crate::client;
use crate::digest::Digest;
use crate::error::{RemoteCall, RemoteError};
use crate::failures::{CacheDirection, CacheObserver};
use crate::messages::ActionResult;
use crate::options::RemoteOptions;
use crate::store::{RemoteStore, execution_server};

use self::core::{PendingUpload, SharedCacheCore};
use self::counts::Counts;
use self::look_up::Settles;

pub use self::core::LocalBlobs;
pub use self::counts::SharedCacheStatistics;
pub use self::execution::{RemoteAction, RemoteRun};
pub use self::look_up::{LookUp, LookUpAnswer};

/// The time that a run waits at its end for a server that is quick: Pants' default.
const MAX_WAIT: Duration = Duration::from_secs(3);

/// A server whose answers take less time is quick.
const QUICK: Duration = Duration::from_millis(100);

/// A quick server that takes nothing for this time is so no more.
const STILL: Duration = Duration::from_millis(500);

/// Who has not answered anything after this time is silent.
const SILENCE: Duration = Duration::from_secs(1);

/// How often is looked whether anything moves.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The cache of a team. Its methods may be called from several threads, but not from an asynchronous
/// task. None of them fails: what goes wrong is told to the observer, and means that nothing was
/// found, or that others do not find what is here.
pub struct SharedCache {
    runtime: Option<Runtime>,
    core: Arc<SharedCacheCore>,
    options: RemoteOptions,
    first_call: OnceLock<Instant>,
}

impl SharedCache {
    /// The cache that the options name. Nothing is connected before the first look-up.
    ///
    /// # Errors
    /// Where the options do not go together, or one of them cannot be used.
    pub fn open(
        options: &RemoteOptions,
        blobs: Arc<dyn LocalBlobs>,
        observer: Arc<dyn CacheObserver>,
    ) -> Result<Self, RemoteError> {
        let runtime = client::runtime()?;
        let store = {
            let _guard = runtime.enter();
            RemoteStore::open(options)?
        };
        let mut core = SharedCacheCore::new(options, store, blobs, observer);
        if options.execution {
            let _guard = runtime.enter();
            core.execution = Some(execution_server(options)?);
        }
        Ok(Self {
            runtime: Some(runtime),
            core: Arc::new(core),
            options: options.clone(),
            first_call: OnceLock::new(),
        })
    }

    /// Begins to look for the result of an action. The answer comes in the background; a result
    /// counts as found when its blobs are here, or as the setting `cache_content_behavior` says.
    #[must_use]
    pub fn look_up(&self, action: Digest) -> LookUp {
        let look_up = LookUp::default();
        if !self.looks_up() {
            look_up.settle(None);
            return look_up;
        }
        let (core, answer) = (self.core.clone(), look_up.clone());
        self.spawn(async move {
            // Settles even if the task is dropped.
            let settles = Settles(answer);
            let _turn = core.looking.acquire().await.ok();
            let start = Instant::now();
            let found = core.find(action).await;
            core.counts.add_wait(start.elapsed());
            settles.0.settle(found);
        });
        look_up
    }

    /// Fetches what belongs to a result that was found, where the setting `cache_content_behavior` is not to
    /// do so before. Gives whether all of it is here, then.
    #[must_use]
    pub fn fetch(&self, action: Digest, result: &ActionResult) -> bool {
        if !self.looks_up() {
            return false;
        }
        let call = RemoteCall::GetActionResult(action);
        let fetched = self.wait(self.core.fetch_outputs(call, result));
        fetched.is_some_and(|fetched| self.core.judge(CacheDirection::Reading, fetched).is_some())
    }

    /// Shares the result of an action that was run here and ended well, if the settings allow it.
    /// `messages` are the action and its command, by which others may see what it was. Nothing waits
    /// for it before [`SharedCache::finish`].
    pub fn share(&self, action: Digest, result: ActionResult, messages: Vec<Blob>) {
        let core = self.core.clone();
        if !self.shares() || result.exit_code != 0 {
            return;
        }
        let pending = PendingUpload::new(core.clone());
        self.spawn(async move {
            let _pending = pending;
            let _turn = core.uploading.acquire().await.ok();
            if core.failures.given_up(CacheDirection::Writing) {
                return;
            }
            let sent = core.send(action, &result, messages).await;
            if let Some(sent) = core.judge(CacheDirection::Writing, sent) {
                core.counts.sent.add(sent);
                Counts::count(&core.counts.shared);
            }
        });
    }

    /// Waits at the end of a run for what is still being sent, as long as the settings say. Where they say
    /// nothing, a run waits for a server that answers quickly as long as it takes what it is sent, up to three
    /// seconds or a fifteenth of the time that the run itself took, and for a slow one a thirtieth of that
    /// time. What is not sent by then is not shared.
    pub fn finish(&self, run: Duration) {
        let start = Instant::now();
        let (all, still) = self.end_wait(run);
        let mut pending = self.core.pending();
        let mut seen = (Instant::now(), self.core.progress(*pending));
        while *pending > 0 && start.elapsed() < all {
            let progress = self.core.progress(*pending);
            if progress != seen.1 {
                seen = (Instant::now(), progress);
            } else if seen.0.elapsed() >= still {
                break;
            }
            let waited = self.core.idle.wait_timeout(pending, LOOK_AGAIN);
            (pending, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let left = *pending;
        drop(pending);
        if left > 0 && !self.core.failures.given_up(CacheDirection::Writing) {
            let results = if left == 1 { "result" } else { "results" };
            self.core.failures.tell(&format!(
                "{left} {results} could not be sent to {} within {:.1} s, and others will not find them \
                 (`session_end_tasks_timeout` says how long a run waits)",
                self.core.address,
                start.elapsed().as_secs_f64()
            ));
        }
    }

    /// Whether results of this machine are shared, as far as that is of use.
    #[must_use]
    pub fn shares(&self) -> bool {
        self.options.cache_write && !self.core.failures.given_up(CacheDirection::Writing)
    }

    /// Whether results are looked up, as far as that is of use.
    #[must_use]
    pub fn looks_up(&self) -> bool {
        self.options.cache_read && !self.core.failures.given_up(CacheDirection::Reading)
    }

    /// A number that changes whenever the cache gives a sign of life.
    #[must_use]
    pub fn signs_of_life(&self) -> u64 {
        self.core.store.progress()
    }

    /// What this run had of it so far.
    #[must_use]
    pub fn statistics(&self) -> SharedCacheStatistics {
        self.core.counts.get(self.core.store.calls())
    }

    /// Runs an action at the server that the settings name, and waits for it until it is time to `stop`.
    #[must_use]
    pub fn execute(&self, action: RemoteAction, stop: &(dyn Fn() -> bool + Sync)) -> RemoteRun {
        let stopped = async {
            while !stop() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let run = async {
            tokio::select! {
                run = self.core.execute(action) => run,
                () = stopped => RemoteRun::Failed,
            }
        };
        self.wait(run).unwrap_or(RemoteRun::Failed)
    }

    /// Whether actions are run by a server, as far as it is of use.
    #[must_use]
    pub fn executes(&self) -> bool {
        self.core.execution.is_some() && !self.core.failures.given_up(CacheDirection::Executing)
    }

    fn end_wait(&self, run: Duration) -> (Duration, Duration) {
        let asked = self.first_call.get().map(Instant::elapsed);
        let silent = asked > Some(SILENCE);
        match (self.options.limits.upload_patience, self.core.store.pace()) {
            (Some(patience), _) => (patience, patience),
            (None, None) if silent => (Duration::ZERO, Duration::ZERO),
            (None, pace) => end_wait(run, pace),
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.first_call.get_or_init(Instant::now);
        if let Some(runtime) = &self.runtime {
            runtime.spawn(task);
        }
    }

    /// There is a runtime until this is dropped.
    fn wait<T>(&self, task: impl Future<Output = T>) -> Option<T> {
        Some(self.runtime.as_ref()?.block_on(task))
    }
}

/// How long a run that took so long waits at its end, in all, and for the next sign of life, for a server
/// whose answers take so long, if it answered so far.
fn end_wait(run: Duration, pace: Option<Duration>) -> (Duration, Duration) {
    match pace {
        Some(answer) if answer < QUICK => (MAX_WAIT.max(run / 15), STILL),
        Some(_) => (run / 30, run / 30),
        None => (STILL, QUICK.max(run / 20)),
    }
}

impl fmt::Debug for SharedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedCache")
            .field("address", &self.core.address)
            .finish_non_exhaustive()
    }
}

impl Drop for SharedCache {
    fn drop(&mut self) {
        // Whoever wanted to wait has called `finish`.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_server_is_not_waited_for() {
        let run = Duration::from_secs(60);
        let wait = |millis: u64| end_wait(run, Some(Duration::from_millis(millis)));
        assert_eq!(wait(20), (Duration::from_secs(4), STILL));
        assert_eq!(wait(300).0, Duration::from_secs(2));
        assert_eq!(end_wait(Duration::ZERO, Some(Duration::ZERO)).0, MAX_WAIT);
        assert_eq!(end_wait(Duration::ZERO, None), (STILL, QUICK));
    }
}
