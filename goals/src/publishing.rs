//! Publishes files: finds the index, compares the files with what it has, and uploads them.

use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use index::upload::{
    DistributionArchive, DistributionArchiveError, JobIdentity, Presence, PypircEntry, UploadError,
    UploadTarget, Uploader, upload_limits,
};
use model::Url;
use transport::{HttpOptions, RequestObserver, WrittenLogin};

use crate::error::GoalError;
use crate::releasing;
use crate::session::Session;

/// What is to be published, and where.
#[derive(Debug, Clone, Default)]
pub struct PublishRequest {
    /// Wheels and source distributions; if empty, those of this version in `dist`.
    pub files: Vec<Utf8PathBuf>,
    /// A URL, or a name of `[release.indexes]` or `~/.pypirc`; `None` means the index of the
    /// settings.
    pub index: Option<String>,
    /// The URL of the index's listing, if it is not below that of the index.
    pub listing: Option<Url>,
}

/// Files that were compared with an index.
pub struct Publication {
    uploader: Uploader,
    compared: Vec<(DistributionArchive, Presence)>,
}

impl Publication {
    /// Compares the files of `request` with what the index has; nothing is uploaded yet.
    ///
    /// # Errors
    /// Where a file is no distribution, the index does not exist, refuses, or has another file with
    /// the same name.
    pub fn prepare(session: &Session, request: &PublishRequest) -> Result<Self, GoalError> {
        let files = distributions(session, &request.files)?;
        let target = target(session, request)?;
        let warnings = Arc::new(Warnings::default());
        let http = HttpOptions {
            limits: upload_limits(),
            observer: warnings.clone(),
            ..HttpOptions::default()
        };
        let uploader = Uploader::new(target, http)?;
        let outcome = uploader
            .log_in(&identity(session))
            .and_then(|()| uploader.compare(files));
        for warning in warnings.taken() {
            session.warn(format_args!("{warning}"));
        }
        Ok(Self {
            compared: outcome?,
            uploader,
        })
    }

    /// The names of the files in upload order, and what the index has of them.
    pub fn files(&self) -> impl Iterator<Item = (&str, Presence)> {
        let files = self.compared.iter();
        files.map(|(file, presence)| (file.file_name(), *presence))
    }

    /// Uploads the files that the index does not have, and calls `on_done` after each file.
    ///
    /// # Errors
    /// Where the index refuses, or the connection breaks in every attempt.
    pub fn upload(&self, mut on_done: impl FnMut(&str, Presence)) -> Result<(), GoalError> {
        let done = |file: &DistributionArchive, presence| on_done(file.file_name(), presence);
        Ok(self.uploader.upload(&self.compared, done)?)
    }
}

/// Keeps the warnings of requests until the end.
#[derive(Default)]
struct Warnings(Mutex<Vec<String>>);

impl Warnings {
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RequestObserver for Warnings {
    fn warning(&self, message: &str) {
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.push(message.to_owned());
    }
}

/// The named files, or those of the version file's version in `dist`.
fn distributions(
    session: &Session,
    named: &[Utf8PathBuf],
) -> Result<Vec<DistributionArchive>, GoalError> {
    let read = |path: &Utf8Path| {
        DistributionArchive::read(path)
            .map_err(|error: DistributionArchiveError| GoalError::failure(error.to_string()))
    };
    if !named.is_empty() {
        let here = session.working_folder()?;
        return named.iter().map(|path| read(&here.join(path))).collect();
    }
    let folder = session.root().join("dist");
    let version = releasing::written_version(session)?;
    let entries = folder
        .read_dir_utf8()
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let paths = entries.map(|entry| entry.into_path()).filter(|path| {
        let name = path.file_name().unwrap_or_default();
        name.ends_with(".whl") || name.ends_with(".tar.gz")
    });
    let mut files = Vec::new();
    for path in paths {
        let file = read(&path)?;
        if file.version.to_string() == version.normalized() {
            files.push(file);
        }
    }
    match files.is_empty() {
        true => Err(
            GoalError::failure(format!("there is nothing to publish in {folder}"))
                .hint("build them with `cargo xtask package`, or name files"),
        ),
        false => Ok(files),
    }
}

/// Fails where there is no such index; `None` stands for that of the settings. The index itself is
/// not asked.
///
/// # Errors
/// No index is named, or the name is not known.
pub fn check_index(session: &Session, index: Option<&str>) -> Result<(), GoalError> {
    let request = PublishRequest {
        index: index.map(str::to_owned),
        ..PublishRequest::default()
    };
    target(session, &request).map(drop)
}

/// The index, with the login that `.pypirc` has for it.
fn target(session: &Session, request: &PublishRequest) -> Result<UploadTarget, GoalError> {
    let settings = &session.settings.release;
    let name = request
        .index
        .as_ref()
        .or(settings.index.as_ref())
        .ok_or_else(|| {
            GoalError::failure("cannot publish: no index is named").hint(
                "name one with `--index URL`, or in the settings: `[release] index = \"NAME\"`",
            )
        })?;
    let known = settings.indexes.get(name);
    let (of_pypirc, login) = match pypirc(session, name)? {
        Some(entry) => (entry.repository, entry.login),
        None => (None, WrittenLogin::default()),
    };
    let upload = known.map(|index| index.upload.clone()).or(of_pypirc);
    let check = known.and_then(|index| index.check.as_deref()).and_then(url);
    Ok(UploadTarget {
        url: url(upload.as_ref().unwrap_or(name)).ok_or_else(|| unknown_index(session, name))?,
        listing: request.listing.clone().or(check),
        login,
    })
}

fn unknown_index(session: &Session, name: &str) -> GoalError {
    let indexes = &session.settings.release.indexes;
    let names: Vec<&str> = indexes.keys().map(String::as_str).collect();
    let known = match names.is_empty() {
        true => "no index has a name yet".to_owned(),
        false => format!("known names are {}", names.join(", ")),
    };
    GoalError::failure(format!(
        "`{name}` is neither a URL nor the name of an index"
    ))
    .because(known)
    .hint(format!(
        "add `[release.indexes.{name}]` with `upload = \"URL\"` to the settings"
    ))
}

fn url(text: impl AsRef<str>) -> Option<Url> {
    let url: Url = text.as_ref().parse().ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// What `~/.pypirc` has about the index with this name.
fn pypirc(session: &Session, name: &str) -> Result<Option<PypircEntry>, GoalError> {
    let home = session.environment.get("HOME").map_or("", String::as_str);
    let path = Utf8Path::new(home).join(".pypirc");
    let Ok(text) = fs_err::read_to_string(&path) else {
        return Ok(None);
    };
    PypircEntry::find(&text, name).map_err(|error| {
        GoalError::failure(format!("cannot read {path}: {error}"))
            .hint("Python does not read it either: mend or remove this line")
    })
}

/// The identity of this process, if it is a CI job with one.
fn identity(session: &Session) -> JobIdentity {
    let variable = |name: &str| session.environment.get(name).cloned();
    JobIdentity {
        request_url: variable("ACTIONS_ID_TOKEN_REQUEST_URL"),
        request_token: variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        token: variable("XTASK_PUBLISH_OIDC_TOKEN"),
    }
}

impl From<UploadError> for GoalError {
    fn from(error: UploadError) -> Self {
        Self::failure(error.to_string())
            .hints_of(error.hint())
            .caused_by(error)
    }
}
