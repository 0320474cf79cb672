//! The service ActionCache: the results of actions.

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use tonic::Code;

use api::action_cache_client::ActionCacheClient;

use crate::digest::Digest;
use crate::error::{RemoteCall, RemoteCallError, RemoteProblem};
use crate::server::{Connection, RemoteServer};

impl RemoteServer {
    fn results(&self) -> ActionCacheClient<Connection> {
        ActionCacheClient::new(self.connection.clone())
            .max_decoding_message_size(self.message_limit())
            .max_encoding_message_size(self.message_limit())
    }

    /// The result of an action, if the server has one.
    ///
    /// # Errors
    /// Where it does not answer, or with what is no result.
    pub(crate) async fn action_result(
        &self,
        action: Digest,
    ) -> Result<Option<api::ActionResult>, RemoteCallError> {
        let call = RemoteCall::GetActionResult(action);
        let results = self.results();
        let answer = self.call(call, self.limits.cache_timeout, || {
            let mut results = results.clone();
            let request = api::GetActionResultRequest {
                instance_name: self.instance.clone(),
                action_digest: Some(action.to_message()),
                inline_stdout: true,
                inline_stderr: true,
                ..Default::default()
            };
            async move {
                match results.get_action_result(request).await {
                    Ok(answer) => Ok(Some(answer.into_inner())),
                    Err(status) if is_miss(&status) => Ok(None),
                    Err(status) => Err(status),
                }
            }
        });
        let Some(result) = answer.await? else {
            return Ok(None);
        };
        match check(&result) {
            Ok(()) => Ok(Some(result)),
            Err(reason) => Err(self.error(call, RemoteProblem::BadAnswer(reason), 1)),
        }
    }

    /// Stores the result of an action. Its blobs must be there already.
    ///
    /// # Errors
    /// Where the server does not answer or refuses it.
    pub(crate) async fn update_action_result(
        &self,
        action: Digest,
        result: &api::ActionResult,
    ) -> Result<(), RemoteCallError> {
        let call = RemoteCall::UpdateActionResult(action);
        let results = self.results();
        let answer = self.call(call, self.limits.store_timeout, || {
            let mut results = results.clone();
            let request = api::UpdateActionResultRequest {
                instance_name: self.instance.clone(),
                action_digest: Some(action.to_message()),
                action_result: Some(result.clone()),
                ..Default::default()
            };
            async move { results.update_action_result(request).await }
        });
        answer.await.map(|_| ())
    }
}

/// NOT_FOUND is also what some servers say of an instance that they do not have.
fn is_miss(status: &tonic::Status) -> bool {
    status.code() == Code::NotFound && !status.message().to_lowercase().contains("instance")
}

/// Whether every digest in a result is one.
///
/// # Errors
/// Says of which output it is not.
pub(crate) fn check(result: &api::ActionResult) -> Result<(), String> {
    let files = result.output_files.iter();
    let files = files.map(|file| (file.path.as_str(), file.digest.as_ref()));
    let folders = result.output_directories.iter();
    let folders = folders.map(|folder| (folder.path.as_str(), folder.tree_digest.as_ref()));
    for (path, digest) in files.chain(folders) {
        Digest::from_message(digest).map_err(|e| format!("the output `{path}`: {e}"))?;
    }
    for (stream, digest) in [
        ("stdout", &result.stdout_digest),
        ("stderr", &result.stderr_digest),
    ] {
        if digest.is_some() {
            Digest::from_message(digest.as_ref()).map_err(|e| format!("{stream}: {e}"))?;
        }
    }
    Ok(())
}
