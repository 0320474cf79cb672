//! The services that answer in parts: blobs, and the news of executions.

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use bazel_remote_apis::google::bytestream as bytes;
use bazel_remote_apis::google::longrunning::{Operation, operation};
use bazel_remote_apis::google::protobuf::Any;
use prost::Message;
use tonic::{Code, Request, Response, Status, Streaming};

use super::services::{key, key_of};
use super::{CacheFault, Shared};

type Answer<T> = Result<Response<T>, Status>;
type Parts<T> = tokio_stream::Iter<std::vec::IntoIter<Result<T, Status>>>;

const PART: usize = 64 * 1024;

impl Shared {
    /// Whether a stream of this name breaks off now.
    fn breaks(&self, name: &str) -> bool {
        let mut state = self.state();
        if state.fault != Some(CacheFault::Interrupted) {
            return false;
        }
        let times = state.broken.entry(name.to_owned()).or_default();
        *times += 1;
        *times == 1
    }
}

/// The instance and the key in the name of a blob that is read, or written.
fn named(name: &str) -> Result<(String, String), Status> {
    let wrong = || Status::invalid_argument(format!("`{name}` is no name of a blob"));
    let (before, digest) = name.rsplit_once("blobs/").ok_or_else(wrong)?;
    let instance = before.split("uploads/").next().unwrap_or_default();
    Ok((instance.trim_end_matches('/').to_owned(), digest.to_owned()))
}

#[tonic::async_trait]
impl bytes::byte_stream_server::ByteStream for Shared {
    type ReadStream = Parts<bytes::ReadResponse>;

    async fn read(&self, request: Request<bytes::ReadRequest>) -> Answer<Self::ReadStream> {
        let (instance, digest) = named(&request.get_ref().resource_name)?;
        self.enter("Read", &instance, &request).await?;
        let blob = self
            .blob(&digest)
            .ok_or_else(|| Status::not_found("no such blob"))?;
        let offset = usize::try_from(request.get_ref().read_offset).unwrap_or_default();
        let rest = blob.get(offset..).unwrap_or_default();
        let mut parts: Vec<_> = rest
            .chunks(PART)
            .map(|part| {
                Ok(bytes::ReadResponse {
                    data: part.to_vec(),
                })
            })
            .collect();
        if self.breaks(&request.get_ref().resource_name) {
            parts.truncate(parts.len() / 2);
            parts.push(Err(Status::unavailable("the stream breaks off")));
        }
        Ok(Response::new(tokio_stream::iter(parts)))
    }

    async fn write(
        &self,
        request: Request<Streaming<bytes::WriteRequest>>,
    ) -> Answer<bytes::WriteResponse> {
        let mut parts = {
            let fault = self.enter("Write", "", &request);
            // The instance is in the first part, and `enter` knows only those of all calls.
            match fault.await {
                Err(status) if status.code() == Code::InvalidArgument => {}
                other => other?,
            }
            request.into_inner()
        };
        let (mut name, mut got) = (String::new(), Vec::new());
        while let Some(part) = parts.message().await? {
            if name.is_empty() {
                name = part.resource_name;
                let state = self.state();
                if let Some(partial) = state.partial.get(&name).filter(|_| part.write_offset > 0) {
                    got = partial.clone();
                }
            }
            if part.write_offset != i64::try_from(got.len()).unwrap_or_default() {
                return Err(Status::invalid_argument("a gap"));
            }
            got.extend(part.data);
            let (_, digest) = named(&name)?;
            let half = digest
                .rsplit('/')
                .next()
                .and_then(|size| size.parse::<usize>().ok());
            if got.len() > half.unwrap_or_default() / 2 && self.breaks(&name) {
                self.state().partial.insert(name.clone(), got);
                return Err(Status::unavailable("the stream breaks off"));
            }
        }
        let (_, digest) = named(&name)?;
        if digest != key_of(&got) {
            return Err(Status::invalid_argument("another digest"));
        }
        let committed_size = i64::try_from(got.len()).unwrap_or_default();
        self.state().blobs.insert(digest, got);
        Ok(Response::new(bytes::WriteResponse { committed_size }))
    }

    async fn query_write_status(
        &self,
        request: Request<bytes::QueryWriteStatusRequest>,
    ) -> Answer<bytes::QueryWriteStatusResponse> {
        let state = self.state();
        let partial = state.partial.get(&request.get_ref().resource_name);
        Ok(Response::new(bytes::QueryWriteStatusResponse {
            committed_size: partial.map_or(0, Vec::len).try_into().unwrap_or_default(),
            complete: false,
        }))
    }
}

/// Nothing is run: the result of an action is the one that the server has of it, or an empty one.
#[tonic::async_trait]
impl api::execution_server::Execution for Shared {
    type ExecuteStream = Parts<Operation>;
    type WaitExecutionStream = Parts<Operation>;

    async fn execute(&self, request: Request<api::ExecuteRequest>) -> Answer<Self::ExecuteStream> {
        let instance = request.get_ref().instance_name.clone();
        self.enter("Execute", &instance, &request).await?;
        let action = key(request.get_ref().action_digest.as_ref());
        let queued = Operation {
            name: format!("operations/{action}"),
            ..Default::default()
        };
        if !self.state().blobs.contains_key(&action) {
            return Err(missing(&action));
        }
        let end = match self.breaks(&action) {
            true => Err(Status::unavailable("the stream breaks off")),
            false => Ok(self.done(&action)),
        };
        Ok(Response::new(tokio_stream::iter(vec![Ok(queued), end])))
    }

    async fn wait_execution(
        &self,
        request: Request<api::WaitExecutionRequest>,
    ) -> Answer<Self::WaitExecutionStream> {
        self.enter("WaitExecution", "", &request).await?;
        let name = &request.get_ref().name;
        let action = name.strip_prefix("operations/").unwrap_or_default();
        let done = self.done(action);
        Ok(Response::new(tokio_stream::iter(vec![Ok(done)])))
    }
}

impl Shared {
    fn done(&self, action: &str) -> Operation {
        let known = self.state().results.get(action).cloned();
        let answer = api::ExecuteResponse {
            cached_result: known.is_some(),
            result: Some(known.unwrap_or_default()),
            ..Default::default()
        };
        Operation {
            name: format!("operations/{action}"),
            done: true,
            metadata: None,
            result: Some(operation::Result::Response(Any {
                type_url: "type.googleapis.com/build.bazel.remote.execution.v2.ExecuteResponse"
                    .into(),
                value: answer.encode_to_vec(),
            })),
        }
    }
}

/// `FAILED_PRECONDITION` with the blob that is missing, as the API wants it.
fn missing(digest: &str) -> Status {
    let violation = Violation {
        kind: "MISSING".into(),
        subject: format!("blobs/{digest}"),
    };
    let failure = PreconditionFailure {
        violations: vec![violation],
    };
    let status = bazel_remote_apis::google::rpc::Status {
        code: Code::FailedPrecondition as i32,
        message: "blobs are missing".into(),
        details: vec![Any {
            type_url: "type.googleapis.com/google.rpc.PreconditionFailure".into(),
            value: failure.encode_to_vec(),
        }],
    };
    Status::with_details(
        Code::FailedPrecondition,
        "blobs are missing",
        status.encode_to_vec().into(),
    )
}

/// Of `google/rpc/error_details.proto`.
#[derive(Clone, PartialEq, Message)]
struct PreconditionFailure {
    #[prost(message, repeated, tag = "1")]
    violations: Vec<Violation>,
}

#[derive(Clone, PartialEq, Message)]
struct Violation {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(string, tag = "2")]
    subject: String,
}
