//! Plug-ins: repositories that are cloned into `plugins/` and have a `setup.cfg` or
//! `pyproject.toml`.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use install::environment::EditableProject;
use serde::Deserialize;
use wheel::EntryPoints;

use super::editable::{metadata, no_version};
use crate::error::GoalError;
use crate::packaging::{DeclaredProject, ProjectVersion};
use model::{Place, Requirement};

/// The folder of plug-ins, relative to the root.
pub const PLUGINS: &str = "plugins";

/// The files that say what a plug-in is; the first that has a name counts.
const FILES: [&str; 2] = ["pyproject.toml", "setup.cfg"];

/// A plug-in in `plugins/`.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// The distribution, if its files have a name for it.
    pub project: Option<EditableProject>,
    /// Absolute folders from which its imports start.
    pub source_roots: Vec<Utf8PathBuf>,
    /// Its folder, relative to the root.
    pub folder: String,
    /// What it requires.
    pub requirements: Vec<Requirement>,
    /// Whether only its build backend can tell its version.
    pub finds_version: bool,
    /// The files that say all this, relative to the root; those that are not there too.
    pub files: Vec<String>,
}

/// The plug-ins in `plugins/`, sorted, with what their files say.
pub(super) fn detect(root: &Utf8Path) -> Result<Vec<Plugin>, GoalError> {
    let Ok(entries) = root.join(PLUGINS).read_dir_utf8() else {
        return Ok(Vec::new());
    };
    let mut folders: Vec<Utf8PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.is_dir() && !path.file_name().is_some_and(|name| name.starts_with('.')))
        .collect();
    folders.sort();
    folders.iter().map(|folder| Plugin::read(folder)).collect()
}

/// What both kinds of files can tell.
#[derive(Debug, Default)]
struct PluginMetadata {
    name: Option<String>,
    summary: Option<String>,
    entry_points: EntryPoints,
    requirements: Vec<String>,
}

impl Plugin {
    /// Reads the plug-in in `folder`.
    pub fn read(folder: &Utf8Path) -> Result<Self, GoalError> {
        let sources = folder.join("src");
        let source_roots = if sources.is_dir() {
            vec![sources]
        } else {
            vec![folder.to_owned()]
        };
        let name = folder.file_name().unwrap_or_default();
        let shown = format!("{PLUGINS}/{name}");
        let files = FILES.map(|file| format!("{shown}/{file}"));
        let [project, set_up] = FILES;
        let mut told = of_file(folder, project, pyproject)?.unwrap_or_default();
        if told.name.is_none() {
            told = of_file(folder, set_up, setup_cfg)?.unwrap_or_default();
        }
        let Some(name) = told.name else {
            return Ok(Self {
                project: None,
                source_roots,
                folder: shown,
                requirements: Vec::new(),
                finds_version: false,
                files: files.to_vec(),
            });
        };
        let requirements = told.requirements.iter().map(|text| {
            text.parse().map_err(|error: model::RequirementError| {
                GoalError::failure(format!("cannot tell what the plug-in in {shown} requires"))
                    .because(error.to_string())
            })
        });
        let requirements: Vec<Requirement> = requirements.collect::<Result<_, _>>()?;
        let requires: String = requirements
            .iter()
            .map(|one| format!("Requires-Dist: {one}\n"))
            .collect();
        let read = |path: &str| fs_err::read_to_string(folder.join(path)).ok();
        let declared = DeclaredProject::read(&read).version;
        let finds_version = declared == ProjectVersion::OfBackend;
        let version = match declared {
            ProjectVersion::Written(text) => text.parse().unwrap_or_else(|_| no_version()),
            ProjectVersion::OfBackend | ProjectVersion::Nowhere => no_version(),
        };
        let parsed = name.parse().map_err(|error: model::NameError| {
            GoalError::failure(error.to_string()).at(Place::file(folder.as_str()))
        })?;
        let project = EditableProject {
            metadata: metadata(&name, &version, told.summary.as_deref()) + &requires,
            entry_points: if told.entry_points.is_empty() {
                String::new()
            } else {
                told.entry_points.render()
            },
            folder: folder.to_owned(),
            name: parsed,
            version,
        };
        Ok(Self {
            project: Some(project),
            source_roots,
            folder: shown,
            requirements,
            finds_version,
            files: files.to_vec(),
        })
    }
}

fn of_file(
    folder: &Utf8Path,
    name: &str,
    read: impl FnOnce(&str) -> Result<PluginMetadata, String>,
) -> Result<Option<PluginMetadata>, GoalError> {
    let path = folder.join(name);
    let text = match fs_err::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(GoalError::file("read", &path, &error)),
    };
    read(&text).map(Some).map_err(|reason| {
        GoalError::failure("cannot tell what the plug-in provides")
            .at(Place::file(path.as_str()))
            .because(reason)
    })
}

#[derive(Deserialize)]
struct PyProject {
    project: Option<Project>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Project {
    name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    scripts: BTreeMap<String, String>,
    #[serde(default)]
    gui_scripts: BTreeMap<String, String>,
    #[serde(default)]
    entry_points: BTreeMap<String, BTreeMap<String, String>>,
}

/// The `[project]` table (PEP 621).
fn pyproject(text: &str) -> Result<PluginMetadata, String> {
    let parsed: PyProject = toml_edit::de::from_str(text).map_err(|error| error.to_string())?;
    let Some(project) = parsed.project else {
        return Ok(PluginMetadata::default());
    };
    let mut groups = project.entry_points;
    groups
        .entry("console_scripts".to_owned())
        .or_default()
        .extend(project.scripts);
    groups
        .entry("gui_scripts".to_owned())
        .or_default()
        .extend(project.gui_scripts);
    let mut entry_points = EntryPoints::default();
    for (group, points) in &groups {
        for (name, value) in points {
            let inserted = entry_points.insert(group, name, value);
            inserted.map_err(|error| error.to_string())?;
        }
    }
    Ok(PluginMetadata {
        name: project.name,
        summary: project.description,
        entry_points,
        requirements: project.dependencies,
    })
}

/// `[metadata]`, `[options.entry_points]` and `install_requires` of setuptools' `setup.cfg`.
fn setup_cfg(text: &str) -> Result<PluginMetadata, String> {
    let mut told = PluginMetadata::default();
    let (mut section, mut key) = (String::new(), String::new());
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.trim_end().strip_suffix(']'))
        {
            section = name.trim().to_owned();
            key.clear();
            continue;
        }
        let continues = line.starts_with([' ', '\t']);
        let (name, value) = match trimmed.split_once('=') {
            Some((name, value)) => (name.trim(), value.trim()),
            None => (trimmed, ""),
        };
        match section.as_str() {
            "options.entry_points" if continues => {
                let inserted = told.entry_points.insert(&key, name, value);
                inserted.map_err(|error| error.to_string())?;
            }
            "options.entry_points" => key = name.to_owned(),
            "options" if !continues => {
                key = name.to_owned();
                if key == "install_requires" {
                    told.requirements.extend(requirements_of(value));
                }
            }
            "options" if key == "install_requires" => {
                told.requirements.extend(requirements_of(trimmed));
            }
            "metadata" if !continues && name == "name" => told.name = Some(value.to_owned()),
            "metadata" if !continues && name == "description" => {
                told.summary = Some(value.to_owned())
            }
            _ => {}
        }
    }
    Ok(told)
}

/// The requirements in a line of `install_requires`. What `file:` names is read by a build.
fn requirements_of(line: &str) -> impl Iterator<Item = String> {
    let line = match line.starts_with("file:") {
        true => "",
        false => line.split(" #").next().unwrap_or(line),
    };
    std::iter::once(line.trim().to_owned()).filter(|one| !one.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a folder with one file.
    fn check(name: &str, text: &str) -> String {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap();
        fs_err::write(folder.join(name), text).unwrap();
        let plugin = match Plugin::read(folder) {
            Ok(plugin) => plugin,
            Err(error) => return format!("{error:?}"),
        };
        match plugin.project {
            None => "nothing".to_owned(),
            Some(project) => format!("{}\n{}", project.metadata, project.entry_points),
        }
    }

    #[test]
    fn setup_cfg_of_setuptools() {
        let text = "[metadata]\nname = acme-hello\nversion = 1.2\ndescription = Says hello\n\
                    [options]\ninstall_requires =\n    click\n[options.entry_points]\n\
                    acme.plugin =\n    hello = acme.hello:Plugin\nconsole_scripts =\n    hi = acme.hello:main\n";
        insta::assert_snapshot!(check("setup.cfg", text), @"
        Metadata-Version: 2.1
        Name: acme-hello
        Version: 1.2
        Summary: Says hello
        Requires-Dist: click

        [acme.plugin]
        hello = acme.hello:Plugin

        [console_scripts]
        hi = acme.hello:main
        ");
    }

    #[test]
    fn pyproject_of_pep_621() {
        let text = "[project]\nname = \"acme-hello\"\ndynamic = [\"version\"]\n[project.scripts]\nhi = \"acme.hello:main\"\n\
                    [project.entry-points.\"acme.plugin\"]\nhello = \"acme.hello:Plugin\"\n";
        insta::assert_snapshot!(check("pyproject.toml", text), @"
        Metadata-Version: 2.1
        Name: acme-hello
        Version: 0

        [acme.plugin]
        hello = acme.hello:Plugin

        [console_scripts]
        hi = acme.hello:main
        ");
    }

    #[test]
    fn others() {
        assert_eq!(check("README.md", ""), "nothing");
        assert_eq!(check("pyproject.toml", "[tool.black]\n"), "nothing");
    }
}
