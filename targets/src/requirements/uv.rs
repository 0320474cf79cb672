//! What the `[tool.uv]` table of a `pyproject.toml` says of requirements: where projects come from,
//! constraints and overrides. See uv's documentation, "Managing dependencies".

use std::sync::Arc;

use toml_edit::{Item, TableLike, Value};

use super::toml::TomlText;
use super::{RequirementGroup, RequirementLine, RequirementsError, RequirementsFile};
use model::{Marker, PackageName, RepoPath};

/// Applies `sources`, `constraint-dependencies` and `override-dependencies`.
///
/// A project whose source is the workspace is first-party code, which no index is asked for. For a
/// member of a workspace, constraints and overrides are those of the root, and the root's sources count
/// where it has none of its own.
///
/// # Errors
/// A value of the wrong shape, an invalid requirement.
pub(super) fn apply(
    own: Option<UvTable<'_>>,
    root: Option<UvTable<'_>>,
    file: &mut RequirementsFile,
) -> Result<(), RequirementsError> {
    let constraints = root
        .or(own)
        .map(|table| lines(table, "constraint-dependencies"));
    let overrides = root
        .or(own)
        .map(|table| lines(table, "override-dependencies"));
    let overrides = overrides.transpose()?.unwrap_or_default();
    replace_overridden(file, &overrides);
    if root.is_none() {
        file.constraints
            .extend(constraints.transpose()?.unwrap_or_default());
        file.overrides.extend(overrides);
    }
    let sources: Vec<(PackageName, Vec<Source>)> = [own, root]
        .into_iter()
        .flatten()
        .flat_map(|(toml, table)| {
            let folder = RepoPath::new(toml.path).folder();
            let sources = table.get("sources").and_then(Item::as_table_like);
            let sources = sources.into_iter().flat_map(TableLike::iter);
            sources.filter_map(move |(name, item)| {
                Some((name.parse().ok()?, Source::all(item, folder)))
            })
        })
        .collect();
    if sources.is_empty() {
        return Ok(());
    }
    let mut lines = Vec::with_capacity(file.requirements.len());
    for line in file.requirements.drain(..) {
        let name = line.specifier.requirement().map(|asked| &asked.name);
        let mut known = sources.iter();
        match known.find(|(of, _)| Some(of) == name) {
            Some((_, sources)) => lines.extend(Source::lines(sources, &line)?),
            None => lines.push(line),
        }
    }
    file.requirements = lines;
    Ok(())
}

/// The requirements in a list of a table.
fn lines((toml, table): UvTable<'_>, key: &str) -> Result<Vec<RequirementLine>, RequirementsError> {
    let mut lines = RequirementsFile::default();
    if let Some(item) = table.get(key) {
        toml.array(item, &format!("tool.uv.{key}"), &mut lines)?;
    }
    let lines = lines.requirements.into_iter();
    Ok(lines.map(|line| (*line).clone()).collect())
}

/// Puts overrides in the place of what projects themselves require, as uv and PDM do.
pub(super) fn replace_overridden(file: &mut RequirementsFile, overrides: &[RequirementLine]) {
    let name_of = |line: &RequirementLine| line.specifier.requirement().map(|a| a.name.clone());
    let mut kept = Vec::with_capacity(file.requirements.len());
    for line in file.requirements.drain(..) {
        let name = name_of(&line);
        let of_name = overrides
            .iter()
            .filter(|other| name.is_some() && name_of(other) == name);
        let of_name = of_name.map(|other| RequirementLine {
            groups: line.groups.clone(),
            ..other.clone()
        });
        let of_name: Vec<Arc<RequirementLine>> = of_name.map(Arc::new).collect();
        match of_name.is_empty() {
            true => kept.push(line),
            false => kept.extend(of_name),
        }
    }
    file.requirements = kept;
}

/// A table `[tool.uv]` and the file that it stands in.
pub(super) type UvTable<'t> = (&'t TomlText<'t>, &'t dyn TableLike);

/// Where a project comes from.
struct Source {
    from: SourceKind,
    /// In which environments.
    marker: Option<String>,
    /// For whom alone: the requirement of an extra or dependency group.
    group: Option<RequirementGroup>,
}

enum SourceKind {
    /// `workspace = true`: it is first-party.
    Workspace,
    /// `git`, `url`: the location.
    Location(String),
    /// `path`: from the root of the repository on; `None` if it leads out.
    Path(Option<String>),
    /// `index`, or anything else: where the requirement says.
    Unchanged,
}

impl Source {
    /// The one source, or each of a list.
    fn all(item: &Item, folder: &str) -> Vec<Self> {
        if let Some(array) = item.as_array() {
            let tables = array.iter().filter_map(Value::as_inline_table);
            return tables.map(|table| Self::of(table, folder)).collect();
        }
        let table = item.as_table_like();
        table
            .map(|table| Self::of(table, folder))
            .into_iter()
            .collect()
    }

    fn of(table: &dyn TableLike, folder: &str) -> Self {
        let text = |key: &str| table.get(key).and_then(Item::as_str);
        let workspace = table.get("workspace").and_then(Item::as_bool);
        let from = if workspace == Some(true) {
            SourceKind::Workspace
        } else if let Some(url) = text("git") {
            let revision = text("rev").or(text("tag")).or(text("branch"));
            let revision = revision.map(|revision| format!("@{revision}"));
            SourceKind::Location(format!(
                "git+{url}{}{}",
                revision.unwrap_or_default(),
                subdirectory(table)
            ))
        } else if let Some(url) = text("url") {
            SourceKind::Location(format!("{url}{}", subdirectory(table)))
        } else if let Some(path) = text("path") {
            SourceKind::Path(RepoPath::new(folder).follow(path))
        } else {
            SourceKind::Unchanged
        };
        Self {
            from,
            marker: text("marker").map(str::to_owned),
            group: match (text("extra"), text("group")) {
                (Some(name), _) => name.parse().ok().map(RequirementGroup::Extra),
                (None, name) => {
                    name.and_then(|name| name.parse().ok().map(RequirementGroup::Group))
                }
            },
        }
    }

    /// A line with each source that is meant for it, and as it is where none is: other groups, and the
    /// environments that no marker names.
    fn lines(
        sources: &[Self],
        line: &Arc<RequirementLine>,
    ) -> Result<Vec<Arc<RequirementLine>>, RequirementsError> {
        let is_meant = |source: &&Self| {
            let group = source.group.as_ref();
            group.is_none_or(|group| line.groups.contains(group))
        };
        let own = line.specifier.requirement().map(|asked| &asked.marker);
        let mut rest = own.cloned().unwrap_or(Marker::TRUE);
        let mut lines = Vec::new();
        for source in sources.iter().filter(is_meant) {
            let marker = match &source.marker {
                Some(marker) => parsed(marker, line)?,
                None => Marker::TRUE,
            };
            if !rest.is_disjoint(&marker) {
                lines.extend(source.line(line)?);
            }
            rest = rest.and(&marker.negate());
        }
        if !rest.is_false() {
            let everywhere = Self {
                from: SourceKind::Unchanged,
                marker: Some(rest.to_string()).filter(|_| own != Some(&rest)),
                group: None,
            };
            lines.extend(everywhere.line(line)?);
        }
        Ok(lines)
    }

    /// The line with this source in place of what it says.
    fn line(
        &self,
        line: &Arc<RequirementLine>,
    ) -> Result<Option<Arc<RequirementLine>>, RequirementsError> {
        let Some(asked) = line.specifier.requirement() else {
            return Ok(Some(Arc::clone(line)));
        };
        let extras: Vec<&str> = asked.extras.iter().map(model::ExtraName::as_str).collect();
        let extras = match extras.is_empty() {
            true => String::new(),
            false => format!("[{}]", extras.join(",")),
        };
        let own = asked.marker.to_string();
        let markers = [Some(own), self.marker.clone()].into_iter().flatten();
        let markers: Vec<String> = markers
            .filter(|marker| !marker.is_empty())
            .map(|marker| format!("({marker})"))
            .collect();
        let marker = match markers.is_empty() {
            true => String::new(),
            false => format!(" ; {}", markers.join(" and ")),
        };
        let place = line.specifier.place();
        let text = match &self.from {
            SourceKind::Workspace => return Ok(None),
            SourceKind::Unchanged if self.marker.is_none() => return Ok(Some(Arc::clone(line))),
            SourceKind::Unchanged => {
                let versions = asked.specifiers().map(ToString::to_string);
                format!(
                    "{}{extras}{}{marker}",
                    asked.name,
                    versions.unwrap_or_default()
                )
            }
            SourceKind::Location(location) => {
                format!("{}{extras} @ {location}{marker}", asked.name)
            }
            SourceKind::Path(path) => {
                let path = path.as_ref().ok_or_else(|| {
                    let message =
                        format!("the source of `{}` is not in the repository", asked.name);
                    RequirementsError::new(message, place.clone())
                        .hint("`tool.uv.sources` has the path")
                })?;
                format!("./{path}{extras}{marker}")
            }
        };
        let made = RequirementLine::plain(&text, place.clone()).map_err(|error| {
            let message = format!("`{text}` (by `tool.uv.sources`): {}", error.reason);
            RequirementsError::new(message, place.clone())
        })?;
        Ok(Some(Arc::new(RequirementLine {
            groups: line.groups.clone(),
            ..made
        })))
    }
}

/// The environments that the marker of a source means.
fn parsed(marker: &str, line: &RequirementLine) -> Result<Marker, RequirementsError> {
    marker.parse().map_err(|error| {
        let name = line.specifier.name_spelling().unwrap_or_default();
        let message = format!("`{marker}` of `{name}` in `tool.uv.sources`: {error}");
        RequirementsError::new(message, line.specifier.place().clone())
    })
}

fn subdirectory(table: &dyn TableLike) -> String {
    let folder = table.get("subdirectory").and_then(Item::as_str);
    folder.map_or_else(String::new, |folder| format!("#subdirectory={folder}"))
}
