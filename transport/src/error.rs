//! Errors of requests, with the facts that a message needs: what was attempted, at which URL, how
//! often, and why it failed. URLs in them are redacted.

use std::fmt;

use camino::Utf8PathBuf;
use url::Url;

use crate::ini::IniError;
use crate::login::LoginVariables;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// The list of a package's files.
    Listing,
    /// A release's metadata.
    Metadata,
    /// A file.
    Download,
    /// A distribution, sent to an index.
    Upload,
    /// A token of trusted publishing.
    Token,
    /// What a forge has of a repository.
    Forge,
}

/// What a request attempts, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPurpose {
    /// What kind of thing it is about.
    pub kind: RequestKind,
    /// The package, file or URL that it is for.
    pub subject: String,
}

impl fmt::Display for RequestPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match self.kind {
            RequestKind::Listing => write!(f, "list the files of `{subject}`"),
            RequestKind::Metadata => write!(f, "read the metadata of `{subject}`"),
            RequestKind::Download => write!(f, "download `{subject}`"),
            RequestKind::Upload => write!(f, "upload `{subject}`"),
            RequestKind::Token => write!(f, "get a token for `{subject}`"),
            RequestKind::Forge => write!(f, "ask the forge for `{subject}`"),
        }
    }
}

/// Why no answer came over the network.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// The answer is not in the cache, and requests are not allowed.
    #[error("cannot {what}: it is not in the cache, and the run is offline")]
    Offline {
        /// What was attempted.
        what: RequestPurpose,
    },
    /// The server could not be reached, or the connection broke off.
    #[error("cannot {what} from {url}: {cause}{}", tried(*.attempts))]
    Unreachable {
        /// What was attempted.
        what: RequestPurpose,
        /// The URL.
        url: String,
        /// The innermost cause.
        cause: String,
        /// How many attempts were made.
        attempts: u32,
    },
    /// The certificate of the server is not trusted.
    #[error("cannot {what} from {url}: the certificate of the server is not trusted: {reason}")]
    Certificate {
        /// What was attempted.
        what: RequestPurpose,
        /// The URL.
        url: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// The server answered with a status that means an error.
    #[error("cannot {what} from {url}: the server answers {status}{}", tried(*.attempts))]
    Status {
        /// What was attempted.
        what: RequestPurpose,
        /// The URL.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How many attempts were made.
        attempts: u32,
    },
    /// The server asks for a login, refuses the one that was sent, or forbids access.
    #[error("cannot {what} from {url}: the server answers {status}, {}", refusal(*.status, *.sent))]
    Unauthorized {
        /// What was attempted.
        what: RequestPurpose,
        /// The URL.
        url: String,
        /// The host, as it would stand in netrc.
        host: String,
        /// 401 or 403.
        status: u16,
        /// Whether a login was sent.
        sent: bool,
        /// The environment variables that are read for this index.
        variables: Box<LoginVariables>,
    },
    /// The answer cannot be read.
    #[error("cannot {what} from {url}: the answer is not usable: {reason}")]
    BadAnswer {
        /// What was attempted.
        what: RequestPurpose,
        /// The URL.
        url: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// A configuration file of pip cannot be read.
    #[error("cannot read {path}: {source}")]
    Configuration {
        /// The file.
        path: Utf8PathBuf,
        /// The line, and what is wrong there.
        source: IniError,
    },
    /// A setting of pip or of the environment cannot be used.
    #[error("{setting} is `{value}`: {reason}")]
    Setting {
        /// Where the setting is: the name of a variable, or a file and a key.
        setting: String,
        /// The value, redacted.
        value: String,
        /// Why it cannot be used.
        reason: String,
    },
    /// The task that was to answer ended without an answer.
    #[error("a request was interrupted inside this program")]
    Interrupted,
}

impl TransportError {
    /// What the user can do about it, if that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } => {
                Some("check the connection; `--offline` makes do with what is in the cache".into())
            }
            Self::Status { status: 500.., .. } | Self::Status { status: 429, .. } => {
                Some("the server is out of order or busy: try again later".into())
            }
            Self::BadAnswer {
                what:
                    RequestPurpose {
                        kind: RequestKind::Listing,
                        ..
                    },
                ..
            } => Some("is this the URL of a package index (PEP 503, PEP 691)?".into()),
            Self::Certificate { .. } => Some(
                "if you trust who issued it, name the file of their certificate: SSL_CERT_FILE, \
                 REQUESTS_CA_BUNDLE, PIP_CERT, or `cert` in pip's configuration"
                    .into(),
            ),
            Self::Configuration { .. } => {
                Some("pip does not read it either: mend or remove this line".into())
            }
            Self::Offline { .. } => Some("run once without `--offline`".into()),
            Self::Unauthorized {
                status: 403,
                sent: true,
                ..
            } => Some("ask who runs the index to give this login access".into()),
            Self::Unauthorized {
                status,
                host,
                variables,
                ..
            } => Some(format!(
                "{}put `machine {host} login USER password PASSWORD` into ~/.netrc, set {} and {}, \
                 or write them into the index's URL",
                match status {
                    403 => "check the URL; where a login is needed, ",
                    _ => "",
                },
                variables.user,
                variables.password
            )),
            _ => None,
        }
    }
}

/// `url` as it may be shown: without user name and password.
pub fn redacted(url: &Url) -> String {
    if url.username().is_empty() && url.password().is_none() {
        return url.to_string();
    }
    let mut shown = url.clone();
    // Both fail only for URLs that cannot have a login.
    let _ = shown.set_username("****");
    let _ = shown.set_password(None);
    shown.to_string()
}

/// The innermost cause of `error`. The errors around it only say that something failed.
pub fn root_cause(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// What a status says of the login (RFC 9110, 15.5.2 and 15.5.4).
fn refusal(status: u16, sent: bool) -> &'static str {
    match (status, sent) {
        (403, true) => "access is forbidden to the login that was sent",
        (403, false) => "access is forbidden",
        (_, true) => "it refuses the login that was sent",
        (_, false) => "it asks for a login",
    }
}

fn tried(attempts: u32) -> String {
    match attempts {
        0 | 1 => String::new(),
        attempts => format!(" ({attempts} attempts)"),
    }
}
