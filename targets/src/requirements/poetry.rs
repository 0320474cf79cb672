//! The requirements in the `[tool.poetry]` table of a `pyproject.toml`. See Poetry's documentation,
//! "Dependency specification".

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use toml_edit::{Item, TableLike, Value};

use super::groups::{no_group, refuse_circles, same_group};
use super::toml::TomlText;
use super::{RequirementGroup, RequirementsError, RequirementsFile};
use model::{ExtraName, PackageName, RepoPath};

/// Adds the requirements of `dependencies`, `dev-dependencies` and all groups; where several name
/// one project, the last. Where `[project]` has the dependencies, an entry may say only where one comes
/// from.
///
/// # Errors
/// A value of the wrong shape, a version that cannot be read.
pub(super) fn read(
    toml: &TomlText<'_>,
    table: &dyn TableLike,
    of_project: Option<&dyn TableLike>,
    file: &mut RequirementsFile,
) -> Result<(), RequirementsError> {
    let is_enriching = of_project.is_some_and(|project| project.get("dependencies").is_some());
    let mut projects: Vec<Project<'_>> = Vec::new();
    for (group, section) in sections(table) {
        let entries = section.as_table_like().into_iter();
        for (name, item) in entries.flat_map(TableLike::iter) {
            let group = match &group {
                Some(group) => vec![group.clone()],
                None => extras_of(table, name, item),
            };
            match projects.iter_mut().find(|have| have.name == name) {
                Some(project) => {
                    project.item = item;
                    // What the project itself requires, it requires without a group too.
                    if !project.groups.is_empty() {
                        project.groups.extend(group);
                    }
                }
                None => projects.push(Project {
                    name,
                    item,
                    groups: group,
                }),
            }
        }
        if let Some(group) = group {
            file.declare(group, usize::MAX);
        }
    }
    let extras = table.get("extras").and_then(Item::as_table_like);
    for (name, _) in extras.into_iter().flat_map(TableLike::iter) {
        if let Ok(extra) = name.parse() {
            file.declare(RequirementGroup::Extra(extra), usize::MAX);
        }
    }
    // Poetry's `python` is the interpreter.
    projects.retain(|project| project.name != "python");
    let folder = RepoPath::new(toml.path).folder();
    for Project { name, item, groups } in projects {
        let wrong = |reason: String| {
            let message = format!("`{name}` in `tool.poetry`: {reason}");
            RequirementsError::new(message, toml.place(item.span()))
        };
        let mut add = |text: Result<Option<String>, String>| {
            if let Some(text) = text.map_err(wrong)? {
                let mut line = toml.line(&text, item.span())?;
                Arc::make_mut(&mut line).groups.clone_from(&groups);
                file.requirements.push(line);
            }
            Ok(())
        };
        if is_enriching && groups.is_empty() && says_only_where(item) {
            continue;
        }
        if let Some(version) = item.as_str() {
            add(versions(version).map(|versions| Some(format!("{name} {versions}"))))?;
        } else if let Some(array) = item.as_array() {
            for table in array.iter().filter_map(Value::as_inline_table) {
                add(requirement(folder, name, table))?;
            }
        } else if let Some(tables) = item.as_array_of_tables() {
            for table in tables.iter() {
                add(requirement(folder, name, table))?;
            }
        } else if let Some(table) = item.as_table_like() {
            add(requirement(folder, name, table))?;
        } else {
            return Err(wrong("needs a version or a table".to_owned()));
        }
    }
    Ok(())
}

/// A project that Poetry's tables name.
struct Project<'t> {
    name: &'t str,
    item: &'t Item,
    groups: Vec<RequirementGroup>,
}

/// The tables of dependencies: the project's own, those of development, and those of each group.
fn sections(table: &dyn TableLike) -> Vec<(Option<RequirementGroup>, &Item)> {
    let named = |name: &str| name.parse().ok().map(RequirementGroup::Group);
    let own = table.get("dependencies").map(|item| (None, item));
    let dev = table
        .get("dev-dependencies")
        .map(|item| (named("dev"), item));
    let groups = table.get("group").and_then(Item::as_table_like);
    let groups = groups.into_iter().flat_map(TableLike::iter);
    let groups = groups.filter_map(|(name, group)| {
        let item = group.as_table_like()?.get("dependencies")?;
        Some((named(name), item))
    });
    own.into_iter().chain(dev).chain(groups).collect()
}

/// What groups include of others, of Poetry or of PEP 735 (`standard`). A group may have nothing else.
pub(super) fn include_groups(
    toml: &TomlText<'_>,
    table: &dyn TableLike,
    standard: Option<&Item>,
    file: &mut RequirementsFile,
) -> Result<(), RequirementsError> {
    let of_poetry = table.get("group").and_then(Item::as_table_like);
    let tables = || of_poetry.into_iter().flat_map(TableLike::iter);
    let standard = standard.and_then(Item::as_table_like);
    let standard = || standard.into_iter().flat_map(TableLike::iter);
    let known = || tables().chain(standard()).map(|(name, _)| name);
    let mut own: Vec<(ExtraName, Vec<ExtraName>)> = Vec::new();
    for (name, table) in tables() {
        let includes = table
            .as_table_like()
            .and_then(|table| table.get("include-groups"));
        let Some(includes) = includes else { continue };
        let wrong = || {
            let message =
                format!("`tool.poetry.group.{name}.include-groups` must be a list of texts");
            RequirementsError::new(message, toml.place(includes.span()))
        };
        let mut names = Vec::new();
        for value in includes.as_array().ok_or_else(wrong)? {
            let include = value.as_str().ok_or_else(wrong)?;
            if !known().any(|known| same_group(known, include)) {
                return Err(no_group(include, known(), toml.place(value.span())));
            }
            names.extend(include.parse());
        }
        own.push((toml.name(name, "a dependency group", includes)?, names));
    }
    for (name, includes) in &own {
        let group = RequirementGroup::Group(name.clone());
        file.declare(group.clone(), usize::MAX);
        for other in includes {
            file.include(&group, RequirementGroup::Group(other.clone()));
        }
    }
    refuse_circles(&own, |group| {
        let mut tables = tables();
        let item = tables.find(|(name, _)| same_group(name, group.as_str()));
        toml.place(item.and_then(|(_, item)| item.span()))
    })
}

/// The extras that bring an optional dependency; none of one that is not optional.
fn extras_of(table: &dyn TableLike, name: &str, item: &Item) -> Vec<RequirementGroup> {
    let optional = item.as_table_like().and_then(|item| item.get("optional"));
    if optional.and_then(Item::as_bool) != Some(true) {
        return Vec::new();
    }
    let extras = table.get("extras").and_then(Item::as_table_like);
    let extras = extras.into_iter().flat_map(TableLike::iter);
    let bring = extras.filter(|(_, projects)| {
        let projects = projects.as_array().into_iter().flatten();
        projects
            .filter_map(Value::as_str)
            .any(|project| project == name)
    });
    let named = bring.filter_map(|(extra, _)| extra.parse().ok().map(RequirementGroup::Extra));
    named.collect()
}

/// Whether an entry has neither a version nor a place: `[project]` has what is required.
fn says_only_where(item: &Item) -> bool {
    let keys = ["version", "git", "url", "path"];
    let table = item.as_table_like();
    table.is_some_and(|table| keys.iter().all(|key| table.get(key).is_none()))
}

/// Leaves out what `[project]` requires of projects for which Poetry's table has a place or first-party
/// code: there the table counts (Poetry 2, "Dependencies and locking").
pub(super) fn enrich(
    of_poetry: Option<&dyn TableLike>,
    of_project: Option<&dyn TableLike>,
    file: &mut RequirementsFile,
) {
    let (Some(of_poetry), Some(_)) = (of_poetry, of_project) else {
        return;
    };
    let has_place = |item: &Item| {
        ["path", "git", "url"]
            .iter()
            .any(|key| item.get(key).is_some())
    };
    let placed = of_poetry.iter().filter(|(_, item)| has_place(item));
    let placed: Vec<PackageName> = placed.filter_map(|(name, _)| name.parse().ok()).collect();
    file.requirements.retain(|line| {
        let asked = line.specifier.requirement();
        let is_plain = asked.filter(|asked| asked.specifiers().is_some());
        !is_plain.is_some_and(|asked| placed.contains(&asked.name))
    });
}

/// A requirement that a table of a file in `folder` describes; `None` for the path of a folder, which
/// is first-party.
fn requirement(folder: &str, name: &str, table: &dyn TableLike) -> Result<Option<String>, String> {
    let text = |key: &str| table.get(key).and_then(Item::as_str);
    let extras = table.get("extras").and_then(Item::as_array);
    let extras: Vec<&str> = extras
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut made = name.to_owned();
    if !extras.is_empty() {
        made = format!("{name}[{}]", extras.join(","));
    }
    if let Some(version) = text("version") {
        made = format!("{made} {}", versions(version)?);
    } else if let Some(url) = text("git") {
        let revision = text("rev").or(text("tag")).or(text("branch"));
        let revision = revision
            .map(|revision| format!("@{revision}"))
            .unwrap_or_default();
        let folder = text("subdirectory").map(|folder| format!("#subdirectory={folder}"));
        let url = match url.contains("://") {
            true => url.to_owned(),
            // As git itself reads `git@host:path`.
            false => format!("ssh://{}", url.replacen(':', "/", 1)),
        };
        made = format!("{made} @ git+{url}{revision}{}", folder.unwrap_or_default());
    } else if let Some(url) = text("url") {
        made = format!("{made} @ {url}");
    } else if let Some(path) = text("path") {
        // A folder is first-party.
        let is_file = [".whl", ".tar.gz", ".zip"]
            .iter()
            .any(|end| path.ends_with(end));
        let path = RepoPath::new(folder).follow(path).filter(|_| is_file);
        let Some(path) = path else {
            return Ok(None);
        };
        let extras = made.strip_prefix(name).unwrap_or_default();
        made = format!("./{path}{extras}");
    } else {
        return Err("needs one of `version`, `git`, `url` and `path`".to_owned());
    }
    let python = text("python").map(python_marker).transpose()?;
    let platform = text("platform").map(platform_marker);
    let markers: Vec<String> = [text("markers").map(str::to_owned), python, platform]
        .into_iter()
        .flatten()
        .map(|marker| format!("({marker})"))
        .collect();
    if !markers.is_empty() {
        let _infallible = write!(made, " ; {}", markers.join(" and "));
    }
    Ok(Some(made))
}

/// Bounds of a version in Poetry's notation as PEP 440 writes them; nothing for `*`.
fn versions(text: &str) -> Result<String, String> {
    if text.contains("||") {
        return Err(format!(
            "`{text}` has alternatives, which PEP 440 cannot express"
        ));
    }
    let mut bounds = Vec::new();
    let text = with_commas(text);
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let part = &*with_star(part);
        if let Some(version) = part.strip_prefix('^') {
            bounds.push(between(version, caret(&release(version)?)));
        } else if let Some(version) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
            bounds.push(between(version, tilde(&release(version)?)));
        } else if part == "*" {
        } else if let Some(stem) = part.strip_suffix(".*").filter(|stem| is_version(stem)) {
            let stem = release(stem)?;
            let mut upper = stem.clone();
            if let Some(last) = upper.last_mut() {
                *last = last.saturating_add(1);
            }
            bounds.push(format!(">={}.0,<{}.0", dotted(&stem), dotted(&upper)));
        } else if is_version(part) {
            bounds.push(format!("=={part}"));
        } else {
            bounds.push(part.to_owned());
        }
    }
    Ok(bounds.join(","))
}

/// A bound whose last numbers may be any, in the notation with one star at its end: `1.x` and `1.X.*` are
/// `1.*`, and `x` is `*`.
fn with_star(part: &str) -> Cow<'_, str> {
    let is_any = |text: &str| ["x", "X", "*"].contains(&text);
    let mut stem = part;
    while let Some((before, _)) = stem.rsplit_once('.').filter(|(_, last)| is_any(last)) {
        stem = before;
    }
    match (is_any(stem), stem == part) {
        (true, _) => Cow::Borrowed("*"),
        (false, true) => Cow::Borrowed(part),
        (false, false) => Cow::Owned(format!("{stem}.*")),
    }
}

/// The same bounds with commas alone between them: blanks part them too, but for those after an operator.
fn with_commas(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
        if !joined.is_empty() && !joined.ends_with(['<', '>', '=', '~', '^', '!']) {
            joined.push(',');
        }
        joined.push_str(word);
    }
    joined
}

/// Alternatives of versions in Poetry's notation, such as those of its `python`, each as PEP 440 writes
/// it.
///
/// # Errors
/// What is no version.
pub(crate) fn alternatives(text: &str) -> Result<Vec<String>, String> {
    text.split("||").map(versions).collect()
}

/// Whether a text begins as a version does, without an operator.
fn is_version(text: &str) -> bool {
    text.trim_start_matches(['v', 'V'])
        .starts_with(|c: char| c.is_ascii_digit())
}

fn between(version: &str, upper: [u64; 3]) -> String {
    format!(">={},<{}", version.trim(), dotted(&upper))
}

/// The numbers that a version begins with.
fn release(version: &str) -> Result<Vec<u64>, String> {
    let start = version.trim().trim_start_matches(['v', 'V']);
    let end = start
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(start.len());
    let numbers = start[..end].trim_end_matches('.').split('.');
    let numbers: Option<Vec<u64>> = numbers.map(|number| number.parse().ok()).collect();
    numbers.ok_or_else(|| format!("`{version}` is no version"))
}

/// What `^` allows: all that leaves the first number that is not zero.
fn caret(release: &[u64]) -> [u64; 3] {
    match *release {
        [major, ..] if major > 0 => [major.saturating_add(1), 0, 0],
        [_, minor, ..] if minor > 0 => [0, minor.saturating_add(1), 0],
        [_, _, micro, ..] => [0, 0, micro.saturating_add(1)],
        [_, _] => [0, 1, 0],
        _ => [1, 0, 0],
    }
}

/// What `~` allows: all that leaves the second number, or the first if there is no second.
fn tilde(release: &[u64]) -> [u64; 3] {
    match *release {
        [major, minor, ..] => [major, minor.saturating_add(1), 0],
        [major] => [major.saturating_add(1), 0, 0],
        [] => [1, 0, 0],
    }
}

fn dotted(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    numbers.join(".")
}

/// Poetry's `python = "…"` as a marker.
fn python_marker(text: &str) -> Result<String, String> {
    let alternatives = text.split("||").map(|one| {
        let bounds = versions(one)?;
        let bounds = bounds.split(',').filter(|bound| !bound.is_empty());
        let bounds: Vec<String> = bounds
            .map(|bound| {
                let at = bound
                    .find(|c: char| c.is_ascii_digit())
                    .unwrap_or(bound.len());
                let (operator, version) = bound.split_at(at);
                let name = match version.split('.').count() > 2 && !version.ends_with(".0") {
                    true => "python_full_version",
                    false => "python_version",
                };
                let version = match name {
                    "python_version" => version.split('.').take(2).collect::<Vec<_>>().join("."),
                    _ => version.to_owned(),
                };
                format!("{name} {} '{version}'", operator.trim())
            })
            .collect();
        Ok(bounds.join(" and "))
    });
    let alternatives: Result<Vec<String>, String> = alternatives.collect();
    let alternatives = alternatives?;
    match alternatives.as_slice() {
        [one] if one.is_empty() => Ok("python_version >= '0'".to_owned()),
        [one] => Ok(one.clone()),
        several => Ok(format!("({})", several.join(") or ("))),
    }
}

/// Poetry's `platform = "…"` as a marker: a value of `sys.platform`, or several.
fn platform_marker(text: &str) -> String {
    let alternatives = text.split("||").map(|one| {
        let all = one.split([',', ' ']).filter(|part| !part.is_empty());
        let all = all.map(|part| match part.strip_prefix("!=") {
            Some(name) => format!("sys_platform != '{name}'"),
            None => format!("sys_platform == '{}'", part.trim_start_matches('=')),
        });
        all.collect::<Vec<_>>().join(" and ")
    });
    let alternatives: Vec<String> = alternatives.collect();
    format!("({})", alternatives.join(") or ("))
}

#[cfg(test)]
mod tests {
    use super::{platform_marker, python_marker, versions};

    #[test]
    fn bounds_of_versions() {
        let said = |text: &str| versions(text).unwrap_or_else(|reason| reason);
        let all = [
            "^1.2.3",
            "^0.2.3",
            "^0.0.3",
            "^0.0",
            "^0",
            "^1",
            "~1.2.3",
            "~1.2",
            "~1",
            "1.*",
            "1.2.*",
            "*",
            "1.2",
            ">=1,<2",
            "~=1.4",
            ">=1.2, !=1.5",
            ">= 1.2 <2",
            "^1 || ^2",
            "^x",
            "v1.2",
            "1.x",
            "1.2.X.*",
            "!=1.x",
            "x",
        ];
        let all: Vec<String> = all
            .iter()
            .map(|text| format!("{text} is {}", said(text)))
            .collect();
        insta::assert_snapshot!(all.join("\n"), @"
        ^1.2.3 is >=1.2.3,<2.0.0
        ^0.2.3 is >=0.2.3,<0.3.0
        ^0.0.3 is >=0.0.3,<0.0.4
        ^0.0 is >=0.0,<0.1.0
        ^0 is >=0,<1.0.0
        ^1 is >=1,<2.0.0
        ~1.2.3 is >=1.2.3,<1.3.0
        ~1.2 is >=1.2,<1.3.0
        ~1 is >=1,<2.0.0
        1.* is >=1.0,<2.0
        1.2.* is >=1.2.0,<1.3.0
        * is 
        1.2 is ==1.2
        >=1,<2 is >=1,<2
        ~=1.4 is ~=1.4
        >=1.2, !=1.5 is >=1.2,!=1.5
        >= 1.2 <2 is >=1.2,<2
        ^1 || ^2 is `^1 || ^2` has alternatives, which PEP 440 cannot express
        ^x is `x` is no version
        v1.2 is ==v1.2
        1.x is >=1.0,<2.0
        1.2.X.* is >=1.2.0,<1.3.0
        !=1.x is !=1.*
        x is 
        ");
        insta::assert_snapshot!(python_marker("^3.8 || >=2.7,<3").unwrap(), @"(python_version >= '3.8' and python_version < '4.0') or (python_version >= '2.7' and python_version < '3')");
        assert_eq!(
            platform_marker("darwin||!=win32,!=linux"),
            "(sys_platform == 'darwin') or (sys_platform != 'win32' and sys_platform != 'linux')"
        );
        insta::assert_snapshot!(python_marker(">=3.8.1").unwrap(), @"python_full_version >= '3.8.1'");
    }
}
