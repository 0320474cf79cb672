//! Builds with one interpreter, using the caches and an index.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8Path;
use index::Index;
use install::Store;
use install::build::{
    BuildError, BuildExecutor, BuildProblem, BuildRequirements, BuiltWheel, Environments,
    HookOptions, PackageBuilder, ProvidedWheels, SourceIdentity,
};
use install::python::Interpreter;
use model::{PackageName, Requirement};

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
    /// Runs the builds of what stays as it is.
    pub actions: &'a dyn BuildExecutor,
    /// What builds of projects require in addition to what these say.
    pub extra: &'a BTreeMap<PackageName, Vec<Requirement>>,
}

impl Workshop<'_> {
    /// Builds, for a project where its name is known. Requirements of builds come from `index`.
    pub fn build<T>(
        &self,
        index: &Index,
        project: Option<&PackageName>,
        work: impl FnOnce(&PackageBuilder<'_>) -> Result<T, BuildError>,
    ) -> Result<T, GoalError> {
        let requirements = BuildIndex { index };
        let builder = PackageBuilder::new(self.cache, self.store, self.python, &requirements)
            .with_options(self.options.cloned().unwrap_or_default())
            .sharing(self.environments)
            .with_executor(self.actions)
            .requiring(self.extra(project));
        work(&builder).map_err(|error| with_hints(error, project))
    }

    /// The wheel of a project's source, if it was built before.
    pub fn built(&self, identity: &SourceIdentity, project: &PackageName) -> Option<BuiltWheel> {
        PackageBuilder::new(self.cache, self.store, self.python, &Nothing)
            .requiring(self.extra(Some(project)))
            .built(identity)
    }

    fn extra(&self, project: Option<&PackageName>) -> &[Requirement] {
        let extra = project.and_then(|project| self.extra.get(project));
        extra.map_or(&[], Vec::as_slice)
    }
}

/// The error of a build, with the settings that may help.
fn with_hints(error: BuildError, project: Option<&PackageName>) -> GoalError {
    let missing = error.missing_module().map(str::to_owned);
    let is_of_backend = matches!(*error.problem, BuildProblem::Hook { .. });
    let error = GoalError::from(error);
    let Some(project) = project.filter(|_| is_of_backend) else {
        return error;
    };
    let (what, named) = match missing.as_deref() {
        // The last release with it.
        Some("pkg_resources") => ("lacks `pkg_resources`".to_owned(), "setuptools<81"),
        Some(module) => (format!("lacks the module `{module}`"), module),
        None => ("lacks something that it does not name".to_owned(), "…"),
    };
    let whether = if missing.is_some() {
        "its build"
    } else {
        "if its build"
    };
    error
        .hint(format!(
            "{whether} {what}{} `extra_dependencies = {{ {project} = [\"{named}\"] }}` in `[build]` \
             adds what provides it",
            if missing.is_some() { ":" } else { "," }
        ))
        .hint(format!(
            "`dependency_metadata = [{{ name = \"{project}\", requires_dist = [] }}]` in `[build]` \
             says what it requires, so that it need not be built to be locked"
        ))
}

/// Provides nothing, for a builder that only looks up earlier builds.
struct Nothing;

impl BuildRequirements for Nothing {
    fn provide(&self, _: &[Requirement], _: &Interpreter) -> ProvidedWheels {
        Err("nothing can be built without an index".into())
    }
}
