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
    /// For environments whose usual place another run has.
    folder: Option<tempfile::TempDir>,
}

/// The place of environments with the same interpreter and wheels. It is this run's alone until it is dropped.
#[derive(Debug)]
struct UsualPlace {
    path: Utf8PathBuf,
    _lock: std::fs::File,
}

impl UsualPlace {
    /// The empty place; `None` where another run has it.
    fn claim(parent: &Utf8Path, python: &str, wheels: &[Sha256]) -> std::io::Result<Option<Self>> {
        let hashes: Vec<String> = wheels.iter().map(Sha256::to_string).collect();
        let key = Sha256::of(format!("{python} {}", hashes.join(" ")).as_bytes()).to_string();
        let folder = parent.join("environments").join(&key[..16]);
        let path = folder.join("build");
        let lock = files::try_lock(&folder.join("run.lock"))?;
        let Some(lock) = lock else {
            return Ok(None);
        };
        // What a run left that was killed.
        match fs_err::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(Some(Self { path, _lock: lock })),
        }
    }
}

impl Drop for UsualPlace {
    fn drop(&mut self) {
        // The next run removes what is left.
        let _ = fs_err::remove_dir_all(&self.path);
    }
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
        furnish: impl FnOnce(&Environment) -> Result<(), BuildProblem>,
    ) -> Result<Arc<BuildEnvironment>, BuildProblem> {
        wheels.sort_unstable();
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(environment) = made.by_wheels.get(&wheels) {
            return Ok(Arc::clone(environment));
        }
        let place = match UsualPlace::claim(parent, python, &wheels)? {
            Some(usual) => {
                let path = usual.path.clone();
                made.places.push(usual);
                path
            }
            None => {
                let folder = match made.folder.take() {
                    Some(folder) => folder,
                    None => files::temporary_folder(parent, "")?,
                };
                let path = files::utf8(folder.path())?.join(made.by_wheels.len().to_string());
                made.folder = Some(folder);
                path
            }
        };
        let environment = Environment::at(place);
        furnish(&environment)?;
        let environment = Arc::new(BuildEnvironment {
            environment,
            server: OnceLock::new(),
        });
        made.by_wheels.insert(wheels, Arc::clone(&environment));
        Ok(environment)
    }
}
