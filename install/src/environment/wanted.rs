//! What an environment should hold.

use camino::{Utf8Path, Utf8PathBuf};
use model::{PackageName, Sha256, Version};
use serde::{Deserialize, Serialize};

use crate::python::Interpreter;

/// What an environment should hold: wheels of the store, projects of the repository, and the
/// folders of their sources.
#[derive(Debug, Clone)]
pub struct EnvironmentContents<'a> {
    /// The interpreter.
    pub interpreter: &'a Interpreter,
    /// What the shell's prompt says while the environment is active: the resolve.
    pub prompt: &'a str,
    /// The wheels.
    pub wheels: Vec<StoredWheel>,
    /// The repository's own distributions.
    pub projects: Vec<EditableProject>,
    /// Absolute folders whose modules can be imported.
    pub source_roots: Vec<Utf8PathBuf>,
    /// Whether modules are compiled ahead.
    pub bytecode: Bytecode,
}

/// A wheel, to be found in the store by its hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoredWheel {
    /// The project.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The wheel's hash.
    pub sha256: Sha256,
    /// Whether a requirement of the resolve names it: the file `REQUESTED` says so.
    pub requested: bool,
    /// The text of `direct_url.json`, where it comes from no index (PEP 610).
    pub direct_url: Option<String>,
}

/// A distribution of the repository, importable from its sources and known to
/// `importlib.metadata` with its entry points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EditableProject {
    /// The project.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The text of METADATA.
    pub metadata: String,
    /// The text of `entry_points.txt`; empty where there are none.
    pub entry_points: String,
    /// Its folder.
    pub folder: Utf8PathBuf,
}

/// Whether modules are compiled when they are installed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bytecode {
    /// Python compiles a module when it is first imported.
    #[default]
    OnImport,
    /// All modules are compiled at once.
    Ahead,
}

/// Everything on which an environment's content depends, to be compared with what was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EnvironmentIdentity {
    /// The root: scripts name it.
    pub(crate) root: Utf8PathBuf,
    pub(crate) python: PythonIdentity,
    pub(crate) prompt: String,
    // Sorted by name.
    pub(crate) wheels: Vec<StoredWheel>,
    // Sorted by name.
    pub(crate) projects: Vec<EditableProject>,
    pub(crate) source_roots: Vec<Utf8PathBuf>,
    pub(crate) bytecode: Bytecode,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PythonIdentity {
    pub(crate) executable: Utf8PathBuf,
    pub(crate) implementation: String,
    pub(crate) version: Version,
}

impl EnvironmentIdentity {
    pub(crate) fn of(root: &Utf8Path, wanted: &EnvironmentContents<'_>) -> Self {
        let mut wheels = wanted.wheels.clone();
        wheels.sort();
        let mut projects = wanted.projects.clone();
        projects.sort();
        Self {
            root: root.to_owned(),
            python: PythonIdentity {
                executable: wanted.interpreter.base_executable().to_owned(),
                implementation: wanted.interpreter.implementation().to_owned(),
                version: wanted.interpreter.version().clone(),
            },
            prompt: wanted.prompt.to_owned(),
            wheels,
            projects,
            source_roots: wanted.source_roots.clone(),
            bytecode: wanted.bytecode,
        }
    }

    /// The same, but compiled ahead where the environment was before: a run that does not ask for
    /// compiled modules does not remove them either.
    pub(crate) fn keeping(mut self, before: &Self) -> Self {
        if before.bytecode == Bytecode::Ahead {
            self.bytecode = Bytecode::Ahead;
        }
        self
    }
}
