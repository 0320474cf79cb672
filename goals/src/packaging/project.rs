//! What the files of a project with its own set-up declare: whether they are a project, its name and
//! its version.

use model::{PackageName, Version};
use toml_edit::{Document, Item};
use transport::Ini;
use wheel::rules::Artifact;

use super::project_version::{ProjectFiles, ProjectVersion, ReadFile};

/// The name and the version of a project, as far as its files declare them without being run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeclaredProject {
    pub(crate) name: Option<String>,
    pub(crate) version: ProjectVersion,
}

impl DeclaredProject {
    /// What `pyproject.toml` says, or `setup.cfg` where that says nothing of a project.
    pub(crate) fn read(read: ReadFile<'_>) -> Self {
        let pyproject = read("pyproject.toml").map(|text| Self::of_pyproject(text, read));
        let found = pyproject.filter(|project| project.name.is_some());
        let setup_cfg = || read("setup.cfg").map(|text| Self::of_setup_cfg(&text, read));
        found.or_else(setup_cfg).unwrap_or_default()
    }

    /// `[project]` or `[tool.poetry]` of a `pyproject.toml`.
    fn of_pyproject(text: String, read: ReadFile<'_>) -> Self {
        let Ok(document) = Document::parse(text) else {
            return Self::default();
        };
        let files = ProjectFiles {
            document: document.as_item(),
            read,
        };
        let name = files.text(&["project", "name"]);
        let name = name.or_else(|| files.text(&["tool", "poetry", "name"]));
        Self {
            name: name.map(str::to_owned),
            version: files.version(),
        }
    }

    /// `[metadata]` of a `setup.cfg`. What its `attr:` and `file:` cannot tell, setuptools computes.
    fn of_setup_cfg(text: &str, read: ReadFile<'_>) -> Self {
        let Ok(ini) = Ini::parse(text) else {
            return Self::default();
        };
        let of_version = |value: String| {
            let files = ProjectFiles {
                document: &Item::None,
                read,
            };
            let found = match (value.strip_prefix("attr:"), value.strip_prefix("file:")) {
                (Some(attribute), _) => files.attribute(attribute),
                (None, Some(path)) => read(path.trim()).map(|text| text.trim().to_owned()),
                (None, None) => Some(value),
            };
            found.map_or(ProjectVersion::OfBackend, ProjectVersion::Written)
        };
        let value = |key: &str| ini.get("metadata", key).map(|value| value.to_owned());
        Self {
            name: value("name"),
            version: value("version").map(of_version).unwrap_or_default(),
        }
    }

    /// What `provides` says otherwise: the backend builds what the project declares, as with Pants, and
    /// others would require what `provides` says.
    pub(super) fn conflict(&self, artifact: &Artifact) -> Option<String> {
        let name = |text: &str| text.parse::<PackageName>().ok();
        let version = |text: &str| text.parse::<Version>().ok();
        let project = self.name.as_deref();
        let names = project
            .filter(|project| !artifact.name.is_empty() && name(project) != name(&artifact.name));
        if let Some(project) = names {
            let given = &artifact.name;
            return Some(format!(
                "`provides` says that it is `{given}`, and its project says `{project}`"
            ));
        }
        let (ProjectVersion::Written(project), Some(given)) = (&self.version, &artifact.version)
        else {
            return None;
        };
        let differ = version(project) != version(given);
        differ.then(|| format!("`provides` gives version {given}, and its project {project}"))
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
        let check = |file: &str, text: &str| {
            let read = |path: &str| match path {
                "VERSION" => Some("3.2\n".to_owned()),
                path => (path == file).then(|| text.to_owned()),
            };
            let project = DeclaredProject::read(&read);
            let version = match project.version {
                ProjectVersion::Written(version) => version,
                other => format!("{other:?}"),
            };
            format!(
                "{} {version}",
                project.name.unwrap_or_else(|| "-".to_owned())
            )
        };
        let pyproject = |text: &str| check("pyproject.toml", text);
        assert_eq!(pyproject("[project]\nname = 'a'\nversion = '1'"), "a 1");
        let dynamic = "[project]\nname = 'a'\ndynamic = ['version']";
        assert_eq!(pyproject(dynamic), "a OfBackend");
        assert_eq!(pyproject("[tool.poetry]\nname = 'a'\nversion = '1'"), "a 1");
        assert_eq!(pyproject("[project"), "- Nowhere");
        let cfg = |version: &str| {
            let text = format!("[metadata]\nname = a\n{version}");
            check("setup.cfg", &text)
        };
        assert_eq!(cfg("version = 1.5"), "a 1.5");
        assert_eq!(cfg("version = attr: a.VERSION"), "a OfBackend");
        assert_eq!(cfg("version = file: VERSION"), "a 3.2");
        assert_eq!(cfg(""), "a Nowhere");
    }

    #[test]
    fn what_provides_says_otherwise() {
        let check = |name: &str, version: Option<&str>| {
            let project = DeclaredProject::of_pyproject(
                "[project]\nname = 'A.b'\nversion = '1.0'".to_owned(),
                &|_| None,
            );
            let artifact = Artifact {
                name: name.to_owned(),
                version: version.map(str::to_owned),
                ..Artifact::default()
            };
            project.conflict(&artifact)
        };
        assert_eq!(check("", None), None);
        assert_eq!(check("a-b", Some("1")), None);
        insta::assert_snapshot!(check("a", None).unwrap(), @"`provides` says that it is `a`, and its project says `A.b`");
        insta::assert_snapshot!(check("a-b", Some("2")).unwrap(), @"`provides` gives version 2, and its project 1.0");
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
