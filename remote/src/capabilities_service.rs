//! The service Capabilities, which is asked once, and how large a batch may be.

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;

use api::capabilities_client::CapabilitiesClient;

use crate::capabilities::Capabilities;
use crate::error::{RemoteCall, RemoteCallError, RemoteProblem};
use crate::server::RemoteServer;

/// The largest sum of a batch, where the server sets none: gRPC itself takes no larger message.
const GRPC_MESSAGE: u64 = 4 * 1024 * 1024;

/// What is around a blob in a batch: its digest, and the lengths of fields.
pub(crate) const BLOB_FRAME: u64 = 128;
/// What is around a batch.
const BATCH_FRAME: u64 = 1024;

impl RemoteServer {
    /// What the server can do. It is asked once.
    ///
    /// # Errors
    /// Where it does not answer, or has no SHA-256.
    pub(crate) async fn capabilities(&self) -> Result<&Capabilities, RemoteCallError> {
        self.capabilities
            .get_or_try_init(|| self.ask_capabilities())
            .await
    }

    async fn ask_capabilities(&self) -> Result<Capabilities, RemoteCallError> {
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
        Capabilities::read(&answer)
            .map_err(|reason| self.error(call, RemoteProblem::Unsupported(reason.to_owned()), 1))
    }

    /// The largest sum of the blobs of one call, with what is around them.
    pub(crate) async fn batch_limit(&self) -> Result<u64, RemoteCallError> {
        let theirs = self.capabilities().await?.max_batch_total_size_bytes;
        let theirs = if theirs == 0 { GRPC_MESSAGE } else { theirs };
        let limit = theirs.min(self.limits.batch_bytes).min(GRPC_MESSAGE);
        Ok(limit.saturating_sub(BATCH_FRAME))
    }
}
