//! The service Execution: an action is handed in, and its result awaited. Where the stream of news
//! breaks off, the execution goes on at the server: we attach ourselves to it again.

use std::time::Duration;

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use bazel_remote_apis::google::longrunning::{Operation, operation};
use prost::Message;
use tokio::time::Instant;
use tonic::{Code, Streaming};

use api::execution_client::ExecutionClient;

use crate::action_cache;
use crate::digest::Digest;
use crate::error::{RemoteCall, RemoteCallError, RemoteProblem};
use crate::server::{Connection, RemoteServer};
use crate::status;

/// What became of an action that was handed in.
#[derive(Debug, Clone, PartialEq)]
pub enum ExecutionOutcome {
    /// It was run, or the server had its result.
    Finished {
        /// The result.
        result: Box<api::ActionResult>,
        /// Whether the server had it already.
        cached: bool,
    },
    /// The server lacks these blobs: they must be sent, and the action handed in again. Empty if it
    /// does not say which.
    Missing(Vec<Digest>),
    /// The action did not end within its own time.
    TimedOut,
}

/// Whether a server may answer with a result that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheLookup {
    /// It may.
    Allowed,
    /// It has to run the action.
    Skipped,
}

/// How a stream of news ended without a result.
enum Break {
    /// It may be taken up after the pause.
    Lost(RemoteProblem, Duration),
    /// The server does not know the execution any more.
    Unknown(RemoteProblem),
    Final(RemoteProblem),
}

impl RemoteServer {
    /// Runs an action whose blobs the server has.
    ///
    /// # Errors
    /// Where it does not answer, refuses, or is not done in time.
    pub(crate) async fn execute(
        &self,
        action: Digest,
        lookup: CacheLookup,
    ) -> Result<ExecutionOutcome, RemoteCallError> {
        let call = RemoteCall::Execute(action);
        let deadline = Instant::now() + self.limits.execution_deadline;
        let (mut name, mut attempts) = (None, 0);
        loop {
            attempts += 1;
            let known = name.clone();
            let followed = self.follow(action, lookup, &mut name);
            let end = match tokio::time::timeout_at(deadline, followed).await {
                Ok(Ok(outcome)) => return Ok(outcome),
                Ok(Err(end)) => end,
                Err(_) => Break::Final(RemoteProblem::Timeout(self.limits.execution_deadline)),
            };
            if name.is_some() && known != name {
                attempts = 1;
            }
            let (problem, pause) = match end {
                Break::Lost(problem, pause) => (problem, pause),
                Break::Unknown(problem) => {
                    name = None;
                    (problem, Duration::ZERO)
                }
                Break::Final(problem) => return Err(self.error(call, problem, attempts)),
            };
            if attempts > self.limits.retries {
                return Err(self.error(call, problem, attempts));
            }
            tokio::time::sleep(pause.max(self.back_off(attempts))).await;
        }
    }

    /// Hands the action in, or attaches to the execution `name`, and follows the news of it.
    async fn follow(
        &self,
        action: Digest,
        lookup: CacheLookup,
        name: &mut Option<String>,
    ) -> Result<ExecutionOutcome, Break> {
        let attached = name.is_some();
        let judge = |status: tonic::Status| match status.code() {
            Code::NotFound if attached => Break::Unknown(self.judge(&status).0),
            _ => match self.judge(&status) {
                (problem, Some(pause)) => Break::Lost(problem, pause),
                (problem, None) => Break::Final(problem),
            },
        };
        let mut news = match self.open(action, lookup, name.clone()).await {
            Ok(news) => news,
            Err(status) => return missing_or(status, judge),
        };
        loop {
            match news.message().await {
                Ok(Some(operation)) => {
                    if !operation.name.is_empty() {
                        *name = Some(operation.name.clone());
                    }
                    if operation.done {
                        return self.outcome(operation);
                    }
                }
                Ok(None) => {
                    let problem =
                        RemoteProblem::BadAnswer("the news ended without a result".into());
                    return Err(Break::Lost(problem, Duration::ZERO));
                }
                Err(status) => return missing_or(status, judge),
            }
        }
    }

    async fn open(
        &self,
        action: Digest,
        lookup: CacheLookup,
        name: Option<String>,
    ) -> Result<Streaming<Operation>, tonic::Status> {
        let connection: Connection = self.connection.clone();
        let mut client =
            ExecutionClient::new(connection).max_decoding_message_size(self.message_limit());
        let _permit = self.permit().await;
        let answer = match name {
            Some(name) => {
                let request = api::WaitExecutionRequest { name };
                client.wait_execution(request).await?
            }
            None => {
                let request = api::ExecuteRequest {
                    instance_name: self.instance.clone(),
                    skip_cache_lookup: lookup == CacheLookup::Skipped,
                    action_digest: Some(action.to_message()),
                    inline_stdout: true,
                    inline_stderr: true,
                    ..Default::default()
                };
                client.execute(request).await?
            }
        };
        Ok(answer.into_inner())
    }

    fn outcome(&self, operation: Operation) -> Result<ExecutionOutcome, Break> {
        let bad = |reason: String| Break::Final(RemoteProblem::BadAnswer(reason));
        let answer = match operation.result {
            Some(operation::Result::Response(any)) => any,
            Some(operation::Result::Error(status)) => return self.refused(status),
            None => return Err(bad("an execution is done without a result".into())),
        };
        let answer = api::ExecuteResponse::decode(answer.value.as_slice());
        let answer = answer.map_err(|e| bad(e.to_string()))?;
        if let Some(status) = answer.status.filter(|status| status.code != 0) {
            return self.refused(status);
        }
        let result = answer.result;
        let result = result.ok_or_else(|| bad("an execution is done without a result".into()))?;
        action_cache::check(&result).map_err(bad)?;
        Ok(ExecutionOutcome::Finished {
            result: Box::new(result),
            cached: answer.cached_result,
        })
    }

    fn refused(
        &self,
        status: bazel_remote_apis::google::rpc::Status,
    ) -> Result<ExecutionOutcome, Break> {
        let code = Code::from(status.code);
        match code {
            Code::FailedPrecondition => Ok(ExecutionOutcome::Missing(status::missing_blobs(
                &status.details,
            ))),
            Code::DeadlineExceeded => Ok(ExecutionOutcome::TimedOut),
            _ => {
                let status = tonic::Status::new(code, status.message);
                match self.judge(&status) {
                    // The execution failed as a whole: it has to be handed in again.
                    (problem, Some(_)) => Err(Break::Unknown(problem)),
                    (problem, None) => Err(Break::Final(problem)),
                }
            }
        }
    }
}

/// Blobs that are missing are an outcome; the rest is judged.
fn missing_or(
    status: tonic::Status,
    judge: impl Fn(tonic::Status) -> Break,
) -> Result<ExecutionOutcome, Break> {
    if status.code() == Code::FailedPrecondition {
        let details = status::details(status.details());
        return Ok(ExecutionOutcome::Missing(status::missing_blobs(&details)));
    }
    Err(judge(status))
}
