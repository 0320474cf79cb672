//! The existing lock: in this tool's format, with conflict markers, or of another tool.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use git::Git;
use lockfile::{Lock, LockFormat, LockReadError, LockReadErrorKind};
use model::{Marker, PackageName, PackageSource, Version};
use resolve::{Pins, VersionPin};

use super::upgrade::Upgrade;
use crate::codes::ErrorCode;
use crate::error::GoalError;
use crate::session::Session;
use workspace::files;

/// The path of a lock.
#[derive(Debug, Clone)]
pub struct LockPath {
    /// Relative to the root: for messages.
    pub relative: Utf8PathBuf,
    absolute: Utf8PathBuf,
    git: Git,
}

impl LockPath {
    /// The lockfile of a resolve.
    pub fn of(session: &Session, resolve: &str) -> Result<Self, GoalError> {
        let relative = session.settings.lockfile(resolve).ok_or_else(|| {
            let known = session.settings.python.resolves.keys().map(String::as_str);
            unknown_resolve(resolve, known.collect())
        })?;
        Ok(Self {
            absolute: session.root().join(relative),
            git: Git::at(session.root()),
            relative: relative.to_owned(),
        })
    }

    /// The lock's text; `None` where there is no file.
    ///
    /// Where git could not run the merge driver, it leaves one side in the work tree, without
    /// markers. The text is then both sides with markers, as the index has them.
    pub fn read(&self) -> Result<Option<String>, GoalError> {
        match workspace::files::read_to_string(&self.absolute) {
            Ok(text) => Ok(Some(match self.git.unmerged(&self.relative)? {
                Some(sides) if text == sides.ours || text == sides.theirs => {
                    lockfile::write_conflicted(&sides.ours, &sides.theirs, 7)
                }
                _ => text,
            })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(GoalError::file("read the lock", &self.relative, &error)),
        }
    }

    /// Reads the lock, which must exist and be in this tool's format.
    pub fn lock(&self, resolve: &str) -> Result<Lock, GoalError> {
        match self.read()? {
            Some(text) => {
                lockfile::read(&text, &self.relative).map_err(|error| self.unreadable(error))
            }
            None => Err(GoalError::failure(format!(
                "there is no lock of `{resolve}` at {}",
                self.relative
            ))
            .code(ErrorCode::NoLock)
            .hint(format!(
                "run `cargo xtask generate-lockfiles --resolve {resolve}`"
            ))),
        }
    }

    /// The error for a lock that cannot be read, with a hint.
    pub fn unreadable(&self, error: LockReadError) -> GoalError {
        let path = &self.relative;
        let hint = match &error.kind {
            LockReadErrorKind::Newer { .. } => None,
            LockReadErrorKind::Conflict => {
                Some("run `cargo xtask generate-lockfiles`: the pins of both sides count".to_owned())
            }
            LockReadErrorKind::Foreign(_) => Some(
                "`cargo xtask generate-lockfiles` makes a lock of this tool of it, and keeps its pins"
                    .to_owned(),
            ),
            _ => Some(format!(
                "take back the last one that git has, `git checkout HEAD -- {path}`; \
                 or remove it, and all pins, and run `cargo xtask generate-lockfiles`"
            )),
        };
        let error = GoalError::from(error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// The text of a lock for this place, read back.
    pub fn text_of(&self, lock: &Lock) -> Result<String, GoalError> {
        lockfile::write_readable(lock, &self.relative).map_err(not_written)
    }

    /// Replaces the file as a whole; after an error it is unchanged.
    pub fn write(&self, text: &str) -> Result<(), GoalError> {
        files::replace(&self.absolute, text)
            .map_err(|error| GoalError::file("write the lock", &self.relative, &error))
    }

    /// Removes what Pants wrote beside the lock that uv made for it: it describes a lock that is no more.
    /// Gives its path, relative to the root, if it was there.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove_description(&self) -> Result<Option<String>, GoalError> {
        let path = Utf8PathBuf::from(format!("{}.metadata", self.absolute));
        let is_of_pants = fs_err::read_to_string(&path)
            .is_ok_and(|text| text.contains(r#""generated_with_requirements""#));
        if !is_of_pants {
            return Ok(None);
        }
        let shown = Utf8PathBuf::from(format!("{}.metadata", self.relative));
        fs_err::remove_file(&path).map_err(|error| GoalError::file("remove", &shown, &error))?;
        Ok(Some(shown.into_string()))
    }
}

/// The error for a lock that was made and could not be read again: the one that is there stays.
pub fn not_written(error: LockReadError) -> GoalError {
    GoalError::failure("the lock that was made cannot be read, and is not written")
        .because(error.to_string())
        .hint("this is a fault of cargo-xtask: please report it, with the requirements")
}

/// The requested resolves, or all of them, with their lockfiles.
pub fn lock_paths(
    session: &Session,
    asked: &[String],
) -> Result<Vec<(String, LockPath)>, GoalError> {
    let all = session.settings.python.resolves.keys();
    let mut names: Vec<&String> = if asked.is_empty() {
        all.collect()
    } else {
        asked.iter().collect()
    };
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Err(GoalError::failure("there is no resolve to lock")
            .at(model::Place::file(session.settings.file.as_str()))
            .hint("name one: `[python.resolves]` with `python-default = \"python.lock\"`"));
    }
    names
        .into_iter()
        .map(|name| Ok((name.clone(), LockPath::of(session, name)?)))
        .collect()
}

/// An error for a resolve that the settings do not name.
pub(super) fn unknown_resolve(resolve: &str, known: Vec<&str>) -> GoalError {
    let error = GoalError::failure(format!("there is no resolve `{resolve}`"))
        .code(ErrorCode::UnknownResolve);
    match model::nearest(resolve, known.iter().copied()) {
        Some(nearest) => error.hint(format!("did you mean `--resolve {nearest}`?")),
        None if known.is_empty() => error.hint("name resolves under `[python.resolves]`"),
        None => error.hint(format!("the resolves are `{}`", known.join("`, `"))),
    }
}

/// The versions that are most likely kept, by project.
pub(super) type PreferredVersions = BTreeMap<PackageName, Version>;

/// The lock before this run.
#[derive(Debug)]
pub enum Existing {
    /// There is none.
    Nothing,
    /// A lock in this tool's format.
    Lock(Box<Lock>),
    /// Pins of a lock with conflict markers, or of another tool's lock.
    Pins(Vec<lockfile::Pin>),
}

impl Existing {
    /// Reads a lock in any format.
    pub fn parse(text: Option<&str>, path: &LockPath) -> Result<Self, GoalError> {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            return Ok(Self::Nothing);
        };
        if let Some(conflicted) = lockfile::read_conflicted(text, &path.relative) {
            return Ok(Self::Pins(conflicted.pins().to_vec()));
        }
        match LockFormat::of(text) {
            LockFormat::Own => {
                let lock = lockfile::read(text, &path.relative);
                let lock = lock.map_err(|error| path.unreadable(error))?;
                Ok(Self::Lock(Box::new(lock)))
            }
            _ => Ok(Self::Pins(lockfile::import::pins(text, &path.relative)?)),
        }
    }

    /// The same, where pins of other tools say no more of environments than tells those of `universe`
    /// apart: Poetry writes of each package for which Pythons it is.
    pub fn within(mut self, universe: &Marker) -> Self {
        if let Self::Pins(pins) = &mut self {
            for pin in pins {
                pin.marker = pin.marker.simplify_within(universe);
            }
        }
        self
    }

    /// The lock, if it is in this tool's format.
    pub fn lock(&self) -> Option<&Lock> {
        match self {
            Self::Lock(lock) => Some(lock),
            Self::Nothing | Self::Pins(_) => None,
        }
    }

    /// The lock to compare `new` with. Of another tool's lock, only the pins are used.
    pub fn as_lock(&self, new: &Lock) -> Lock {
        match self {
            Self::Nothing => lockfile::diff::nothing(new),
            Self::Lock(lock) => (**lock).clone(),
            Self::Pins(pins) => {
                let locked = |pin: &lockfile::Pin| {
                    let mut packages = new.packages.iter();
                    packages
                        .any(|package| package.name == pin.name && package.version == pin.version)
                };
                // If the two sides have different pins, the one that was kept is taken as the old
                // one.
                let superseded = |pin: &lockfile::Pin| {
                    let mut others = pins.iter().filter(|other| other.name == pin.name);
                    !locked(pin)
                        && others
                            .any(|other| locked(other) && !other.marker.is_disjoint(&pin.marker))
                };
                let kept: Vec<lockfile::Pin> = pins
                    .iter()
                    .filter(|pin| !superseded(pin))
                    .cloned()
                    .collect();
                lockfile::import::as_lock(&kept, new)
            }
        }
    }

    /// The versions that are most likely kept.
    pub fn preferred(&self, upgrade: &Upgrade) -> PreferredVersions {
        let kept = self.kept(upgrade);
        kept.map(|pin| (pin.name, pin.version)).collect()
    }

    /// The direct references whose commits are kept.
    pub fn sources(&self, upgrade: &Upgrade) -> Vec<PackageSource> {
        self.kept(upgrade)
            .map(|pin| pin.source)
            .filter(|source| !matches!(source, PackageSource::Index(_)))
            .collect()
    }

    /// The pins to keep, and the projects whose requirements changed.
    pub fn pins(&self, changed: Vec<PackageName>, upgrade: &Upgrade) -> Pins {
        let forks = match self {
            Self::Lock(lock) => lock.forks.clone(),
            Self::Pins(pins) => lockfile::pinned_forks(pins),
            Self::Nothing => Vec::new(),
        };
        let kept = self.kept(upgrade).map(version_pin);
        let changed = changed.into_iter().chain(upgrade.packages().cloned());
        Pins::new(kept, forks, changed)
    }

    fn kept(&self, upgrade: &Upgrade) -> impl Iterator<Item = lockfile::Pin> {
        let pins = match self {
            Self::Nothing => Vec::new(),
            Self::Lock(lock) => lockfile::pins(lock),
            Self::Pins(pins) => pins.clone(),
        };
        pins.into_iter().filter(|pin| upgrade.keeps(&pin.name))
    }
}

/// A pin of the lock for the resolver. The index says where the package comes from.
pub(super) fn version_pin(pin: lockfile::Pin) -> VersionPin {
    let lockfile::Pin {
        name,
        version,
        source: _,
        marker,
        requires,
    } = pin;
    VersionPin {
        name,
        version,
        marker,
        requires,
    }
}
