//! The targets that Python files lack: sources, tests, what tests use, requirements, binaries.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::RepoPath;
use regex::bytes::Regex;
use targets::kinds::RequirementsFormat;
use targets::requirements::{
    ProjectTable, PyprojectTables, RequirementsError, RequirementsReader, read_pipfile_lock,
    read_pyproject, read_requirements_txt,
};
use targets::{Glob, TargetGraph};

use super::putative::PutativeTarget;
use super::search::SearchedFiles;
use crate::session::Session;

/// The line that makes a file one that can be started.
#[allow(clippy::expect_used, reason = "the pattern is part of the program")]
static IS_STARTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^if __name__ +== +['"]__main__['"]: *(#.*)?$"#).expect("a valid pattern")
});

/// The version of Pants from which on `tailor` knows PEP 621.
const PROJECT_TABLES_SINCE: (u32, u32) = (2, 18);

/// The targets that are missing.
pub(super) fn missing(
    session: &Session,
    graph: &TargetGraph<'_>,
    searched: &SearchedFiles,
) -> Vec<PutativeTarget> {
    let search = PythonSearch {
        session,
        graph,
        searched,
    };
    let settings = &session.settings.python;
    let mut missing = Vec::new();
    if settings.tailor_source_targets {
        missing.extend(search.sources());
    }
    if settings.tailor_py_typed_targets {
        missing.extend(search.typed_markers());
    }
    if settings.tailor_requirements_targets {
        missing.extend(search.requirements());
    }
    if settings.tailor_pex_binary_targets {
        missing.extend(search.binaries());
    }
    missing
}

struct PythonSearch<'s> {
    session: &'s Session,
    graph: &'s TargetGraph<'s>,
    searched: &'s SearchedFiles,
}

impl PythonSearch<'_> {
    fn sources(&self) -> Vec<PutativeTarget> {
        let settings = &self.session.settings.python;
        let globs = |patterns: &[String]| -> Vec<Glob> {
            patterns.iter().map(|pattern| Glob::new(pattern)).collect()
        };
        let tests = globs(&settings.tailor_test_file_globs);
        let utils = globs(&settings.tailor_testutils_file_globs);
        let is_one_of =
            |globs: &[Glob], name: &String| globs.iter().any(|glob| glob.is_match(name));
        let mut missing = Vec::new();
        for (folder, names) in self.searched.unowned(&["*.py", "*.pyi"]) {
            let (tests, others): (Vec<_>, Vec<_>) =
                names.into_iter().partition(|name| is_one_of(&tests, name));
            let (utils, sources): (Vec<_>, Vec<_>) =
                others.into_iter().partition(|name| is_one_of(&utils, name));
            let target = |kind: &str| PutativeTarget::new(kind, folder);
            if !tests.is_empty() {
                missing.push(target("python_tests").named("tests").of_files(tests));
            }
            if !utils.is_empty() {
                let utils = target("python_test_utils")
                    .named("test_utils")
                    .of_files(utils);
                missing.push(utils);
            }
            if !sources.is_empty() && !self.is_only_a_marker(folder, &sources) {
                missing.push(target("python_sources").of_files(sources));
            }
        }
        missing
    }

    /// Whether there is only an empty `__init__.py`, of which no target is needed.
    fn is_only_a_marker(&self, folder: &str, names: &[String]) -> bool {
        let [name] = names else { return false };
        self.session.settings.python.tailor_ignore_empty_init_files
            && ["__init__.py", "__init__.pyi"].contains(&name.as_str())
            && self
                .read(&RepoPath::new(folder).join(name))
                .is_ok_and(|text| text.trim_ascii().is_empty())
    }

    fn typed_markers(&self) -> Vec<PutativeTarget> {
        let found = self.searched.unowned(&["py.typed"]);
        let target = |(folder, files)| {
            let target = PutativeTarget::new("resource", folder).named("py_typed");
            target.with("source", "py.typed").of_files(files)
        };
        found.map(target).collect()
    }

    fn requirements(&self) -> Vec<PutativeTarget> {
        let mut missing = Vec::new();
        let mut add = |kind: &str, name: &str, (folder, file): (&str, &str)| {
            let path = RepoPath::new(folder).join(file);
            if let Err(error) = self.read_requirements(kind, &path) {
                self.session.warn(format_args!(
                    "no target is added for {path}, which cannot be read: {error} (`[tailor] ignore_paths` leaves its folder out)"
                ));
                return;
            }
            let target = PutativeTarget::new(kind, folder).named(name);
            let target = match kind == "python_requirements" && file != "requirements.txt" {
                true => target.with("source", file),
                false => target,
            };
            missing.push(target.of_files(vec![file.to_owned()]));
        };
        for (folder, names) in self.searched.unowned(&["*requirements*.txt"]) {
            for name in names {
                add("python_requirements", "reqs", (folder, &name));
            }
        }
        for (folder, _) in self.searched.unowned(&["Pipfile.lock"]) {
            add("pipenv_requirements", "pipenv", (folder, "Pipfile.lock"));
        }
        for (folder, _) in self.searched.unowned(&["pyproject.toml"]) {
            let text = self.read(&RepoPath::new(folder).join("pyproject.toml"));
            let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
            if text.contains("[tool.poetry") {
                add("poetry_requirements", "poetry", (folder, "pyproject.toml"));
            }
            if self.knows_project_tables() && has_dependencies(&text) {
                add("python_requirements", "reqs", (folder, "pyproject.toml"));
            }
        }
        missing
    }

    /// Whether the version of Pants that the repository is for adds targets for PEP 621.
    fn knows_project_tables(&self) -> bool {
        let (major, minor) = PROJECT_TABLES_SINCE;
        let options = self.graph.repository().options();
        options.pants_version.is_empty() || options.is_pants_since(major, minor)
    }

    /// Reads a file as a target of the type does.
    fn read_requirements(&self, kind: &str, path: &str) -> Result<(), String> {
        let repository = self.graph.repository();
        let text = repository.read(path).map_err(|error| error.to_string())?;
        let read = match kind {
            "pipenv_requirements" => read_pipfile_lock(path, &text),
            "poetry_requirements" => read_pyproject(
                (path, &text),
                &PyprojectTables::of(RequirementsFormat::Poetry, ProjectTable::Skipped),
            ),
            _ if path.ends_with("pyproject.toml") => read_pyproject(
                (path, &text),
                &PyprojectTables::of(RequirementsFormat::Standard, ProjectTable::Read),
            ),
            _ => read_requirements_txt(
                path,
                &text,
                &RequirementsReader {
                    read: &|path| repository.read(path),
                    env: &BTreeMap::new(),
                },
            ),
        };
        read.map(drop)
            .map_err(|error: RequirementsError| error.to_string())
    }

    fn binaries(&self) -> Vec<PutativeTarget> {
        let mut missing = Vec::new();
        for (folder, names) in self.searched.files(&["*.py", "*.pyi"]) {
            for name in names {
                let path = RepoPath::new(folder).join(&name);
                let is_started = name == "__main__.py"
                    || self
                        .read(&path)
                        .is_ok_and(|text| IS_STARTED.is_match(&text));
                if !is_started || self.has_binary(&path) {
                    continue;
                }
                let (stem, _) = name.rsplit_once('.').unwrap_or((&name, ""));
                let target = PutativeTarget::new("pex_binary", folder).named(stem);
                missing.push(target.with("entry_point", &name));
            }
        }
        missing
    }

    /// Whether a binary in the folder of a file, or above it, starts the file.
    fn has_binary(&self, path: &str) -> bool {
        let graph = self.graph;
        let module = graph.module_of(path);
        let named = graph.targets_of_file(path).into_iter();
        let by_module = graph.all().filter(|id| {
            let entry_point = graph.field(*id, "entry_point");
            let entry_point = entry_point.and_then(buildfile::Data::as_str);
            let started = entry_point.and_then(|text| text.split(':').next());
            started == Some(module.as_str())
                && RepoPath::new(path).starts_with(&graph.target(*id).dir)
        });
        let mut starting = named.chain(by_module);
        starting.any(|id| &*graph.target(id).kind == "pex_binary")
    }

    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        fs_err::read(self.session.root().join(path))
    }
}

/// Whether a `pyproject.toml` names dependencies by PEP 621.
fn has_dependencies(text: &str) -> bool {
    let Ok(document) = text.parse::<toml_edit::DocumentMut>() else {
        return false;
    };
    let project = document.get("project");
    let is_set = |key: &str| match project.and_then(|project| project.get(key)) {
        Some(item) => {
            item.as_array().is_some_and(|all| !all.is_empty())
                || item.as_table_like().is_some_and(|table| !table.is_empty())
        }
        None => false,
    };
    is_set("dependencies") || is_set("optional-dependencies")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_started_has_the_usual_line() {
        for (text, expect) in [
            ("x\nif __name__ == \"__main__\":\n    x\n", true),
            ("if __name__ == '__main__': # start\n", true),
            ("    if __name__ == '__main__':\n", false),
            ("if '__main__' == __name__:\n", false),
        ] {
            assert_eq!(IS_STARTED.is_match(text.as_bytes()), expect, "{text}");
        }
    }

    #[test]
    fn dependencies_by_pep_621() {
        assert!(has_dependencies("[project]\ndependencies = ['a']\n"));
        assert!(has_dependencies(
            "[project.optional-dependencies]\nx = ['a']\n"
        ));
        assert!(!has_dependencies(
            "[project]\nname = 'a'\ndependencies = []\n"
        ));
        assert!(!has_dependencies("[project\n"));
    }
}
