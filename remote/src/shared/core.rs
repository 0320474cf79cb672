//! What happens in the background: results found with all that belongs to them, and sent.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use camino::Utf8PathBuf;
use tokio::sync::Semaphore;

use super::counts::Counts;
use crate::blob::{Blob, BlobSource, BlobTransfer, Download};
use crate::digest::Digest;
use crate::error::{RemoteCall, RemoteCallError, RemoteProblem};
use crate::failures::{CacheDirection, CacheObserver, Failures};
use crate::messages::ActionResult;
use crate::options::{CacheContentBehavior, RemoteOptions};
use crate::outputs;
use crate::server::RemoteServer;
use crate::store::RemoteStore;

/// How many results are sent at the same time.
const UPLOADS: usize = 16;

/// The blobs of this machine.
pub trait LocalBlobs: Send + Sync {
    /// Whether this one is here.
    fn contains(&self, digest: &Digest) -> bool;

    /// Where its bytes are, if it is here.
    fn source(&self, digest: &Digest) -> Option<BlobSource>;

    /// A folder for files that are not finished, on the same disk.
    fn unfinished(&self) -> Utf8PathBuf;

    /// Keeps a file whose bytes have been checked, and which it may move.
    ///
    /// # Errors
    /// Where it cannot be kept.
    fn keep(&self, digest: &Digest, file: Utf8PathBuf) -> Result<(), String>;
}

/// What tasks share.
pub(super) struct SharedCacheCore {
    pub(super) store: RemoteStore,
    pub(super) execution: Option<Arc<RemoteServer>>,
    pub(super) address: String,
    pub(super) content: CacheContentBehavior,
    pub(super) blobs: Arc<dyn LocalBlobs>,
    pub(super) failures: Failures,
    pub(super) counts: Counts,
    pub(super) looking: Semaphore,
    pub(super) uploading: Semaphore,
    pub(super) pending: Mutex<usize>,
    pub(super) idle: Condvar,
}

impl SharedCacheCore {
    /// What works on `store`.
    pub(super) fn new(
        options: &RemoteOptions,
        store: RemoteStore,
        blobs: Arc<dyn LocalBlobs>,
        observer: Arc<dyn CacheObserver>,
    ) -> Self {
        Self {
            store,
            execution: None,
            address: options.store_address.clone().unwrap_or_default(),
            content: options.content,
            blobs,
            failures: Failures::new(options.warnings, observer),
            counts: Counts::default(),
            looking: Semaphore::new(options.limits.cache_concurrency.max(1)),
            uploading: Semaphore::new(UPLOADS),
            pending: Mutex::new(0),
            idle: Condvar::new(),
        }
    }

    pub(super) fn pending(&self) -> MutexGuard<'_, usize> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes whenever something of what is sent has arrived.
    pub(super) fn progress(&self, pending: usize) -> (usize, u64) {
        (pending, self.store.progress())
    }

    /// The result of an action, if the cache has it and all that belongs to it.
    pub(super) async fn find(&self, action: Digest) -> Option<ActionResult> {
        let found = self.find_whole(action).await;
        let found = match self.judge(CacheDirection::Reading, found) {
            Some(found) => found,
            None => {
                Counts::count(&self.counts.failures);
                return None;
            }
        };
        let count = match found {
            Some(_) => &self.counts.hits,
            None => &self.counts.misses,
        };
        Counts::count(count);
        found
    }

    async fn find_whole(&self, action: Digest) -> Result<Option<ActionResult>, RemoteCallError> {
        let Some(result) = self.store.action_result(action).await? else {
            return Ok(None);
        };
        // Failures are not shared, whatever a server keeps.
        if result.exit_code != 0 {
            return Ok(None);
        }
        let call = RemoteCall::GetActionResult(action);
        let bad = |reason: String| self.error(call, RemoteProblem::BadAnswer(reason));
        let named = outputs::named_blobs(&result).map_err(|e| bad(e.to_string()))?;
        match self.content {
            CacheContentBehavior::Defer => {}
            CacheContentBehavior::Validate => {
                let wanted = self.wanted(named.iter().copied());
                if !self.store.missing(&wanted).await?.is_empty() {
                    return Ok(None);
                }
            }
            CacheContentBehavior::Fetch => {
                self.fetch_outputs(call, &result).await?;
            }
        }
        Ok(Some(result))
    }

    /// Fetches all that belongs to a result.
    pub(super) async fn fetch_outputs(
        &self,
        call: RemoteCall,
        result: &ActionResult,
    ) -> Result<(), RemoteCallError> {
        let bad = |reason: String| self.error(call, RemoteProblem::BadAnswer(reason));
        let named = outputs::named_blobs(result).map_err(|e| bad(e.to_string()))?;
        let folders = outputs::folder_blobs(result).map_err(|e| bad(e.to_string()))?;
        self.fetch(&named).await?;
        let mut files = Vec::new();
        for tree in self.read(&folders).await? {
            files.extend(outputs::files_of_tree(&tree).map_err(bad)?);
        }
        self.fetch(&files).await
    }

    fn wanted(&self, digests: impl IntoIterator<Item = Digest>) -> Vec<Digest> {
        let digests: BTreeSet<_> = digests.into_iter().collect();
        let wanted = digests.into_iter();
        wanted
            .filter(|digest| !self.blobs.contains(digest))
            .collect()
    }

    /// Fetches what is not here.
    pub(super) async fn fetch(&self, digests: &[Digest]) -> Result<(), RemoteCallError> {
        let wanted = self.wanted(digests.iter().copied());
        if wanted.is_empty() {
            return Ok(());
        }
        let call = RemoteCall::BatchRead(wanted.len());
        let here = |path: Utf8PathBuf, reason: String| {
            self.error(call, RemoteProblem::File { path, reason })
        };
        let unfinished = self.blobs.unfinished();
        let folder = tempfile::Builder::new()
            .prefix("fetched-")
            .tempdir_in(&unfinished)
            .map_err(|e| here(unfinished.clone(), e.to_string()))?;
        let folder_path = Utf8PathBuf::from_path_buf(folder.path().to_owned())
            .map_err(|path| here(unfinished.clone(), format!("{path:?} is not UTF-8")))?;
        let downloads: Vec<_> = wanted
            .iter()
            .map(|digest| Download {
                digest: *digest,
                path: folder_path.join(digest.hex()),
            })
            .collect();
        self.store.download(&downloads).await?;
        for Download { digest, path } in downloads {
            let kept = self.blobs.keep(&digest, path.clone());
            kept.map_err(|reason| here(path, reason))?;
        }
        self.counts.fetched.add(BlobTransfer::of(wanted));
        Ok(())
    }

    /// Blobs that are here.
    async fn read(&self, digests: &[Digest]) -> Result<Vec<Vec<u8>>, RemoteCallError> {
        let mut found = Vec::new();
        for digest in digests {
            found.push(match self.local(*digest) {
                Some(blob) => {
                    let bytes = blob.bytes();
                    bytes.map_err(|problem| self.error(RemoteCall::Read(*digest), problem))?
                }
                None => self.store.read(&[*digest]).await?.concat(),
            });
        }
        Ok(found)
    }

    pub(super) fn local(&self, digest: Digest) -> Option<Blob> {
        let source = self.blobs.source(&digest)?;
        Some(Blob { digest, source })
    }

    /// Sends a result with all that belongs to it; first the blobs.
    pub(super) async fn send(
        &self,
        action: Digest,
        result: &ActionResult,
        messages: Vec<Blob>,
    ) -> Result<BlobTransfer, RemoteCallError> {
        let call = RemoteCall::UpdateActionResult(action);
        let bad = |reason: String| self.error(call, RemoteProblem::BadAnswer(reason));
        let mut digests = outputs::named_blobs(result).map_err(|e| bad(e.to_string()))?;
        let folders = outputs::folder_blobs(result).map_err(|e| bad(e.to_string()))?;
        for tree in self.read(&folders).await? {
            digests.extend(outputs::files_of_tree(&tree).map_err(bad)?);
        }
        let mut blobs = messages;
        for digest in digests {
            let blob = self.local(digest);
            blobs.push(blob.ok_or_else(|| {
                bad(format!(
                    "an output, {digest}, is not in this machine's cache any more"
                ))
            })?);
        }
        let sent = self.store.upload(&blobs).await?;
        self.store.update_action_result(action, result).await?;
        Ok(sent)
    }

    pub(super) fn error(&self, call: RemoteCall, problem: RemoteProblem) -> RemoteCallError {
        RemoteCallError {
            call,
            server: self.address.clone(),
            problem,
            attempts: 1,
        }
    }

    pub(super) fn judge<T>(
        &self,
        direction: CacheDirection,
        result: Result<T, RemoteCallError>,
    ) -> Option<T> {
        match &result {
            Ok(_) => self.failures.success(direction),
            Err(error) => self.failures.failure(direction, error),
        }
        result.ok()
    }
}

/// Counts as pending as long as it lives.
pub(super) struct PendingUpload(Arc<SharedCacheCore>);

impl PendingUpload {
    pub(super) fn new(core: Arc<SharedCacheCore>) -> Self {
        *core.pending() += 1;
        Self(core)
    }
}

impl Drop for PendingUpload {
    fn drop(&mut self) {
        *self.0.pending() -= 1;
        self.0.idle.notify_all();
    }
}
