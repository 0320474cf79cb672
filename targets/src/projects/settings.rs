//! The settings that follow from projects: resolves with their Pythons and platforms, source roots,
//! indexes, and the tools that projects are checked with.

use std::collections::BTreeSet;

use toml_edit::{Array, TableLike, Value};

use super::found::Projects;
use super::groups::{ProjectGroup, ProjectGroups};
use super::manifest::ProjectManifest;
use super::settings_text::SettingsText;
use super::{indexes, layout};
use crate::files::RepositoryFiles;
use crate::requirements::RequirementsError;
use crate::tree::{Dir, join};
use model::{InterpreterConstraints, Marker, PackageName, Place, Platform};

/// The name of our locks.
const LOCK: &str = "python.lock";

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

/// The settings as a table of `pyproject.toml`.
///
/// # Errors
/// A table of uv that cannot be meant.
pub(super) fn text(
    projects: &Projects,
    groups: &ProjectGroups,
    files: &dyn RepositoryFiles,
) -> Result<String, RequirementsError> {
    let mut settings = SettingsText::new();
    let mut roots: BTreeSet<String> = BTreeSet::new();
    for (at, project) in projects.all.iter().enumerate() {
        let below = files.tree().below(&project.folder);
        let dirs: Vec<&Dir> = below
            .filter(|dir| projects.owner(&dir.path).is_some_and(|id| id.0 == at))
            .collect();
        let found = layout::source_roots(project, &dirs, files.tree());
        roots.extend(found.into_iter().map(|root| format!("/{root}")));
    }
    settings.list("source", "root_patterns", roots);
    let groups = &groups.groups;
    settings.text("python", "default_resolve", &groups[0].resolve);
    for group in groups {
        let lock = join(&group.folder, LOCK);
        settings.of_resolve("resolves", &group.resolve, lock.into());
        let pythons = pythons(projects, group, files);
        check_pythons(projects, group, &pythons)?;
        if !pythons.is_empty() {
            let pythons = Array::from_iter(pythons);
            settings.of_resolve(
                "resolves_to_interpreter_constraints",
                &group.resolve,
                pythons.into(),
            );
        }
        let root = root_of(projects, group);
        if let Some(root) = root {
            of_uv(&mut settings, group, root)?;
        }
        // What packages of an index require of the repository's own distributions is code here.
        let own = group.all.iter().map(|id| projects.get(*id));
        let own = own.filter(|project| project.is_packaged());
        let own = own.filter_map(|project| project.name.as_ref());
        let own: BTreeSet<&str> = own.map(PackageName::as_str).collect();
        let further = root.map(|root| root.texts(&["tool", "uv", "exclude-dependencies"]));
        let excluded = own.into_iter().chain(further.unwrap_or_default());
        let excluded: Array = excluded.collect();
        if !excluded.is_empty() {
            settings.of_resolve("resolves_to_excludes", &group.resolve, excluded.into());
        }
    }
    of_tools(&mut settings, projects, groups);
    indexes::add(&mut settings, projects, groups);
    Ok(settings.finish())
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

/// What `[tool.uv]` of the root says of the lock.
fn of_uv(
    settings: &mut SettingsText,
    group: &ProjectGroup,
    root: &ProjectManifest,
) -> Result<(), RequirementsError> {
    let platforms = platforms(root)?;
    if !platforms.is_empty() {
        let platforms = Array::from_iter(platforms.iter().map(|platform| platform.as_str()));
        settings.of_resolve("resolves_to_platforms", &group.resolve, platforms.into());
    }
    let prereleases = match root.text(&["tool", "uv", "prerelease"]) {
        Some("allow") => Some("allow"),
        Some("disallow") => Some("disallow"),
        _ => None,
    };
    if let Some(prereleases) = prereleases {
        settings.of_resolve(
            "resolves_to_prereleases",
            &group.resolve,
            prereleases.into(),
        );
    }
    let packages = |settings: &mut SettingsText, key: &str, setting: &str| {
        let names = root.texts(&["tool", "uv", key]);
        if !names.is_empty() {
            settings.of_resolve(setting, &group.resolve, Array::from_iter(names).into());
        }
    };
    packages(settings, "no-binary-package", "resolves_to_no_binary");
    packages(settings, "no-build-package", "resolves_to_only_binary");
    if let Some(newest) = root.text(&["tool", "uv", "exclude-newer"]) {
        settings.text("python", "exclude_newer", newest);
    }
    if root.text(&["tool", "uv", "fork-strategy"]) == Some("fewest") {
        settings.text("python", "fork_strategy", "fewest");
    }
    let extra = root.table(&["tool", "uv", "extra-build-dependencies"]);
    for (name, item) in extra.into_iter().flat_map(TableLike::iter) {
        let lines = item.as_array().into_iter().flatten();
        let lines = lines.filter_map(|line| {
            let table = line.as_inline_table();
            line.as_str()
                .or_else(|| table?.get("requirement")?.as_str())
        });
        let lines: Array = lines.collect();
        settings.entry(("build", "extra_dependencies"), name, lines.into());
    }
    let mut metadata = Array::new();
    for table in root.tables(&["tool", "uv", "dependency-metadata"]) {
        let entries = table.iter().filter_map(|(name, item)| {
            let key = name.replace('-', "_");
            Some((key, item.as_value()?.clone().decorated("", "")))
        });
        metadata.push(Value::InlineTable(entries.collect()));
    }
    if !metadata.is_empty() {
        settings.section("build")["dependency_metadata"] = toml_edit::value(metadata);
    }
    Ok(())
}

/// The platforms of `environments`; none where it allows all of them.
fn platforms(root: &ProjectManifest) -> Result<Vec<Platform>, RequirementsError> {
    let mut wanted = Marker::FALSE;
    let texts = root.texts(&["tool", "uv", "environments"]);
    for text in &texts {
        let marker: Marker = text.parse().map_err(|error| {
            let message = format!("`{text}` in `tool.uv.environments`: {error}");
            RequirementsError::new(message, root.place(&["tool", "uv", "environments"]))
        })?;
        wanted = wanted.or(&marker);
    }
    let fits = |platform: &Platform| !platform.marker().is_disjoint(&wanted);
    let found: Vec<Platform> = Platform::ALL.into_iter().filter(fits).collect();
    Ok(
        match texts.is_empty() || found.len() == Platform::ALL.len() {
            true => Vec::new(),
            false => found,
        },
    )
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
    let configures = |name: &str| {
        let mut all = projects.all.iter();
        all.any(|project| project.item(&["tool", name]).is_some())
    };
    let mut tools: Vec<String> = Vec::new();
    for (name, rows) in TOOLS {
        let group = requires(name);
        if let Some(group) = group {
            settings.text(name, "install_from_resolve", &group.resolve);
        }
        if group.is_some() || configures(name) {
            tools.extend(rows.iter().map(|row| (*row).to_owned()));
        }
    }
    if !tools.is_empty() {
        settings.list("checks", "tools", tools);
    }
}
