//! Requirements of a `pyproject.toml`: PEP 621 (`project.dependencies` and
//! `project.optional-dependencies`), PEP 735 (`dependency-groups`), and the tables of uv.

use std::sync::Arc;

use toml_edit::{Document, Item, TableLike};

use super::toml::TomlText;
use super::{
    ProjectTable, RequirementGroup, RequirementsError, RequirementsFile, groups, poetry, uv,
};
use crate::kinds::RequirementsFormat;
use model::{ExtraName, PackageName, Place, Requirement, nearest};

/// Reads the requirements of the `pyproject.toml` at `path`: by PEP 621 and PEP 735, and what the
/// tables of the format add.
///
/// # Errors
/// Invalid TOML, a table missing or of the wrong shape, an invalid requirement.
pub fn read_pyproject(
    (path, text): (&str, &str),
    tables: &PyprojectTables<'_>,
) -> Result<RequirementsFile, RequirementsError> {
    let path: Arc<str> = Arc::from(path);
    let format = tables.format;
    let document = Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        RequirementsError::new(
            format!("not valid TOML: {}", error.message()),
            Place::at(Arc::clone(&path), text, at),
        )
    })?;
    let toml = TomlText { path: &path, text };
    let tool = |name: &str| {
        let tool = document.get("tool")?.as_table_like()?;
        tool.get(name)?.as_table_like()
    };
    let missing = |what: &str| RequirementsError::new(what, Place::file(&*path));
    let of_project = document.get("project").and_then(Item::as_table_like);
    let groups = document.get("dependency-groups");
    let mut file = RequirementsFile::default();
    match format {
        RequirementsFormat::Poetry => {
            let Some(table) = tool("poetry") else {
                return Err(missing("there is no `[tool.poetry]` table")
                    .hint("`python_requirements` reads `[project]` and `[dependency-groups]`"));
            };
            poetry::read(&toml, table, of_project, &mut file)?;
        }
        RequirementsFormat::Uv => {
            if let Some(item) = tool("uv").and_then(|table| table.get("dev-dependencies")) {
                toml.array(item, "tool.uv.dev-dependencies", &mut file)?;
                if let Ok(dev) = "dev".parse() {
                    file.declare(RequirementGroup::Group(dev), 0);
                }
            }
            if tool("uv").is_none() && of_project.is_none() && groups.is_none() {
                return Err(missing(
                    "there is no `[tool.uv]`, `[project]` or `[dependency-groups]` table",
                ));
            }
        }
        RequirementsFormat::Standard | RequirementsFormat::Pipenv => {
            if of_project.is_none() && groups.is_none() {
                return Err(missing("there is no `[project]` table (PEP 621)").hint(
                    "`poetry_requirements` reads Poetry's tables, `uv_requirements` those of uv",
                ));
            }
        }
    }
    if tables.project == ProjectTable::Read {
        if let Some(table) = of_project {
            Project::of(table).read(&toml, table, &mut file)?;
        }
        if let Some(item) = groups {
            groups::read(&toml, item, &mut file)?;
        }
    }
    if format == RequirementsFormat::Poetry {
        let of_poetry = tool("poetry").and_then(|table| table.get("dependencies"));
        let of_poetry = of_poetry.and_then(Item::as_table_like);
        poetry::enrich(of_poetry, of_project, &mut file);
        if let Some(table) = tool("poetry") {
            poetry::include_groups(&toml, table, groups, &mut file)?;
        }
    }
    if let (Some(table), PdmTables::Read) = (hook(document.as_table()), tables.pdm) {
        let named = Project::of(table);
        let of_project = of_project.map(Project::of);
        let name = of_project.and_then(|project| project.name);
        Project { name, ..named }.read(&toml, table, &mut file)?;
    }
    if let (Some(table), PdmTables::Read) = (tool("pdm"), tables.pdm) {
        let groups = table.get("dev-dependencies").and_then(Item::as_table_like);
        for (name, item) in groups.into_iter().flat_map(TableLike::iter) {
            let key = format!("tool.pdm.dev-dependencies.{name}");
            let first = file.requirements.len();
            toml.array(item, &key, &mut file)?;
            if let Ok(group) = name.parse() {
                file.declare(RequirementGroup::Group(group), first);
            }
        }
        pdm_overrides(&toml, table, &mut file)?;
    }
    let root = tables.uv_root.map(|(path, text)| (Arc::from(path), text));
    let root: Option<(Arc<str>, &str)> = root;
    let root_document = root
        .as_ref()
        .and_then(|(_, text)| Document::parse(*text).ok());
    let of_root = root_document.as_ref().and_then(|document| {
        let table = document.get("tool")?.get("uv")?.as_table_like()?;
        Some((root.as_ref()?, table))
    });
    let own = tool("uv").map(|table| (&toml, table));
    match of_root {
        Some(((path, text), table)) => {
            let root = TomlText { path, text };
            uv::apply(own, Some((&root, table)), &mut file)?;
        }
        None => uv::apply(own, None, &mut file)?,
    }
    Ok(file)
}

/// Whether a `pyproject.toml` is that of the root of a uv workspace.
pub(crate) fn is_uv_root(text: &str) -> bool {
    let document = Document::parse(text).ok();
    let uv = document
        .as_ref()
        .and_then(|document| document.get("tool")?.get("uv"));
    uv.is_some_and(|uv| uv.get("workspace").is_some())
}

/// The table in which hatch's hook uv-dynamic-versioning has what `[project]` calls dynamic.
fn hook(document: &dyn TableLike) -> Option<&dyn TableLike> {
    let keys = ["hatch", "metadata", "hooks", "uv-dynamic-versioning"];
    let tool = document.get("tool")?;
    keys.iter()
        .try_fold(tool, |item, key| item.get(*key))?
        .as_table_like()
}

/// Which tables of a `pyproject.toml` are read.
#[derive(Clone, Copy, Debug)]
pub struct PyprojectTables<'t> {
    /// Whose tables they are.
    pub format: RequirementsFormat,
    /// `[project]` and `[dependency-groups]`.
    pub project: ProjectTable,
    /// Those of PDM, which no target type of Pants reads.
    pub pdm: PdmTables,
    /// The path and the text of the root of its uv workspace, whose sources count for members.
    pub uv_root: Option<(&'t str, &'t str)>,
}

/// Whether the tables of PDM are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PdmTables {
    /// They are.
    Read,
    /// They are not.
    Skipped,
}

impl PyprojectTables<'_> {
    /// The tables of one file by itself.
    #[must_use]
    pub fn of(format: RequirementsFormat, project: ProjectTable) -> Self {
        Self {
            format,
            project,
            pdm: PdmTables::Skipped,
            uv_root: None,
        }
    }
}

/// `[tool.pdm.resolution.overrides]`: a version, bounds or a URL for each project.
fn pdm_overrides(
    toml: &TomlText<'_>,
    table: &dyn TableLike,
    file: &mut RequirementsFile,
) -> Result<(), RequirementsError> {
    let overrides = table
        .get("resolution")
        .and_then(|table| table.get("overrides"));
    let overrides = overrides.and_then(Item::as_table_like);
    let mut lines = Vec::new();
    for (name, item) in overrides.into_iter().flat_map(TableLike::iter) {
        let value = item.as_str().unwrap_or_default();
        let text = if value.contains("://") {
            format!("{name} @ {value}")
        } else if value.starts_with(|c: char| c.is_ascii_digit()) {
            format!("{name}=={value}")
        } else {
            format!("{name}{value}")
        };
        lines.push((*toml.line(&text, item.span())?).clone());
    }
    uv::replace_overridden(file, &lines);
    file.overrides.extend(lines);
    Ok(())
}

/// A project by PEP 621.
struct Project {
    /// Its name.
    name: Option<PackageName>,
    /// Its extras.
    extras: Vec<ExtraName>,
}

impl Project {
    fn of(table: &dyn TableLike) -> Self {
        let groups = table.get("optional-dependencies");
        let groups = groups.and_then(Item::as_table_like).map(TableLike::iter);
        let names = groups.into_iter().flatten();
        let name = table.get("name").and_then(Item::as_str);
        Self {
            name: name.and_then(|name| name.parse().ok()),
            extras: names.filter_map(|(name, _)| name.parse().ok()).collect(),
        }
    }

    fn read(
        &self,
        toml: &TomlText<'_>,
        table: &dyn TableLike,
        file: &mut RequirementsFile,
    ) -> Result<(), RequirementsError> {
        let mut own = RequirementsFile::default();
        if let Some(item) = table.get("dependencies") {
            toml.array(item, "project.dependencies", &mut own)?;
        }
        if let Some(item) = table.get("optional-dependencies") {
            let groups = item.as_table_like().map(TableLike::iter);
            for (name, item) in groups.into_iter().flatten() {
                let key = format!("project.optional-dependencies.{name}");
                let first = own.requirements.len();
                toml.array(item, &key, &mut own)?;
                let extra = toml.name(name, "an extra", item)?;
                own.declare(RequirementGroup::Extra(extra), first);
            }
        }
        file.groups.append(&mut own.groups);
        for line in own.requirements {
            match line.specifier.requirement() {
                Some(itself) if Some(&itself.name) == self.name.as_ref() => {
                    self.check_own(itself, line.specifier.place())?;
                    for group in &line.groups {
                        for extra in &itself.extras {
                            file.include(group, RequirementGroup::Extra(extra.clone()));
                        }
                    }
                }
                _ => file.requirements.push(line),
            }
        }
        Ok(())
    }

    /// The project itself, whose extras are read one by one: no index is asked for it.
    fn check_own(&self, own: &Requirement, place: &Place) -> Result<(), RequirementsError> {
        let unknown = own.extras.iter().find(|extra| !self.extras.contains(extra));
        let Some(unknown) = unknown else {
            return Ok(());
        };
        let message = format!("{} has no extra `{unknown}`", own.name);
        let error = RequirementsError::new(message, place.clone());
        let near = nearest(unknown.as_str(), self.extras.iter().map(ExtraName::as_str));
        Err(match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        })
    }
}
