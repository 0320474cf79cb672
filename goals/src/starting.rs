//! `init`: what a repository still needs before its first lock, and the least that brings it.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use install::python::{Interpreters, PythonLocations, SearchPath};
use model::InterpreterConstraints;
use workspace::settings::{SettingsProblem, find_root};

use crate::error::GoalError;
use crate::session::Session;
use workspace::files;

/// The file with a repository's Python, which uv and pyenv read too.
const PYTHON_VERSION: &str = ".python-version";

/// What `init` found, and what it wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstSteps {
    /// Where its settings stand, or what they follow from.
    pub source: SettingsSource,
    /// The resolves, each with its lock.
    pub resolves: Vec<(String, Utf8PathBuf)>,
    /// What was written, relative to the root.
    pub written: Vec<&'static str>,
}

/// Where settings stand, or what they follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsSource {
    /// `pants.toml`, or a table of ours: nothing is missing.
    Settings,
    /// The repository's projects, and how many there are.
    Projects(usize),
    /// Files of requirements.
    Requirements,
}

/// Writes a project that requires nothing into a folder that belongs to no repository with projects,
/// requirements or settings. Says whether it did.
///
/// # Errors
/// Where files cannot be read or written.
pub fn make_project(folder: &Utf8Path) -> Result<bool, GoalError> {
    match find_root(folder) {
        Err(error) if matches!(error.problem, SettingsProblem::NoRoot) => {}
        Err(error) => return Err(workspace::OpenError::from(error).into()),
        Ok(_) => return Ok(false),
    }
    let name = folder.file_name().unwrap_or_default().to_ascii_lowercase();
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let name = match name.trim_matches('-') {
        "" => "monorepo",
        name => name,
    };
    let text = format!("[project]\nname = \"{name}\"\nversion = \"0\"\ndependencies = []\n");
    write(folder, "pyproject.toml", &text)?;
    Ok(true)
}

/// Says what there is, and writes which Pythons the repository is for, if nothing says it. No file that
/// is there is changed.
///
/// # Errors
/// Where no interpreter is found to name, or the file cannot be written.
pub fn first_steps(session: &Session) -> Result<FirstSteps, GoalError> {
    let settings = &session.settings;
    let mut written = Vec::new();
    let resolves = settings.python.resolves.iter();
    let resolves: Vec<(String, Utf8PathBuf)> = resolves
        .map(|(name, lock)| (name.clone(), lock.to_path_buf()))
        .collect();
    let mut open = resolves
        .iter()
        .filter(|(name, _)| settings.interpreter_constraints(name).is_err());
    if settings.inferred.is_some() && open.next().is_some() {
        write(session.root(), PYTHON_VERSION, &python(session)?)?;
        written.push(PYTHON_VERSION);
    }
    Ok(FirstSteps {
        source: match &settings.inferred {
            None => SettingsSource::Settings,
            Some(found) if found.projects.is_empty() => SettingsSource::Requirements,
            Some(found) => SettingsSource::Projects(found.projects.len()),
        },
        resolves,
        written,
    })
}

/// The version of the first interpreter on this machine, as a line.
fn python(session: &Session) -> Result<String, GoalError> {
    let bootstrap = &session.settings.python_bootstrap;
    let search_path = SearchPath::parse(&bootstrap.search_path)
        .map_err(|error| GoalError::failure(error.to_string()))?;
    let places = PythonLocations::of_this_machine(session.root());
    let any = InterpreterConstraints::any_recent();
    let found = Interpreters::new(&session.cache()?).find(&any, &search_path, &places);
    let found = found.map_err(|none| {
        let message = "cannot tell which Pythons the repository is for: none is installed";
        GoalError::failure(message)
            .because(none.to_string())
            .hint("write `3.13`, or the version that is meant, into a file `.python-version`")
    })?;
    let version = found.version().to_string();
    let minor: Vec<&str> = version.split('.').take(2).collect();
    Ok(format!("{}\n", minor.join(".")))
}

fn write(folder: &Utf8Path, name: &str, text: &str) -> Result<(), GoalError> {
    let path = folder.join(name);
    if path.exists() {
        return Err(GoalError::failure(format!(
            "cannot tell which Pythons the repository is for: {name} does not say a version"
        ))
        .hint("write one such as `3.13`, or add `requires-python` to `[project]`"));
    }
    files::replace(&path, text)
        .map_err(|error| GoalError::file("write", Utf8Path::new(name), &error))
}

impl fmt::Display for SettingsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings => f.write_str("settings of its own"),
            Self::Projects(1) => f.write_str("a project"),
            Self::Projects(count) => write!(f, "{count} projects"),
            Self::Requirements => f.write_str("requirement files"),
        }
    }
}
