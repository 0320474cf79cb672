//! The Remote Execution API v2: its messages, and a client of its services.
//!
//! `digest` is what everything is known by.

mod digest;

pub use digest::{Digest, DigestError, DigestHasher};

/// The API's messages, as its definition has them:
/// `build/bazel/remote/execution/v2/remote_execution.proto`.
pub mod messages {
    pub use bazel_remote_apis::build::bazel::remote::execution::v2::*;
    pub use bazel_remote_apis::google::protobuf::{Duration, Timestamp};
    pub use bazel_remote_apis::google::rpc::Status;
}
