//! Refuses packages that cannot live in one environment: two owners of one file.

use rustc_hash::FxHashMap;
use wheel::FoldedPath;

use super::error::EnvironmentError;
use super::items::{Item, PackageItems};

/// A path in use: how it is spelled, by which package, and for what.
struct Owner<'p> {
    path: &'p str,
    package: &'p str,
    kind: OwnedKind,
}

/// What stands at a path; two packages may own it where that is the same.
#[derive(PartialEq, Eq)]
enum OwnedKind {
    Folder,
    /// With the digest of its content.
    File([u8; 32]),
    Link,
}

/// Checks that no two packages ship one file, unless its content is the same, and that no two
/// paths are one where case does not matter.
pub(crate) fn check_owners(packages: &[PackageItems<'_>]) -> Result<(), EnvironmentError> {
    let files = packages
        .iter()
        .map(|package| package.items.len())
        .sum::<usize>();
    let mut owners: FxHashMap<FoldedPath, Owner<'_>> = FxHashMap::default();
    owners.reserve(files + files / 4);
    for package in packages {
        let mut last_folder = "";
        for item in &package.items {
            let folder = item.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if folder != last_folder {
                claim_folders(&mut owners, folder, &package.title)?;
                last_folder = folder;
            }
            claim(&mut owners, owner_of(item, &package.title))?;
        }
    }
    Ok(())
}

fn owner_of<'p>(item: &'p Item<'_>, package: &'p str) -> Owner<'p> {
    Owner {
        path: &item.path,
        package,
        kind: match item.file() {
            Some(file) => OwnedKind::File(file.sha256),
            None => OwnedKind::Link,
        },
    }
}

fn claim_folders<'p>(
    owners: &mut FxHashMap<FoldedPath, Owner<'p>>,
    folder: &'p str,
    package: &'p str,
) -> Result<(), EnvironmentError> {
    let mut path = folder;
    while !path.is_empty() {
        let owner = Owner {
            path,
            package,
            kind: OwnedKind::Folder,
        };
        claim(owners, owner)?;
        path = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    }
    Ok(())
}

fn claim<'p>(
    owners: &mut FxHashMap<FoldedPath, Owner<'p>>,
    new: Owner<'p>,
) -> Result<(), EnvironmentError> {
    let folded = FoldedPath::of(new.path);
    let Some(old) = owners.get(&folded) else {
        owners.insert(folded, new);
        return Ok(());
    };
    if old.path != new.path {
        return Err(EnvironmentError::Case {
            first_path: old.path.to_owned(),
            first: old.package.to_owned(),
            second_path: new.path.to_owned(),
            second: new.package.to_owned(),
        });
    }
    if old.kind != new.kind {
        return Err(EnvironmentError::TwoOwners {
            path: new.path.to_owned(),
            first: old.package.to_owned(),
            second: new.package.to_owned(),
        });
    }
    Ok(())
}
