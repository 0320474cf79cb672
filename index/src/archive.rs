//! Reads metadata from archives and project folders on this machine.

use std::io::Read;

use camino::Utf8Path;
use model::{Metadata, PackageName, Version};

use crate::error::IndexError;

/// The largest metadata file that is read.
const MOST_BYTES: u64 = 64 << 20;

/// The metadata that can be read from an archive or folder without building it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArchiveMetadata {
    /// The metadata is complete.
    Static(Box<Metadata>),
    /// Only a build can tell the metadata.
    Dynamic,
}

/// Whether `path` within a wheel is its metadata.
pub(crate) fn is_wheel_metadata(path: &str) -> bool {
    wheel::dist_info_file(path) == Some("METADATA")
}

/// Whether `path` within a wheel is its RECORD.
pub(crate) fn is_record(path: &str) -> bool {
    wheel::dist_info_file(path) == Some("RECORD")
}

/// The RECORD of the wheel at `path`.
pub(crate) fn record(path: &Utf8Path) -> Result<Vec<u8>, IndexError> {
    let filename = path.file_name().unwrap_or_default();
    let bytes = member_of_zip(path, is_record)?;
    bytes.ok_or_else(|| bad(filename, &"it has no RECORD"))
}

/// Reads a wheel's metadata.
pub(crate) fn parse_wheel_metadata(bytes: &[u8], filename: &str) -> Result<Metadata, IndexError> {
    let mut metadata =
        Metadata::parse(&String::from_utf8_lossy(bytes)).map_err(|e| bad(filename, &e))?;
    // A wheel is a built distribution, so nothing in its metadata is dynamic.
    metadata.dynamic = false;
    Ok(metadata)
}

fn bad(filename: &str, reason: &dyn std::fmt::Display) -> IndexError {
    IndexError::Metadata {
        filename: filename.to_owned(),
        reason: reason.to_string(),
    }
}

/// The text of the metadata in the archive at `path`: METADATA of a wheel, `PKG-INFO` of a source
/// distribution.
pub(crate) fn metadata_text(path: &Utf8Path) -> Result<Vec<u8>, IndexError> {
    let filename = path.file_name().unwrap_or_default();
    let (text, name) = match filename.ends_with(".whl") {
        true => (member_of_zip(path, is_wheel_metadata)?, "METADATA"),
        false => {
            let members = members_of_tar(path)?;
            (members.into_iter().next().flatten(), "PKG-INFO")
        }
    };
    text.ok_or_else(|| bad(filename, &format!("it has no {name}")))
}

/// Reads the metadata from a wheel or source distribution at `path`.
pub(crate) fn read(path: &Utf8Path) -> Result<ArchiveMetadata, IndexError> {
    let filename = path.file_name().unwrap_or_default();
    if filename.ends_with(".whl") {
        let bytes = member_of_zip(path, is_wheel_metadata)?;
        let bytes = bytes.ok_or_else(|| bad(filename, &"it has no METADATA"))?;
        return Ok(ArchiveMetadata::Static(Box::new(parse_wheel_metadata(
            &bytes, filename,
        )?)));
    }
    let members = if filename.ends_with(".zip") {
        vec![
            member_of_zip(path, is_pkg_info)?,
            member_of_zip(path, is_pyproject)?,
        ]
    } else if filename.ends_with(".tar.gz") || filename.ends_with(".tgz") {
        members_of_tar(path)?
    } else {
        return Ok(ArchiveMetadata::Dynamic);
    };
    let text = |at: usize| {
        members[at]
            .as_ref()
            .map(|bytes| String::from_utf8_lossy(bytes))
    };
    let pkg_info = match text(0) {
        Some(text) => Metadata::parse(&text).ok(),
        None => None,
    };
    Ok(match (pkg_info, text(1)) {
        (Some(metadata), _) if !metadata.dynamic => ArchiveMetadata::Static(Box::new(metadata)),
        (pkg_info, Some(pyproject)) => {
            let version = pkg_info.map(|metadata| metadata.version);
            from_pyproject(&pyproject, version.as_ref())
        }
        _ => ArchiveMetadata::Dynamic,
    })
}

/// Reads the metadata of the project in `folder` from a static `[project]` table (PEP 621); `None`
/// if only a build can tell it.
#[must_use]
pub fn folder_metadata(folder: &Utf8Path) -> Option<Metadata> {
    match read_tree(folder) {
        ArchiveMetadata::Static(metadata) => Some(*metadata),
        ArchiveMetadata::Dynamic => None,
    }
}

/// Reads the metadata from the pyproject.toml of the project in `folder`.
fn read_tree(folder: &Utf8Path) -> ArchiveMetadata {
    match fs_err::read_to_string(folder.join("pyproject.toml")) {
        Ok(text) => from_pyproject(&text, None),
        Err(_) => ArchiveMetadata::Dynamic,
    }
}

fn is_pkg_info(path: &str) -> bool {
    path.split_once('/')
        .is_some_and(|(_, rest)| rest == "PKG-INFO")
}

fn is_pyproject(path: &str) -> bool {
    path.split_once('/')
        .is_some_and(|(_, rest)| rest == "pyproject.toml")
}

/// The first member of a zip archive whose name is accepted.
fn member_of_zip(
    path: &Utf8Path,
    accepts: impl Fn(&str) -> bool,
) -> Result<Option<Vec<u8>>, IndexError> {
    let filename = path.file_name().unwrap_or_default();
    let file = fs_err::File::open(path).map_err(IndexError::file("read", path))?;
    let mut file = std::io::BufReader::new(file);
    wheel::find_member(&mut file, accepts).map_err(|error| match error {
        wheel::ZipError::Io(error) => IndexError::file("read", path)(error),
        error => bad(filename, &error),
    })
}

/// Reads `PKG-INFO` and `pyproject.toml` of a source distribution; the latter only if the former is
/// not enough.
fn members_of_tar(path: &Utf8Path) -> Result<Vec<Option<Vec<u8>>>, IndexError> {
    let filename = path.file_name().unwrap_or_default();
    let error = |e: std::io::Error| bad(filename, &format!("it is no tar archive: {e}"));
    let file = fs_err::File::open(path).map_err(IndexError::file("read", path))?;
    let unpacked = flate2::read::MultiGzDecoder::new(std::io::BufReader::new(file));
    let mut archive = tar::Archive::new(unpacked);
    let mut found = vec![None, None];
    for entry in archive.entries().map_err(error)? {
        let entry = entry.map_err(error)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = name.strip_prefix("./").unwrap_or(&name);
        let at = if is_pkg_info(name) {
            0
        } else if is_pyproject(name) {
            1
        } else {
            continue;
        };
        found[at] = Some(read_all(entry).map_err(error)?);
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    Ok(found)
}

fn read_all(member: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    member.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads `[project]` (PEP 621), if neither dependencies nor extras are dynamic. `version` is used
/// if the version is dynamic.
fn from_pyproject(text: &str, version: Option<&Version>) -> ArchiveMetadata {
    project_metadata(text, version).map_or(ArchiveMetadata::Dynamic, |metadata| {
        ArchiveMetadata::Static(Box::new(metadata))
    })
}

fn project_metadata(text: &str, version: Option<&Version>) -> Option<Metadata> {
    let document: toml_edit::Document<String> = text.parse().ok()?;
    let project = document.get("project")?.as_table_like()?;
    let is_dynamic = |key: &str| {
        let list = project.get("dynamic").and_then(|d| d.as_array());
        list.is_some_and(|list| list.iter().any(|item| item.as_str() == Some(key)))
    };
    if ["dependencies", "optional-dependencies", "requires-python"]
        .into_iter()
        .any(is_dynamic)
    {
        return None;
    }
    // Old versions of Poetry keep the dependencies in a table of their own, beside a `[project]`
    // table without dependencies.
    let poetry = document.get("tool").and_then(|tool| tool.get("poetry"));
    if poetry.is_some() && project.get("dependencies").is_none() {
        return None;
    }
    let name: PackageName = project.get("name")?.as_str()?.parse().ok()?;
    let version = match project.get("version").and_then(|v| v.as_str()) {
        Some(version) => version.parse().ok()?,
        None => version?.clone(),
    };
    let mut header = format!("Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n");
    let mut line = |key: &str, value: &str| {
        // A value may have several lines, but not in a header.
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        header.push_str(&format!("{key}: {value}\n"));
    };
    if let Some(python) = project.get("requires-python") {
        line("Requires-Python", python.as_str()?);
    }
    if let Some(dependencies) = project.get("dependencies") {
        for item in dependencies.as_array()? {
            line("Requires-Dist", item.as_str()?);
        }
    }
    if let Some(extras) = project.get("optional-dependencies") {
        for (extra, items) in extras.as_table_like()?.iter() {
            line("Provides-Extra", extra);
            for item in items.as_array()? {
                line("Requires-Dist", &with_extra(item.as_str()?, extra));
            }
        }
    }
    Metadata::parse(&header).ok()
}

fn with_extra(requirement: &str, extra: &str) -> String {
    match requirement.split_once(';') {
        Some((head, marker)) => format!("{head}; ({marker}) and extra == '{extra}'"),
        // A URL ends at a space, which therefore has to stand before the `;`.
        None => format!("{requirement} ; extra == '{extra}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pyproject: &str, expect: Option<&[&str]>) {
        let got = project_metadata(pyproject, None).map(|metadata| {
            let requires = metadata.requires_dist.iter();
            requires.map(ToString::to_string).collect::<Vec<_>>()
        });
        assert_eq!(
            got,
            expect.map(|lines| lines.iter().map(|&l| l.to_owned()).collect())
        );
    }

    #[test]
    fn a_static_project() {
        check(
            "[project]\nname='a'\nversion='1'\ndependencies=['b>=1','c;os_name==\"nt\"']\n\
             [project.optional-dependencies]\nx=['d ; python_version<\"3.9\" or os_name==\"nt\"']",
            Some(&[
                "b>=1",
                "c ; os_name == 'nt'",
                "d ; (python_full_version < '3.9' and extra == 'x') or (os_name == 'nt' and extra == 'x')",
            ]),
        );
        check("[project]\nname='a'\nversion='1'", Some(&[]));
    }

    #[test]
    fn a_dynamic_project() {
        check(
            "[project]\nname='a'\nversion='1'\ndynamic=['dependencies']",
            None,
        );
        check("[project]\nname='a'\ndynamic=['version']", None);
        check(
            "[tool.poetry]\nname='a'\n[project]\nname='a'\nversion='1'",
            None,
        );
        check("[build-system]\nrequires=[]", None);
        check("not toml", None);
    }
}
