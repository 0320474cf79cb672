//! Compares an environment with what it should contain.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use model::{PackageName, Version};
use rayon::prelude::*;

use super::items::{Item, PackageItems};
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
    /// Settings such as source roots have changed.
    Settings,
    /// Files that someone changed or removed.
    ChangedFiles(Vec<Utf8PathBuf>),
    /// Packages that someone installed with other tools. They are kept.
    Foreign(Vec<String>),
}

impl Changes {
    /// Whether there is no difference.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.updated.is_empty()
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

/// The items below `root` that are missing or wrong.
pub(crate) fn damaged<'p, 'a>(
    root: &Utf8Path,
    packages: &'p [PackageItems<'a>],
) -> Vec<&'p Item<'a>> {
    packages
        .par_iter()
        .flat_map(|package| package.items.par_iter().with_min_len(64))
        .filter(|item| !item.is_intact(root))
        .collect()
}

/// A `.dist-info` folder in `site`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InstalledDistribution {
    /// The folder's name.
    pub(crate) dist_info: String,
    pub(crate) name: PackageName,
    pub(crate) version: String,
}

/// The distributions that are in `site`, relative to `root`.
pub(crate) fn installed(root: &Utf8Path, site: &str) -> Vec<InstalledDistribution> {
    let Ok(entries) = root.join(site).read_dir_utf8() else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let dist_info = entry.ok()?.file_name().to_owned();
            let (name, version) = dist_info.strip_suffix(".dist-info")?.rsplit_once('-')?;
            Some(InstalledDistribution {
                name: name.parse().ok()?,
                version: version.to_owned(),
                dist_info,
            })
        })
        .collect()
}
