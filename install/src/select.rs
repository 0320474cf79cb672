//! Selects the packages of a lock that an interpreter needs, and the file of each that it can use.

use std::fmt;

use model::{
    DistFile, Lock, LockedPackage, PackageName, PackageSource, Platform, Version, WheelFilename,
};

use crate::python::{CompatibleTags, Interpreter};

/// A package of a lock that an interpreter needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedPackage<'a> {
    /// The package.
    pub package: &'a LockedPackage,
    /// The file or source to install.
    pub file: SelectedFile<'a>,
    /// Whether a requirement of the resolve names the package.
    pub requested: bool,
}

/// The file or source of a package that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectedFile<'a> {
    /// A wheel.
    Wheel(&'a DistFile, Box<WheelFilename>),
    /// A source distribution, to be built.
    Sdist(&'a DistFile),
    /// A repository or a folder, to be built.
    Source,
}

/// Why an interpreter cannot use a lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The lock is for other platforms.
    #[error("the lock is for {}, and this machine is {machine}", List(platforms))]
    Platform {
        /// The platforms of the lock.
        platforms: Vec<Platform>,
        /// This machine, as `linux_x86_64`.
        machine: String,
    },
    /// No file of a package can be used.
    #[error("{name} {version} has no file that {python} can use: {}", List(wheels))]
    NoFile {
        /// The package.
        name: PackageName,
        /// Its version.
        version: Version,
        /// The interpreter, as `CPython 3.12.1 on linux_x86_64`.
        python: String,
        /// The wheels of the package.
        wheels: Vec<String>,
    },
}

/// The packages of the lock that `python` needs, sorted by name.
///
/// # Errors
/// Where the lock is for other platforms, or no file of a package can be used.
pub fn select<'a>(
    lock: &'a Lock,
    python: &Interpreter,
) -> Result<Vec<SelectedPackage<'a>>, SelectError> {
    check_platform(lock, python)?;
    let tags = CompatibleTags::of(python);
    let environment = python.marker_environment();
    lock.packages
        .iter()
        .filter(|package| package.marker.evaluate(environment, &[]))
        .map(|package| {
            let best = package
                .wheels
                .iter()
                .filter(|_| lock.inputs.allows_wheels(&package.name))
                .filter_map(|file| {
                    let wheel: WheelFilename = file.filename.parse().ok()?;
                    let rank = tags.rank(&wheel)?;
                    Some((rank, std::cmp::Reverse(build_number(&wheel)), file, wheel))
                })
                .min_by_key(|(rank, build, _, _)| (*rank, *build));
            let file = match (best, &package.sdist, &package.source) {
                (Some((_, _, file, wheel)), _, _) => SelectedFile::Wheel(file, Box::new(wheel)),
                (None, Some(sdist), _) => SelectedFile::Sdist(sdist),
                (None, None, PackageSource::Git { .. } | PackageSource::Path { .. }) => {
                    SelectedFile::Source
                }
                (None, None, _) => return Err(no_file(package, python)),
            };
            Ok(SelectedPackage {
                requested: lock
                    .inputs
                    .requirements
                    .iter()
                    .any(|r| r.name == package.name),
                package,
                file,
            })
        })
        .collect()
}

/// The markers of a lock hold on its platforms only, so it says nothing about others.
fn check_platform(lock: &Lock, python: &Interpreter) -> Result<(), SelectError> {
    let platforms = &lock.inputs.platforms;
    let fits = |platform: &Platform| platform.marker().evaluate(python.marker_environment(), &[]);
    if platforms.is_empty() || platforms.iter().any(fits) {
        return Ok(());
    }
    Err(SelectError::Platform {
        platforms: platforms.clone(),
        machine: machine(python),
    })
}

fn no_file(package: &LockedPackage, python: &Interpreter) -> SelectError {
    SelectError::NoFile {
        name: package.name.clone(),
        version: package.version.clone(),
        python: format!(
            "{} {} on {}",
            python.implementation(),
            python.version(),
            machine(python)
        ),
        wheels: package
            .wheels
            .iter()
            .map(|file| file.filename.clone())
            .collect(),
    }
}

/// The name of the platform, as in settings if it has one there.
fn machine(python: &Interpreter) -> String {
    let environment = python.marker_environment();
    Platform::ALL
        .into_iter()
        .find(|platform| platform.marker().evaluate(environment, &[]))
        .map_or_else(
            || {
                format!(
                    "{}_{}",
                    environment.sys_platform(),
                    environment.platform_machine()
                )
            },
            |platform| platform.to_string(),
        )
}

/// A higher build wins; the number is what the build tag starts with (PEP 427).
fn build_number(wheel: &WheelFilename) -> u64 {
    let tag = wheel.build.as_deref().unwrap_or_default();
    let end = tag.find(|c: char| !c.is_ascii_digit()).unwrap_or(tag.len());
    tag[..end].parse().unwrap_or(0)
}

/// Items with commas between them.
struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{item}")?;
        }
        if self.0.is_empty() {
            f.write_str("there is none")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::{IndexRole, InterpreterConstraints, LockInputs};

    use super::*;
    use crate::python::invented;

    fn file(filename: &str) -> DistFile {
        DistFile {
            filename: filename.to_owned(),
            sha256: None,
            size: None,
            upload_time: None,
            requires_python: None,
            yanked: None,
        }
    }

    /// A lock of packages, each `name marker` with files.
    fn lock(packages: &[(&str, &str, &[&str])]) -> Lock {
        Lock {
            resolve: "r".to_owned(),
            inputs: LockInputs {
                requirements: vec!["a".parse().unwrap()],
                interpreter_constraints: InterpreterConstraints::parse(&[">=3.8"]).unwrap(),
                ..LockInputs::default()
            },
            forks: Vec::new(),
            packages: packages
                .iter()
                .map(|(name, marker, files)| LockedPackage {
                    name: name.parse().unwrap(),
                    version: "1".parse().unwrap(),
                    source: PackageSource::Index(IndexRole::Primary),
                    marker: marker.parse().unwrap(),
                    requires_python: None,
                    extras: Vec::new(),
                    dependencies: Vec::new(),
                    sdist: files
                        .iter()
                        .find(|f| f.ends_with(".tar.gz"))
                        .map(|f| file(f)),
                    wheels: files
                        .iter()
                        .filter(|f| f.ends_with(".whl"))
                        .map(|f| file(f))
                        .collect(),
                })
                .collect(),
        }
    }

    fn check(lock: &Lock) -> String {
        let selected = match select(lock, &invented(|_| ())) {
            Ok(selected) => selected,
            Err(error) => return error.to_string(),
        };
        let line = |one: &SelectedPackage<'_>| match &one.file {
            SelectedFile::Wheel(file, _) | SelectedFile::Sdist(file) => file.filename.clone(),
            SelectedFile::Source => format!("{} from source", one.package.name),
        };
        selected.iter().map(line).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_best_wheel_of_what_the_marker_needs() {
        let lock = lock(&[
            (
                "a",
                "",
                &[
                    "a-1-py3-none-any.whl",
                    "a-1-cp312-cp312-manylinux2014_x86_64.whl",
                    "a-1.tar.gz",
                ],
            ),
            ("b", "sys_platform == 'win32'", &["b-1-py3-none-any.whl"]),
            (
                "c",
                "python_version >= '3.12'",
                &["c-1-2-py3-none-any.whl", "c-1-11-py3-none-any.whl"],
            ),
            (
                "d",
                "",
                &["d-1-cp311-cp311-manylinux2014_x86_64.whl", "d-1.tar.gz"],
            ),
        ]);
        assert_eq!(
            check(&lock),
            "a-1-cp312-cp312-manylinux2014_x86_64.whl, c-1-11-py3-none-any.whl, d-1.tar.gz"
        );
        let requested: Vec<bool> = select(&lock, &invented(|_| ()))
            .unwrap()
            .iter()
            .map(|s| s.requested)
            .collect();
        assert_eq!(requested, [true, false, false]);
    }

    #[test]
    fn from_source_where_settings_say_so() {
        let mut lock = lock(&[("a", "", &["a-1-py3-none-any.whl", "a-1.tar.gz"])]);
        lock.inputs.no_binary = "a".parse().unwrap();
        assert_eq!(check(&lock), "a-1.tar.gz");
    }

    #[test]
    fn refusals() {
        let mut lock = lock(&[("a", "", &["a-1-cp39-cp39-win_amd64.whl"])]);
        insta::assert_snapshot!(check(&lock), @"a 1 has no file that CPython 3.12.1 on linux_x86_64 can use: a-1-cp39-cp39-win_amd64.whl");
        lock.inputs.platforms = vec![Platform::MacosArm64, Platform::WindowsX86_64];
        insta::assert_snapshot!(check(&lock), @"the lock is for macos_arm64, windows_x86_64, and this machine is linux_x86_64");
    }
}
