//! Checks whether every package of a lock has a file wherever it is needed, and whether it should
//! be installed.

use std::fmt;

use model::{DistFile, Lock, LockedPackage, Marker, PackageName, PackageSource, Platform, Version};

use crate::export::fits;

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
    /// No file for this platform, which needs the package; or no file at all.
    NoFile(Option<Platform>),
    /// A file, by its name, without a hash to check a download with.
    NoHash(String),
    /// The release was withdrawn (PEP 592), for a reason that may be empty.
    Yanked(String),
}

/// The problems with the files of a lock's packages, in the order of the lock.
///
/// A source distribution is enough for every platform. If the inputs name no platforms, only a
/// package without any file is a problem.
#[must_use]
pub fn check_files(lock: &Lock) -> Vec<FileProblem> {
    let mut found = Vec::new();
    for package in &lock.packages {
        let mut problem = |kind| {
            found.push(FileProblem {
                name: package.name.clone(),
                version: package.version.clone(),
                kind,
            });
        };
        missing(lock, package).into_iter().for_each(&mut problem);
        let files = || package.sdist.iter().chain(&package.wheels);
        let unhashed = files().filter(|file: &&DistFile| file.sha256.is_none());
        unhashed.for_each(|file| problem(FileProblemKind::NoHash(file.filename.clone())));
        if let Some(reason) = files().find_map(|file| file.yanked.clone()) {
            problem(FileProblemKind::Yanked(reason));
        }
    }
    found
}

fn missing(lock: &Lock, package: &LockedPackage) -> Vec<FileProblemKind> {
    // Repositories and folders are built from their sources and have no files.
    if !matches!(package.source, PackageSource::Index(_)) || package.sdist.is_some() {
        return Vec::new();
    }
    if package.wheels.is_empty() {
        return vec![FileProblemKind::NoFile(None)];
    }
    let needed = |platform: &&Platform| {
        let environment = platform.marker().and(&Marker::known_platforms());
        !package.marker.is_disjoint(&environment)
    };
    let has_wheel = |platform: Platform| package.wheels.iter().any(|wheel| fits(wheel, platform));
    let platforms = lock.inputs.platforms.iter().filter(needed);
    platforms
        .filter(|platform| !has_wheel(**platform))
        .map(|platform| FileProblemKind::NoFile(Some(*platform)))
        .collect()
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.name, self.version)?;
        match &self.kind {
            FileProblemKind::NoFile(None) => f.write_str("has no file"),
            FileProblemKind::NoFile(Some(platform)) => {
                write!(
                    f,
                    "has neither a wheel for {platform} nor a source distribution"
                )
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
            lock.packages[0].wheels[0].filename = "a-1-cp312-cp312-manylinux2014_x86_64.whl".to_owned();
        }), @"a 1 has neither a wheel for linux_arm64 nor a source distribution");
        insta::assert_snapshot!(check(|lock| {
            lock.packages[0].wheels[0].sha256 = None;
            lock.packages[0].wheels[0].yanked = Some("broken".to_owned());
        }), @"
        a 1 has no hash for a-1-py3-none-any.whl
        a 1 is yanked: broken
        ");
    }
}
