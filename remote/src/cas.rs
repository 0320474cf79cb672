//! The service ContentAddressableStorage: which blobs are missing, and small ones by the batch.

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use tonic::Code;

use api::content_addressable_storage_client::ContentAddressableStorageClient;

use crate::blob::{Blob, checked};
use crate::capabilities_service::BLOB_FRAME;
use crate::digest::Digest;
use crate::error::{RemoteCall, RemoteCallError, RemoteProblem};
use crate::server::{Connection, RemoteServer};
use crate::status;

/// The digests in one question: a message of them stays under half a MiB.
const DIGESTS: usize = 4000;

impl RemoteServer {
    fn storage(&self) -> ContentAddressableStorageClient<Connection> {
        ContentAddressableStorageClient::new(self.connection.clone())
            .max_decoding_message_size(self.message_limit())
            .max_encoding_message_size(self.message_limit())
    }

    /// Which of these blobs the server lacks.
    ///
    /// # Errors
    /// Where it does not answer, or with what was not asked for.
    pub(crate) async fn missing(&self, digests: &[Digest]) -> Result<Vec<Digest>, RemoteCallError> {
        let mut missing = Vec::new();
        for part in digests.chunks(DIGESTS) {
            missing.extend(self.missing_of(part).await?);
        }
        Ok(missing)
    }

    async fn missing_of(&self, digests: &[Digest]) -> Result<Vec<Digest>, RemoteCallError> {
        let call = RemoteCall::FindMissing(digests.len());
        let storage = self.storage();
        let answer = self.call(call, self.limits.store_timeout, || {
            let mut storage = storage.clone();
            let request = api::FindMissingBlobsRequest {
                instance_name: self.instance.clone(),
                blob_digests: digests.iter().map(Digest::to_message).collect(),
                digest_function: 0,
            };
            async move { storage.find_missing_blobs(request).await }
        });
        let answer = answer.await?.into_inner().missing_blob_digests;
        let read = |message| match Digest::from_message(Some(message)) {
            Ok(digest) if digests.contains(&digest) => Ok(digest),
            Ok(digest) => Err(format!("{digest} was not asked for")),
            Err(error) => Err(error.to_string()),
        };
        let read: Result<_, _> = answer.iter().map(read).collect();
        read.map_err(|reason| self.error(call, RemoteProblem::BadAnswer(reason), 1))
    }

    /// These blobs, in their order. Together they must fit into one message.
    ///
    /// # Errors
    /// Where the server does not answer, lacks one, or gives other bytes.
    pub(crate) async fn batch_read(
        &self,
        digests: &[Digest],
    ) -> Result<Vec<Vec<u8>>, RemoteCallError> {
        let call = RemoteCall::BatchRead(digests.len());
        let storage = self.storage();
        let answer = self.call(call, self.limits.store_timeout, || {
            let mut storage = storage.clone();
            let request = api::BatchReadBlobsRequest {
                instance_name: self.instance.clone(),
                digests: digests.iter().map(Digest::to_message).collect(),
                acceptable_compressors: Vec::new(),
                digest_function: 0,
            };
            async move { storage.batch_read_blobs(request).await }
        });
        let mut answers = answer.await?.into_inner().responses;
        let error = |problem| self.error(call, problem, 1);
        let mut blobs = Vec::with_capacity(digests.len());
        for digest in digests {
            let same = |answer: &api::batch_read_blobs_response::Response| {
                Digest::from_message(answer.digest.as_ref()).as_ref() == Ok(digest)
            };
            let at = answers.iter().position(same);
            let at = at.ok_or_else(|| error(RemoteProblem::Forgotten(*digest)))?;
            let answer = answers.swap_remove(at);
            refused(answer.status.as_ref(), *digest).map_err(error)?;
            blobs.push(checked(*digest, answer.data).map_err(error)?);
        }
        Ok(blobs)
    }

    /// Stores these blobs. Together they must fit into one message.
    ///
    /// # Errors
    /// Where the server does not answer, or refuses one.
    pub(crate) async fn batch_update(&self, blobs: &[&Blob]) -> Result<(), RemoteCallError> {
        let call = RemoteCall::BatchUpdate(blobs.len());
        let error = |problem| self.error(call, problem, 1);
        let mut requests = Vec::with_capacity(blobs.len());
        for blob in blobs {
            requests.push(api::batch_update_blobs_request::Request {
                digest: Some(blob.digest.to_message()),
                data: blob.bytes().map_err(error)?,
                compressor: 0,
            });
        }
        let storage = self.storage();
        let answer = self.call(call, self.limits.store_timeout, || {
            let mut storage = storage.clone();
            let request = api::BatchUpdateBlobsRequest {
                instance_name: self.instance.clone(),
                requests: requests.clone(),
                digest_function: 0,
            };
            async move { storage.batch_update_blobs(request).await }
        });
        for response in answer.await?.into_inner().responses {
            let digest = Digest::from_message(response.digest.as_ref());
            let digest = digest.map_err(|e| error(RemoteProblem::BadAnswer(e.to_string())))?;
            refused(response.status.as_ref(), digest).map_err(error)?;
        }
        Ok(())
    }

    /// Parts blobs into groups that fit into one message each, and those that fit into none.
    pub(crate) async fn batches<T>(
        &self,
        blobs: impl IntoIterator<Item = T>,
        digest: impl Fn(&T) -> Digest,
    ) -> Result<Batches<T>, RemoteCallError> {
        let limit = self.batch_limit().await?;
        let mut batches = Batches {
            small: Vec::new(),
            large: Vec::new(),
        };
        let mut room = 0;
        for blob in blobs {
            let size = digest(&blob).size().saturating_add(BLOB_FRAME);
            if size > limit {
                batches.large.push(blob);
                continue;
            }
            if size > room {
                batches.small.push(Vec::new());
                room = limit;
            }
            room -= size;
            if let Some(batch) = batches.small.last_mut() {
                batch.push(blob);
            }
        }
        Ok(batches)
    }
}

/// Blobs by the way in which they travel.
pub(crate) struct Batches<T> {
    /// Those that fit into one message together.
    pub(crate) small: Vec<Vec<T>>,
    /// Those that need a stream of their own.
    pub(crate) large: Vec<T>,
}

/// The problem that the status of one blob is, if it is one.
fn refused(
    status: Option<&bazel_remote_apis::google::rpc::Status>,
    digest: Digest,
) -> Result<(), RemoteProblem> {
    let Some(status) = status.filter(|status| status.code != 0) else {
        return Ok(());
    };
    match Code::from(status.code) {
        Code::NotFound => Err(RemoteProblem::Forgotten(digest)),
        code => Err(status::problem(
            &tonic::Status::new(code, status.message.clone()),
            true,
        )),
    }
}
