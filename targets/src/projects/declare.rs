//! The BUILD files of a project: its requirements, its code folder by folder, its distribution.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use toml_edit::{Item, TableLike};

use super::found::{ProjectId, Projects};
use super::groups::ProjectGroups;
use super::inferred::InferredBuildFile;
use super::layout::{self, CodeKind};
use super::manifest::{ProjectManifest, ProjectTool};
use crate::files::RepositoryFiles;
use crate::tree::{Dir, join};
use model::RepoPath;

/// Names of targets that a folder's code may not have.
const RESERVED: &[&str] = &["reqs", "files", "dist", "tests", "test_utils"];

/// A project with what decides on its targets.
pub(super) struct ProjectOfGroups<'p> {
    pub(super) projects: &'p Projects,
    pub(super) groups: &'p ProjectGroups,
    pub(super) id: ProjectId,
}

/// Adds the BUILD files of a project.
pub(super) fn add(
    declared: &ProjectOfGroups<'_>,
    files: &dyn RepositoryFiles,
    into: &mut Vec<InferredBuildFile>,
) {
    let ProjectOfGroups {
        projects,
        groups,
        id,
    } = *declared;
    let project = projects.get(id);
    let below = files.tree().below(&project.folder);
    let dirs: Vec<&Dir> = below
        .filter(|dir| projects.owner(&dir.path) == Some(id))
        .collect();
    let resolves = groups.resolves_of(id);
    let default = &groups.groups[0].resolve;
    let resolve = resolve_field(&resolves, default);
    let of_requirements = resolve_field(&groups.resolves_of_requirements(id), default);
    let of_tests = resolve_field(resolves.get(..1).unwrap_or_default(), default);
    let source: Arc<str> = Arc::from(join(&project.folder, "pyproject.toml"));
    for dir in &dirs {
        let mut text = code(&dir.path, &dir.files, [&resolve, &of_tests]);
        if *dir.path == *project.folder {
            let tool = match project.tool {
                ProjectTool::Standard if groups.is_of_workspace(projects, id) => ProjectTool::Uv,
                tool => tool,
            };
            text.push_str(&requirements(project, tool, &of_requirements));
            text.push_str(&distribution(project, &dirs, &resolves));
        }
        if !text.is_empty() {
            into.push(InferredBuildFile {
                folder: Arc::clone(&dir.path),
                source: Arc::clone(&source),
                text,
            });
        }
    }
}

/// The field with the resolves of a project, after a comma; nothing for the default one.
fn resolve_field(resolves: &[&str], default: &str) -> String {
    match resolves {
        [] => String::new(),
        [one] if *one == default => String::new(),
        [one] => format!("resolve={one:?}"),
        several => {
            let several: Vec<String> = several.iter().map(|name| format!("{name:?}")).collect();
            format!("resolve=parametrize({})", several.join(", "))
        }
    }
}

/// The targets of the code in a folder, with the fields that say the resolves of sources and of tests.
pub(super) fn code(folder: &str, files: &[Arc<str>], [resolve, of_tests]: [&str; 2]) -> String {
    let has = |kind| files.iter().any(|file| CodeKind::of(file) == Some(kind));
    let mut text = String::new();
    let mut add = |kind: &str, name: Option<&str>, resolve: &str| {
        let name = name.map(|name| format!("name={name:?}"));
        let fields = name
            .into_iter()
            .chain((!resolve.is_empty()).then(|| resolve.to_owned()));
        let fields: Vec<String> = fields.collect();
        let _infallible = writeln!(text, "{kind}({})", fields.join(", "));
    };
    if has(CodeKind::Source) {
        add("python_sources", name_of_sources(folder), resolve);
    }
    if has(CodeKind::Test) {
        add("python_tests", Some("tests"), of_tests);
    }
    if has(CodeKind::TestUtils) {
        add("python_test_utils", Some("test_utils"), of_tests);
    }
    text
}

/// The name of the code of a folder, if it is not that of the folder.
fn name_of_sources(folder: &str) -> Option<&'static str> {
    match RepoPath::new(folder).file_name() {
        "" => Some("root"),
        name if RESERVED.contains(&name) => Some("sources"),
        _ => None,
    }
}

/// The targets of what a project requires.
fn requirements(project: &ProjectManifest, tool: ProjectTool, resolve: &str) -> String {
    let resolve = match resolve {
        "" => String::new(),
        resolve => format!(", {resolve}"),
    };
    let mut text = String::new();
    if project.has_requirements() {
        text = match tool {
            ProjectTool::Poetry => format!("poetry_requirements(name=\"reqs\"{resolve})\n"),
            ProjectTool::Uv => format!("uv_requirements(name=\"reqs\"{resolve})\n"),
            ProjectTool::Standard | ProjectTool::Pdm => {
                format!("python_requirements(name=\"reqs\", source=\"pyproject.toml\"{resolve})\n")
            }
        };
    }
    for (number, file) in project.requirement_files().into_iter().enumerate() {
        let number = number + 1;
        let _infallible = writeln!(
            text,
            "python_requirements(name=\"reqs-{number}\", source={file:?}{resolve})"
        );
    }
    text
}

/// The targets of what is built of a project.
fn distribution(project: &ProjectManifest, dirs: &[&Dir], resolves: &[&str]) -> String {
    let Some(name) = project.name.as_ref().filter(|_| project.is_packaged()) else {
        return String::new();
    };
    let packaged = |dir: &&&Dir| {
        let has_code = dir
            .files
            .iter()
            .any(|file| CodeKind::of(file) == Some(CodeKind::Source));
        has_code && layout::is_packaged(project, &dir.path)
    };
    let choice = match resolves {
        [own, _, ..] => format!("@resolve={own}"),
        _ => String::new(),
    };
    let mut dependencies = vec!["\":files\"".to_owned()];
    for dir in dirs.iter().filter(packaged) {
        let name = name_of_sources(&dir.path).map(|name| format!(":{name}"));
        dependencies.push(format!(
            "\"//{}{}{choice}\"",
            dir.path,
            name.unwrap_or_default()
        ));
    }
    let version = project
        .version()
        .map(|version| format!(", version={version:?}"));
    let mut text = format!(
        "resources(name=\"files\", sources=[{}])\n",
        file_globs(project, dirs)
    );
    let _infallible = writeln!(
        text,
        "python_distribution(name=\"dist\", dependencies=[{}], provides=python_artifact(name={:?}{}), generate_setup=False{})",
        dependencies.join(", "),
        name.to_string(),
        version.unwrap_or_default(),
        entry_points(project)
    );
    text
}

/// What a distribution may need beside its code: the files beside `pyproject.toml`, and those beside
/// and below its packages.
fn file_globs(project: &ProjectManifest, dirs: &[&Dir]) -> String {
    let mut globs: Vec<String> = vec!["*".to_owned()];
    let own = dirs.iter().filter(|dir| {
        let within = RepoPath::new(&dir.path).strip_prefix(&project.folder);
        within.is_some_and(|within| !within.is_empty())
            && layout::is_packaged(project, &dir.path)
            && dir.files.iter().any(|file| CodeKind::of(file).is_none())
    });
    let own = own.filter_map(|dir| RepoPath::new(&dir.path).strip_prefix(&project.folder));
    globs.extend(own.map(|within| format!("{within}/*")));
    let named = project.named_files();
    globs.extend(named.into_iter().filter(|path| path.contains('/')));
    globs.extend(["!*.py", "!*.pyi"].map(str::to_owned));
    globs.extend(["!**/*.py", "!**/*.pyi"].map(str::to_owned));
    let globs: Vec<String> = globs.iter().map(|glob| format!("{glob:?}")).collect();
    globs.join(", ")
}

/// The field with entry points, after a comma.
fn entry_points(project: &ProjectManifest) -> String {
    let mut groups: Vec<(&str, Option<&dyn TableLike>)> = vec![
        ("console_scripts", project.table(&["project", "scripts"])),
        (
            "console_scripts",
            project.table(&["tool", "poetry", "scripts"]),
        ),
        ("gui_scripts", project.table(&["project", "gui-scripts"])),
    ];
    let plugins: [&[&str]; 2] = [&["project", "entry-points"], &["tool", "poetry", "plugins"]];
    for keys in plugins {
        let tables = project.table(keys).into_iter().flat_map(TableLike::iter);
        groups.extend(tables.map(|(group, item)| (group, item.as_table_like())));
    }
    let mut texts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (group, table) in groups {
        for (name, item) in table.into_iter().flat_map(TableLike::iter) {
            let of_poetry = || item.get("callable").and_then(Item::as_str);
            let Some(value) = item.as_str().or_else(of_poetry) else {
                continue;
            };
            let all = texts.entry(group).or_default();
            let start = format!("{name:?}: ");
            // Of both tables, `[project]` counts.
            if !all.iter().any(|known| known.starts_with(&start)) {
                all.push(format!("{start}{value:?}"));
            }
        }
    }
    let groups = texts.iter();
    let groups: Vec<String> = groups
        .map(|(group, all)| format!("{group:?}: {{{}}}", all.join(", ")))
        .collect();
    match groups.is_empty() {
        true => String::new(),
        false => format!(", entry_points={{{}}}", groups.join(", ")),
    }
}
