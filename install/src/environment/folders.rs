//! Folds files of wheels into their folders: a folder that one wheel has alone becomes one link into the
//! store. An environment of many packages is then made in milliseconds, and Python compiles each module
//! once for all environments.
//!
//! Only what reads environments may use such ones: whoever writes into a folder would write into the store.

use rustc_hash::FxHashMap;

use super::items::{Item, ItemContent, PackageItems};

/// Who has files in a folder.
#[derive(Clone, Copy)]
struct FolderOwner {
    package: usize,
    is_alone: bool,
}

/// Replaces the files of each folder below `site` that is in the store as it should be by a link.
pub(crate) fn fold(packages: &mut [PackageItems<'_>], site: &str) {
    let mut owners: FxHashMap<String, FolderOwner> = FxHashMap::default();
    for (package, of_package) in packages.iter().enumerate() {
        for item in &of_package.items {
            let is_stored = stands_as_in_store(item, site);
            for folder in folders(&item.path, site) {
                let known = owners.get_mut(folder);
                match known {
                    Some(owner) => owner.is_alone &= is_stored && owner.package == package,
                    None => {
                        let owner = FolderOwner {
                            package,
                            is_alone: is_stored,
                        };
                        owners.insert(folder.to_owned(), owner);
                    }
                }
            }
        }
    }
    for of_package in packages {
        let mut last: Option<String> = None;
        let items = std::mem::take(&mut of_package.items);
        for item in items {
            let alone = |folder: &&str| owners.get(*folder).is_some_and(|owner| owner.is_alone);
            let folder = folders(&item.path, site).find(alone).map(str::to_owned);
            match folder {
                None => of_package.items.push(item),
                // The files of a wheel are sorted by path.
                Some(folder) if last.as_deref() == Some(&folder) => {}
                Some(folder) => {
                    of_package.items.extend(link(&item, &folder));
                    last = Some(folder);
                }
            }
        }
    }
}

/// Whether a file stands in the store at the path that it has below `site`.
fn stands_as_in_store(item: &Item<'_>, site: &str) -> bool {
    let below = item
        .path
        .strip_prefix(site)
        .and_then(|rest| rest.strip_prefix('/'));
    match &item.content {
        ItemContent::Stored { file, .. } => below == Some(&*file.path),
        _ => false,
    }
}

/// The folders of a path below `site`, the outermost first.
fn folders<'p>(path: &'p str, site: &str) -> impl Iterator<Item = &'p str> + use<'p> {
    let start = match path.strip_prefix(site) {
        Some(rest) if rest.starts_with('/') => site.len() + 1,
        _ => path.len(),
    };
    let ends = path[start..].match_indices('/');
    ends.map(move |(at, _)| &path[..start + at])
}

fn link<'a>(item: &Item<'a>, folder: &str) -> Option<Item<'a>> {
    let ItemContent::Stored { wheel, file } = &item.content else {
        return None;
    };
    let site = item.path.len() - file.path.len();
    Some(Item {
        path: folder.to_owned(),
        content: ItemContent::Link(wheel.file(&folder[site..])),
    })
}
