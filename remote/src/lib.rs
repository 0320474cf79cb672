//! Shared caches and remote execution: the messages of the Remote Execution API v2, a client of its
//! services, and caches without a server.
//!
//! `digest` is what everything is known by, `options` what can be set. `server` makes calls to one
//! server, with the `headers` and the `pace` that are set; `status` says what a refusal means.
//! `capabilities_service`, `cas`, `byte_stream`, `action_cache` and `execution` are its services, and
//! `transfers` moves many blobs. `folder` is a cache that is a folder, `object_storage` one that is a bucket. `store` is what all caches
//! do, and `client` its blocking face. `shared` is a team's cache as a run uses it: `failures` says what a
//! failure means to a run, `outputs` what belongs to a result.

mod action_cache;
mod blob;
mod byte_stream;
mod capabilities;
mod capabilities_service;
mod cas;
mod client;
mod digest;
mod error;
mod execution;
mod failures;
mod folder;
mod headers;
#[cfg(feature = "object-storage")]
mod object_storage;
mod options;
mod outputs;
mod pace;
mod server;
mod shared;
mod status;
mod store;
mod transfers;

pub use blob::{Blob, BlobSource, BlobTransfer, Download};
pub use capabilities::Capabilities;
pub use client::RemoteClient;
pub use digest::{Digest, DigestError, DigestHasher};
pub use error::{RemoteCall, RemoteCallError, RemoteError, RemoteProblem};
pub use execution::{CacheLookup, ExecutionOutcome};
pub use failures::CacheObserver;
pub use options::{
    BearerToken, CacheContentBehavior, OptionsConflict, RemoteCacheWarnings, RemoteCertificates,
    RemoteLimits, RemoteOptions, RemoteProvider,
};
pub use shared::{
    LocalBlobs, LookUp, LookUpAnswer, RemoteAction, RemoteRun, SharedCache, SharedCacheStatistics,
};

/// The API's messages, as its definition has them:
/// `build/bazel/remote/execution/v2/remote_execution.proto`.
pub mod messages {
    pub use bazel_remote_apis::build::bazel::remote::execution::v2::*;
    pub use bazel_remote_apis::google::protobuf::{Duration, Timestamp};
    pub use bazel_remote_apis::google::rpc::Status;
}
