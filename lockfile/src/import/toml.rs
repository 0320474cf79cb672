//! Reads the locks that are TOML: uv's, Poetry's, PDM's and PEP 751's. Each has a list of packages.
//! They differ in how they say where a package comes from and when it is needed.
//!
//! Sources: uv's `lock/mod.rs`, Poetry's `packages/locker.py`, PDM's `formats` and
//! <https://packaging.python.org/en/latest/specifications/pylock-toml/>.

use model::{
    IndexRole, Marker, PackageName, PackageSource, Url, VersionSpecifiers, specifiers_range,
};
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
    let packages = root.tables(key)?;
    for fields in &packages {
        let name = fields.required("name")?;
        // A package of the repository itself may have no version.
        let Some(version) = fields.parsed("version")? else {
            continue;
        };
        if let Some((source, marker)) = origin(fields)? {
            pins.push(Pin {
                name,
                version,
                source,
                marker,
                requires: Vec::new(),
            });
        }
    }
    Ok(pins)
}

/// The pins of a lock of Poetry. Before version 2.1 of the format, the markers of several versions of
/// a project are only where they are required.
pub(super) fn poetry_pins(text: &str) -> Result<Vec<Pin>, ReadFault> {
    let mut found = pins(text, "package", poetry)?;
    let document = Document::parse(text).map_err(|error| ReadFault::toml(&error))?;
    let root = TomlFields::new(document.as_table(), 0..0);
    let packages = root.tables("package")?;
    let names: Vec<PackageName> = found.iter().map(|pin| pin.name.clone()).collect();
    let is_forked = |name: &PackageName| names.iter().filter(|other| *other == name).count() > 1;
    for pin in found.iter_mut().filter(|pin| pin.marker.is_true()) {
        if is_forked(&pin.name) {
            pin.marker = poetry_marker(&packages, pin)?;
        }
    }
    Ok(found)
}

/// The environments in which packages of a lock of Poetry require what a pin pins, and for which it
/// is; every environment where none is found.
fn poetry_marker(packages: &[TomlFields<'_>], pin: &Pin) -> Result<Marker, ReadFault> {
    let mut required = Marker::FALSE;
    for fields in packages {
        let Some(dependencies) = fields.table("dependencies")? else {
            continue;
        };
        for (name, item) in dependencies.items() {
            if name.parse::<PackageName>().ok().as_ref() != Some(&pin.name) {
                continue;
            }
            for (version, markers) in poetry_dependency(item) {
                let specifiers = version.parse::<VersionSpecifiers>();
                // Carets and tildes of Poetry may admit anything.
                if specifiers.is_ok_and(|specifiers| !specifiers.contains(&pin.version)) {
                    continue;
                }
                required = required.or(&markers.parse().unwrap_or(Marker::TRUE));
            }
        }
    }
    let mut own = packages.iter().filter(|fields| {
        let is_same = |key: &str, text: String| {
            fields
                .str(key)
                .is_ok_and(|value| value == Some(text.as_str()))
        };
        is_same("version", pin.version.to_string())
            && fields
                .parsed("name")
                .is_ok_and(|name| name.as_ref() == Some(&pin.name))
    });
    let python = match own.next() {
        Some(fields) => fields.str("python-versions")?,
        None => None,
    };
    let python = python.and_then(|python| python.parse::<VersionSpecifiers>().ok());
    let python = python.map_or(Marker::TRUE, |python| {
        Marker::python_range(&specifiers_range(&python))
    });
    Ok(match required.is_false() {
        true => python,
        false => required.and(&python),
    })
}

/// The versions and markers of a dependency in a lock of Poetry: a text, a table, or a list of them.
fn poetry_dependency(item: &toml_edit::Item) -> Vec<(String, String)> {
    let of_table = |table: &dyn toml_edit::TableLike| {
        let text = |key| {
            let value = table.get(key).and_then(toml_edit::Item::as_str);
            value.unwrap_or_default().to_owned()
        };
        (text("version"), text("markers"))
    };
    if let Some(version) = item.as_str() {
        return vec![(version.to_owned(), String::new())];
    }
    if let Some(table) = item.as_table_like() {
        return vec![of_table(table)];
    }
    if let Some(tables) = item.as_array_of_tables() {
        return tables.iter().map(|table| of_table(table)).collect();
    }
    let values = item.as_array().into_iter().flatten();
    values
        .filter_map(|value| value.as_inline_table())
        .map(|table| of_table(table))
        .collect()
}

/// A marker in which an extra holds or not: the pin is for both.
fn without_extras(marker: Marker) -> Marker {
    match marker.has_extra() {
        true => Marker::TRUE,
        false => marker,
    }
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
    // If groups need a package under different markers, this is a table with one for each group.
    let marker = match fields.item("markers") {
        Some(item) if item.as_table_like().is_some() => {
            let groups = fields.table("markers")?;
            let mut any = Marker::FALSE;
            for (group, _) in groups.iter().flat_map(TomlFields::items) {
                let of_group: Option<Marker> = match &groups {
                    Some(groups) => groups.parsed(group)?,
                    None => None,
                };
                any = any.or(&without_extras(of_group.unwrap_or(Marker::TRUE)));
            }
            any
        }
        Some(_) => without_extras(fields.parsed("markers")?.unwrap_or(Marker::TRUE)),
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
    let marker = without_extras(fields.parsed("marker")?.unwrap_or(Marker::TRUE));
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
    let marker = without_extras(fields.parsed("marker")?.unwrap_or(Marker::TRUE));
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
