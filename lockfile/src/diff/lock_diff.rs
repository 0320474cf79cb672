//! Compares two locks.

use model::{DistFile, HashedProject, Lock, LockInputs, LockedPackage, PackageName, PackageSource};
use serde::Serialize;

use super::cause::{Cause, Causes};
use super::change::{ChangeKind, Level};
use crate::check::not_allowed;
use crate::inputs::{InputChange, input_changes};

/// The difference of two locks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LockDiff {
    /// The resolve.
    pub resolve: String,
    /// The changes of the inputs.
    pub inputs: Vec<InputChange>,
    /// The changes of the packages, sorted by name.
    pub packages: Vec<PackageChange>,
}

/// One change of one project, with its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageChange {
    /// The project.
    pub name: PackageName,
    /// How it changed.
    #[serde(flatten)]
    pub change: ChangeKind,
    /// Why it changed.
    pub cause: Cause,
}

impl PackageChange {
    /// The cause as text. No cause is given for an alarm that no input explains, since nobody chose
    /// it.
    #[must_use]
    pub fn because(&self) -> String {
        match &self.cause {
            Cause::ChosenAnew if self.change.is_alarm() => {
                "no changed input explains it".to_owned()
            }
            cause => cause.to_string(),
        }
    }

    /// One character for the change: `+`, `-`, `~`, or `!` for an alarm.
    #[must_use]
    pub fn sign(&self) -> char {
        match &self.change {
            change if change.is_alarm() => '!',
            ChangeKind::Added { .. } => '+',
            ChangeKind::Removed { .. } => '-',
            _ => '~',
        }
    }
}

impl LockDiff {
    /// Whether the locks are equal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.packages.is_empty()
    }
}

/// Compares two locks of one resolve.
#[must_use]
pub fn diff(from: &Lock, to: &Lock) -> LockDiff {
    let inputs = input_changes(&from.inputs, &to.inputs);
    let mut names: Vec<&PackageName> = [from, to]
        .iter()
        .flat_map(|lock| lock.packages.iter().map(|package| &package.name))
        .collect();
    names.sort();
    names.dedup();
    let named = |lock: &'_ Lock, name: &PackageName| -> Vec<LockedPackage> {
        let packages = lock.packages.iter().filter(|package| &package.name == name);
        packages.cloned().collect()
    };
    let changes: Vec<(&PackageName, Vec<ChangeKind>)> = names
        .into_iter()
        .map(|name| {
            let inputs = (&from.inputs, &to.inputs);
            (name, changes(named(from, name), named(to, name), inputs))
        })
        .filter(|(_, changes)| !changes.is_empty())
        .collect();
    let causes = Causes::new(from, to, &inputs);
    let packages = changes
        .into_iter()
        .flat_map(|(name, changes)| {
            let causes = &causes;
            changes.into_iter().map(move |change| PackageChange {
                cause: causes.of(name, &change),
                name: name.clone(),
                change,
            })
        })
        .collect();
    LockDiff {
        resolve: to.resolve.clone(),
        inputs,
        packages,
    }
}

/// A lock without requirements and packages, with the settings of `like`. A first lock is compared
/// with it, and a removed one.
#[must_use]
pub fn nothing(like: &Lock) -> Lock {
    Lock {
        resolve: like.resolve.clone(),
        inputs: LockInputs {
            requirements: Vec::new(),
            constraints: Vec::new(),
            ..like.inputs.clone()
        },
        forks: Vec::new(),
        packages: Vec::new(),
    }
}

/// The inputs of the locks before and after.
type BothInputs<'a> = (&'a LockInputs, &'a LockInputs);

/// The changes of one project, which may have several versions on each side.
fn changes(
    mut from: Vec<LockedPackage>,
    mut to: Vec<LockedPackage>,
    inputs: BothInputs<'_>,
) -> Vec<ChangeKind> {
    let mut found = Vec::new();
    let same = |old: &LockedPackage, new: &LockedPackage| {
        (&old.version, &old.source) == (&new.version, &new.source)
    };
    let same_version = |old: &LockedPackage, new: &LockedPackage| old.version == new.version;
    let overlap = |old: &LockedPackage, new: &LockedPackage| !old.marker.is_disjoint(&new.marker);
    let any = |_: &LockedPackage, _: &LockedPackage| true;
    for fits in [
        &same as &dyn Fn(&_, &_) -> bool,
        &same_version,
        &overlap,
        &any,
    ] {
        from.retain(|old| {
            let Some(at) = to.iter().position(|new| fits(old, new)) else {
                return true;
            };
            found.extend(compare(old, &to.remove(at), inputs));
            false
        });
    }
    found.extend(from.into_iter().map(|old| ChangeKind::Removed {
        version: old.version,
        marker: old.marker,
    }));
    found.extend(to.into_iter().map(|new| ChangeKind::Added {
        version: new.version,
        marker: new.marker,
    }));
    found
}

fn compare(old: &LockedPackage, new: &LockedPackage, inputs: BothInputs<'_>) -> Vec<ChangeKind> {
    let mut found = Vec::new();
    let version = || new.version.clone();
    if old.version != new.version {
        found.push(ChangeKind::Version {
            from: old.version.clone(),
            to: version(),
            level: Level::between(&old.version, &new.version),
        });
    }
    if !old.marker.is_same_set(&new.marker) {
        found.push(ChangeKind::Marker {
            version: version(),
            from: old.marker.clone(),
            to: new.marker.clone(),
        });
    }
    if old.extras != new.extras {
        found.push(ChangeKind::Extras {
            version: version(),
            from: old.extras.clone(),
            to: new.extras.clone(),
        });
    }
    if old.source != new.source {
        found.push(ChangeKind::Source {
            version: version(),
            from: describe(&old.source),
            to: describe(&new.source),
        });
    } else if old.version == new.version {
        found.extend(files(old, new, inputs));
    }
    if let Some(reason) =
        yanked(new).filter(|_| old.version != new.version || yanked(old).is_none())
    {
        found.push(ChangeKind::Yanked {
            version: version(),
            reason: reason.to_owned(),
        });
    }
    found
}

/// Other files of the same version, but for those that the inputs of one of the locks leave out.
fn files(
    old: &LockedPackage,
    new: &LockedPackage,
    (from, to): BothInputs<'_>,
) -> Option<ChangeKind> {
    let named = |files: &'_ LockedPackage, name: &str| -> Option<DistFile> {
        all_files(files).find(|file| file.filename == name).cloned()
    };
    let hashes = |inputs: &LockInputs| -> Option<HashedProject> {
        let mut hashed = inputs.hashed.iter();
        hashed.find(|one| one.name == new.name).cloned()
    };
    let same_hashes = hashes(from) == hashes(to);
    let only = |these: &LockedPackage, others: &LockedPackage, inputs: &LockInputs| {
        let there = LockedPackage {
            marker: others.marker.clone(),
            ..these.clone()
        };
        let left_out: Vec<String> = not_allowed(inputs, &there).collect();
        let missing = all_files(these).filter(|file| {
            same_hashes
                && named(others, &file.filename).is_none()
                && !left_out.contains(&file.filename)
        });
        missing
            .map(|file| file.filename.clone())
            .collect::<Vec<_>>()
    };
    let replaced: Vec<String> = all_files(new)
        .filter(|file| {
            named(old, &file.filename).is_some_and(|before| before.sha256 != file.sha256)
        })
        .map(|file| file.filename.clone())
        .collect();
    let (added, removed) = (only(new, old, from), only(old, new, to));
    let changed = !(added.is_empty() && removed.is_empty() && replaced.is_empty());
    changed.then(|| ChangeKind::Files {
        version: new.version.clone(),
        added,
        removed,
        replaced,
    })
}

fn all_files(package: &LockedPackage) -> impl Iterator<Item = &DistFile> {
    package.sdist.iter().chain(&package.wheels)
}

fn yanked(package: &LockedPackage) -> Option<&str> {
    all_files(package).find_map(|file| file.yanked.as_deref())
}

fn describe(source: &PackageSource) -> String {
    use model::IndexRole::{FindLinks, Further, Primary};
    match source {
        PackageSource::Index(Primary) => "the first index".to_owned(),
        PackageSource::Index(Further(nth)) => format!("index {nth}"),
        PackageSource::Index(FindLinks) => "a find-links folder".to_owned(),
        PackageSource::Url { url, .. } => url.to_string(),
        PackageSource::Git { url, commit, .. } => format!("{url} at {commit}"),
        PackageSource::Path { path } => path.to_string(),
    }
}
