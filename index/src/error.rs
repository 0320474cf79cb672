//! What can go wrong, with the facts that a message needs: what was attempted, for which package,
//! where, how often, and why it failed. URLs in here are redacted.

use std::fmt;
use std::io;
use std::sync::Arc;

use camino::Utf8PathBuf;
use model::{DistFile, PackageName, Sha256, Version};
use url::Url;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activity {
    /// The list of a package's files.
    Listing,
    /// A release's metadata.
    Metadata,
    /// A file.
    Download,
}

/// What was attempted, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct What {
    /// The kind of request.
    pub activity: Activity,
    /// The package, the file or the URL that it is about.
    pub subject: String,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match self.activity {
            Activity::Listing => write!(f, "list the files of `{subject}`"),
            Activity::Metadata => write!(f, "read the metadata of `{subject}`"),
            Activity::Download => write!(f, "download `{subject}`"),
        }
    }
}

/// Why the index has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No index and no `find_links` place has the package.
    #[error("there is no package `{name}` in {}", .looked_in.join(", "))]
    NoSuchPackage {
        /// The package.
        name: PackageName,
        /// The places asked, in order, redacted.
        looked_in: Vec<String>,
    },
    /// The package has no such version (any more, or before the cut-off).
    #[error("`{name}` has no version {version}")]
    NoSuchVersion {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
    },
    /// The index does not list the file (any more).
    #[error("the index lists no file `{filename}` for `{name}` {version}")]
    NoSuchFile {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
        /// The file.
        filename: String,
    },
    /// The release has no file that the policy admits.
    #[error("`{name}` {version} has no {wanted}")]
    NoUsableFile {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
        /// `wheel`, `source distribution` or `file`.
        wanted: &'static str,
    },
    /// The metadata is known only once this source distribution is built; the file is in the cache.
    #[error("the metadata of `{name}` {version} is known only once `{}` is built", .file.filename)]
    NeedsBuild {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
        /// The file as listed.
        file: Box<DistFile>,
        /// Where it is on this machine, checked.
        path: Utf8PathBuf,
        /// What [`crate::Index::store_built_metadata`] wants to know it by.
        sha256: Sha256,
    },
    /// The answer is not in the cache, and requests are not allowed.
    #[error("cannot {what}: it is not in the cache, and the run is offline")]
    Offline {
        /// What was attempted.
        what: What,
    },
    /// The server could not be reached, or broke off.
    #[error("cannot {what} from {url}: {cause}{}", tried(*.attempts))]
    Unreachable {
        /// What was attempted.
        what: What,
        /// Where.
        url: String,
        /// Why, the whole chain.
        cause: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The server answers with a status that is no answer.
    #[error("cannot {what} from {url}: the server answers {status}{}", tried(*.attempts))]
    Status {
        /// What was attempted.
        what: What,
        /// Where.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How often it was tried.
        attempts: u32,
    },
    /// The server asks for credentials, or refuses those that it got.
    #[error("cannot {what} from {url}: the server answers {status}, {}", if *.sent { "the credentials that were sent are refused" } else { "it asks for credentials" })]
    Unauthorized {
        /// What was attempted.
        what: What,
        /// Where.
        url: String,
        /// The host, for a line in netrc.
        host: String,
        /// 401 or 403.
        status: u16,
        /// Whether credentials were sent.
        sent: bool,
        /// The environment variables that would be read for this index: user name, password.
        variables: Box<(String, String)>,
    },
    /// The answer cannot be read.
    #[error("cannot {what} from {url}: the answer is not usable: {reason}")]
    BadAnswer {
        /// What was attempted.
        what: What,
        /// Where.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file is not what it should be.
    #[error("`{filename}` from {url} has the wrong hash: expected sha256 {expected}, got {actual}")]
    Hash {
        /// The file.
        filename: String,
        /// Where it came from.
        url: String,
        /// The digest that it should have.
        expected: Sha256,
        /// The digest that it has, or that the index lists.
        actual: Sha256,
    },
    /// A file's metadata cannot be read.
    #[error("the metadata in `{filename}` cannot be read: {reason}")]
    Metadata {
        /// The file.
        filename: String,
        /// Why not.
        reason: String,
    },
    /// A file or folder on this machine cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// `write the cache file`, `read`.
        action: &'static str,
        /// The path.
        path: Utf8PathBuf,
        /// Why not.
        source: Arc<io::Error>,
    },
    /// A cached file is damaged; it was removed, so that the next run fetches it again.
    #[error("the cache file {path} was damaged and has been removed; run again")]
    Damaged {
        /// The path.
        path: Utf8PathBuf,
    },
    /// Git could not get a revision.
    #[error("cannot get `{revision}` of {url} by git: {reason}")]
    Git {
        /// The repository.
        url: String,
        /// The revision.
        revision: String,
        /// What git says.
        reason: String,
    },
    /// The task that should have answered ended without an answer.
    #[error("a request was interrupted inside this program")]
    Interrupted,
    /// Nothing says which index to use.
    #[error("no package index is configured, and no pip was found to ask for its default")]
    NoIndex,
    /// A setting that came from pip or the environment cannot be used.
    #[error("{setting} is `{value}`: {reason}")]
    Setting {
        /// Where it stands: a variable, or a file and key.
        setting: String,
        /// What it says, redacted.
        value: String,
        /// Why it cannot be used.
        reason: String,
    },
}

impl Error {
    /// What the user can do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSuchPackage { .. } => {
                Some("check the name; a further index is set under `[python-repos] indexes`".into())
            }
            Self::Unreachable { .. } => {
                Some("check the connection; `--offline` makes do with what is in the cache".into())
            }
            Self::Status { status: 500.., .. } | Self::Status { status: 429, .. } => {
                Some("the server is out of order or busy: try again later".into())
            }
            Self::BadAnswer {
                what:
                    What {
                        activity: Activity::Listing,
                        ..
                    },
                ..
            } => Some("is this the URL of a package index (PEP 503, PEP 691)?".into()),
            Self::Offline { .. } => Some("run once without `--offline`".into()),
            Self::Unauthorized {
                host, variables, ..
            } => Some(format!(
                "put `machine {host} login USER password PASSWORD` into ~/.netrc, set {} and {}, \
                 or write them into the index's URL",
                variables.0, variables.1
            )),
            Self::Hash { .. } => Some(
                "someone replaced the file, or the connection is tampered with: \
                 find out which before you lock again"
                    .into(),
            ),
            Self::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("free some space, or name another cache folder".into())
            }
            Self::File { source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::PermissionDenied
                        | io::ErrorKind::ReadOnlyFilesystem
                        | io::ErrorKind::NotFound
                        | io::ErrorKind::NotADirectory
                ) =>
            {
                Some("name a cache folder that can be written".into())
            }
            Self::NoIndex => Some(
                "name one: `--index-url URL`, PIP_INDEX_URL, or `[python-repos] indexes`".into(),
            ),
            _ => None,
        }
    }

    pub(crate) fn file(
        action: &'static str,
        path: impl Into<Utf8PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source: Arc::new(without_path(source)),
        }
    }
}

/// `url` as it may be shown: user name and password replaced.
pub(crate) fn redacted(url: &Url) -> String {
    if url.username().is_empty() && url.password().is_none() {
        return url.to_string();
    }
    let mut shown = url.clone();
    // Both fail only for URLs that cannot have credentials.
    let _ = shown.set_username("****");
    let _ = shown.set_password(None);
    shown.to_string()
}

/// The deepest reason of `error`: what is above it only says that something failed.
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

fn tried(attempts: u32) -> String {
    match attempts {
        0 | 1 => String::new(),
        attempts => format!(" ({attempts} attempts)"),
    }
}

/// `fs_err` puts the path into its messages, and ours say it already.
fn without_path(error: io::Error) -> io::Error {
    let plain = io::Error::from(error.kind());
    // What the standard library has no name for has a number only in the message.
    if plain.to_string().starts_with("uncategorized") {
        error
    } else {
        plain
    }
}
