//! Checks whether a lock is what its inputs ask for. If it is, there is nothing to resolve, as pins
//! are kept.
//!
//! Most runs only find that out. Reading a large lock and checking that it does not contradict
//! itself takes longer than all the rest, and the result only changes with the text of the lock.
//! The result is therefore kept in the cache.

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use lockfile::{Lock, LockFormat, LockReadErrorKind};
use model::{LockedPackage, Sha256};
use serde::{Deserialize, Serialize};

use super::existing::LockPath;
use super::inputs::ResolveDeclaration;
use super::local::{self, LocalSource};
use super::package_indexes::PackageIndexes;
use crate::error::GoalError;
use crate::session::Session;
use workspace::files;

/// Whether a lock is fresh.
pub enum Freshness {
    /// The lock is what its inputs ask for. It has so many packages.
    Fresh(usize),
    /// It is not.
    Stale(LockStaleness),
}

/// A lock that is not what its inputs ask for.
#[derive(Debug)]
pub struct LockStaleness {
    /// The number of packages that it has; none where it cannot be read.
    pub packages: Option<usize>,
    /// Why it is stale.
    pub reasons: Vec<String>,
}

impl Freshness {
    /// Compares a lock's text with what it is to be made from, with the projects and archives of
    /// the repository that it holds, and with the moment after which no file may have been
    /// uploaded.
    pub fn of(
        indexes: &PackageIndexes<'_>,
        path: &LockPath,
        text: Option<&str>,
        declared: &ResolveDeclaration,
    ) -> Result<Self, GoalError> {
        let (session, cutoff) = (indexes.session(), indexes.exclude_newer());
        let inputs = &declared.inputs;
        let stale = |packages, reason: &str| {
            let reasons = vec![reason.to_owned()];
            Ok(Self::Stale(LockStaleness { packages, reasons }))
        };
        let Some(text) = text else {
            return stale(None, "there is no lock");
        };
        if LockFormat::of(text) != LockFormat::Own {
            let pins = lockfile::import::pins(text, &path.relative).ok();
            return stale(pins.map(|pins| pins.len()), "it is not a lock of this tool");
        }
        let note = Note::place(session, path);
        if let Some(note) = note.as_deref().and_then(|place| Note::read(place, text))
            && note
                .local
                .iter()
                .all(|known| known.is_as_it_was(session.root()))
            && cutoff.is_none_or(|cutoff| note.newest.is_none_or(|newest| newest <= cutoff))
            && let Some(before) = lockfile::read_inputs(text)
            && lockfile::input_changes(&before, inputs).is_empty()
        {
            return Ok(Self::Fresh(note.packages));
        }
        let lock = match lockfile::read(text, &path.relative) {
            Ok(lock) => lock,
            Err(error) if error.kind == LockReadErrorKind::Conflict => {
                return stale(None, "it has an unresolved merge conflict");
            }
            Err(error) => return Err(path.unreadable(error)),
        };
        let reasons = staleness(&lock, indexes, declared)?;
        if !reasons.is_empty() {
            let packages = Some(lock.packages.len());
            return Ok(Self::Stale(LockStaleness { packages, reasons }));
        }
        if let Some(place) = note {
            Note::of(&lock, text, session.root()).write(&place);
        }
        Ok(Self::Fresh(lock.packages.len()))
    }
}

/// Why a lock is stale: what it is not of what is declared, and of what it holds of the repository
/// itself; nothing for a fresh one.
pub fn staleness(
    lock: &Lock,
    indexes: &PackageIndexes<'_>,
    declared: &ResolveDeclaration,
) -> Result<Vec<String>, GoalError> {
    let reasons = reasons(lock, declared, indexes.exclude_newer());
    match reasons.is_empty() {
        true => local::reasons(lock, indexes, declared),
        false => Ok(reasons),
    }
}

fn reasons(lock: &Lock, declared: &ResolveDeclaration, cutoff: Option<Timestamp>) -> Vec<String> {
    let reasons: Vec<String> = lockfile::check(lock, &declared.resolve, &declared.inputs)
        .iter()
        .map(ToString::to_string)
        .collect();
    let Some(cutoff) = cutoff.filter(|_| reasons.is_empty()) else {
        return reasons;
    };
    let is_newer = |package: &&LockedPackage| uploaded(package).is_some_and(|time| time > cutoff);
    let newer = lock.packages.iter().find(is_newer);
    newer
        .map(|package| {
            format!(
                "{} {} is newer than {cutoff}",
                package.name, package.version
            )
        })
        .into_iter()
        .collect()
}

/// The upload time of the first file of a package; `None` if it is not known for every file.
fn uploaded(package: &LockedPackage) -> Option<Timestamp> {
    let files = package.wheels.iter().chain(&package.sdist);
    let times: Option<Vec<Timestamp>> = files.map(|file| file.upload_time).collect();
    times?.into_iter().min()
}

/// The kept result about the text of a lock that does not contradict itself.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// The version of this tool.
    by: String,
    /// The hash of the text.
    sha256: Sha256,
    packages: usize,
    /// The upload time of the newest package.
    newest: Option<Timestamp>,
    /// What is of the repository itself.
    local: Vec<LocalSource>,
}

/// The folder of the results. A new format, or a check that finds more, gets a new name.
const FOLDER: &str = "checked-5";

impl Note {
    fn of(lock: &Lock, text: &str, root: &Utf8Path) -> Self {
        Self {
            by: env!("CARGO_PKG_VERSION").to_owned(),
            sha256: Sha256::of(text.as_bytes()),
            packages: lock.packages.len(),
            newest: lock.packages.iter().filter_map(uploaded).max(),
            local: local::sources(lock, root),
        }
    }

    /// The path of the kept result: one for each lock, not for each text.
    fn place(session: &Session, path: &LockPath) -> Option<Utf8PathBuf> {
        let lock = session.root().join(&path.relative);
        let key = Sha256::of(lock.as_str().as_bytes());
        Some(session.cache().ok()?.join(FOLDER).join(key.to_string()))
    }

    /// The kept result for exactly this text.
    fn read(place: &Utf8Path, text: &str) -> Option<Self> {
        let note: Self = serde_json::from_slice(&fs_err::read(place).ok()?).ok()?;
        let is_right =
            note.by == env!("CARGO_PKG_VERSION") && note.sha256 == Sha256::of(text.as_bytes());
        is_right.then_some(note)
    }

    /// Keeps the result. If that fails, the next run makes the check again.
    fn write(&self, place: &Utf8Path) {
        if let Ok(text) = serde_json::to_string(self) {
            let _ = files::replace(place, &text);
        }
    }
}
