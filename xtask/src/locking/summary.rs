//! What a run changed in a lock, and why: for the user and for scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lockfile::Lock;
use model::{PackageName, Version};
use serde::Serialize;

/// What a run did to the lock of one resolve.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    /// The resolve.
    pub(crate) resolve: String,
    /// The lockfile, relative to the root.
    pub(crate) lockfile: String,
    /// How many packages the lock holds.
    pub(crate) packages: usize,
    /// Whether the lock is up to date, was written, or would have to be.
    pub(crate) status: Status,
    /// The packages that changed, sorted by name.
    pub(crate) changes: Vec<Change>,
    /// Why the lock is stale, where it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reasons: Vec<String>,
}

/// The state of a lock after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// Nothing was to do.
    Unchanged,
    /// It was written.
    Written,
    /// It has to be written, and `--check` does not.
    Stale,
}

/// One package that changed.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(crate) struct Change {
    /// The project.
    pub(crate) name: PackageName,
    /// The versions before; none where it was added.
    pub(crate) before: Vec<Version>,
    /// The versions now; none where it was removed.
    pub(crate) after: Vec<Version>,
    /// What requires it now, or required it before.
    pub(crate) because: Vec<String>,
}

impl Change {
    /// The packages whose versions differ, sorted by name.
    pub(crate) fn between(before: Option<&Lock>, after: &Lock) -> Vec<Self> {
        let old = before.map(versions).unwrap_or_default();
        let new = versions(after);
        let names: BTreeSet<&PackageName> = old.keys().chain(new.keys()).copied().collect();
        names
            .into_iter()
            .filter_map(|name| {
                let before_versions = old.get(name).cloned().unwrap_or_default();
                let after_versions = new.get(name).cloned().unwrap_or_default();
                if before_versions == after_versions {
                    return None;
                }
                let lock = if after_versions.is_empty() {
                    before
                } else {
                    Some(after)
                };
                Some(Self {
                    name: name.clone(),
                    before: before_versions.into_iter().cloned().collect(),
                    after: after_versions.into_iter().cloned().collect(),
                    because: lock.map(|lock| because(lock, name)).unwrap_or_default(),
                })
            })
            .collect()
    }
}

type Versions<'a> = BTreeMap<&'a PackageName, BTreeSet<&'a Version>>;

fn versions(lock: &Lock) -> Versions<'_> {
    let mut versions = Versions::new();
    for package in &lock.packages {
        versions
            .entry(&package.name)
            .or_default()
            .insert(&package.version);
    }
    versions
}

/// The requirements on a project in a lock: the user's own first, then those of packages.
fn because(lock: &Lock, name: &PackageName) -> Vec<String> {
    let own = lock
        .inputs
        .requirements
        .iter()
        .filter(|requirement| requirement.name == *name)
        .map(|requirement| format!("required: {requirement}"));
    let others = lock
        .packages
        .iter()
        .filter(|package| package.dependencies.iter().any(|d| d.name == *name))
        .map(|package| format!("{} {}", package.name, package.version));
    own.chain(others).collect()
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |versions: &[Version]| {
            let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
            versions.join(", ")
        };
        let (sign, versions) = match (self.before.is_empty(), self.after.is_empty()) {
            (true, _) => ("\x1b[32m+\x1b[0m", list(&self.after)),
            (_, true) => ("\x1b[31m-\x1b[0m", list(&self.before)),
            _ => (
                "\x1b[33m~\x1b[0m",
                format!("{} -> {}", list(&self.before), list(&self.after)),
            ),
        };
        write!(f, "{sign} {} {versions}", self.name)?;
        match &self.because[..] {
            [] => Ok(()),
            [one] => write!(f, "  ({one})"),
            [one, rest @ ..] => write!(f, "  ({one} and {} more)", rest.len()),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match self.status {
            Status::Unchanged => "up to date",
            Status::Written if self.changes.is_empty() => "written, no version changed",
            Status::Written => "written",
            Status::Stale => "stale",
        };
        write!(
            f,
            "\x1b[1m{}\x1b[0m ({}): {} packages, {status}",
            self.resolve, self.lockfile, self.packages
        )?;
        for reason in &self.reasons {
            write!(f, "\n  {reason}")?;
        }
        for change in &self.changes {
            write!(f, "\n  {change}")?;
        }
        Ok(())
    }
}
