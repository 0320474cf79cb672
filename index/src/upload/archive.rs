//! Reads the name, the hash and the metadata of a distribution that is to be uploaded.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};
use model::{PackageName, Requirement, SdistFilename, Sha256, Version, WheelFilename};

use super::attestation::{self, AttestationError};
use crate::error::IndexError;
use crate::{archive, cache};

/// A wheel or source distribution on this machine.
#[derive(Debug, Clone)]
pub struct DistributionArchive {
    /// The file.
    pub path: Utf8PathBuf,
    /// The project.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The hash of the file.
    pub sha256: Sha256,
    /// The size in bytes.
    pub size: u64,
    filetype: &'static str,
    pyversion: String,
    /// The headers of the metadata in order, then the description.
    metadata: Vec<(String, String)>,
    /// The attestations beside the file, as a JSON list.
    attestations: Option<String>,
}

/// Whether the attestations beside a distribution (PEP 740) are uploaded with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Attestations {
    /// They are.
    #[default]
    Uploaded,
    /// They are not looked for.
    LeftOut,
}

/// Why a file is no distribution.
#[derive(Debug, thiserror::Error)]
pub enum DistributionArchiveError {
    /// It has neither the name of a wheel nor that of a source distribution.
    #[error("{path}: not the name of a wheel or source distribution: {reason}")]
    Name {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with the name.
        reason: String,
    },
    /// The archive cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The file.
        path: Utf8PathBuf,
        /// Why it cannot be read.
        reason: String,
    },
    /// The metadata and the file name belong to different releases.
    #[error("{path}: its metadata is that of {found}")]
    OtherRelease {
        /// The file.
        path: Utf8PathBuf,
        /// The name and version in the metadata.
        found: String,
    },
    /// An attestation beside the file cannot be used.
    #[error(transparent)]
    Attestation(#[from] AttestationError),
}

impl DistributionArchive {
    /// Reads a wheel or source distribution, and the attestations beside it.
    ///
    /// # Errors
    /// Where the file is no distribution, its metadata belongs to another release, or an
    /// attestation to another file.
    pub fn read(
        path: &Utf8Path,
        attestations: Attestations,
    ) -> Result<Self, DistributionArchiveError> {
        let kind = ArchiveKind::of(path)?;
        let text = archive::metadata_text(path).map_err(|error| match error {
            // The message has the path already.
            IndexError::Metadata { reason, .. } => unreadable(path, &reason),
            error => unreadable(path, &error),
        })?;
        let metadata = headers(&String::from_utf8_lossy(&text));
        let (name, version) = release_of(path, &metadata)?;
        let named = kind.release(path, &name)?;
        if named != (name.clone(), version.clone()) {
            return Err(other_release(path, &metadata));
        }
        let size = fs_err::metadata(path).map_err(|error| unreadable(path, &error))?;
        let sha256 = cache::sha256_of_file(path).map_err(|error| unreadable(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            name,
            version,
            sha256,
            attestations: match attestations {
                Attestations::Uploaded => attestation::beside(path, sha256)?,
                Attestations::LeftOut => None,
            },
            size: size.len(),
            filetype: kind.filetype(),
            pyversion: kind.pyversion(),
            metadata,
        })
    }

    /// The file's name.
    pub fn file_name(&self) -> &str {
        self.path.file_name().unwrap_or_default()
    }

    /// The fields of the form without the file: each header of the metadata, and what the index
    /// cannot read from the metadata.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        let own = [
            (":action", "file_upload"),
            ("protocol_version", "1"),
            ("filetype", self.filetype),
            ("pyversion", &self.pyversion),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut fields = own.to_vec();
        fields.push(("sha256_digest".to_owned(), self.sha256.to_string()));
        let fields_of_headers = self
            .metadata
            .iter()
            .map(|(name, value)| (field_name(name), value.clone()));
        fields.extend(fields_of_headers);
        let attestations = self.attestations.iter();
        fields.extend(attestations.map(|list| ("attestations".to_owned(), list.clone())));
        fields
    }

    fn requires(&self) -> impl Iterator<Item = PackageName> {
        let headers = self
            .metadata
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("Requires-Dist"));
        headers.filter_map(|(_, value)| Some(Requirement::parse(value).ok()?.name))
    }
}

/// The kind of an archive, by its name.
enum ArchiveKind {
    Wheel(WheelFilename),
    Sdist,
}

impl ArchiveKind {
    fn of(path: &Utf8Path) -> Result<Self, DistributionArchiveError> {
        let filename = path.file_name().unwrap_or_default();
        let bad = |reason: String| DistributionArchiveError::Name {
            path: path.to_owned(),
            reason,
        };
        if filename.ends_with(".whl") {
            let wheel = filename.parse();
            return wheel
                .map(Self::Wheel)
                .map_err(|error: model::FilenameError| bad(error.to_string()));
        }
        match filename.ends_with(".tar.gz") {
            true => Ok(Self::Sdist),
            false => Err(bad("it ends neither in `.whl` nor in `.tar.gz`".to_owned())),
        }
    }

    /// The name and version in the file name. That of a source distribution does not say where the
    /// version begins.
    fn release(
        &self,
        path: &Utf8Path,
        name: &PackageName,
    ) -> Result<(PackageName, Version), DistributionArchiveError> {
        match self {
            Self::Wheel(wheel) => Ok((wheel.name.clone(), wheel.version.clone())),
            Self::Sdist => {
                let filename = path.file_name().unwrap_or_default();
                let sdist = SdistFilename::parse(filename, name);
                let sdist = sdist.map_err(|error| DistributionArchiveError::Name {
                    path: path.to_owned(),
                    reason: error.to_string(),
                })?;
                Ok((name.clone(), sdist.version))
            }
        }
    }

    fn filetype(&self) -> &'static str {
        match self {
            Self::Wheel(_) => "bdist_wheel",
            Self::Sdist => "sdist",
        }
    }

    fn pyversion(&self) -> String {
        match self {
            Self::Wheel(wheel) => wheel.python_tag.clone(),
            Self::Sdist => "source".to_owned(),
        }
    }
}

fn unreadable(path: &Utf8Path, error: &dyn std::fmt::Display) -> DistributionArchiveError {
    DistributionArchiveError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// The name and version in the metadata.
fn release_of(
    path: &Utf8Path,
    metadata: &[(String, String)],
) -> Result<(PackageName, Version), DistributionArchiveError> {
    let name = PackageName::from_str(header(metadata, "Name"));
    let version = Version::from_str(header(metadata, "Version"));
    match (name, version) {
        (Ok(name), Ok(version)) => Ok((name, version)),
        _ => Err(other_release(path, metadata)),
    }
}

fn header<'a>(metadata: &'a [(String, String)], name: &str) -> &'a str {
    let found = metadata
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map_or("", |(_, value)| value)
}

fn other_release(path: &Utf8Path, metadata: &[(String, String)]) -> DistributionArchiveError {
    DistributionArchiveError::OtherRelease {
        path: path.to_owned(),
        found: format!(
            "{} {}",
            header(metadata, "Name"),
            header(metadata, "Version")
        ),
    }
}

/// The form's name for a metadata header: that of the header, except for two with a plural.
fn field_name(header: &str) -> String {
    match header.to_ascii_lowercase().replace('-', "_").as_str() {
        "classifier" => "classifiers".to_owned(),
        "project_url" => "project_urls".to_owned(),
        other => other.to_owned(),
    }
}

/// The headers of core metadata with folded lines joined, and the description.
fn headers(text: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut lines = text.lines();
    for line in lines.by_ref() {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push('\n');
                value.push_str(
                    line.strip_prefix("        ")
                        .or_else(|| line.strip_prefix("       |"))
                        .unwrap_or(line.trim_start()),
                );
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    let body = lines.collect::<Vec<_>>().join("\n");
    if !body.is_empty() {
        headers.push(("Description".to_owned(), body + "\n"));
    }
    headers
}

/// Sorts files by name, and then puts each after those that it requires. An index that has only a
/// part of the release can then install that part. Cycles stay in order of their names.
pub(super) fn in_upload_order(mut files: Vec<DistributionArchive>) -> Vec<DistributionArchive> {
    files.sort_by(|a, b| (&a.name, a.file_name()).cmp(&(&b.name, b.file_name())));
    let names: BTreeSet<PackageName> = files.iter().map(|file| file.name.clone()).collect();
    let mut requires: BTreeMap<PackageName, BTreeSet<PackageName>> = BTreeMap::new();
    for file in &files {
        let own = file.requires().filter(|name| names.contains(name));
        requires.entry(file.name.clone()).or_default().extend(own);
    }
    let mut order: Vec<PackageName> = Vec::new();
    let mut seen = BTreeSet::new();
    for name in &names {
        visit(name, &requires, &mut seen, &mut order);
    }
    files.sort_by_key(|file| order.iter().position(|name| *name == file.name));
    files
}

fn visit(
    name: &PackageName,
    requires: &BTreeMap<PackageName, BTreeSet<PackageName>>,
    seen: &mut BTreeSet<PackageName>,
    order: &mut Vec<PackageName>,
) {
    if !seen.insert(name.clone()) {
        return;
    }
    for required in requires.get(name).into_iter().flatten() {
        visit(required, requires, seen, order);
    }
    order.push(name.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_become_fields() {
        let text = "Metadata-Version: 2.4\nName: a\nVersion: 1\nClassifier: X\nClassifier: Y\nProject-URL: Home, u\nLicense: one\n        two\nRequires-Dist: b==1\n\nTitle\n\ntext\n";
        let fields: Vec<String> = headers(text)
            .iter()
            .map(|(name, value)| format!("{}={value:?}", field_name(name)))
            .collect();
        insta::assert_snapshot!(fields.join("\n"), @r#"
        metadata_version="2.4"
        name="a"
        version="1"
        classifiers="X"
        classifiers="Y"
        project_urls="Home, u"
        license="one\ntwo"
        requires_dist="b==1"
        description="Title\n\ntext\n"
        "#);
    }
}
