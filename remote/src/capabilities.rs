//! What a server can do, asked once.

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;

use api::capabilities_client::CapabilitiesClient;

use crate::error::{CallError, RemoteCall, RemoteProblem};
use crate::server::Server;

/// The largest sum of a batch, where the server sets none: gRPC itself takes no larger message.
const GRPC_MESSAGE: u64 = 4 * 1024 * 1024;

/// What is around a blob in a batch: its digest, and the lengths of fields.
pub(crate) const BLOB_FRAME: u64 = 128;
/// What is around a batch.
const BATCH_FRAME: u64 = 1024;

/// What a server can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// The largest sum of the blobs of one call, as the server says; 0 is no limit.
    pub max_batch_total_size_bytes: u64,
    /// Whether results may be stored by clients.
    pub update_enabled: bool,
    /// Whether actions are run.
    pub exec_enabled: bool,
    /// The largest blob, if there is a limit.
    pub max_blob_size_bytes: Option<u64>,
}

impl Server {
    /// What the server can do. It is asked once.
    ///
    /// # Errors
    /// Where it does not answer, or has no SHA-256.
    pub(crate) async fn capabilities(&self) -> Result<&Capabilities, CallError> {
        self.capabilities
            .get_or_try_init(|| self.ask_capabilities())
            .await
    }

    async fn ask_capabilities(&self) -> Result<Capabilities, CallError> {
        let client = CapabilitiesClient::new(self.connection.clone());
        let call = RemoteCall::Capabilities;
        let answer = self.call(call, self.limits.store_timeout, || {
            let mut client = client.clone();
            let request = api::GetCapabilitiesRequest {
                instance_name: self.instance.clone(),
            };
            async move { client.get_capabilities(request).await }
        });
        let answer = answer.await?.into_inner();
        read(&answer)
            .map_err(|reason| self.error(call, RemoteProblem::Unsupported(reason.to_owned()), 1))
    }

    /// The largest sum of the blobs of one call, with what is around them.
    pub(crate) async fn batch_limit(&self) -> Result<u64, CallError> {
        let theirs = self.capabilities().await?.max_batch_total_size_bytes;
        let theirs = if theirs == 0 { GRPC_MESSAGE } else { theirs };
        let limit = theirs.min(self.limits.batch_bytes).min(GRPC_MESSAGE);
        Ok(limit.saturating_sub(BATCH_FRAME))
    }
}

fn read(answer: &api::ServerCapabilities) -> Result<Capabilities, &'static str> {
    let sha256 = api::digest_function::Value::Sha256 as i32;
    let cache = answer.cache_capabilities.as_ref();
    if let Some(cache) = cache
        && !cache.digest_functions.is_empty()
        && !cache.digest_functions.contains(&sha256)
    {
        return Err("it does not know blobs by SHA-256");
    }
    let number = |value: i64| u64::try_from(value).unwrap_or_default();
    let update = cache.and_then(|cache| cache.action_cache_update_capabilities.as_ref());
    let largest = cache.map_or(0, |cache| number(cache.max_cas_blob_size_bytes));
    Ok(Capabilities {
        max_batch_total_size_bytes: cache.map_or(0, |c| number(c.max_batch_total_size_bytes)),
        update_enabled: update.is_some_and(|update| update.update_enabled),
        exec_enabled: answer
            .execution_capabilities
            .as_ref()
            .is_some_and(|execution| execution.exec_enabled),
        max_blob_size_bytes: (largest > 0).then_some(largest),
    })
}
