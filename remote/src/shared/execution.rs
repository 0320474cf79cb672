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
    /// Its messages: the action, the command, and the folders of its inputs.
    pub messages: Vec<Blob>,
    /// The files of its inputs, which are among the blobs of this machine.
    pub files: Vec<Digest>,
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
        let blobs = self.blobs_of(action)?;
        let all: Vec<Blob> = blobs.values().cloned().collect();
        self.counts.sent.add(self.store.upload(&all).await?);
        for _ in 0..=RESENDS {
            match server.execute(action.digest, action.lookup).await? {
                ExecutionOutcome::Finished { result, cached } => {
                    self.fetch_outputs(call, &result).await?;
                    return Ok(Some((result, cached)));
                }
                ExecutionOutcome::TimedOut => return Ok(None),
                ExecutionOutcome::Missing(missing) => {
                    let missing = missing.iter().filter_map(|digest| blobs.get(digest));
                    let missing: Vec<Blob> = missing.cloned().collect();
                    let again = if missing.is_empty() { &all } else { &missing };
                    self.counts.sent.add(self.store.upload(again).await?);
                }
            }
        }
        failed(RemoteProblem::Forgotten(action.digest))
    }

    fn blobs_of(&self, action: &RemoteAction) -> Result<BTreeMap<Digest, Blob>, RemoteCallError> {
        let messages = action.messages.iter().cloned();
        let mut blobs: BTreeMap<_, _> = messages.map(|blob| (blob.digest, blob)).collect();
        for digest in &action.files {
            let blob = self.local(*digest).ok_or_else(|| {
                let reason = format!("an input, {digest}, is not in this machine's cache");
                self.error(RemoteCall::Write(*digest), RemoteProblem::BadAnswer(reason))
            })?;
            blobs.insert(*digest, blob);
        }
        Ok(blobs)
    }
}
