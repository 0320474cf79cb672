//! The settings that follow from projects: resolves with their Pythons and platforms, source roots,
//! indexes, and the tools that projects are checked with.

use std::collections::BTreeSet;

use toml_edit::{Array, Value};

use super::found::Projects;
use super::groups::{ProjectGroup, ProjectGroups};
use super::inferred::IgnoredKey;
use super::manifest::ProjectManifest;
use super::settings_text::SettingsText;
use super::{indexes, layout, misspelt, uv_settings};
use crate::files::RepositoryFiles;
use crate::requirements::RequirementsError;
use crate::tree::{Dir, join};
use model::{InterpreterConstraints, PackageName, Place};

/// Tools with the table that configures them, and their names in `[checks] tools`.
const TOOLS: &[(&str, &[&str])] = &[
    ("ruff", &["ruff-check", "ruff-format"]),
    ("black", &["black"]),
    ("isort", &["isort"]),
    ("flake8", &["flake8"]),
    ("pylint", &["pylint"]),
    ("mypy", &["mypy"]),
    ("basedpyright", &["basedpyright"]),
    ("pyrefly", &["pyrefly"]),
    ("ty", &["ty"]),
];

/// The settings as a table of `pyproject.toml`, and what has no effect of what projects say.
///
/// # Errors
/// A table of uv that cannot be meant.
pub(super) fn text(
    projects: &Projects,
    groups: &ProjectGroups,
    files: &dyn RepositoryFiles,
) -> Result<(String, Vec<IgnoredKey>), RequirementsError> {
    let mut settings = SettingsText::new();
    let mut ignored = Vec::new();
    let mut roots: BTreeSet<String> = BTreeSet::new();
    for (at, project) in projects.all.iter().enumerate() {
        let below = files.tree().below(&project.folder);
        let dirs: Vec<&Dir> = below
            .filter(|dir| projects.owner(&dir.path).is_some_and(|id| id.0 == at))
            .collect();
        let found = layout::source_roots(project, &dirs, files.tree());
        roots.extend(found.into_iter().map(|root| format!("/{root}")));
        ignored.extend(misspelt::keys(project));
    }
    settings.list("source", "root_patterns", roots);
    let groups = &groups.groups;
    settings.text("python", "default_resolve", &groups[0].resolve);
    for group in groups {
        let pythons = pythons(projects, group, files);
        check_pythons(projects, group, &pythons)?;
        let root = root_of(projects, group);
        if let Some(root) = root {
            ignored.extend(uv_settings::ignored(root, files)?);
            uv_settings::of_run(&mut settings, root);
        }
        for resolve in &group.resolves {
            let lock = Value::from(resolve.lock.as_str());
            settings.of_resolve("resolves", &resolve.name, lock);
            if !pythons.is_empty() {
                let pythons = Array::from_iter(&pythons);
                settings.of_resolve(
                    "resolves_to_interpreter_constraints",
                    &resolve.name,
                    pythons.into(),
                );
            }
            if let Some(root) = root {
                uv_settings::of_resolve(&mut settings, resolve, root)?;
            }
            let excluded = excluded(projects, group, root);
            if !excluded.is_empty() {
                settings.of_resolve("resolves_to_excludes", &resolve.name, excluded.into());
            }
        }
    }
    of_tools(&mut settings, projects, groups);
    ignored.extend(indexes::add(&mut settings, projects, groups));
    Ok((settings.finish(), ignored))
}

/// What packages of an index require of the repository's own distributions is code here; and what uv's
/// `exclude-dependencies` and PDM's `excludes` name.
fn excluded(projects: &Projects, group: &ProjectGroup, root: Option<&ProjectManifest>) -> Array {
    let own = group.all.iter().map(|id| projects.get(*id));
    let own = own.filter(|project| project.is_packaged());
    let own = own.filter_map(|project| project.name.as_ref());
    let own: BTreeSet<&str> = own.map(PackageName::as_str).collect();
    let keys = [
        &["tool", "uv", "exclude-dependencies"][..],
        &["tool", "pdm", "resolution", "excludes"],
    ];
    let further = keys
        .iter()
        .flat_map(|keys| root.map(|root| root.texts(keys)));
    own.into_iter().chain(further.flatten()).collect()
}

/// The settings of a repository with requirement files alone.
pub(super) fn without_projects(roots: &[String], files: &dyn RepositoryFiles) -> String {
    let mut settings = SettingsText::new();
    settings.list("source", "root_patterns", roots.iter().cloned());
    if let Some(python) = pinned_python("", files) {
        settings.list("python", "interpreter_constraints", [python]);
    }
    settings.finish()
}

/// The project that a group is called by, whose settings hold for all of it.
fn root_of<'p>(projects: &'p Projects, group: &ProjectGroup) -> Option<&'p ProjectManifest> {
    projects.at(&group.folder).map(|id| projects.get(id))
}

/// The Pythons that all projects of a group are for.
fn pythons(
    projects: &Projects,
    group: &ProjectGroup,
    files: &dyn RepositoryFiles,
) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = BTreeSet::from([String::new()]);
    for id in &group.all {
        let own = projects.get(*id).pythons();
        if own.is_empty() {
            continue;
        }
        let both = |have: &String| {
            let joined: Vec<String> = own
                .iter()
                .map(|own| bounds(&format!("{have},{own}")))
                .collect();
            joined
        };
        all = all.iter().flat_map(both).collect();
    }
    all.remove("");
    if all.is_empty() {
        return pinned_python(&group.folder, files).into_iter().collect();
    }
    all.into_iter()
        .map(|bounds| format!("CPython{bounds}"))
        .collect()
}

/// Sees that there are Pythons that all projects of a group are for.
fn check_pythons(
    projects: &Projects,
    group: &ProjectGroup,
    all: &BTreeSet<String>,
) -> Result<(), RequirementsError> {
    let texts: Vec<&String> = all.iter().collect();
    if texts.is_empty() || InterpreterConstraints::parse(&texts).is_ok() {
        return Ok(());
    }
    let with_pythons = group.all.iter().map(|id| projects.get(*id));
    let with_pythons: Vec<&ProjectManifest> = with_pythons
        .filter(|project| !project.pythons().is_empty())
        .collect();
    for project in &with_pythons {
        let own = project
            .pythons()
            .into_iter()
            .map(|bounds| format!("CPython{bounds}"));
        let own: Vec<String> = own.collect();
        if let Err(error) = InterpreterConstraints::parse(&own) {
            let message = format!(
                "`{}` cannot say which Pythons the project is for: {}",
                project.pythons().join(" || "),
                error
                    .reason
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches(':')
            );
            return Err(RequirementsError::new(message, project.pythons_place()));
        }
    }
    let said = with_pythons.iter().map(|project| {
        let path = join(&project.folder, "pyproject.toml");
        format!("{path} is for {}", project.pythons().join(" || "))
    });
    let said: Vec<String> = said.collect();
    let place = with_pythons.first().map(|project| project.pythons_place());
    let place = place.unwrap_or_else(|| Place::file("pyproject.toml"));
    let message = format!(
        "no Python suits all projects of the resolve `{}`: {}",
        group.resolve,
        said.join(", ")
    );
    Err(RequirementsError::new(message, place)
        .hint("change `requires-python`, or take one of them out of the workspace"))
}

/// Bounds of versions, each once.
fn bounds(text: &str) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for bound in text
        .split(',')
        .map(str::trim)
        .filter(|bound| !bound.is_empty())
    {
        if !seen.contains(&bound) {
            seen.push(bound);
        }
    }
    seen.join(",")
}

/// The version in `.python-version`, with which uv and pyenv start interpreters.
fn pinned_python(folder: &str, files: &dyn RepositoryFiles) -> Option<String> {
    let text = files.read(&join(folder, ".python-version")).ok()?;
    let text = String::from_utf8(text).ok()?;
    let version = text.lines().next()?.trim();
    let version = version.strip_prefix("cpython-").unwrap_or(version);
    let mut numbers = version.split('.');
    let (major, minor) = (numbers.next()?, numbers.next()?);
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (all_digits(major) && all_digits(minor)).then(|| format!("CPython=={major}.{minor}.*"))
}

/// pytest, linters, formatters and type checkers: those that a resolve has, and those that the root
/// configures.
fn of_tools(settings: &mut SettingsText, projects: &Projects, groups: &[ProjectGroup]) {
    let requires = |name: &str| {
        let mut groups = groups.iter();
        groups.find(|group| group.requires(projects, name))
    };
    if let Some(group) = requires("pytest") {
        settings.text("pytest", "install_from_resolve", &group.resolve);
    }
    let has = |keys: &[&str]| {
        let mut all = projects.all.iter();
        all.any(|project| project.item(keys).is_some())
    };
    let configures = |name: &str| has(&["tool", name]);
    // Beside Black, ruff formats where it is told how.
    let is_black = configures("black") || requires("black").is_some();
    let formats = !is_black || has(&["tool", "ruff", "format"]);
    let mut tools: Vec<String> = Vec::new();
    for (name, rows) in TOOLS {
        let group = requires(name);
        if let Some(group) = group {
            settings.text(name, "install_from_resolve", &group.resolve);
        }
        if group.is_some() || configures(name) {
            let rows = rows.iter().filter(|row| **row != "ruff-format" || formats);
            tools.extend(rows.map(|row| (*row).to_owned()));
        }
    }
    if !tools.is_empty() {
        settings.list("checks", "tools", tools);
    }
}
