//! Builds with one interpreter, using the caches and an index.

use std::sync::Arc;

use camino::Utf8Path;
use index::Index;
use install::Store;
use install::build::{
    BuildError, BuildRequirements, BuiltWheel, Environments, HookOptions, PackageBuilder,
    ProvidedWheels, SourceIdentity,
};
use install::python::Interpreter;
use model::Requirement;

use super::build_index::BuildIndex;
use crate::error::GoalError;

/// Where builds are made.
#[derive(Clone, Copy)]
pub struct Workshop<'a> {
    /// The cache folder.
    pub cache: &'a Utf8Path,
    /// The store of unpacked wheels.
    pub store: &'a Store,
    /// Runs the builds.
    pub python: &'a Interpreter,
    /// Shared by all builds of a run.
    pub environments: &'a Arc<Environments>,
    /// What is said to backends.
    pub options: Option<&'a HookOptions>,
}

impl Workshop<'_> {
    /// Builds. Their requirements come from `index`.
    pub fn build<T>(
        &self,
        index: &Index,
        work: impl FnOnce(&PackageBuilder<'_>) -> Result<T, BuildError>,
    ) -> Result<T, GoalError> {
        let requirements = BuildIndex { index };
        let builder = PackageBuilder::new(self.cache, self.store, self.python, &requirements);
        let builder = builder.with_options(self.options.cloned().unwrap_or_default());
        Ok(work(&builder.sharing(self.environments))?)
    }

    /// The wheel of a source, if it was built before.
    pub fn built(&self, identity: &SourceIdentity) -> Option<BuiltWheel> {
        PackageBuilder::new(self.cache, self.store, self.python, &Nothing).built(identity)
    }
}

/// Provides nothing, for a builder that only looks up earlier builds.
struct Nothing;

impl BuildRequirements for Nothing {
    fn provide(&self, _: &[Requirement], _: &Interpreter) -> ProvidedWheels {
        Err("nothing can be built without an index".into())
    }
}
