//! Compares an environment with what it should contain.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use model::{PackageName, Version};

use super::wanted::EnvironmentIdentity;

/// The differences between an environment and what it should contain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Packages that are missing.
    pub added: Vec<(PackageName, Version)>,
    /// Packages that should no longer be there.
    pub removed: Vec<(PackageName, Version)>,
    /// Packages with another version, or another file of the same version: the name, the version
    /// that is there, and the version that should be.
    pub updated: Vec<(PackageName, Version, Version)>,
}

/// Why an environment is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentFinding {
    /// It does not exist.
    Missing,
    /// The run that made or changed it was interrupted.
    Interrupted,
    /// It was made with another Python: the one that is there, and the one that it should be.
    OtherPython(String, String),
    /// Other packages should be in it.
    Packages(Changes),
    /// It was made at this place and moved since.
    Moved(Utf8PathBuf),
    /// The lock is for other Pythons, for this reason.
    UnsuitablePython(String),
    /// Its interpreter, which it links to, is gone.
    NoPython(Utf8PathBuf),
    /// Settings such as source roots have changed.
    Settings,
    /// Files that someone changed or removed.
    ChangedFiles(Vec<Utf8PathBuf>),
    /// Other versions of its packages that someone installed with other tools.
    OtherVersions(Vec<String>),
    /// Packages that someone installed with other tools. They are kept.
    Foreign(Vec<String>),
}

impl Changes {
    /// Whether there is no difference.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.updated.is_empty()
    }

    /// The packages that are added or updated.
    pub fn fresh(&self) -> impl Iterator<Item = &PackageName> {
        let added = self.added.iter().map(|(name, _)| name);
        added.chain(self.updated.iter().map(|(name, _, _)| name))
    }

    pub(crate) fn between(old: &EnvironmentIdentity, new: &EnvironmentIdentity) -> Self {
        let (old, new) = (versions(old), versions(new));
        let mut changes = Self::default();
        for (name, (version, key)) in &new {
            match old.get(name) {
                None => changes.added.push(((*name).clone(), (*version).clone())),
                Some((_, there)) if there == key => {}
                Some((there, _)) => {
                    changes
                        .updated
                        .push(((*name).clone(), (*there).clone(), (*version).clone()));
                }
            }
        }
        for (name, (version, _)) in &old {
            if !new.contains_key(name) {
                changes.removed.push(((*name).clone(), (*version).clone()));
            }
        }
        changes
    }
}

/// Two keys are equal if the files of the package are.
#[derive(PartialEq, Eq)]
enum Key<'a> {
    Wheel(&'a super::wanted::StoredWheel),
    Project(&'a super::wanted::EditableProject),
}

fn versions(identity: &EnvironmentIdentity) -> BTreeMap<&PackageName, (&Version, Key<'_>)> {
    let wheels = identity
        .wheels
        .iter()
        .map(|w| (&w.name, (&w.version, Key::Wheel(w))));
    let projects = identity
        .projects
        .iter()
        .map(|p| (&p.name, (&p.version, Key::Project(p))));
    wheels.chain(projects).collect()
}
