//! Errors of calls, with the facts that a message needs: what was attempted, where, why it failed
//! and how often it was tried.

use std::fmt;
use std::time::Duration;

use camino::Utf8PathBuf;

use crate::digest::Digest;
use crate::options::OptionsConflict;

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteCall {
    /// What the server can do.
    Capabilities,
    /// Which of so many blobs are missing.
    FindMissing(usize),
    /// So many blobs, by one call.
    BatchRead(usize),
    /// So many blobs, by one call.
    BatchUpdate(usize),
    /// A blob, in parts.
    Read(Digest),
    /// A blob, in parts.
    Write(Digest),
    /// The result of an action.
    GetActionResult(Digest),
    /// The result of an action.
    UpdateActionResult(Digest),
    /// An action.
    Execute(Digest),
}

impl RemoteCall {
    /// Whether it changes what the server has.
    #[must_use]
    pub fn stores(&self) -> bool {
        matches!(
            self,
            Self::BatchUpdate(_) | Self::Write(_) | Self::UpdateActionResult(_)
        )
    }
}

impl fmt::Display for RemoteCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capabilities => write!(f, "ask for the capabilities"),
            Self::FindMissing(1) => write!(f, "ask whether a blob is missing"),
            Self::FindMissing(count) => write!(f, "ask which of {count} blobs are missing"),
            Self::BatchRead(1) => write!(f, "read a blob"),
            Self::BatchRead(count) => write!(f, "read {count} blobs"),
            Self::BatchUpdate(1) => write!(f, "store a blob"),
            Self::BatchUpdate(count) => write!(f, "store {count} blobs"),
            Self::Read(digest) => write!(f, "read {}", Short(digest)),
            Self::Write(digest) => write!(f, "store {}", Short(digest)),
            Self::GetActionResult(digest) => write!(f, "look up the action {}", Short(digest)),
            Self::UpdateActionResult(digest) => {
                write!(f, "store the result of the action {}", Short(digest))
            }
            Self::Execute(digest) => write!(f, "run the action {}", Short(digest)),
        }
    }
}

/// A digest as messages show it: enough to find it, and short enough to be read.
struct Short<'a>(&'a Digest);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.0.size() == 1 { "byte" } else { "bytes" };
        write!(f, "{} ({} {unit})", &self.0.hex()[..12], self.0.size())
    }
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteProblem {
    /// No connection.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// The certificate is not trusted, or ours is asked for.
    #[error("no secure connection: {0}")]
    Certificate(String),
    /// Nothing came in time.
    #[error("no answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// Who we are is not known, or not enough.
    #[error("it refuses the login{}: {message}", if *.sent { "" } else { ", of which none was sent" })]
    Unauthorized {
        /// What the server says.
        message: String,
        /// Whether a token was sent.
        sent: bool,
    },
    /// There is no room left, or there were too many calls.
    #[error("it has no room, or too much to do: {0}")]
    Exhausted(String),
    /// Another answer that means an error.
    #[error("it answers {code}: {message}")]
    Status {
        /// As gRPC calls it: `INVALID_ARGUMENT`.
        code: &'static str,
        /// What the server says.
        message: String,
    },
    /// A blob that it should have is not there.
    #[error("it has forgotten {}, which it said it has", Short(.0))]
    Forgotten(Digest),
    /// The bytes are others than those that were asked for.
    #[error("it gives other bytes for {}: {}", Short(.expected), Short(.found))]
    WrongContent {
        /// What was asked for.
        expected: Digest,
        /// What came.
        found: Digest,
    },
    /// The stream ended early.
    #[error("it gives only {found} bytes of {}", Short(.expected))]
    Truncated {
        /// What was asked for.
        expected: Digest,
        /// The number of bytes that came.
        found: u64,
    },
    /// The answer makes no sense.
    #[error("its answer is not usable: {0}")]
    BadAnswer(String),
    /// It lacks something that is needed.
    #[error("it cannot be used: {0}")]
    Unsupported(String),
    /// A file here, to be sent or written, cannot be used.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: Utf8PathBuf,
        /// Why not.
        reason: String,
    },
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {call} at {server}: {problem}{}", tried(*.attempts))]
pub struct RemoteCallError {
    /// What was attempted.
    pub call: RemoteCall,
    /// The address of the cache, as it is set.
    pub server: String,
    /// What went wrong.
    pub problem: RemoteProblem,
    /// How many attempts were made.
    pub attempts: u32,
}

impl RemoteCallError {
    /// What the user can do about it, if that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match &self.problem {
            RemoteProblem::Unreachable(_) => {
                "check `[GLOBAL] remote_store_address`, or do without: \
                 `remote_cache_read = false`"
            }
            RemoteProblem::Certificate(_) => {
                "`remote_ca_certs_path` names the certificate that vouches for the server, \
                 `remote_client_certs_path` and `remote_client_key_path` ours"
            }
            RemoteProblem::Unauthorized { .. } if self.call.stores() => {
                "ask who runs the server for the right to store; reading alone needs \
                 `remote_cache_write = false`"
            }
            RemoteProblem::Unauthorized { sent: false, .. } => {
                "set PANTS_REMOTE_OAUTH_BEARER_TOKEN, `remote_oauth_bearer_token_path` or \
                 `remote_store_headers`"
            }
            RemoteProblem::Unauthorized { sent: true, .. } => {
                "ask who runs the server to give this token access"
            }
            RemoteProblem::Timeout(_) => {
                "`remote_cache_rpc_timeout_millis` and `remote_store_rpc_timeout_millis` say how long \
                 it may take"
            }
            RemoteProblem::Status { code, .. }
                if matches!(*code, "NOT_FOUND" | "INVALID_ARGUMENT") =>
            {
                "is `remote_instance_name` the one of this server?"
            }
            RemoteProblem::Unsupported(_)
            | RemoteProblem::Status {
                code: "UNIMPLEMENTED",
                ..
            } => "is this a server with the Remote Execution API v2?",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

fn tried(attempts: u32) -> String {
    match attempts {
        0 | 1 => String::new(),
        attempts => format!(" ({attempts} attempts)"),
    }
}

/// Why a cache cannot be used at all.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RemoteError {
    /// Settings do not go together.
    #[error(transparent)]
    Options(#[from] OptionsConflict),
    /// A setting cannot be used.
    #[error("`[GLOBAL] {setting}` is `{value}`: {reason}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// Why it cannot be used.
        reason: String,
    },
    /// A call failed.
    #[error(transparent)]
    Call(#[from] RemoteCallError),
    /// The threads that make calls do not start.
    #[error("cannot start what makes calls: {0}")]
    Runtime(String),
}

impl RemoteError {
    /// What the user can do about it, if that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Options(conflict) => Some(conflict.hint()),
            Self::Call(call) => call.hint(),
            Self::Setting { .. } | Self::Runtime(_) => None,
        }
    }
}
