//! Environments of builds, which are shared by builds that require the same wheels. Most builds
//! only require setuptools, and compiling and importing it takes Python longer than the rest of the
//! build.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use camino::Utf8Path;
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
    folder: Option<tempfile::TempDir>,
    by_wheels: BTreeMap<Vec<Sha256>, Arc<BuildEnvironment>>,
}

/// An environment, and the server of its builds.
#[derive(Debug)]
pub(crate) struct BuildEnvironment {
    pub(crate) environment: Environment,
    /// It is started when it is first needed; `None` if it does not start.
    pub(crate) server: OnceLock<Option<Server>>,
}

impl Environments {
    /// The environment of `wheels`. If there is none yet, `furnish` fills a new one.
    pub(crate) fn get(
        &self,
        parent: &Utf8Path,
        mut wheels: Vec<Sha256>,
        furnish: impl FnOnce(&Environment) -> Result<(), BuildProblem>,
    ) -> Result<Arc<BuildEnvironment>, BuildProblem> {
        wheels.sort_unstable();
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(environment) = made.by_wheels.get(&wheels) {
            return Ok(Arc::clone(environment));
        }
        let folder = match made.folder.take() {
            Some(folder) => folder,
            None => files::temporary_folder(parent, "")?,
        };
        let place = files::utf8(folder.path())?.join(made.by_wheels.len().to_string());
        made.folder = Some(folder);
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
