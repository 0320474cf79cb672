//! States of the locks, at a git revision, in the working tree or in a file, and how they differ.

use camino::Utf8Path;
use git::Git;
use lockfile::diff::nothing;
use lockfile::{Lock, LockDiff, LockFormat, diff};

use super::existing::{LockPath, lock_paths};
use crate::error::GoalError;
use crate::session::Session;

/// A state of the locks.
pub enum LockState {
    /// The files of the working tree.
    WorkingTree,
    /// The files of a commit.
    Revision(String),
    /// One lockfile, at any path.
    File(Box<Lock>),
}

/// The differences of the locks of `resolves`, or of all where none is named, from one state to
/// another.
///
/// # Errors
/// Where a state cannot be read.
pub fn lock_diffs(
    session: &Session,
    resolves: &[String],
    from: &LockState,
    to: &LockState,
) -> Result<Vec<LockDiff>, GoalError> {
    // A lockfile belongs to the resolve that it names, unless the user says otherwise.
    let mut resolves = resolves.to_vec();
    let known = |name: &String| session.settings.python.resolves.contains_key(name);
    if let (LockState::File(lock), _) | (_, LockState::File(lock)) = (from, to)
        && resolves.is_empty()
    {
        if let (LockState::File(old), LockState::File(new)) = (from, to) {
            return Ok(vec![diff(old, new)]);
        }
        let named = Some(lock.resolve.clone()).filter(known);
        let default = || session.settings.python.default_resolve.clone();
        resolves.push(named.unwrap_or_else(default));
    }
    let mut diffs = Vec::new();
    for (resolve, path) in lock_paths(session, &resolves)? {
        let new = to.lock(session, &path, None)?;
        let old = from.lock(session, &path, new.as_ref())?;
        match (old, new) {
            (Some(old), Some(new)) => diffs.push(diff(&old, &new)),
            (None, Some(new)) => diffs.push(diff(&nothing(&new), &new)),
            (Some(old), None) => diffs.push(diff(&old, &nothing(&old))),
            (None, None) => session.warn(format_args!("neither state has a lock of `{resolve}`")),
        }
    }
    Ok(diffs)
}

impl LockState {
    /// The state that a text names: a lockfile, or a revision.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn of(session: &Session, named: &str) -> Result<Self, GoalError> {
        let path = session.working_folder()?.join(named);
        if path.is_file() {
            let text = fs_err::read_to_string(&path)
                .map_err(|error| GoalError::file("read", Utf8Path::new(named), &error))?;
            let lock = lockfile::read(&text, Utf8Path::new(named))?;
            return Ok(Self::File(Box::new(lock)));
        }
        match Git::at(session.root()).commit(named)? {
            Some(_) => Ok(Self::Revision(named.to_owned())),
            None => Err(GoalError::failure(format!(
                "`{named}` is neither a lockfile nor a revision of this git repository"
            ))
            .hint("name the path of a lockfile, or a revision such as `HEAD~1`")),
        }
    }

    /// The lock of a resolve in this state. Of another tool's lock only the pins are used: it
    /// becomes a lock that differs from `like` in versions only.
    fn lock(
        &self,
        session: &Session,
        path: &LockPath,
        like: Option<&Lock>,
    ) -> Result<Option<Lock>, GoalError> {
        let text = match self {
            Self::File(lock) => return Ok(Some((**lock).clone())),
            Self::WorkingTree => path.read()?,
            Self::Revision(revision) => Git::at(session.root()).file(revision, &path.relative)?,
        };
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            return Ok(None);
        };
        let place = match self {
            Self::Revision(revision) => format!("{revision}:{}", path.relative).into(),
            _ => path.relative.clone(),
        };
        let foreign = !matches!(LockFormat::of(&text), LockFormat::Own | LockFormat::Unknown);
        match like {
            Some(like) if foreign => {
                let pins = lockfile::import::pins(&text, &place)?;
                Ok(Some(lockfile::import::as_lock(&pins, like)))
            }
            _ => Ok(Some(lockfile::read(&text, &place)?)),
        }
    }
}
