//! Compares an environment with what it should hold.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use model::{PackageName, Version};
use rayon::prelude::*;

use super::items::{Item, PackageItems};
use super::wanted::EnvironmentIdentity;

/// What differs between an environment and what it should hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Packages that are missing there.
    pub added: Vec<(PackageName, Version)>,
    /// Packages that should not be there any more.
    pub removed: Vec<(PackageName, Version)>,
    /// Packages of another version, or of another file of the same version: name, version there,
    /// version wanted.
    pub updated: Vec<(PackageName, Version, Version)>,
}

/// Why an environment does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentFinding {
    /// There is none.
    Missing,
    /// The run that made or changed it was interrupted.
    Interrupted,
    /// It was made with another Python: the one there, and the one wanted.
    OtherPython(String, String),
    /// Other packages are wanted.
    Packages(Changes),
    /// Settings such as source roots have changed.
    Settings,
    /// Files that someone changed or removed.
    ChangedFiles(Vec<Utf8PathBuf>),
    /// Packages that someone installed by other means; they stay as they are.
    Foreign(Vec<String>),
}

impl Changes {
    /// Whether nothing differs.
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

/// Two keys are equal where the package's files are.
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

/// The items that do not stand below `root` as they should.
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
