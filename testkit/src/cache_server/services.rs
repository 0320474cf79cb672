//! The services that answer at once: capabilities, blobs by the batch, results.

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use bazel_remote_apis::google::rpc;
use sha2::{Digest as _, Sha256};
use tonic::{Code, Request, Response, Status};

use super::{CacheFault, Shared};

type Answer<T> = Result<Response<T>, Status>;
type NoStream<T> = tokio_stream::Empty<Result<T, Status>>;

/// `HASH/SIZE`
pub(super) fn key(digest: Option<&api::Digest>) -> String {
    let digest = digest.cloned().unwrap_or_default();
    format!("{}/{}", digest.hash, digest.size_bytes)
}

/// The key of bytes.
pub(super) fn key_of(bytes: &[u8]) -> String {
    format!("{}/{}", hex::encode(Sha256::digest(bytes)), bytes.len())
}

impl Shared {
    /// Notes a call, and gives the fault that concerns every call.
    pub(super) async fn enter<T>(
        &self,
        method: &'static str,
        instance: &str,
        request: &Request<T>,
    ) -> Result<(), Status> {
        let fault = self.note(method, request);
        if let Some(CacheFault::Slow(time)) = fault {
            tokio::time::sleep(time).await;
        }
        let stores = method.contains("Update") || method == "Write";
        let expected = self.state().instance.clone();
        match fault {
            Some(CacheFault::Unavailable | CacheFault::UnavailableFirst(_)) => {
                Err(Status::unavailable("the backend restarts"))
            }
            Some(CacheFault::Unauthenticated) => Err(Status::unauthenticated("who are you?")),
            Some(CacheFault::ReadOnly) if stores => {
                Err(Status::permission_denied("this token only reads"))
            }
            Some(CacheFault::Full) if stores => Err(Status::resource_exhausted("the disk is full")),
            Some(CacheFault::OtherInstance) => Err(unknown_instance(instance)),
            _ if expected.is_some_and(|expected| expected != instance) => {
                Err(unknown_instance(instance))
            }
            _ => Ok(()),
        }
    }

    fn note<T>(&self, method: &'static str, request: &Request<T>) -> Option<CacheFault> {
        let mut state = self.state();
        *state.calls.entry(method).or_default() += 1;
        state.headers = request
            .metadata()
            .clone()
            .into_headers()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let fault = state.fault;
        if let Some(CacheFault::UnavailableFirst(left)) = fault {
            state.fault = left
                .checked_sub(1)
                .filter(|n| *n > 0)
                .map(CacheFault::UnavailableFirst);
        }
        fault
    }

    /// A blob as the server gives it, with what is wrong with it.
    pub(super) fn blob(&self, key: &str) -> Option<Vec<u8>> {
        let state = self.state();
        let blob = state.blobs.get(key)?.clone();
        Some(match state.fault {
            Some(CacheFault::Truncated) => blob[..blob.len() / 2].to_vec(),
            Some(CacheFault::WrongContent) => blob.iter().map(|byte| byte ^ 1).collect(),
            Some(CacheFault::TooLong) => [blob.as_slice(), blob.as_slice()].concat(),
            Some(CacheFault::Forgetful) => return None,
            _ => blob,
        })
    }
}

fn unknown_instance(instance: &str) -> Status {
    Status::invalid_argument(format!("unknown instance name '{instance}'"))
}

fn status(code: Code, message: &str) -> Option<rpc::Status> {
    Some(rpc::Status {
        code: code as i32,
        message: message.to_owned(),
        details: Vec::new(),
    })
}

#[tonic::async_trait]
impl api::capabilities_server::Capabilities for Shared {
    async fn get_capabilities(
        &self,
        request: Request<api::GetCapabilitiesRequest>,
    ) -> Answer<api::ServerCapabilities> {
        let instance = request.get_ref().instance_name.clone();
        self.enter("GetCapabilities", &instance, &request).await?;
        let state = self.state();
        let function = match state.fault {
            Some(CacheFault::OtherDigests) => api::digest_function::Value::Sha1,
            _ => api::digest_function::Value::Sha256,
        };
        Ok(Response::new(api::ServerCapabilities {
            cache_capabilities: Some(api::CacheCapabilities {
                digest_functions: vec![function as i32],
                action_cache_update_capabilities: Some(api::ActionCacheUpdateCapabilities {
                    update_enabled: true,
                }),
                max_batch_total_size_bytes: state.batch_limit,
                ..Default::default()
            }),
            execution_capabilities: Some(api::ExecutionCapabilities {
                digest_function: function as i32,
                exec_enabled: true,
                ..Default::default()
            }),
            ..Default::default()
        }))
    }
}

#[tonic::async_trait]
impl api::content_addressable_storage_server::ContentAddressableStorage for Shared {
    type GetTreeStream = NoStream<api::GetTreeResponse>;
    type GetChunkMappingStream = NoStream<api::GetChunkMappingResponse>;

    async fn find_missing_blobs(
        &self,
        request: Request<api::FindMissingBlobsRequest>,
    ) -> Answer<api::FindMissingBlobsResponse> {
        let instance = request.get_ref().instance_name.clone();
        self.enter("FindMissingBlobs", &instance, &request).await?;
        let state = self.state();
        let mut missing = request.into_inner().blob_digests;
        missing.retain(|digest| !state.blobs.contains_key(&key(Some(digest))));
        if state.fault == Some(CacheFault::Forgetful) {
            missing.clear();
        }
        Ok(Response::new(api::FindMissingBlobsResponse {
            missing_blob_digests: missing,
        }))
    }

    async fn batch_update_blobs(
        &self,
        request: Request<api::BatchUpdateBlobsRequest>,
    ) -> Answer<api::BatchUpdateBlobsResponse> {
        let instance = request.get_ref().instance_name.clone();
        self.enter("BatchUpdateBlobs", &instance, &request).await?;
        let mut state = self.state();
        let mut responses = Vec::new();
        let sum = request
            .get_ref()
            .requests
            .iter()
            .map(|r| r.data.len())
            .sum();
        state.largest_batch = state.largest_batch.max(sum);
        for blob in request.into_inner().requests {
            let named = key(blob.digest.as_ref());
            let status = match named == key_of(&blob.data) {
                true => status(Code::Ok, ""),
                false => status(Code::InvalidArgument, "another digest"),
            };
            state.blobs.insert(named, blob.data);
            responses.push(api::batch_update_blobs_response::Response {
                digest: blob.digest,
                status,
            });
        }
        Ok(Response::new(api::BatchUpdateBlobsResponse { responses }))
    }

    async fn batch_read_blobs(
        &self,
        request: Request<api::BatchReadBlobsRequest>,
    ) -> Answer<api::BatchReadBlobsResponse> {
        let instance = request.get_ref().instance_name.clone();
        self.enter("BatchReadBlobs", &instance, &request).await?;
        let read = |digest: api::Digest| {
            let data = self.blob(&key(Some(&digest)));
            api::batch_read_blobs_response::Response {
                status: match data {
                    Some(_) => status(Code::Ok, ""),
                    None => status(Code::NotFound, "no such blob"),
                },
                digest: Some(digest),
                data: data.unwrap_or_default(),
                compressor: 0,
            }
        };
        let digests = request.into_inner().digests;
        Ok(Response::new(api::BatchReadBlobsResponse {
            responses: digests.into_iter().map(read).collect(),
        }))
    }

    async fn get_tree(&self, _: Request<api::GetTreeRequest>) -> Answer<Self::GetTreeStream> {
        Err(Status::unimplemented(""))
    }

    async fn split_blob(
        &self,
        _: Request<api::SplitBlobRequest>,
    ) -> Answer<api::SplitBlobResponse> {
        Err(Status::unimplemented(""))
    }

    async fn get_chunk_mapping(
        &self,
        _: Request<api::GetChunkMappingRequest>,
    ) -> Answer<Self::GetChunkMappingStream> {
        Err(Status::unimplemented(""))
    }

    async fn splice_blob(
        &self,
        _: Request<api::SpliceBlobRequest>,
    ) -> Answer<api::SpliceBlobResponse> {
        Err(Status::unimplemented(""))
    }

    async fn register_chunk_mapping(
        &self,
        _: Request<tonic::Streaming<api::RegisterChunkMappingRequest>>,
    ) -> Answer<api::RegisterChunkMappingResponse> {
        Err(Status::unimplemented(""))
    }
}

#[tonic::async_trait]
impl api::action_cache_server::ActionCache for Shared {
    async fn get_action_result(
        &self,
        request: Request<api::GetActionResultRequest>,
    ) -> Answer<api::ActionResult> {
        let instance = request.get_ref().instance_name.clone();
        self.enter("GetActionResult", &instance, &request).await?;
        let state = self.state();
        let result = state
            .results
            .get(&key(request.get_ref().action_digest.as_ref()));
        let mut result = result
            .cloned()
            .ok_or_else(|| Status::not_found("no result"))?;
        if state.fault == Some(CacheFault::BadResults) {
            result.output_files.push(api::OutputFile {
                path: "out".into(),
                digest: Some(api::Digest {
                    hash: "elsewhere".into(),
                    size_bytes: 1,
                }),
                ..Default::default()
            });
        }
        Ok(Response::new(result))
    }

    async fn update_action_result(
        &self,
        request: Request<api::UpdateActionResultRequest>,
    ) -> Answer<api::ActionResult> {
        let instance = request.get_ref().instance_name.clone();
        self.enter("UpdateActionResult", &instance, &request)
            .await?;
        let request = request.into_inner();
        let result = request.action_result.unwrap_or_default();
        let action = key(request.action_digest.as_ref());
        self.state().results.insert(action, result.clone());
        Ok(Response::new(result))
    }
}
