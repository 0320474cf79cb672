//! Reads the locks that are TOML: uv's, Poetry's, PDM's and PEP 751's. Each has a list of packages.
//! They differ in how they say where a package comes from and when it is needed.
//!
//! Sources: uv's `lock/mod.rs`, Poetry's `packages/locker.py`, PDM's `formats` and
//! <https://packaging.python.org/en/latest/specifications/pylock-toml/>.

use model::{IndexRole, Marker, PackageSource, Url};
use toml_edit::Document;

use crate::error::ReadFault;
use crate::fields::TomlFields;
use crate::pins::Pin;

/// Where a package comes from and when it is needed; `None` for a package of the repository itself.
type Origin = Option<(PackageSource, Marker)>;

const INDEX: PackageSource = PackageSource::Index(IndexRole::Primary);

pub(super) fn pins(
    text: &str,
    key: &str,
    origin: fn(&TomlFields<'_>) -> Result<Origin, ReadFault>,
) -> Result<Vec<Pin>, ReadFault> {
    let document = Document::parse(text).map_err(|error| ReadFault::toml(&error))?;
    let root = TomlFields::new(document.as_table(), 0..0);
    let mut pins = Vec::new();
    for fields in root.tables(key)? {
        let name = fields.required("name")?;
        // A package of the repository itself may have no version.
        let Some(version) = fields.parsed("version")? else {
            continue;
        };
        if let Some((source, marker)) = origin(&fields)? {
            pins.push(Pin {
                name,
                version,
                source,
                marker,
            });
        }
    }
    Ok(pins)
}

pub(super) fn uv(fields: &TomlFields<'_>) -> Result<Origin, ReadFault> {
    let markers: Vec<Marker> = fields.list("resolution-markers")?;
    let marker = match &markers[..] {
        [] => Marker::TRUE,
        some => some.iter().fold(Marker::FALSE, |all, one| all.or(one)),
    };
    let Some(source) = fields.table("source")? else {
        return Ok(Some((INDEX, marker)));
    };
    if ["virtual", "editable", "directory"]
        .iter()
        .any(|key| source.has(key))
    {
        return Ok(None);
    }
    if let Some(git) = source.parsed::<Url>("git")? {
        let commit = git.fragment().unwrap_or_default().to_owned();
        let revision = git.query_pairs().find(|(key, _)| key == "rev");
        let revision = revision.map(|(_, value)| value.into_owned());
        let mut url = git;
        url.set_fragment(None);
        url.set_query(None);
        return Ok(Some((repository(url, &commit, revision), marker)));
    }
    if let Some(url) = source.parsed("url")? {
        let subdirectory = source.parsed("subdirectory")?;
        return Ok(Some((PackageSource::Url { url, subdirectory }, marker)));
    }
    Ok(Some((INDEX, marker)))
}

pub(super) fn poetry(fields: &TomlFields<'_>) -> Result<Origin, ReadFault> {
    // If groups need a package under different markers, this is a table.
    let marker = match fields.item("markers").and_then(|item| item.as_str()) {
        Some(_) => fields.parsed("markers")?.unwrap_or(Marker::TRUE),
        None => Marker::TRUE,
    };
    let Some(source) = fields.table("source")? else {
        return Ok(Some((INDEX, marker)));
    };
    Ok(match source.str("type")? {
        Some("directory" | "file") => None,
        Some("git") => {
            let commit: String = source.required("resolved_reference")?;
            let url = source.required("url")?;
            Some((
                repository(url, &commit, source.parsed("reference")?),
                marker,
            ))
        }
        Some("url") => {
            let url = source.required("url")?;
            let subdirectory = None;
            Some((PackageSource::Url { url, subdirectory }, marker))
        }
        _ => Some((INDEX, marker)),
    })
}

pub(super) fn pdm(fields: &TomlFields<'_>) -> Result<Origin, ReadFault> {
    let marker = fields.parsed("marker")?.unwrap_or(Marker::TRUE);
    if fields.has("path") {
        return Ok(None);
    }
    if let Some(url) = fields.parsed("git")? {
        let commit: String = fields.required("revision")?;
        return Ok(Some((
            repository(url, &commit, fields.parsed("ref")?),
            marker,
        )));
    }
    if let Some(url) = fields.parsed("url")? {
        let subdirectory = fields.parsed("subdirectory")?;
        return Ok(Some((PackageSource::Url { url, subdirectory }, marker)));
    }
    Ok(Some((INDEX, marker)))
}

pub(super) fn pylock(fields: &TomlFields<'_>) -> Result<Origin, ReadFault> {
    let marker = fields.parsed("marker")?.unwrap_or(Marker::TRUE);
    if fields.has("directory") {
        return Ok(None);
    }
    if let Some(vcs) = fields.table("vcs")?
        && let Some(url) = vcs.parsed("url")?
    {
        let commit: String = vcs.required("commit-id")?;
        let revision = vcs.parsed("requested-revision")?;
        return Ok(Some((repository(url, &commit, revision), marker)));
    }
    if let Some(archive) = fields.table("archive")?
        && let Some(url) = archive.parsed("url")?
    {
        let subdirectory = archive.parsed("subdirectory")?;
        return Ok(Some((PackageSource::Url { url, subdirectory }, marker)));
    }
    Ok(Some((INDEX, marker)))
}

fn repository(url: Url, commit: &str, revision: Option<String>) -> PackageSource {
    if !is_commit(commit) {
        return INDEX;
    }
    PackageSource::Git {
        url,
        commit: commit.to_owned(),
        revision,
        subdirectory: None,
    }
}

/// Whether a revision is a full commit hash, in SHA-1 or SHA-256.
pub(super) fn is_commit(revision: &str) -> bool {
    matches!(revision.len(), 40 | 64) && revision.bytes().all(|b| b.is_ascii_hexdigit())
}
