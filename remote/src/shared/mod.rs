//! The cache of a team as a run uses it: looked up in the background, filled after success, and never
//! in the way.

mod core;
mod counts;
mod execution;
mod look_up;

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use tokio::runtime::Runtime;

use crate::blob::Blob;
use crate::client;
use crate::digest::Digest;
use crate::error::RemoteError;
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

/// The cache of a team. Its methods may be called from several threads, but not from an asynchronous
/// task. None of them fails: what goes wrong is told to the observer, and means that nothing was
/// found, or that others do not find what is here.
pub struct SharedCache {
    runtime: Option<Runtime>,
    core: Arc<SharedCacheCore>,
    options: RemoteOptions,
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
        })
    }

    /// Begins to look for the result of an action. The answer comes in the background; a result
    /// counts as found when its blobs are here, or as the setting `cache_content_behavior` says.
    #[must_use]
    pub fn look_up(&self, action: Digest) -> LookUp {
        let look_up = LookUp::default();
        if !self.options.cache_read || self.core.failures.given_up(CacheDirection::Reading) {
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

    /// Fetches blobs that are not here. Gives whether they all are, then.
    #[must_use]
    pub fn fetch(&self, digests: &[Digest]) -> bool {
        if self.core.failures.given_up(CacheDirection::Reading) {
            return false;
        }
        let fetched = self.wait(self.core.fetch(digests));
        fetched.is_some_and(|fetched| self.core.judge(CacheDirection::Reading, fetched).is_some())
    }

    /// Shares the result of an action that was run here and ended well, if the settings allow it.
    /// `messages` are the action and its command, by which others may see what it was. Nothing waits
    /// for it before [`SharedCache::finish`].
    pub fn share(&self, action: Digest, result: ActionResult, messages: Vec<Blob>) {
        let core = self.core.clone();
        let writing = self.options.cache_write && !core.failures.given_up(CacheDirection::Writing);
        if !writing || result.exit_code != 0 {
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

    /// Waits for what is still being sent, but not longer than the settings say. What is not sent by
    /// then is not shared.
    pub fn finish(&self) {
        let patience = self.options.limits.upload_patience;
        let pending = self.core.pending();
        let waited = self
            .core
            .idle
            .wait_timeout_while(pending, patience, |pending| *pending > 0);
        let (left, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *left > 0 && !self.core.failures.given_up(CacheDirection::Writing) {
            let results = if *left == 1 { "result" } else { "results" };
            self.core.failures.tell(&format!(
                "{} {results} could not be sent to {} within {} s; others will not find them",
                *left,
                self.core.address,
                patience.as_secs_f64()
            ));
        }
    }

    /// What this run had of it so far.
    #[must_use]
    pub fn statistics(&self) -> SharedCacheStatistics {
        self.core.counts.get(self.core.store.calls())
    }

    /// Runs an action at the server that the settings name, and waits for it.
    #[must_use]
    pub fn execute(&self, action: RemoteAction) -> RemoteRun {
        self.wait(self.core.execute(action))
            .unwrap_or(RemoteRun::Failed)
    }

    /// Whether actions are run by a server, as far as it is of use.
    #[must_use]
    pub fn executes(&self) -> bool {
        self.core.execution.is_some() && !self.core.failures.given_up(CacheDirection::Executing)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(task);
        }
    }

    /// There is a runtime until this is dropped.
    fn wait<T>(&self, task: impl Future<Output = T>) -> Option<T> {
        Some(self.runtime.as_ref()?.block_on(task))
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
