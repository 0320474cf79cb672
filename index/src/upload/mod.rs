//! Publishing: distributions are compared with what the index has, then uploaded.
//!
//! Source: the upload API ("legacy" in its own words) as Warehouse's documentation has it, and as
//! pypiserver and devpi take it. Nothing is uploaded before every file was compared; a run
//! that broke can be repeated, since what is there already is skipped.

mod credentials;
mod dist;
mod listing;
mod session;
mod trusted;

use std::time::Duration;

use camino::Utf8PathBuf;
use thiserror::Error;
use url::Url;

pub use credentials::{CredentialSources, Credentials, Pypirc};
pub use dist::{Dist, DistError};
pub use trusted::{Identity, exchange};

use self::listing::Listed;
use self::session::{Session, Uploaded};

/// Where files are published.
#[derive(Debug, Clone)]
pub struct Repository {
    /// Where files are sent.
    pub upload: Url,
    /// The listing (PEP 503, PEP 691) of the same index; `None` to look for it below `upload`.
    pub listing: Option<Url>,
    /// Who uploads.
    pub credentials: Credentials,
    /// How patient to be.
    pub patience: Patience,
}

/// How patient a publication is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often a file is sent before giving up.
    pub tries: u32,
    /// The wait after the first failure; doubled after each further one.
    pub wait: Duration,
    /// How long the index may say nothing.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 5,
            wait: Duration::from_secs(1),
            silence: Duration::from_secs(120),
        }
    }
}

/// What is or was done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The index does not have it.
    New,
    /// The index has it, with the same hash.
    There,
}

/// Why files are not published.
#[derive(Debug, Error)]
pub enum PublishError {
    /// No files were given or found.
    #[error("there is nothing to publish in {0}")]
    NoFiles(Utf8PathBuf),
    /// A file cannot be read as a distribution.
    #[error(transparent)]
    Dist(#[from] DistError),
    /// The index has another file under this name.
    #[error("the index has another {name}: sha256 {theirs} there, {ours} here")]
    Changed {
        /// The file's name.
        name: String,
        /// The hash on the index.
        theirs: String,
        /// The hash here.
        ours: String,
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
        /// Whether credentials were sent.
        credentials: Sent,
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
    /// The index cannot be reached, or the connection broke in every try.
    #[error("{url}: {message} (tried {tries} times)")]
    Connection {
        /// Where the request went.
        url: String,
        /// What went wrong.
        message: String,
        /// How often it was tried.
        tries: u32,
    },
    /// No token could be had for trusted publishing.
    #[error("trusted publishing: {0}")]
    Trusted(String),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

/// Whether credentials were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// They were.
    Yes,
    /// None were known.
    No,
}

fn said(message: &str) -> String {
    match message.is_empty() {
        true => String::new(),
        false => format!(": {message}"),
    }
}

impl PublishError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoFiles(_) => "build them with `cargo xtask package`, or name files",
            Self::Changed { .. } => {
                "files on an index never change: release a new version, or build the same bytes again"
            }
            Self::NoListing(_) => "name the listing with `--check-url URL`",
            Self::Refused {
                credentials: Sent::No,
                ..
            } => {
                "no credentials were found: set XTASK_PUBLISH_TOKEN, or XTASK_PUBLISH_USERNAME and \
                 XTASK_PUBLISH_PASSWORD, or add the host to ~/.netrc or the index to ~/.pypirc"
            }
            Self::Refused { .. } => "check the credentials and the rights of this user",
            Self::Connection { .. } => "run the same command again: what arrived is skipped",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// Compares files with what the index has, in upload order: a file comes after those it requires.
///
/// # Errors
/// The index has another file under the name of one of these, or cannot be asked.
pub async fn compare(
    repository: &Repository,
    dists: Vec<Dist>,
) -> Result<Vec<(Dist, Standing)>, PublishError> {
    let session = Session::new(repository)?;
    let mut compared = Vec::new();
    for (name, files) in by_project(dist::in_upload_order(dists)) {
        let listed = listing::listed(&session, &name).await?;
        for file in files {
            let standing = standing(&session, &file, &listed).await?;
            compared.push((file, standing));
        }
    }
    Ok(compared)
}

/// Groups neighbours of one project.
fn by_project(dists: Vec<Dist>) -> Vec<(model::PackageName, Vec<Dist>)> {
    let mut groups: Vec<(model::PackageName, Vec<Dist>)> = Vec::new();
    for dist in dists {
        match groups.last_mut().filter(|(name, _)| *name == dist.name) {
            Some((_, group)) => group.push(dist),
            None => groups.push((dist.name.clone(), vec![dist])),
        }
    }
    groups
}

async fn standing(
    session: &Session<'_>,
    file: &Dist,
    listed: &[Listed],
) -> Result<Standing, PublishError> {
    let Some(there) = listed.iter().find(|listed| listed.name == file.file_name()) else {
        return Ok(Standing::New);
    };
    let theirs = match &there.sha256 {
        Some(hash) => hash.clone(),
        // An index without hashes, or with others: the file itself says.
        None => session.hash_of(&there.url).await?,
    };
    let ours = file.sha256.to_string();
    match theirs == ours {
        true => Ok(Standing::There),
        false => Err(PublishError::Changed {
            name: file.file_name().to_owned(),
            theirs,
            ours,
        }),
    }
}

/// Uploads the files that the index does not have; `told` hears of each file when it is done.
///
/// `compared` is what [`compare`] returned. A file whose upload broke is compared again before it
/// is sent again, since it may have arrived.
///
/// # Errors
/// The index refuses, or a connection breaks in every try.
pub async fn publish(
    repository: &Repository,
    compared: &[(Dist, Standing)],
    mut told: impl FnMut(&Dist, Standing),
) -> Result<(), PublishError> {
    let session = Session::new(repository)?;
    for (file, standing) in compared {
        if *standing == Standing::New {
            upload(&session, file).await?;
        }
        told(file, *standing);
    }
    Ok(())
}

async fn upload(session: &Session<'_>, file: &Dist) -> Result<(), PublishError> {
    let patience = session.repository.patience;
    let mut wait = patience.wait;
    for tried in 1.. {
        let message = match session.upload(file).await? {
            Uploaded::Yes => return Ok(()),
            Uploaded::Exists(error) => {
                // Someone was faster, or an earlier try arrived after all.
                let listed = listing::listed(session, &file.name).await?;
                return match standing(session, file, &listed).await? {
                    Standing::There => Ok(()),
                    Standing::New => Err(error),
                };
            }
            Uploaded::Broken(message) => message,
        };
        if tried >= patience.tries {
            return Err(PublishError::Connection {
                url: session::clean(&session.repository.upload).into(),
                message,
                tries: tried,
            });
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
        let listed = listing::listed(session, &file.name).await;
        // An index that cannot be asked now is asked by the next try.
        if let Ok(listed) = listed
            && standing(session, file, &listed).await? == Standing::There
        {
            return Ok(());
        }
    }
    Ok(())
}
