//! `[build-system]` of `pyproject.toml` (PEP 517, PEP 518).

use camino::{Utf8Path, Utf8PathBuf};
use model::Requirement;
use serde::Deserialize;

use super::error::BuildProblem;

/// How to build a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuildSystem {
    pub(crate) requires: Vec<Requirement>,
    /// `module:object`.
    pub(crate) backend: String,
    /// Absolute folders within the project.
    pub(crate) backend_path: Vec<Utf8PathBuf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PyProject {
    build_system: Option<Table>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Table {
    requires: Vec<String>,
    build_backend: Option<String>,
    #[serde(default)]
    backend_path: Vec<String>,
}

/// The backend of projects that do not name one.
const LEGACY: &str = "setuptools.build_meta:__legacy__";
const LEGACY_REQUIRES: &str = "setuptools>=40.8.0";

impl BuildSystem {
    /// Reads how to build the project in `folder`.
    pub(crate) fn read(folder: &Utf8Path) -> Result<Self, BuildProblem> {
        let is_there = |name: &str| folder.join(name).is_file();
        if !is_there("pyproject.toml") && !is_there("setup.py") {
            return Err(BuildProblem::NoProject);
        }
        Self::of_folder(folder)
    }

    /// Reads how to build the project in `folder`, which is one if it has a `setup.py` at least.
    pub(crate) fn of_folder(folder: &Utf8Path) -> Result<Self, BuildProblem> {
        let file = folder.join("pyproject.toml");
        match file.is_file() {
            true => Self::parse(&fs_err::read_to_string(file)?, folder),
            false => Self::parse("", folder),
        }
    }

    fn parse(text: &str, folder: &Utf8Path) -> Result<Self, BuildProblem> {
        let project: PyProject = toml_edit::de::from_str(text)
            .map_err(|error| BuildProblem::Project(error.to_string().trim().to_owned()))?;
        let table = project.build_system.unwrap_or_else(|| Table {
            requires: vec![LEGACY_REQUIRES.to_owned()],
            build_backend: None,
            backend_path: Vec::new(),
        });
        let requires = table
            .requires
            .iter()
            .map(|text| Requirement::parse_lenient(text))
            .collect::<Result<_, _>>()?;
        let backend_path = table
            .backend_path
            .iter()
            .map(|path| within(folder, path))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            requires,
            backend: table.build_backend.unwrap_or_else(|| LEGACY.to_owned()),
            backend_path,
        })
    }
}

fn within(folder: &Utf8Path, path: &str) -> Result<Utf8PathBuf, BuildProblem> {
    if path == "." {
        return Ok(folder.to_owned());
    }
    let plain = path.trim_start_matches("./").trim_end_matches('/');
    wheel::check_contained(plain)
        .map(|()| folder.join(plain))
        .map_err(|problem| BuildProblem::Project(format!("`backend-path` has `{path}`: {problem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match BuildSystem::parse(text, Utf8Path::new("/p")) {
            Ok(system) => {
                let requires: Vec<String> =
                    system.requires.iter().map(ToString::to_string).collect();
                format!(
                    "{} of {:?}, requires {}",
                    system.backend,
                    system.backend_path,
                    requires.join(", ")
                )
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn systems() {
        insta::assert_snapshot!(check(""), @"setuptools.build_meta:__legacy__ of [], requires setuptools>=40.8.0");
        insta::assert_snapshot!(check("[build-system]\nrequires = ['wheel']"), @"setuptools.build_meta:__legacy__ of [], requires wheel");
        insta::assert_snapshot!(
            check("[build-system]\nrequires = ['a>1']\nbuild-backend = 'b'\nbackend-path = ['.', 'x/y']"),
            @r#"b of ["/p", "/p/x/y"], requires a>1"#
        );
    }

    #[test]
    fn broken_ones() {
        insta::assert_snapshot!(check("[build-system]\nbuild-backend = 'b'"), @"
        its `pyproject.toml` cannot be used: TOML parse error at line 1, column 1
          |
        1 | [build-system]
          | ^^^^^^^^^^^^^^
        missing field `requires`
        ");
        insta::assert_snapshot!(check("[build-system]\nrequires = ['!']"), @"a requirement of its build cannot be read: `!` is not a requirement (PEP 508): Expected package name starting with an alphanumeric character, found `!`");
        insta::assert_snapshot!(check("[build-system]\nrequires = []\nbackend-path = ['../x']"), @"its `pyproject.toml` cannot be used: `backend-path` has `../x`: it leaves the folder by `..`");
    }
}
