//! Checks whether every package of a lock has a file wherever it is needed, and whether it should
//! be installed.

use std::fmt;

use model::{
    Coverage, CoverageGap, CoveragePolicy, DistFile, FileKind, Lock, LockInputs, LockedPackage,
    Marker, PackageName, PackageSource, Version, WheelFilename,
};
use rustc_hash::FxHashMap;

/// A problem with the files of a locked package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// The package.
    pub name: PackageName,
    /// Its version.
    pub version: Version,
    /// What is wrong.
    pub kind: FileProblemKind,
}

/// The kinds of problems with the files of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblemKind {
    /// No file for these Pythons and platforms, which need the package; or no file at all.
    NoFile(Option<CoverageGap>),
    /// A file, by its name, without a hash to check a download with.
    NoHash(String),
    /// The release was withdrawn (PEP 592), for a reason that may be empty.
    Yanked(String),
}

/// The problems with the files of a lock's packages, in the order of the lock.
///
/// A source distribution is enough for every Python and platform. What else is needed is the rule of
/// the resolver, [`CoveragePolicy`].
#[must_use]
pub fn check_files(lock: &Lock) -> Vec<FileProblem> {
    let mut found = Vec::new();
    let policy = CoveragePolicy::of(&lock.inputs);
    let universe = lock.inputs.universe();
    for package in &lock.packages {
        let mut problem = |kind| {
            found.push(FileProblem {
                name: package.name.clone(),
                version: package.version.clone(),
                kind,
            });
        };
        missing(&policy, &universe, package)
            .into_iter()
            .for_each(&mut problem);
        let unhashed = files(package).filter(|file| file.sha256.is_none());
        unhashed.for_each(|file| problem(FileProblemKind::NoHash(file.filename.clone())));
        if let Some(reason) = yanked(package) {
            problem(FileProblemKind::Yanked(reason.to_owned()));
        }
    }
    found
}

/// Why a locked package was withdrawn (PEP 592), maybe without words; none where it was not.
#[must_use]
pub fn yanked(package: &LockedPackage) -> Option<&str> {
    files(package).find_map(|file| file.yanked.as_deref())
}

fn files(package: &LockedPackage) -> impl Iterator<Item = &DistFile> {
    package.sdist.iter().chain(&package.wheels)
}

fn missing(
    policy: &CoveragePolicy,
    universe: &Marker,
    package: &LockedPackage,
) -> Option<FileProblemKind> {
    // Repositories and folders are built from their sources and have no files.
    let is_source = !matches!(package.source, PackageSource::Index(_)) && package.wheels.is_empty();
    if is_source || package.sdist.is_some() {
        return None;
    }
    let Some(served) = served(package) else {
        return package
            .wheels
            .is_empty()
            .then_some(FileProblemKind::NoFile(None));
    };
    // Nearly every package serves everything, and then nobody need know where it is needed.
    if policy.missing(policy.universe(), &served).is_empty() {
        return None;
    }
    let needed = policy.needed(&package.marker.and(universe));
    let missing = policy.missing(&needed, &served);
    (!missing.is_empty()).then(|| {
        FileProblemKind::NoFile(Some(CoverageGap {
            missing,
            universe: *policy.universe(),
        }))
    })
}

/// Whether a package has no file where it is needed.
#[must_use]
pub fn lacks_files(package: &LockedPackage, inputs: &LockInputs) -> bool {
    missing(&CoveragePolicy::of(inputs), &inputs.universe(), package).is_some()
}

/// Whether a further file serves what the files of a package do not.
#[must_use]
pub fn serves_more(package: &LockedPackage, file: &FileKind) -> bool {
    let served = served(package).unwrap_or_default();
    package.sdist.is_none()
        && match file {
            FileKind::Wheel(wheel) => !Coverage::of_wheel(wheel.wheel_tags())
                .without(&served)
                .is_empty(),
            FileKind::Sdist(_) => !has_wheel_for_everyone(package),
        }
}

fn has_wheel_for_everyone(package: &LockedPackage) -> bool {
    let mut wheels = package.wheels.iter();
    wheels.any(|wheel| wheel.filename.ends_with("py3-none-any.whl"))
}

/// What the wheels of a package serve; `None` where it has none, or one whose name cannot be read.
pub(crate) fn served(package: &LockedPackage) -> Option<Coverage> {
    let mut served = Coverage::default();
    for wheel in &package.wheels {
        let name: WheelFilename = wheel.filename.parse().ok()?;
        served = served.union(&Coverage::of_wheel(name.wheel_tags()));
    }
    (!package.wheels.is_empty()).then_some(served)
}

/// A package that is installed by building its source distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceBuild {
    /// The package.
    pub name: PackageName,
    /// Its version.
    pub version: Version,
    /// The Pythons that have no wheel of it, if others have one.
    pub pythons: Option<Coverage>,
}

/// The packages of an index that are built wherever they are installed, or on a Python of the lock
/// that has no wheel of them, in the order of the lock.
#[must_use]
pub fn source_builds(lock: &Lock) -> Vec<SourceBuild> {
    let policy = CoveragePolicy::of(&lock.inputs);
    let universe = lock.inputs.universe();
    let of_index = |package: &&LockedPackage| {
        matches!(package.source, PackageSource::Index(_))
            && package.sdist.is_some()
            && !has_wheel_for_everyone(package)
    };
    let mut found = Vec::new();
    // Most packages have one of a few markers.
    let mut known = FxHashMap::<&Marker, Coverage>::default();
    for package in lock.packages.iter().filter(of_index) {
        let served = served(package).unwrap_or_default();
        if policy.universe().without_pythons_of(&served).is_empty() {
            continue;
        }
        let needed = *known
            .entry(&package.marker)
            .or_insert_with(|| policy.needed(&package.marker.and(&universe)));
        let built = needed.without_pythons_of(&served);
        if !built.is_empty() {
            found.push(SourceBuild {
                name: package.name.clone(),
                version: package.version.clone(),
                pythons: (built != needed).then_some(built),
            });
        }
    }
    found
}

/// As in `numpy 2.0.2 on CPython 3.13`.
impl fmt::Display for SourceBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)?;
        match &self.pythons {
            Some(pythons) => write!(f, " on {}", pythons.pythons_text()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.name, self.version)?;
        match &self.kind {
            FileProblemKind::NoFile(None) => f.write_str("has no file"),
            FileProblemKind::NoFile(Some(gap)) => {
                write!(f, "has neither a wheel for {gap} nor a source distribution")
            }
            FileProblemKind::NoHash(file) => write!(f, "has no hash for {file}"),
            FileProblemKind::Yanked(reason) if reason.is_empty() => f.write_str("is yanked"),
            FileProblemKind::Yanked(reason) => write!(f, "is yanked: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Platform;

    use crate::fixtures::small;

    #[track_caller]
    fn check(edit: impl FnOnce(&mut Lock)) -> String {
        let mut lock = small(&["a"], &["a 1 ; sys_platform == 'linux'"]);
        edit(&mut lock);
        let found: Vec<String> = check_files(&lock).iter().map(ToString::to_string).collect();
        found.join("\n")
    }

    #[test]
    fn sound() {
        assert_eq!(check(|_| ()), "");
    }

    #[test]
    fn problems() {
        insta::assert_snapshot!(check(|lock| lock.packages[0].wheels.clear()), @"a 1 has no file");
        insta::assert_snapshot!(check(|lock| {
            lock.inputs.platforms = vec![Platform::LinuxArm64, Platform::LinuxX86_64, Platform::MacosArm64];
            lock.packages[0].wheels[0].filename = "a-1-py3-none-manylinux2014_x86_64.whl".to_owned();
        }), @"a 1 has neither a wheel for linux_arm64 nor a source distribution");
        insta::assert_snapshot!(check(|lock| {
            lock.packages[0].source = PackageSource::Url {
                url: "https://files.example/a.whl".parse().unwrap(),
                subdirectory: None,
            };
            lock.inputs.platforms = vec![Platform::LinuxArm64];
            lock.packages[0].wheels[0].filename = "a-1-cp312-cp312-win_amd64.whl".to_owned();
        }), @"
        a 1 has neither a wheel for CPython 3.12 nor a source distribution
        ");
        insta::assert_snapshot!(check(|lock| {
            lock.packages[0].wheels[0].sha256 = None;
            lock.packages[0].wheels[0].yanked = Some("broken".to_owned());
        }), @"
        a 1 has no hash for a-1-py3-none-any.whl
        a 1 is yanked: broken
        ");
    }
}
