//! Environments that `run` makes in the cache: a resolve's with further packages, and those of
//! scripts that say what they need.

use camino::Utf8PathBuf;
use install::environment::Environment;
use lockfile::Lock;
use model::{Requirement, Sha256};
use workspace::files;

use super::cached::{LockedClosure, SHOWN};
use super::exporter::Exporter;
use super::script::ScriptMetadata;
use crate::error::GoalError;
use crate::locking::{self, LockPath};

/// The folder of environments with further packages. A new layout gets a new name.
const FOLDER: &str = "runs-1";

impl Exporter<'_> {
    /// The environment of `resolve` with further requirements, whose packages fit those of the lock.
    /// The lock stays as it is.
    ///
    /// # Errors
    /// Where no versions satisfy all, or a package cannot be had.
    pub fn with_further(
        &self,
        resolve: &str,
        further: &[Requirement],
    ) -> Result<Environment, GoalError> {
        if further.is_empty() {
            return self.ensure(resolve);
        }
        let lock = self.lock_beside(resolve, further)?;
        self.beside(resolve, lock, &self.folder_beside(resolve, further))
    }

    /// The lock of `resolve` with further requirements, kept in the cache.
    ///
    /// # Errors
    /// Where no versions satisfy all.
    pub(super) fn lock_beside(
        &self,
        resolve: &str,
        further: &[Requirement],
    ) -> Result<Lock, GoalError> {
        let folder = self.folder_beside(resolve, further);
        self.further_lock(resolve, further, &folder.join("python.lock"))
    }

    fn folder_beside(&self, resolve: &str, further: &[Requirement]) -> Utf8PathBuf {
        let texts: Vec<String> = further.iter().map(ToString::to_string).collect();
        let named = format!("{}\0{resolve}\0{}", self.session.root(), texts.join(", "));
        let named = Sha256::of(named.as_bytes()).to_string();
        self.cache.join(FOLDER).join(&named[..SHOWN])
    }

    /// The lock with further requirements, made once for each text of the resolve's lock.
    fn further_lock(
        &self,
        resolve: &str,
        further: &[Requirement],
        place: &Utf8PathBuf,
    ) -> Result<Lock, GoalError> {
        let path = LockPath::of(self.session, resolve)?;
        let before = path.read()?.unwrap_or_default();
        let state = format!("{}\0{:?}", before, self.session.settings.python_repos);
        let state = Sha256::of(state.as_bytes()).to_string();
        let note = place.with_extension("state");
        let is_of_it = fs_err::read_to_string(&note).is_ok_and(|noted| noted == state);
        let kept = fs_err::read_to_string(place).ok().filter(|_| is_of_it);
        if let Some(Ok(lock)) = kept.map(|text| lockfile::read(&text, place)) {
            return Ok(lock);
        }
        let choice = self.options.index.clone();
        let lock = locking::lock_with(self.session, resolve, further, choice)?;
        // If it cannot be kept, the next run makes it again.
        let _ = files::replace(place, &lockfile::write(&lock));
        let _ = files::replace(&note, &state);
        Ok(lock)
    }

    /// The environment of a script, with further requirements: nothing else is in it.
    ///
    /// # Errors
    /// Where there is no such Python, no versions satisfy all, or a package cannot be had.
    pub fn of_script(
        &self,
        script: &ScriptMetadata,
        further: &[Requirement],
    ) -> Result<Environment, GoalError> {
        let python = self.interpreter_for(&script.interpreter_constraints, "the script")?;
        let requirements = [&script.requirements[..], further].concat();
        let lock = self.tool_lock(&requirements, &python)?;
        let closure = LockedClosure {
            lock: &lock,
            roots: None,
        };
        Ok(self.cached(closure, &python)?.environment)
    }
}
