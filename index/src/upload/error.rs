//! Why files are not uploaded.

use model::Sha256;
use transport::TransportError;

use super::archive::DistributionArchiveError;

/// Why files are not uploaded.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// A file cannot be read as a distribution.
    #[error(transparent)]
    Archive(#[from] DistributionArchiveError),
    /// The index cannot be asked.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The index has another file under this name.
    #[error("the index has another {name}: sha256 {theirs} there, {ours} here")]
    Changed {
        /// The file's name.
        name: String,
        /// The hash on the index.
        theirs: Sha256,
        /// The hash here.
        ours: Sha256,
    },
    /// The listing to compare with was not found.
    #[error("no listing (PEP 503) was found below {0}, so the files cannot be compared")]
    NoListing(String),
    /// The index does not know the user, or the user may not upload.
    #[error("{url} refuses: {status}{}", said(.message))]
    Refused {
        /// Where the request went.
        url: String,
        /// The status and its usual words.
        status: String,
        /// What the index says.
        message: String,
        /// Whether the request had a login.
        logged_in: bool,
    },
    /// The index answers with an error.
    #[error("{url} answers {status}{}", said(.message))]
    Answer {
        /// Where the request went.
        url: String,
        /// The status and its usual words.
        status: String,
        /// What the index says.
        message: String,
    },
    /// Uploads go elsewhere.
    #[error("{url} takes no files: it redirects to {to}")]
    Redirected {
        /// Where the request went.
        url: String,
        /// Where it was sent on to.
        to: String,
    },
    /// The connection broke in every attempt.
    #[error("{url}: {cause} ({attempts} attempts)")]
    GaveUp {
        /// Where the request went.
        url: String,
        /// What went wrong last.
        cause: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// No token could be had for trusted publishing.
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
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
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
                "no credentials were found: set XTASK_PUBLISH_TOKEN, or XTASK_PUBLISH_USERNAME and \
                 XTASK_PUBLISH_PASSWORD, or add the host to ~/.netrc or the index to ~/.pypirc"
            }
            Self::Refused { .. } => "check the credentials and the rights of this user",
            Self::Redirected { to, .. } => return Some(format!("name that URL: `--index {to}`")),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
