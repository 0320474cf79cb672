//! What the files of a project with its own set-up declare: whether they are a project, its name and
//! its version.

use toml_edit::{Document, Item};
use transport::Ini;

/// The name and the version of a project, as far as its files declare them without being run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DeclaredProject {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
}

impl DeclaredProject {
    /// `[project]` or `[tool.poetry]` of a `pyproject.toml`.
    pub(super) fn of_pyproject(text: &str) -> Self {
        let Ok(document) = Document::parse(text) else {
            return Self::default();
        };
        let tables = [
            document.get("project"),
            document.get("tool").and_then(|tool| tool.get("poetry")),
        ];
        let value = |key: &str| {
            let mut tables = tables.iter().flatten();
            let found = tables.find_map(|table| table.get(key)?.as_str());
            found.map(str::to_owned)
        };
        Self {
            name: value("name"),
            version: value("version"),
        }
    }

    /// `[metadata]` of a `setup.cfg`.
    pub(super) fn of_setup_cfg(text: &str) -> Self {
        let Ok(ini) = Ini::parse(text) else {
            return Self::default();
        };
        // `attr:` and `file:` are read by setuptools when it builds.
        let value = |key: &str| {
            let value = ini.get("metadata", key)?;
            (!value.starts_with("attr:") && !value.starts_with("file:")).then(|| value.to_owned())
        };
        Self {
            name: value("name"),
            version: value("version"),
        }
    }
}

/// Whether a `pyproject.toml` says what is built, or that something other than setuptools builds it.
pub(super) fn is_project(text: &str) -> bool {
    let Ok(document) = Document::parse(text) else {
        // The backend says what is wrong with it.
        return true;
    };
    let backend = document
        .get("build-system")
        .and_then(|table| table.get("build-backend"))
        .and_then(Item::as_str);
    let tools = document.get("tool");
    let configures = |name: &str| tools.is_some_and(|tools| tools.get(name).is_some());
    document.get("project").is_some()
        || backend.is_some_and(|backend| !backend.starts_with("setuptools."))
        || configures("setuptools")
        || configures("setuptools_scm")
}

/// Whether a `setup.cfg` says what is built.
pub(super) fn is_setup_cfg(text: &str) -> bool {
    match Ini::parse(text) {
        Ok(ini) => ini.has("metadata") || ini.has("options"),
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions() {
        let check = |project: DeclaredProject| {
            let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
            format!("{} {}", text(project.name), text(project.version))
        };
        let pyproject = |text: &str| check(DeclaredProject::of_pyproject(text));
        assert_eq!(pyproject("[project]\nname = 'a'\nversion = '1'"), "a 1");
        assert_eq!(
            pyproject("[project]\nname = 'a'\ndynamic = ['version']"),
            "a -"
        );
        assert_eq!(pyproject("[tool.poetry]\nname = 'a'\nversion = '1'"), "a 1");
        assert_eq!(pyproject("[project"), "- -");
        let cfg = |text: &str| check(DeclaredProject::of_setup_cfg(text));
        assert_eq!(
            cfg("[metadata]\nname = a\nversion = attr: a.VERSION"),
            "a -"
        );
    }

    #[test]
    fn what_is_a_project() {
        assert!(is_project("[project]\nname = 'a'"));
        assert!(is_project(
            "[build-system]\nrequires = []\nbuild-backend = 'hatchling.build'"
        ));
        assert!(!is_project(
            "[build-system]\nrequires = []\nbuild-backend = 'setuptools.build_meta'"
        ));
        assert!(!is_project("[tool.black]\nline-length = 99"));
        assert!(is_setup_cfg("[options]\nzip_safe = 1"));
        assert!(!is_setup_cfg("[flake8]\nselect = E"));
    }
}
