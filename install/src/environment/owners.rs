//! Decides whose file stands at a path that two packages have, as other installers do: the same
//! content is no matter, and of two contents one wins, whatever the order of the packages.

use std::borrow::Cow;
use std::collections::BTreeMap;

use camino::Utf8Path;
use rustc_hash::{FxHashMap, FxHashSet};

use super::error::EnvironmentError;
use super::items::{Item, PackageItems};

/// Files that two packages have with different contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCollision {
    /// The package whose files are installed, as `name version`.
    pub winner: String,
    /// The package whose files are left out.
    pub loser: String,
    /// The files, relative to the environment's root.
    pub paths: Vec<String>,
}

/// Whether paths that differ in case only are one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathCase {
    Counts,
    Ignored,
}

impl PathCase {
    /// That of the file system on which an existing folder is.
    pub(crate) fn of(folder: &Utf8Path) -> Self {
        let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
            return Self::Counts;
        };
        let other = name
            .chars()
            .map(|c| match c.is_lowercase() {
                true => c.to_ascii_uppercase(),
                false => c.to_ascii_lowercase(),
            })
            .collect::<String>();
        let same = other != name && same_file(folder, &parent.join(other));
        if same { Self::Ignored } else { Self::Counts }
    }

    fn key<'p>(self, path: &'p str) -> Cow<'p, str> {
        match self {
            Self::Counts => Cow::Borrowed(path),
            Self::Ignored => Cow::Owned(path.to_lowercase()),
        }
    }
}

#[cfg(unix)]
fn same_file(one: &Utf8Path, other: &Utf8Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (one.symlink_metadata(), other.symlink_metadata()) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_file(_: &Utf8Path, other: &Utf8Path) -> bool {
    other.exists()
}

/// Takes from each package the files that another one has, and tells whose contents differ. Of two
/// wheels the one whose name comes later wins, as if all were installed in the order of their names.
///
/// # Errors
/// Where a file of one package stands where another one needs a folder.
pub(crate) fn settle(
    packages: &mut [PackageItems<'_>],
    case: PathCase,
) -> Result<Vec<FileCollision>, EnvironmentError> {
    let mut order: Vec<usize> = (0..packages.len()).collect();
    order.sort_by_key(|at| (packages[*at].rank, packages[*at].name));
    let (losing, collisions) = losing(packages, &order, case)?;
    for (package, mut paths) in losing {
        packages[package]
            .items
            .retain(|item| !paths.remove(&item.path));
    }
    Ok(collisions)
}

/// The paths that each package, by its number, does not get.
type Losing = FxHashMap<usize, FxHashSet<String>>;

fn losing(
    packages: &[PackageItems<'_>],
    order: &[usize],
    case: PathCase,
) -> Result<(Losing, Vec<FileCollision>), EnvironmentError> {
    let files = packages.iter().map(|package| package.items.len()).sum();
    let mut owners: FxHashMap<Cow<'_, str>, (usize, &Item<'_>)> = FxHashMap::default();
    owners.reserve(files);
    let mut losing = Losing::default();
    let mut differing: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for &at in order {
        for item in &packages[at].items {
            let Some((before, other)) = owners.insert(case.key(&item.path), (at, item)) else {
                continue;
            };
            losing.entry(before).or_default().insert(other.path.clone());
            if !same_content(item, other) {
                let pair = (&*packages[at].title, &*packages[before].title);
                differing.entry(pair).or_default().push(item.path.clone());
            }
        }
    }
    check_folders(packages, &owners, case)?;
    let collisions = differing.into_iter().map(|((winner, loser), mut paths)| {
        paths.sort();
        FileCollision {
            winner: winner.to_owned(),
            loser: loser.to_owned(),
            paths,
        }
    });
    Ok((losing, collisions.collect()))
}

fn same_content(one: &Item<'_>, other: &Item<'_>) -> bool {
    match (one.file(), other.file()) {
        (Some(one), Some(other)) => one.sha256 == other.sha256,
        (None, None) => true,
        _ => false,
    }
}

/// No file stands where a folder of another file does.
fn check_folders(
    packages: &[PackageItems<'_>],
    owners: &FxHashMap<Cow<'_, str>, (usize, &Item<'_>)>,
    case: PathCase,
) -> Result<(), EnvironmentError> {
    for package in packages {
        let mut last = "";
        for item in &package.items {
            let folder = item.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if folder == last {
                continue;
            }
            last = folder;
            let mut path = folder;
            while !path.is_empty() {
                if let Some((owner, file)) = owners.get(&case.key(path))
                    && file.file().is_some()
                {
                    return Err(EnvironmentError::FileAndFolder {
                        path: path.to_owned(),
                        file: packages[*owner].title.clone(),
                        folder: package.title.clone(),
                    });
                }
                path = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            }
        }
    }
    Ok(())
}
