//! A lock of uv as a whole.
//!
//! Source: uv's `lock/mod.rs`. A package of the repository itself stands in it with what it requires,
//! and is what the lock was made for.

use model::{DistFile, LockedPackage, Requirement};
use toml_edit::Document;

use super::contents::{ForeignContents, constraints};
use super::toml;
use crate::error::ReadFault;
use crate::fields::TomlFields;

/// The lock as a whole.
pub(super) fn contents(text: &str) -> Result<ForeignContents, ReadFault> {
    let document = Document::parse(text).map_err(|error| ReadFault::toml(&error))?;
    let root = TomlFields::new(document.as_table(), 0..0);
    let mut contents = ForeignContents {
        requirements: Vec::new(),
        interpreter_constraints: constraints(&[root.required("requires-python")?])?,
        packages: Vec::new(),
    };
    for fields in root.tables("package")? {
        match toml::uv(&fields)? {
            Some((source, marker)) => contents.packages.push(LockedPackage {
                name: fields.required("name")?,
                version: fields.required("version")?,
                source,
                marker,
                requires_python: None,
                extras: Vec::new(),
                dependencies: required(&fields)?,
                sdist: fields
                    .table("sdist")?
                    .map(|file| dist_file(&file))
                    .transpose()?
                    .flatten(),
                wheels: wheels(&fields)?,
            }),
            None => {
                contents.requirements.extend(required(&fields)?);
                for (_, group) in groups(&fields, "dev-dependencies")? {
                    contents.requirements.extend(group);
                }
            }
        }
    }
    contents.requirements.sort();
    contents.requirements.dedup();
    Ok(contents)
}

/// What a package requires, with `extra == 'NAME'` what its extras require.
fn required(fields: &TomlFields<'_>) -> Result<Vec<Requirement>, ReadFault> {
    let mut all = Vec::new();
    for dependency in fields.tables("dependencies")? {
        all.push(requirement(&dependency)?);
    }
    for (extra, of_extra) in groups(fields, "optional-dependencies")? {
        let name = extra
            .parse()
            .map_err(|error| fields.invalid("optional-dependencies", error))?;
        let with_extra = model::Marker::extra(&name);
        all.extend(of_extra.into_iter().map(|mut one| {
            one.marker = one.marker.and(&with_extra);
            one
        }));
    }
    Ok(all)
}

fn groups(
    fields: &TomlFields<'_>,
    key: &str,
) -> Result<Vec<(String, Vec<Requirement>)>, ReadFault> {
    let Some(groups) = fields.table(key)? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (name, _) in groups.items() {
        let tables = groups.tables(name)?;
        let requirements = tables.iter().map(requirement).collect::<Result<_, _>>()?;
        found.push((name.to_owned(), requirements));
    }
    Ok(found)
}

/// A dependency names a version where the lock has several of a package.
fn requirement(fields: &TomlFields<'_>) -> Result<Requirement, ReadFault> {
    let name: model::PackageName = fields.required("name")?;
    let extras: Vec<String> = fields.list("extra")?;
    let version = fields.str("version")?.map(|version| format!("=={version}"));
    let marker: model::Marker = fields.parsed("marker")?.unwrap_or(model::Marker::TRUE);
    let text = format!(
        "{name}[{}]{}",
        extras.join(","),
        version.unwrap_or_default()
    );
    let mut requirement: Requirement = text
        .parse()
        .map_err(|error| fields.invalid("name", error))?;
    requirement.marker = marker;
    Ok(requirement)
}

fn wheels(fields: &TomlFields<'_>) -> Result<Vec<DistFile>, ReadFault> {
    let tables = fields.tables("wheels")?;
    let files: Vec<Option<DistFile>> = tables.iter().map(dist_file).collect::<Result<_, _>>()?;
    let mut files: Vec<DistFile> = files.into_iter().flatten().collect();
    files.sort_by(|a, b| a.filename.cmp(&b.filename));
    Ok(files)
}

fn dist_file(fields: &TomlFields<'_>) -> Result<Option<DistFile>, ReadFault> {
    let place = match fields.str("url")? {
        Some(url) => url,
        None => fields
            .str("path")?
            .or(fields.str("filename")?)
            .unwrap_or_default(),
    };
    let hash = fields
        .str("hash")?
        .and_then(|hash| hash.strip_prefix("sha256:"));
    let file = super::contents::dist_file(place, hash.unwrap_or_default());
    let size = fields
        .integer("size")?
        .and_then(|size| u64::try_from(size).ok());
    Ok(file.map(|file| DistFile { size, ..file }))
}
