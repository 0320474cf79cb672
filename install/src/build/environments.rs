//! Environments of builds, which are shared by builds that require the same wheels. Most builds
//! only require setuptools, and compiling and importing it takes Python longer than the rest of the
//! build.
//!
//! An environment lies at the same place in every run, since compilers write the paths of headers into what
//! they make.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use model::Sha256;

use super::error::BuildProblem;
use super::server::Server;
use crate::environment::Environment;
use crate::files;

/// The environments. They are removed when this is dropped.
#[derive(Debug, Default)]
pub struct Environments(Mutex<Made>);

#[derive(Debug, Default)]
struct Made {
    by_wheels: BTreeMap<Vec<Sha256>, Arc<BuildEnvironment>>,
    places: Vec<UsualPlace>,
}

/// The place of the environment with an interpreter and wheels, which all runs share that need it at a time. The last
/// one removes it.
#[derive(Debug)]
struct UsualPlace {
    path: Utf8PathBuf,
    lock: std::fs::File,
}

impl UsualPlace {
    /// The place with an environment, which `furnish` fills where no other run has done so.
    fn open(
        parent: &Utf8Path,
        key: &str,
        furnish: impl Fn(&Environment) -> Result<(), BuildProblem>,
    ) -> Result<Self, BuildProblem> {
        let folder = parent.join("environments").join(key);
        let path = folder.join("build");
        let complete = folder.join("complete");
        let file = folder.join("run.lock");
        loop {
            if let Some(alone) = files::try_lock(&file)? {
                // What a run left that was killed.
                remove(&complete, &path)?;
                furnish(&Environment::at(path.clone()))?;
                fs_err::write(&complete, "")?;
                drop(alone);
            }
            // Another run may have removed it before this one holds it.
            let lock = files::lock_shared(&file)?;
            if complete.exists() {
                return Ok(Self { path, lock });
            }
        }
    }
}

impl Drop for UsualPlace {
    fn drop(&mut self) {
        let complete = self.path.with_file_name("complete");
        // What is left, the next run removes.
        if self.lock.unlock().is_ok() && self.lock.try_lock().is_ok() {
            let _ = remove(&complete, &self.path);
        }
    }
}

fn remove(complete: &Utf8Path, path: &Utf8Path) -> std::io::Result<()> {
    let found = |removed: std::io::Result<()>| match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    found(fs_err::remove_file(complete))?;
    found(fs_err::remove_dir_all(path))
}

/// An environment, and the server of its builds.
#[derive(Debug)]
pub(crate) struct BuildEnvironment {
    pub(crate) environment: Environment,
    /// It is started when it is first needed; `None` if it does not start.
    pub(crate) server: OnceLock<Option<Server>>,
}

impl Environments {
    /// The environment of `wheels` for an interpreter. If there is none yet, `furnish` fills a new one.
    pub(crate) fn get(
        &self,
        (parent, python): (&Utf8Path, &str),
        mut wheels: Vec<Sha256>,
        furnish: impl Fn(&Environment) -> Result<(), BuildProblem>,
    ) -> Result<Arc<BuildEnvironment>, BuildProblem> {
        wheels.sort_unstable();
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(environment) = made.by_wheels.get(&wheels) {
            return Ok(Arc::clone(environment));
        }
        let hashes: Vec<String> = wheels.iter().map(Sha256::to_string).collect();
        let key = Sha256::of(format!("{python} {}", hashes.join(" ")).as_bytes()).to_string();
        let place = UsualPlace::open(parent, &key[..16], furnish)?;
        let environment = Environment::at(place.path.clone());
        made.places.push(place);
        let environment = Arc::new(BuildEnvironment {
            environment,
            server: OnceLock::new(),
        });
        made.by_wheels.insert(wheels, Arc::clone(&environment));
        Ok(environment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_at_once_share_a_place_and_the_last_one_removes_it() {
        let temporary = tempfile::tempdir().unwrap();
        let parent = files::utf8(temporary.path()).unwrap();
        let place = |environments: &Environments| {
            let furnish = |environment: &Environment| {
                fs_err::create_dir_all(environment.root())?;
                Ok(())
            };
            let made = environments.get((parent, "3.12"), vec![Sha256([7; 32])], furnish);
            made.unwrap().environment.root().to_owned()
        };
        let (first, second) = (Environments::default(), Environments::default());
        let shared = place(&first);
        assert_eq!(place(&second), shared);
        drop(first);
        assert!(shared.exists());
        drop(second);
        assert!(!shared.exists());
        // As in the next run.
        assert_eq!(place(&Environments::default()), shared);
    }
}
