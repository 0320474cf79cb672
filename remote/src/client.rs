//! The blocking face: a cache, and a server that runs actions, for callers with threads.

use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::blob::{Blob, BlobTransfer, Download};
use crate::capabilities::Capabilities;
use crate::digest::Digest;
use crate::error::{RemoteCallError, RemoteError};
use crate::execution::{CacheLookup, ExecutionOutcome};
use crate::messages::ActionResult;
use crate::options::RemoteOptions;
use crate::server::RemoteServer;
use crate::store::{RemoteStore, execution_server};

/// Threads that carry calls; the calls themselves wait for the network.
const THREADS: usize = 2;

/// A cache, and a server that runs actions. Its methods may be called from several threads, but not
/// from an asynchronous task. Each tells the first failure; nothing is decided here about what a
/// failure means to a run.
pub struct RemoteClient {
    pub(crate) store: RemoteStore,
    pub(crate) execution: Option<Arc<RemoteServer>>,
    pub(crate) runtime: Runtime,
}

impl RemoteClient {
    /// Nothing is connected before the first call.
    ///
    /// # Errors
    /// Where the options do not go together, or one of them cannot be used.
    pub fn new(options: &RemoteOptions) -> Result<Self, RemoteError> {
        let runtime = runtime()?;
        let guard = runtime.enter();
        let store = RemoteStore::open(options)?;
        let execution = match options.execution {
            true => Some(execution_server(options)?),
            false => None,
        };
        drop(guard);
        Ok(Self {
            store,
            execution,
            runtime,
        })
    }

    /// What the cache can do; `None` if it is no server.
    ///
    /// # Errors
    /// Where it does not answer, or cannot be used.
    pub fn capabilities(&self) -> Result<Option<Capabilities>, RemoteCallError> {
        match &self.store {
            RemoteStore::Server(server) => {
                let asked = self.runtime.block_on(server.capabilities());
                asked.map(|capabilities| Some(*capabilities))
            }
            _ => Ok(None),
        }
    }

    /// Which of these blobs the cache lacks.
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn missing(&self, digests: &[Digest]) -> Result<Vec<Digest>, RemoteCallError> {
        self.runtime.block_on(self.store.missing(digests))
    }

    /// These blobs, in their order.
    ///
    /// # Errors
    /// Where the cache does not answer, lacks one, or gives other bytes.
    pub fn read(&self, digests: &[Digest]) -> Result<Vec<Vec<u8>>, RemoteCallError> {
        self.runtime.block_on(self.store.read(digests))
    }

    /// Reads blobs into new files. Where it fails, some of the files are there; each of them has the
    /// right bytes.
    ///
    /// # Errors
    /// Where the cache does not answer, lacks one, or gives other bytes, or a file cannot be written.
    pub fn download(&self, wanted: &[Download]) -> Result<(), RemoteCallError> {
        self.runtime.block_on(self.store.download(wanted))
    }

    /// Stores those of these blobs that the cache lacks. Gives what was sent.
    ///
    /// # Errors
    /// Where the cache does not answer or refuses one, or a file has other bytes by now.
    pub fn upload(&self, blobs: &[Blob]) -> Result<BlobTransfer, RemoteCallError> {
        self.runtime.block_on(self.store.upload(blobs))
    }

    /// The result of an action, if the cache has one.
    ///
    /// # Errors
    /// Where the cache does not answer, or with what is no result.
    pub fn action_result(&self, action: Digest) -> Result<Option<ActionResult>, RemoteCallError> {
        self.runtime.block_on(self.store.action_result(action))
    }

    /// Stores the result of an action, whose blobs must be there.
    ///
    /// # Errors
    /// Where the cache does not answer or refuses it.
    pub fn update_action_result(
        &self,
        action: Digest,
        result: &ActionResult,
    ) -> Result<(), RemoteCallError> {
        let update = self.store.update_action_result(action, result);
        self.runtime.block_on(update)
    }

    /// Runs an action at the server, which must have its blobs; `None` if there is no such server.
    ///
    /// # Errors
    /// Where the server does not answer, refuses, or is not done in time.
    pub fn execute(
        &self,
        action: Digest,
        lookup: CacheLookup,
    ) -> Result<Option<ExecutionOutcome>, RemoteCallError> {
        let Some(server) = &self.execution else {
            return Ok(None);
        };
        let outcome = self.runtime.block_on(server.execute(action, lookup));
        outcome.map(Some)
    }

    /// The number of calls over the network so far, those that were tried again included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.store.calls()
    }
}

/// What makes calls for callers with threads.
///
/// # Errors
/// Where its threads do not start.
pub(crate) fn runtime() -> Result<Runtime, RemoteError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("remote")
        .enable_all()
        .build()
        .map_err(|e| RemoteError::Runtime(e.to_string()))
}
