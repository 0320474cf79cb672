//! Actions that a server runs: what it lacks is sent, and what it made is fetched.

use std::collections::BTreeMap;

use super::core::SharedCacheCore;
use super::counts::Counts;
use crate::blob::Blob;
use crate::digest::Digest;
use crate::error::{RemoteCall, RemoteCallError, RemoteProblem};
use crate::execution::{CacheLookup, ExecutionOutcome};
use crate::failures::CacheDirection;
use crate::messages::ActionResult;

/// How often blobs are sent again that a server has forgotten meanwhile.
const RESENDS: u32 = 2;

/// An action to be run by a server.
#[derive(Debug, Clone)]
pub struct RemoteAction {
    /// What it is known by.
    pub digest: Digest,
    /// All that belongs to it: the messages of the action, the command and the folders of its inputs, and
    /// its input files.
    pub blobs: Vec<Blob>,
    /// Whether a result that the server has will do.
    pub lookup: CacheLookup,
}

/// What became of an action at a server.
#[derive(Debug, Clone, PartialEq)]
pub enum RemoteRun {
    /// It ended; its outputs are here.
    Ended {
        /// The result.
        result: Box<ActionResult>,
        /// Whether the server had it already.
        cached: bool,
    },
    /// It did not end within its own time.
    TimedOut,
    /// The server is of no use: it has to be run here.
    Failed,
}

impl SharedCacheCore {
    /// Runs an action, and tells of what goes wrong.
    pub(super) async fn execute(&self, action: RemoteAction) -> RemoteRun {
        if self.failures.given_up(CacheDirection::Executing) {
            return RemoteRun::Failed;
        }
        let ended = self.try_execute(&action).await;
        match self.judge(CacheDirection::Executing, ended) {
            None => RemoteRun::Failed,
            Some(None) => RemoteRun::TimedOut,
            Some(Some((result, cached))) => {
                Counts::count(&self.counts.executed);
                RemoteRun::Ended { result, cached }
            }
        }
    }

    async fn try_execute(
        &self,
        action: &RemoteAction,
    ) -> Result<Option<(Box<ActionResult>, bool)>, RemoteCallError> {
        let call = RemoteCall::Execute(action.digest);
        let failed = |problem| Err(self.error(call, problem));
        let Some(server) = &self.execution else {
            return failed(RemoteProblem::Unsupported("it runs nothing".into()));
        };
        let blobs = action.blobs.iter();
        let blobs: BTreeMap<_, _> = blobs.map(|blob| (blob.digest, blob)).collect();
        self.send_blobs(&action.blobs).await?;
        for _ in 0..=RESENDS {
            match server.execute(action.digest, action.lookup).await? {
                ExecutionOutcome::Finished { result, cached } => {
                    self.fetch_outputs(call, &result).await?;
                    return Ok(Some((result, cached)));
                }
                ExecutionOutcome::TimedOut => return Ok(None),
                ExecutionOutcome::Missing(missing) => {
                    let missing = missing.iter().filter_map(|digest| blobs.get(digest));
                    let missing: Vec<Blob> = missing.map(|blob| (*blob).clone()).collect();
                    let all = &action.blobs;
                    let again = if missing.is_empty() { all } else { &missing };
                    self.send_blobs(again).await?;
                }
            }
        }
        failed(RemoteProblem::Forgotten(action.digest))
    }

    async fn send_blobs(&self, blobs: &[Blob]) -> Result<(), RemoteCallError> {
        self.counts.sent.add(self.store.upload(blobs).await?);
        Ok(())
    }
}
