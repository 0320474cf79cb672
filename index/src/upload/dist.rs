//! A distribution to publish: its name, hash and metadata, read from the archive.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};
use model::{PackageName, Requirement, SdistFilename, Sha256, Version, WheelFilename};
use sha2::Digest;
use thiserror::Error;

/// A wheel or sdist on this machine.
#[derive(Debug, Clone)]
pub struct Dist {
    /// The file.
    pub path: Utf8PathBuf,
    /// The project.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// Of the file's bytes.
    pub sha256: Sha256,
    /// Bytes.
    pub size: u64,
    filetype: &'static str,
    pyversion: String,
    /// Headers of the metadata in order, the description last.
    metadata: Vec<(String, String)>,
}

/// Why a file is no distribution.
#[derive(Debug, Error)]
pub enum DistError {
    /// Neither a wheel's nor an sdist's name.
    #[error("{path}: not the name of a wheel or sdist: {message}")]
    Name {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        message: String,
    },
    /// The archive cannot be read.
    #[error("{path}: {message}")]
    Archive {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        message: String,
    },
    /// Metadata and file name are of two releases.
    #[error("{path}: its metadata is that of {found}")]
    OtherRelease {
        /// The file.
        path: Utf8PathBuf,
        /// Name and version in the metadata.
        found: String,
    },
}

impl Dist {
    /// Reads a wheel or sdist.
    ///
    /// # Errors
    /// Not a distribution, or one whose metadata is of another release.
    pub fn read(path: &Utf8Path) -> Result<Self, DistError> {
        let file_name = path.file_name().unwrap_or_default();
        let bad = |message: String| DistError::Name {
            path: path.to_owned(),
            message,
        };
        let archive = |error: &dyn std::fmt::Display| DistError::Archive {
            path: path.to_owned(),
            message: error.to_string(),
        };
        let text = if file_name.ends_with(".whl") {
            wheel_metadata(path)
        } else if file_name.ends_with(".tar.gz") {
            sdist_metadata(path)
        } else {
            return Err(bad("it ends neither in `.whl` nor in `.tar.gz`".to_owned()));
        };
        let metadata = headers(&text.map_err(|error| archive(&error))?);
        let (name, version) = release_of(path, &metadata)?;
        let (filetype, pyversion) = if file_name.ends_with(".whl") {
            let wheel =
                WheelFilename::from_str(file_name).map_err(|error| bad(error.to_string()))?;
            if (&wheel.name, &wheel.version) != (&name, &version) {
                return Err(other_release(path, &metadata));
            }
            let python = file_name.trim_end_matches(".whl").rsplit('-').nth(2);
            ("bdist_wheel", python.unwrap_or_default().to_owned())
        } else {
            let sdist =
                SdistFilename::parse(file_name, &name).map_err(|error| bad(error.to_string()))?;
            if sdist.version != version {
                return Err(other_release(path, &metadata));
            }
            ("sdist", "source".to_owned())
        };
        let (sha256, size) = hash(path).map_err(|error| archive(&error))?;
        Ok(Self {
            path: path.to_owned(),
            name,
            version,
            sha256,
            size,
            filetype,
            pyversion,
            metadata,
        })
    }

    /// The file's name.
    pub fn file_name(&self) -> &str {
        self.path.file_name().unwrap_or_default()
    }

    /// The form's fields besides the file itself: each header of the metadata, and what the index
    /// cannot read from it.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
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

/// Name and version in the metadata.
fn release_of(
    path: &Utf8Path,
    metadata: &[(String, String)],
) -> Result<(PackageName, Version), DistError> {
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

fn other_release(path: &Utf8Path, metadata: &[(String, String)]) -> DistError {
    DistError::OtherRelease {
        path: path.to_owned(),
        found: format!(
            "{} {}",
            header(metadata, "Name"),
            header(metadata, "Version")
        ),
    }
}

/// The form's name of a metadata header: as in the header, but two have a plural.
fn field_name(header: &str) -> String {
    match header.to_ascii_lowercase().replace('-', "_").as_str() {
        "classifier" => "classifiers".to_owned(),
        "project_url" => "project_urls".to_owned(),
        other => other.to_owned(),
    }
}

fn wheel_metadata(path: &Utf8Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut archive = zip::ZipArchive::new(fs_err::File::open(path)?)?;
    let is_metadata = |name: &str| {
        let folder = name.strip_suffix("/METADATA");
        folder.is_some_and(|folder| folder.ends_with(".dist-info") && !folder.contains('/'))
    };
    let name = {
        let mut names = archive.file_names().filter_map(Result::ok);
        names
            .find(|name| is_metadata(name))
            .map(|name| name.into_owned())
    };
    let name = name.ok_or("has no METADATA")?;
    let mut text = String::new();
    archive.by_name(&name)?.read_to_string(&mut text)?;
    Ok(text)
}

fn sdist_metadata(path: &Utf8Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs_err::File::open(path)?));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        if name.ends_with("/PKG-INFO") && name.matches('/').count() == 1 {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            return Ok(text);
        }
    }
    Err("has no PKG-INFO".into())
}

fn hash(path: &Utf8Path) -> std::io::Result<(Sha256, u64)> {
    let mut file = fs_err::File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        size += count as u64;
    }
    let hex = hex::encode(hasher.finalize());
    let hash = Sha256::from_str(&hex).map_err(std::io::Error::other)?;
    Ok((hash, size))
}

/// The headers of core metadata, folded lines joined; the body is the description.
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

/// Sorts by name, then puts every file after those that it requires, so that an index that shows
/// half of a release shows one that installs. Cycles stay in order of their names.
pub(crate) fn in_upload_order(mut dists: Vec<Dist>) -> Vec<Dist> {
    dists.sort_by(|a, b| (&a.name, a.file_name()).cmp(&(&b.name, b.file_name())));
    let names: BTreeSet<PackageName> = dists.iter().map(|dist| dist.name.clone()).collect();
    let mut requires: BTreeMap<PackageName, BTreeSet<PackageName>> = BTreeMap::new();
    for dist in &dists {
        let own = dist.requires().filter(|name| names.contains(name));
        requires.entry(dist.name.clone()).or_default().extend(own);
    }
    let mut order: Vec<PackageName> = Vec::new();
    let mut seen = BTreeSet::new();
    for name in &names {
        visit(name, &requires, &mut seen, &mut order);
    }
    dists.sort_by_key(|dist| order.iter().position(|name| *name == dist.name));
    dists
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
