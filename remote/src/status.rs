//! What an answer of gRPC that means an error says to us.

use std::time::Duration;

use prost::Message;
use tonic::{Code, Status};

use crate::digest::Digest;
use crate::error::RemoteProblem;

/// The longest pause that a server may ask for.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// The problem that a status is. `sent` is whether a login was sent.
pub(crate) fn problem(status: &Status, sent: bool) -> RemoteProblem {
    let message = message(status);
    match status.code() {
        _ if is_of_tls(status) => RemoteProblem::Certificate(message),
        Code::Unavailable if std::error::Error::source(status).is_some() => {
            RemoteProblem::Unreachable(message)
        }
        Code::Unauthenticated | Code::PermissionDenied => {
            RemoteProblem::Unauthorized { message, sent }
        }
        Code::ResourceExhausted => RemoteProblem::Exhausted(message),
        code => RemoteProblem::Status {
            code: name(code),
            message,
        },
    }
}

/// The pause before another attempt; `None` if that would be in vain.
pub(crate) fn pause(status: &Status) -> Option<Duration> {
    let transient = matches!(
        status.code(),
        Code::Aborted
            | Code::Cancelled
            | Code::Internal
            | Code::ResourceExhausted
            | Code::Unavailable
            | Code::Unknown
    );
    (transient && !is_of_tls(status)).then(|| asked_pause(status).unwrap_or_default())
}

/// The pause that the server asks for: `RetryInfo` in the details.
fn asked_pause(status: &Status) -> Option<Duration> {
    let delay = details(status.details())
        .into_iter()
        .filter(|any| any.type_url.ends_with("/google.rpc.RetryInfo"))
        .find_map(|any| RetryInfo::decode(any.value.as_slice()).ok()?.retry_delay)?;
    let seconds = u64::try_from(delay.seconds).unwrap_or_default();
    let nanos = u32::try_from(delay.nanos).unwrap_or_default();
    Some(Duration::new(seconds, nanos).min(MAX_PAUSE))
}

/// The blobs that a server lacks to run an action: `PreconditionFailure` in the details, with
/// violations of the type `MISSING` whose subjects are `blobs/HASH/SIZE`.
pub(crate) fn missing_blobs(details_of_status: &[Any]) -> Vec<Digest> {
    details_of_status
        .iter()
        .filter(|any| any.type_url.ends_with("/google.rpc.PreconditionFailure"))
        .filter_map(|any| PreconditionFailure::decode(any.value.as_slice()).ok())
        .flat_map(|failure| failure.violations)
        .filter(|violation| violation.kind == "MISSING")
        .filter_map(|violation| {
            let (_, digest) = violation.subject.split_once("blobs/")?;
            digest.parse().ok()
        })
        .collect()
}

/// The details that a status carries in its header.
pub(crate) fn details(bytes: &[u8]) -> Vec<Any> {
    use bazel_remote_apis::google::rpc::Status as Message;
    Message::decode(bytes).map_or_else(|_| Vec::new(), |status| status.details)
}

pub(crate) type Any = bazel_remote_apis::google::protobuf::Any;

/// What the server says; without it, or where nobody was reached, the innermost cause.
fn message(status: &Status) -> String {
    let text = match std::error::Error::source(status) {
        Some(source) => transport::root_cause(source),
        None => status.message().to_owned(),
    };
    let line = text.lines().next().unwrap_or_default().trim();
    match line {
        "" => "it does not say why".to_owned(),
        line => line.chars().take(200).collect(),
    }
}

fn is_of_tls(status: &Status) -> bool {
    let mut cause = std::error::Error::source(status);
    while let Some(error) = cause {
        let text = error.to_string();
        if ["certificate", "Certificate", "fatal alert"]
            .iter()
            .any(|word| text.contains(word))
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The name of a code, as in gRPC's documents.
pub(crate) fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// `google.rpc.RetryInfo`, of `google/rpc/error_details.proto`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<bazel_remote_apis::google::protobuf::Duration>,
}

/// `google.rpc.PreconditionFailure`, of the same file.
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
    #[prost(string, tag = "3")]
    description: String,
}
