//! Errors of uploads.

use model::Sha256;
use transport::TransportError;

use super::archive::DistributionArchiveError;

/// Why files were not uploaded.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// A file cannot be read as a distribution.
    #[error(transparent)]
    Archive(#[from] DistributionArchiveError),
    /// A request failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The index has another file with this name.
    #[error("the index has another {name}: sha256 {theirs} there, {ours} here")]
    Changed {
        /// The file's name.
        name: String,
        /// The hash on the index.
        theirs: Sha256,
        /// The hash on this machine.
        ours: Sha256,
    },
    /// No listing was found to compare files with.
    #[error("no listing (PEP 503) was found below {0}, so the files cannot be compared")]
    NoListing(String),
    /// The index does not know the user, or does not allow the upload.
    #[error("{url} refuses: {status}{}", said(.message))]
    Refused {
        /// The URL.
        url: String,
        /// The status and its usual words.
        status: String,
        /// The message of the index.
        message: String,
        /// Whether a login was sent.
        logged_in: bool,
    },
    /// The index answered with an error.
    #[error("{url} answers {status}{}", said(.message))]
    Answer {
        /// The URL.
        url: String,
        /// The status and its usual words.
        status: String,
        /// The message of the index.
        message: String,
    },
    /// The index answers with a page and does not list the file.
    #[error("{url} answers {status} with a page and did not take the file{}", said(.message))]
    NotTaken {
        /// The URL.
        url: String,
        /// The status and its usual words.
        status: String,
        /// The text of the page.
        message: String,
    },
    /// The index redirects uploads.
    #[error("{url} takes no files: it answers {status} and redirects to {to}")]
    Redirected {
        /// The URL.
        url: String,
        /// The status and its usual words.
        status: String,
        /// The URL that it redirects to.
        to: String,
    },
    /// The connection broke in every attempt.
    #[error("{url}: {cause} ({attempts} attempts)")]
    GaveUp {
        /// The URL.
        url: String,
        /// The cause of the last failure.
        cause: String,
        /// The number of attempts.
        attempts: u32,
    },
    /// Trusted publishing gave no token.
    #[error("trusted publishing: {0}")]
    Trusted(String),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

fn said(message: &str) -> String {
    match message.is_empty() {
        true => String::new(),
        false => format!(": {message}"),
    }
}

impl UploadError {
    /// What the user can do about it, if that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::GaveUp { cause, .. } if cause.contains("tls handshake") => {
                "does this server speak https, or http?"
            }
            Self::Transport(TransportError::Unreachable { .. }) | Self::GaveUp { .. } => {
                "run the same command again: what arrived is skipped"
            }
            Self::Transport(error) => return error.hint(),
            Self::Changed { .. } => {
                "files on an index never change: release a new version, or build the same bytes again"
            }
            Self::NoListing(_) => "name the listing with `--check-url URL`",
            Self::Refused {
                logged_in: false, ..
            } => {
                "no login was found: set XTASK_PUBLISH_TOKEN, or XTASK_PUBLISH_USERNAME and \
                 XTASK_PUBLISH_PASSWORD, or add the host to ~/.netrc or the index to ~/.pypirc"
            }
            Self::Refused { .. } => "check the login and the rights of this user",
            Self::Redirected { to, .. } => {
                return Some(format!(
                    "a redirect loses the file: if that URL takes files, name it: `--index {to}`"
                ));
            }
            Self::NotTaken { .. } => "is this the URL for uploads? A browser shows the page",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
