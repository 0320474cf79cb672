//! What can go wrong: what was attempted, where, and why, as fields.

use std::io;
use std::sync::Arc;

use camino::Utf8PathBuf;
use remote::Digest;

/// A tree of inputs that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A path that leads out of the tree, or is none.
    #[error("`{path}` is no path within the inputs: relative, without `.` and `..`")]
    Path {
        /// As given.
        path: String,
    },
    /// Two contents for one path.
    #[error("`{path}` is declared twice, with different contents")]
    Conflict {
        /// The path.
        path: String,
    },
    /// A file that cannot be read.
    #[error("cannot read the input `{path}`: {reason}")]
    Read {
        /// The path, from the root.
        path: String,
        /// What the system says.
        reason: String,
    },
}

/// A cache that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A file of the cache that cannot be read or written.
    #[error("cannot {action} {path}: {}", reason(error))]
    File {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// What the system says.
        error: Arc<io::Error>,
    },
    /// A blob that is not there.
    #[error("the cache has no blob {digest}")]
    Missing {
        /// Which.
        digest: Digest,
    },
    /// A blob whose bytes are others than its name says. It is removed.
    #[error("the cache's blob {digest} was damaged, and is removed")]
    Damaged {
        /// Which.
        digest: Digest,
    },
}

impl StoreError {
    /// What could not be done with a file.
    pub fn file(action: &'static str, path: impl Into<Utf8PathBuf>, error: io::Error) -> Self {
        Self::File {
            action,
            path: path.into(),
            error: Arc::new(error),
        }
    }
}

/// A sandbox that cannot be made or cleared.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SandboxError {
    /// A file of the sandbox.
    #[error("cannot {action} {path}: {}", reason(error))]
    File {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// What the system says.
        error: Arc<io::Error>,
    },
    /// An input that is no longer what it was when its digest was taken.
    #[error("`{path}` changed while it was being used")]
    Changed {
        /// The input, in the sandbox.
        path: String,
    },
    /// An input whose bytes the cache does not have.
    #[error("cannot put the input `{path}` into the sandbox: {error}")]
    Store {
        /// The input, in the sandbox.
        path: String,
        /// Why.
        error: StoreError,
    },
}

impl SandboxError {
    /// What could not be done with a file.
    pub fn file(action: &'static str, path: impl Into<Utf8PathBuf>, error: io::Error) -> Self {
        Self::File {
            action,
            path: path.into(),
            error: Arc::new(error),
        }
    }
}

/// An action without a result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ActionError {
    /// Its sandbox could not be made.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A path of it leads out of its inputs, or an output is below another.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// It names a location that it does not have.
    #[error("the location `{name}` is not among those of the action")]
    Location {
        /// The name.
        name: String,
    },
    /// Its program is not there.
    #[error("`{program}` is not there{}", searched(.path))]
    NoProgram {
        /// As the action has it.
        program: String,
        /// Where it was looked for, if its name has no slash.
        path: Option<String>,
    },
    /// Its program could not be started.
    #[error("cannot start `{program}`: {error}")]
    Start {
        /// As the action has it.
        program: String,
        /// What the system says.
        error: Arc<io::Error>,
    },
    /// It ended well, but what it should have written is not there.
    #[error("`{path}` was not written: it is an output of the action")]
    NoOutput {
        /// The output.
        path: String,
    },
    /// An output that leads out of the sandbox.
    #[error("the output `{path}` is a link to `{target}`, which is outside of the sandbox")]
    LinkOut {
        /// The output.
        path: String,
        /// Where the link leads.
        target: String,
    },
    /// An output that is a device, a socket or a pipe.
    #[error("the output `{path}` is {kind}: outputs are files, folders and links")]
    SpecialFile {
        /// The output.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// An output that cannot be read or kept.
    #[error("cannot keep the output `{path}`: {reason}")]
    Output {
        /// The output.
        path: String,
        /// Why.
        reason: String,
    },
    /// The run was interrupted before the action had a result.
    #[error("interrupted")]
    Interrupt,
}

/// What the system says, in words, where the error is of a kind that has some.
fn reason(error: &io::Error) -> String {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "no space is left on its disk".to_owned()
        }
        kind @ (NotADirectory | NotFound | PermissionDenied | ReadOnlyFilesystem) => {
            kind.to_string()
        }
        _ => error.to_string(),
    }
}

fn searched(path: &Option<String>) -> String {
    path.as_ref()
        .map(|path| format!(" in PATH, which is `{path}`"))
        .unwrap_or_default()
}

/// An engine that cannot be opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The folder of the sandboxes cannot be used.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The cache cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}
