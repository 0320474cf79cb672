//! What an environment should hold.

use std::collections::BTreeSet;

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
    /// How it is put there.
    pub policy: SyncPolicy,
}

impl EnvironmentContents<'_> {
    /// The same, with what an environment keeps of before, unless it is made anew because that was asked
    /// for.
    pub(crate) fn keeping(mut self, before: &EnvironmentIdentity) -> Self {
        if self.policy.renewal == Renewal::Asked {
            return self;
        }
        if before.relocation == Relocation::Relocatable {
            self.policy.relocation = Relocation::Relocatable;
        }
        let projects = self.projects.iter().map(|project| &project.name);
        let names = self.wheels.iter().map(|wheel| &wheel.name).chain(projects);
        let seeds = before.seeds_beside(names);
        self.wheels.extend(seeds);
        self
    }
}

/// How what an environment should hold is put there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncPolicy {
    /// Whether modules are compiled ahead.
    pub bytecode: Bytecode,
    /// How files come from the store.
    pub link_mode: LinkMode,
    /// What happens to packages that others installed.
    pub foreign: ForeignPackages,
    /// Whether the environment is made anew in any case.
    pub renewal: Renewal,
    /// Whether its folder may be moved.
    pub relocation: Relocation,
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
    /// What it was built of, where it was built on this machine.
    #[serde(default)]
    pub built_from: Option<String>,
    /// Whether it is there beside what is locked, such as pip: it then stays until a lock has the project,
    /// or the environment is made anew.
    #[serde(default)]
    pub seed: bool,
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

/// How files come from the store into an environment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkMode {
    /// As hard links, where the file system has them: they take no space, and have the time at which
    /// the wheel was unpacked.
    #[default]
    Hardlink,
    /// As copies, which share blocks where the file system can, and have the time at which they are
    /// installed.
    Copy,
}

/// A text is not the name of a link mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no way to install files: use `hardlink` or `copy`")]
pub struct LinkModeError(pub String);

impl std::str::FromStr for LinkMode {
    type Err = LinkModeError;

    fn from_str(name: &str) -> Result<Self, LinkModeError> {
        match name {
            "hardlink" => Ok(Self::Hardlink),
            "copy" | "clone" => Ok(Self::Copy),
            _ => Err(LinkModeError(name.to_owned())),
        }
    }
}

/// What happens to packages in an environment that others installed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForeignPackages {
    /// They stay.
    #[default]
    Kept,
    /// They are removed.
    Removed,
}

/// Whether an environment is made anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Renewal {
    /// Where it has to be.
    #[default]
    Needed,
    /// In any case.
    Asked,
}

/// Whether an environment works in another folder than the one that it was made in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relocation {
    /// Its scripts name its folder.
    #[default]
    Fixed,
    /// Its scripts look for Python beside themselves.
    Relocatable,
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
    #[serde(default)]
    pub(crate) link_mode: LinkMode,
    #[serde(default)]
    pub(crate) relocation: Relocation,
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
            bytecode: wanted.policy.bytecode,
            link_mode: wanted.policy.link_mode,
            relocation: wanted.policy.relocation,
        }
    }

    /// Whether this version of a package is in it.
    pub(crate) fn has(&self, name: &PackageName, version: &str) -> bool {
        let wheels = self
            .wheels
            .iter()
            .map(|wheel| (&wheel.name, &wheel.version));
        let projects = self.projects.iter().map(|one| (&one.name, &one.version));
        let version: Result<Version, _> = version.parse();
        let version = version.ok();
        wheels
            .chain(projects)
            .any(|found| found.0 == name && Some(found.1) == version.as_ref())
    }

    /// The names of all packages.
    pub(crate) fn names(&self) -> impl Iterator<Item = &PackageName> {
        let wheels = self.wheels.iter().map(|wheel| &wheel.name);
        wheels.chain(self.projects.iter().map(|project| &project.name))
    }

    /// The same, but compiled ahead, relocatable and with seed packages where the environment was so
    /// before: a run that does not ask for these does not remove them either.
    pub(crate) fn keeping(mut self, before: &Self) -> Self {
        if before.bytecode == Bytecode::Ahead {
            self.bytecode = Bytecode::Ahead;
        }
        if before.relocation == Relocation::Relocatable {
            self.relocation = Relocation::Relocatable;
        }
        let kept = before.seeds_beside(self.names());
        self.wheels.extend(kept);
        self.wheels.sort();
        self
    }

    /// The seed packages that are none of these projects.
    pub(crate) fn seeds_beside<'n>(
        &self,
        names: impl Iterator<Item = &'n PackageName>,
    ) -> Vec<StoredWheel> {
        let names: BTreeSet<&PackageName> = names.collect();
        let seeds = self.wheels.iter();
        let seeds = seeds.filter(|wheel| wheel.seed && !names.contains(&wheel.name));
        seeds.cloned().collect()
    }
}
