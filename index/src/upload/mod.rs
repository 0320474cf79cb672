//! Uploads distributions after comparing them with what the index has.
//!
//! Source: the upload API (which calls itself "legacy") as it is documented by Warehouse and as
//! pypiserver and devpi implement it. Nothing is uploaded before every file was compared. A run
//! that broke can be repeated, since files that are there already are skipped.
//!
//! `requests` talks to the index, `form` is the body of an upload, and `archive` is what is read
//! from a distribution for it, with its attestations. `trusted` gets a token for a CI job, and `pypirc` reads `.pypirc`.

mod archive;
mod attestation;
mod error;
mod form;
mod pypirc;
mod requests;
mod target;
mod trusted;

use std::time::Duration;

use model::PackageName;
use tokio::runtime::Runtime;
use transport::{HttpLimits, HttpOptions, KeyringProvider, Login, LoginPlace, LoginVariables};

pub use self::archive::{Attestations, DistributionArchive, DistributionArchiveError};
pub use self::attestation::AttestationError;
pub use self::error::UploadError;
pub use self::pypirc::{Pypirc, PypircEntry};
pub use self::target::{Presence, UploadTarget};
pub use self::trusted::JobIdentity;

use self::requests::{UploadAttempt, UploadRequests};
use self::trusted::exchange;
use crate::page::PageFile;

/// The retries and times of uploads.
#[must_use]
pub fn upload_limits() -> HttpLimits {
    HttpLimits {
        retries: 4,
        back_off: Duration::from_secs(1),
        read_timeout: Duration::from_secs(120),
        ..HttpLimits::default()
    }
}

/// Uploads to one index. The methods block, and must not be called from an asynchronous task.
pub struct Uploader {
    requests: UploadRequests,
    runtime: Runtime,
}

impl Uploader {
    /// Makes an uploader to `target`. No request is made yet.
    ///
    /// # Errors
    /// Where a setting of the HTTP client cannot be used.
    pub fn new(target: UploadTarget, mut http: HttpOptions) -> Result<Self, UploadError> {
        http.keyring = KeyringProvider::Subprocess;
        http.certificate_variables = &["TWINE_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
        http.client_certificate_variables = &["TWINE_CLIENT_CERT", "SSL_CLIENT_CERT"];
        http.places.insert(
            0,
            LoginPlace {
                url: target.url.clone(),
                variables: LoginVariables::of_uploads(),
                variables_of_others: LoginVariables::of_uploads_of_others(),
                written: target.login.clone(),
            },
        );
        // One worker is enough, since files are read and sent one after the other.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("upload")
            .enable_all()
            .build()?;
        Ok(Self {
            requests: UploadRequests::new(target, http)?,
            runtime,
        })
    }

    /// Logs in by trusted publishing, if this machine has no login and this is a CI job with an
    /// identity. Every job that may ask for an identity is tried, so a failure is a warning, and
    /// other ways to log in are left, unless an identity was given for this upload.
    ///
    /// # Errors
    /// Where the index refuses an identity that was given.
    pub fn log_in(&self, identity: &JobIdentity) -> Result<(), UploadError> {
        if self.requests.has_written_login() {
            return Ok(());
        }
        match self.runtime.block_on(exchange(&self.requests, identity)) {
            Ok(Some(token)) => self.requests.log_in(Login::token(token)),
            Ok(None) => {}
            Err(error) if identity.token.is_some() => return Err(error),
            Err(error) => self.requests.warn(&format!(
                "trusted publishing gave no token, so another login is looked for: {error}"
            )),
        }
        Ok(())
    }

    /// Compares files with what the index has. The result is in upload order: a file comes after
    /// those that it requires.
    ///
    /// # Errors
    /// Where the index has another file with the same name, or a request fails.
    pub fn compare(
        &self,
        files: Vec<DistributionArchive>,
    ) -> Result<Vec<(DistributionArchive, Presence)>, UploadError> {
        self.runtime.block_on(async {
            let mut compared = Vec::new();
            for (name, files) in by_project(archive::in_upload_order(files)) {
                let listed = self.requests.list(&name).await?;
                for file in files {
                    let presence = self.presence(&file, &listed).await?;
                    compared.push((file, presence));
                }
            }
            Ok(compared)
        })
    }

    /// Uploads the files that the index does not have, and calls `on_done` after each file.
    ///
    /// `compared` is the result of [`Uploader::compare`]. After a broken connection, a file is
    /// compared again before it is sent again, since it may have arrived.
    ///
    /// # Errors
    /// Where the index refuses, or the connection breaks in every attempt.
    pub fn upload(
        &self,
        compared: &[(DistributionArchive, Presence)],
        mut on_done: impl FnMut(&DistributionArchive, Presence),
    ) -> Result<(), UploadError> {
        for (file, presence) in compared {
            if *presence == Presence::Absent {
                self.runtime.block_on(self.upload_one(file))?;
            }
            on_done(file, *presence);
        }
        Ok(())
    }

    async fn upload_one(&self, file: &DistributionArchive) -> Result<(), UploadError> {
        let limits = self.requests.limits();
        let mut attempts = 0;
        loop {
            let (cause, pause) = match self.requests.upload(file).await? {
                UploadAttempt::Taken => return Ok(()),
                UploadAttempt::Exists(error) | UploadAttempt::Doubtful(error) => {
                    // Somebody else uploaded it, or an earlier attempt arrived after all.
                    let listed = self.requests.list(&file.name).await?;
                    return match self.presence(file, &listed).await? {
                        Presence::Present => Ok(()),
                        Presence::Absent => Err(error),
                    };
                }
                UploadAttempt::Broken(cause, pause) => (cause, pause),
            };
            attempts += 1;
            if attempts > limits.retries {
                return Err(self.requests.gave_up(cause, attempts));
            }
            tokio::time::sleep(pause.unwrap_or_else(|| limits.pause(attempts))).await;
            // If the index cannot be asked now, the next attempt asks it.
            if let Ok(listed) = self.requests.list(&file.name).await
                && self.presence(file, &listed).await? == Presence::Present
            {
                return Ok(());
            }
        }
    }

    async fn presence(
        &self,
        file: &DistributionArchive,
        listed: &[PageFile<'_>],
    ) -> Result<Presence, UploadError> {
        let Some(there) = listed
            .iter()
            .find(|listed| listed.filename == file.file_name())
        else {
            return Ok(Presence::Absent);
        };
        let theirs = match there.sha256 {
            Some(sha256) => model::Sha256(sha256),
            // The listing has no SHA-256 hash, so the file is downloaded to compare it.
            None => self.requests.hash_of(&there.url).await?,
        };
        match theirs == file.sha256 {
            true => Ok(Presence::Present),
            false => Err(UploadError::Changed {
                name: file.file_name().to_owned(),
                theirs,
                ours: file.sha256,
            }),
        }
    }
}

/// Groups files that follow each other and belong to one project.
fn by_project(files: Vec<DistributionArchive>) -> Vec<(PackageName, Vec<DistributionArchive>)> {
    let mut groups: Vec<(PackageName, Vec<DistributionArchive>)> = Vec::new();
    for file in files {
        match groups.last_mut().filter(|(name, _)| *name == file.name) {
            Some((_, group)) => group.push(file),
            None => groups.push((file.name.clone(), vec![file])),
        }
    }
    groups
}
