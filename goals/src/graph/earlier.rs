//! The repository as it was before a change: what a change concerns follows from both.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use git::Git;
use lockfile::Lock;
use model::PackageName;
use rustc_hash::FxHashMap;
use targets::Repository;
use targets::query::ChangedFiles;

use crate::error::GoalError;
use crate::session::Session;

/// A repository at an earlier commit.
#[derive(Debug)]
pub(super) struct EarlierRepository {
    /// Its BUILD files.
    pub(super) repository: Repository,
    /// The projects that reach a package with another pin, by lockfile.
    pub(super) moved_pins: BTreeMap<String, BTreeSet<PackageName>>,
}

impl EarlierRepository {
    /// The repository at `base`, from which these files differ.
    pub(super) fn load(
        session: &Session,
        base: &str,
        files: &ChangedFiles,
    ) -> Result<Self, GoalError> {
        let paths = files.edited.iter().chain(&files.deleted);
        let paths: Vec<Utf8PathBuf> = paths.map(Utf8PathBuf::from).collect();
        let contents = Git::at(session.root()).files(base, &paths)?;
        let others: BTreeMap<String, Option<Vec<u8>>> = paths
            .into_iter()
            .map(Utf8PathBuf::into_string)
            .zip(contents)
            .collect();
        let moved_pins = moved_pins(session, &others);
        let options = session.target_options();
        Ok(Self {
            repository: workspace::load_earlier(session.root(), options, others)?,
            moved_pins,
        })
    }
}

/// What moved in each lockfile that was edited and can be read, before and now.
fn moved_pins(
    session: &Session,
    others: &BTreeMap<String, Option<Vec<u8>>>,
) -> BTreeMap<String, BTreeSet<PackageName>> {
    let mut moved = BTreeMap::new();
    for path in session.settings.python.resolves.values() {
        let Some(Some(before)) = others.get(path.as_str()) else {
            continue;
        };
        let before = read(path, std::str::from_utf8(before).ok());
        let now = fs_err::read_to_string(session.root().join(path)).ok();
        if let (Some(before), Some(now)) = (before, read(path, now.as_deref())) {
            moved.insert(path.to_string(), affected(&before, &now));
        }
    }
    moved
}

fn read(path: &Utf8Path, text: Option<&str>) -> Option<Lock> {
    lockfile::read(text?, path).ok()
}

/// The projects that have another pin, or reach one, before or now.
fn affected(before: &Lock, now: &Lock) -> BTreeSet<PackageName> {
    let of = |lock: &Lock, name: &PackageName| -> Vec<_> {
        let packages = lock.packages.iter();
        packages
            .filter(|package| package.name == *name)
            .cloned()
            .collect()
    };
    let packages = before.packages.iter().chain(&now.packages);
    let names: BTreeSet<&PackageName> = packages.map(|package| &package.name).collect();
    let moved = names
        .iter()
        .filter(|name| of(before, name) != of(now, name));
    let mut affected: BTreeSet<PackageName> = moved.map(|name| (*name).clone()).collect();
    let mut requiring: FxHashMap<&PackageName, BTreeSet<&PackageName>> = FxHashMap::default();
    for package in before.packages.iter().chain(&now.packages) {
        for required in &package.dependencies {
            let users = requiring.entry(&required.name).or_default();
            users.insert(&package.name);
        }
    }
    let mut wave: Vec<PackageName> = affected.iter().cloned().collect();
    while let Some(name) = wave.pop() {
        for user in requiring.get(&name).into_iter().flatten() {
            if affected.insert((*user).clone()) {
                wave.push((*user).clone());
            }
        }
    }
    affected
}
