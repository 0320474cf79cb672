//! Publishes files: finds the index of each, compares the files with what it has, and uploads them.
//!
//! `destination` finds the index and its login, and `declared` reads what BUILD files say about
//! publishing.

mod declared;
mod destination;
mod line;

use std::collections::BTreeMap;
use std::io::BufReader;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use index::upload::{
    Attestations, DistributionArchive, JobIdentity, Presence, UploadError, Uploader, upload_limits,
};
use model::{PackageName, Url};
use release::version::ReleaseVersion;
use transport::HttpOptions;
use wheel::{Severity, WheelFinding};

use self::declared::DeclaredPublishing;
use self::destination::{Destination, IndexName, named_index};
use self::line::UploadLine;
use crate::codes::ErrorCode;
use crate::error::GoalError;
use crate::releasing;
use crate::session::Session;

/// What is to be published, and where.
#[derive(Debug, Clone, Default)]
pub struct PublishRequest {
    /// Wheels and source distributions; if empty, those of this version in `dist`.
    pub files: Vec<Utf8PathBuf>,
    /// Where no files are named, only those of the distributions that these specs select; all if empty.
    pub specs: Vec<String>,
    /// A URL, a name of `[release.indexes]` or `~/.pypirc`, `pypi` or `testpypi`; `None` means what the environment,
    /// BUILD files or the settings name.
    pub index: Option<String>,
    /// The URL of the index's listing, if it is not below that of the index.
    pub listing: Option<Url>,
    /// Whether the attestations beside the files are uploaded.
    pub attestations: Attestations,
}

/// Files that were compared with their indexes.
pub struct Publication {
    parts: Vec<PublicationPart>,
    line: Arc<UploadLine>,
}

/// The files for one index.
struct PublicationPart {
    uploader: Uploader,
    compared: Vec<(DistributionArchive, Presence)>,
}

impl Publication {
    /// Compares the files of `request` with what the indexes have; nothing is uploaded yet.
    ///
    /// # Errors
    /// Where a file is no distribution, an index does not exist, refuses, or has another file with
    /// the same name.
    pub fn prepare(session: &Session, request: &PublishRequest) -> Result<Self, GoalError> {
        let files = distributions(session, request)?;
        files.iter().try_for_each(refuse_bad_metadata)?;
        let line = Arc::new(UploadLine::new(session.reporter()));
        let mut destinations = Vec::new();
        for (name, files) in by_index(session, request, files)? {
            let destination = Destination::of(session, &name, request.listing.as_ref())?;
            destinations.push((destination, files));
        }
        let identity = identity(session);
        let parts: Result<Vec<PublicationPart>, UploadError> = destinations
            .into_iter()
            .map(|(destination, files)| {
                PublicationPart::prepare(destination, files, (&identity, &line))
            })
            .collect();
        line.clear();
        Ok(Self {
            parts: parts?,
            line,
        })
    }

    /// The names of the files in upload order, and what the index has of them.
    pub fn files(&self) -> impl Iterator<Item = (&str, Presence)> {
        let files = self.parts.iter().flat_map(|part| &part.compared);
        files.map(|(file, presence)| (file.file_name(), *presence))
    }

    /// Uploads the files that the index does not have, and calls `on_done` after each file.
    ///
    /// # Errors
    /// Where the index refuses, or the connection breaks in every attempt.
    pub fn upload(&self, mut on_done: impl FnMut(&str, Presence)) -> Result<(), GoalError> {
        for part in &self.parts {
            let done = |file: &DistributionArchive, presence| {
                self.line.clear();
                on_done(file.file_name(), presence);
            };
            let outcome = part.uploader.upload(&part.compared, done);
            self.line.clear();
            outcome?;
        }
        Ok(())
    }
}

impl PublicationPart {
    fn prepare(
        destination: Destination,
        files: Vec<DistributionArchive>,
        (identity, line): (&JobIdentity, &Arc<UploadLine>),
    ) -> Result<Self, UploadError> {
        let http = HttpOptions {
            limits: upload_limits(),
            observer: line.clone(),
            certificates: destination.certificates,
            client_certificate: destination.client_certificate,
            ..HttpOptions::default()
        };
        let uploader = Uploader::new(destination.target, http)?;
        uploader.log_in(identity)?;
        Ok(Self {
            compared: uploader.compare(files)?,
            uploader,
        })
    }
}

/// The files for each index, in the order of the files.
fn by_index(
    session: &Session,
    request: &PublishRequest,
    files: Vec<DistributionArchive>,
) -> Result<Vec<(IndexName, Vec<DistributionArchive>)>, GoalError> {
    if let Some(name) = named_index(session, request.index.as_deref()) {
        return Ok(vec![(name, files)]);
    }
    let declared = DeclaredPublishing::read(session)?;
    let mut parts: BTreeMap<IndexName, Vec<DistributionArchive>> = BTreeMap::new();
    for file in files {
        for name in declared.indexes(session, &file.name)? {
            parts.entry(name).or_default().push(file.clone());
        }
    }
    Ok(parts.into_iter().collect())
}

/// Whether the name of a file allows that it is of this version: others are not even read.
fn may_be_of(path: &Utf8Path, version: &ReleaseVersion) -> bool {
    let name = path.file_name().unwrap_or_default();
    let named: Vec<&str> = match name.strip_suffix(".tar.gz") {
        // Where the version begins, the name does not say: it may have any of these.
        Some(stem) => stem
            .match_indices('-')
            .map(|(at, _)| &stem[at + 1..])
            .collect(),
        None => name.split('-').skip(1).take(1).collect(),
    };
    let versions = named.into_iter().filter_map(|text| text.parse().ok());
    let versions: Vec<model::Version> = versions.collect();
    versions.is_empty()
        || versions
            .iter()
            .any(|named| named.to_string() == version.normalized())
}

/// The named files, or those of the version file's version in `dist`, without those of which BUILD
/// files say that they are not published.
fn distributions(
    session: &Session,
    request: &PublishRequest,
) -> Result<Vec<DistributionArchive>, GoalError> {
    let read = |path: &Utf8Path| {
        DistributionArchive::read(path, request.attestations)
            .map_err(|error| GoalError::failure(error.to_string()).code(ErrorCode::Upload))
    };
    if !request.files.is_empty() {
        let here = session.working_folder()?;
        // Attestations are read with the file that they are about.
        let named = request.files.iter().filter(|path| !is_attestation(path));
        return named.map(|path| read(&here.join(path))).collect();
    }
    let folder = session.root().join("dist");
    let version = releasing::written_version(session)?;
    let declared = DeclaredPublishing::read(session)?;
    let selected = declared::selected(session, &request.specs)?;
    let is_selected = |name: &PackageName| selected.as_ref().is_none_or(|all| all.contains(name));
    let entries = folder
        .read_dir_utf8()
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let mut paths: Vec<Utf8PathBuf> = entries
        .map(|entry| entry.into_path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default();
            name.ends_with(".whl") || name.ends_with(".tar.gz")
        })
        .collect();
    paths.sort();
    let mut files = Vec::new();
    let mut skipped = Vec::new();
    for path in paths.iter().filter(|path| may_be_of(path, &version)) {
        let file = read(path)?;
        if file.version.to_string() != version.normalized() || !is_selected(&file.name) {
            continue;
        }
        match declared.is_skipped(&file.name) {
            true => skipped.push(file.file_name().to_owned()),
            false => files.push(file),
        }
    }
    for name in &skipped {
        session.say(format_args!(
            "{name} is left out: its target has `skip_twine`"
        ));
    }
    match files.is_empty() {
        true => Err(
            GoalError::failure(format!("there is nothing to publish in {folder}"))
                .hint("build them with `cargo xtask package`, or name files"),
        ),
        false => Ok(files),
    }
}

/// Fails where no index would take the file: half a release would then be there.
fn refuse_bad_metadata(file: &DistributionArchive) -> Result<(), GoalError> {
    let opened = fs_err::File::open(&file.path).map(BufReader::new);
    let opened = opened.map_err(|error| GoalError::file("open", &file.path, &error))?;
    let findings = match file.file_name().ends_with(".whl") {
        true => wheel::verify(file.file_name(), opened).findings,
        false => wheel::verify_sdist(file.file_name(), opened),
    };
    let of_metadata = |finding: &&WheelFinding| {
        finding.severity() == Severity::Error && matches!(finding, WheelFinding::Metadata { .. })
    };
    let fatal: Vec<&WheelFinding> = findings.iter().filter(of_metadata).collect();
    if fatal.is_empty() {
        return Ok(());
    }
    let failure = GoalError::failure(format!(
        "no index takes {}: nothing was uploaded",
        file.file_name()
    ))
    .code(ErrorCode::Upload);
    let told = fatal
        .into_iter()
        .fold(failure, |error, finding| error.because(finding.to_string()));
    Err(told.hint("mend the metadata and build the file again"))
}

fn is_attestation(path: &Utf8Path) -> bool {
    path.extension() == Some("attestation")
}

/// Fails where there is no such index; `None` stands for those that the environment, BUILD files
/// or the settings name. The indexes themselves are not asked.
///
/// # Errors
/// No index is named, or a name is not known.
pub fn check_index(session: &Session, index: Option<&str>) -> Result<(), GoalError> {
    let names = match named_index(session, index) {
        Some(name) => vec![name],
        None => DeclaredPublishing::read(session)?.all_indexes(session)?,
    };
    names
        .iter()
        .try_for_each(|name| Destination::of(session, name, None).map(drop))
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
            .code(ErrorCode::Upload)
            .hints_of(error.hint())
            .caused_by(error)
    }
}
