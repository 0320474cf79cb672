//! Packages whose metadata must be downloaded or built: direct references, and source distributions
//! whose metadata only a build can tell.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use camino::Utf8Path;
use index::Index;
use install::Store;
use install::build::{
    BuildError, BuildExecutor, BuildRequires, BuiltSdist, BuiltWheel, Environments, HookOptions,
    PackageBuilder, ProjectSource, SourceIdentity,
};
use install::python::{Interpreter, Interpreters, PythonLocations, SearchPath};
use model::{
    DistFile, InterpreterConstraints, Metadata, MetadataOverride, PackageName, PackageSource,
    RequirementSource, SdistFilename, Sha256, Version,
};
use resolve::DirectRelease;
use rustc_hash::FxHashMap;

use super::build_actions::BuildActions;
use super::sources::{DirectSource, Sources};
use super::workshop::Workshop;
use crate::error::GoalError;
use crate::session::Session;

/// Downloads and builds, each thing once.
pub struct Builds<'a> {
    session: &'a Session,
    index: &'a Index,
    interpreter_constraints: &'a InterpreterConstraints,
    kept: Vec<PackageSource>,
    fetched: Mutex<FxHashMap<RequirementSource, DirectPackage>>,
    python: OnceLock<Interpreter>,
    options: Option<HookOptions>,
    project: Option<PackageName>,
    /// Held by the thread that looks for the interpreter.
    looking: Mutex<()>,
    environments: Arc<Environments>,
    actions: Box<dyn BuildExecutor + 'a>,
}

/// What a direct reference refers to.
#[derive(Debug, Clone)]
pub struct DirectPackage {
    /// The version with its metadata.
    pub direct: Arc<DirectRelease>,
    /// The archive. A git repository or a folder has none.
    pub file: Option<DistFile>,
}

/// The hook by which a backend tells the version of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionHook {
    /// That for metadata, or the build of a wheel where there is none.
    Metadata,
    /// The build of an editable install, which writes modules beside the code.
    Editable,
}

/// A source distribution in the cache.
pub struct Sdist<'a> {
    /// The project.
    pub name: &'a PackageName,
    /// Its version.
    pub version: &'a Version,
    /// The file as the index lists it.
    pub file: &'a DistFile,
    /// The path of the file on this machine.
    pub path: &'a Utf8Path,
    /// Its hash.
    pub sha256: Sha256,
}

impl<'a> Builds<'a> {
    /// Builds for a resolve with packages of `index`. `kept` are the direct references of the
    /// existing lock whose commits are kept.
    pub fn new(
        session: &'a Session,
        index: &'a Index,
        interpreter_constraints: &'a InterpreterConstraints,
        kept: Vec<PackageSource>,
    ) -> Self {
        Self {
            session,
            index,
            interpreter_constraints,
            kept,
            fetched: Mutex::default(),
            python: OnceLock::new(),
            options: None,
            project: None,
            looking: Mutex::default(),
            environments: Arc::default(),
            actions: Box::new(BuildActions::new(session)),
        }
    }

    /// The same, with these options for the backends of folders.
    #[must_use]
    pub fn with_options(mut self, options: HookOptions) -> Self {
        self.options = Some(options);
        self
    }

    /// The same, where what is built is this project, whatever its folder is called.
    #[must_use]
    pub fn of_project(mut self, name: Option<PackageName>) -> Self {
        self.project = name;
        self
    }

    /// Builds the metadata of a source distribution. It is kept for later runs.
    pub fn metadata(&self, sdist: &Sdist<'_>) -> Result<Arc<Metadata>, GoalError> {
        let source = ProjectSource {
            path: sdist.path.to_owned(),
            identity: SourceIdentity::Archive {
                sha256: sdist.sha256,
                subdirectory: None,
            },
        };
        let metadata = self.with_builder(Some(sdist.name), |builder| builder.metadata(&source))?;
        if metadata.name != *sdist.name || metadata.version != *sdist.version {
            return Err(GoalError::failure(format!(
                "{} builds {} {} and not {} {}",
                sdist.file.filename, metadata.name, metadata.version, sdist.name, sdist.version
            )));
        }
        self.index
            .store_built_metadata(sdist.sha256, metadata.clone())?;
        Ok(Arc::new(metadata))
    }

    fn build(&self, source: &ProjectSource) -> Result<Metadata, GoalError> {
        let project = project_of(source);
        self.with_builder(project.as_ref(), |builder| builder.metadata(source))
    }

    /// The wheel of a source.
    pub fn wheel(&self, source: &ProjectSource) -> Result<BuiltWheel, GoalError> {
        let project = self.project.clone().or_else(|| project_of(source));
        self.with_builder(project.as_ref(), |builder| builder.wheel(source))
    }

    /// The source distribution of a source, by its backend.
    pub fn sdist(&self, source: &ProjectSource) -> Result<BuiltSdist, GoalError> {
        let project = self.project.clone().or_else(|| project_of(source));
        self.with_builder(project.as_ref(), |builder| builder.sdist(source))
    }

    /// What a build of a source requires.
    pub fn requires(&self, source: &ProjectSource) -> Result<BuildRequires, GoalError> {
        let project = project_of(source);
        self.with_builder(project.as_ref(), |builder| builder.requires(source))
    }

    /// The version of a project in its folder, as its backend finds it there.
    pub fn version_in_place(
        &self,
        source: &ProjectSource,
        project: &PackageName,
        hook: VersionHook,
    ) -> Result<Version, GoalError> {
        self.with_builder(Some(project), |builder| match hook {
            VersionHook::Metadata => Ok(builder.metadata(source)?.version),
            VersionHook::Editable => Ok(builder.editable(source)?.version),
        })
    }

    /// What a build of the project in a folder is made with: see [`PackageBuilder::made_with`].
    pub fn made_with(&self, project: &Utf8Path) -> Result<Vec<String>, GoalError> {
        let of_folder = || project.file_name()?.parse().ok();
        let name = self.project.clone().or_else(of_folder);
        self.with_builder(name.as_ref(), |builder| builder.made_with(project))
    }

    /// Where packages come from.
    pub fn index(&self) -> &'a Index {
        self.index
    }

    /// The sources of packages.
    pub fn sources(&self) -> Sources<'_> {
        Sources::new(self.session.root(), self.index)
    }

    fn with_builder<T>(
        &self,
        project: Option<&PackageName>,
        build: impl FnOnce(&PackageBuilder<'_>) -> Result<T, BuildError>,
    ) -> Result<T, GoalError> {
        let cache = self.session.cache()?;
        let workshop = Workshop {
            cache: &cache,
            store: &Store::new(&cache),
            python: self.python()?,
            environments: &self.environments,
            actions: &*self.actions,
            options: self.options.as_ref(),
            extra: &self.session.settings.build.extra_dependencies,
        };
        workshop.build(self.index, project, build)
    }

    /// The interpreter for builds: one of the resolve's, or any recent one.
    fn python(&self) -> Result<&Interpreter, GoalError> {
        let _alone = match self.python.get() {
            Some(python) => return Ok(python),
            None => self.looking.lock().unwrap_or_else(PoisonError::into_inner),
        };
        if let Some(python) = self.python.get() {
            return Ok(python);
        }
        let bootstrap = &self.session.settings.python_bootstrap;
        let search_path = SearchPath::parse(&bootstrap.search_path)
            .map_err(|error| GoalError::failure(error.to_string()))?;
        let places = PythonLocations::of_this_machine(self.session.root());
        let interpreters = Interpreters::new(&self.session.cache()?);
        let python = interpreters
            .find(self.interpreter_constraints, &search_path, &places)
            .or_else(|none| {
                // Metadata from a build with another Python is better than none.
                let any = InterpreterConstraints::any_recent();
                let found = interpreters.find(&any, &search_path, &places);
                found.map_err(|_| none)
            })
            .map_err(|none| {
                GoalError::failure(
                    "a source distribution has to be built, and no Python was found for it",
                )
                .because(none.to_string())
                .hint("install one, or name where it is: `search_path` in `[python-bootstrap]`")
            })?;
        Ok(self.python.get_or_init(|| python))
    }

    /// What a direct reference refers to. The metadata of settings count in place of its own: of the
    /// project `name`, if it is known, nothing is built then.
    pub fn direct(
        &self,
        source: &RequirementSource,
        name: Option<&PackageName>,
    ) -> Result<Arc<DirectRelease>, GoalError> {
        if let Some(known) = self.known().get(source) {
            return Ok(Arc::clone(&known.direct));
        }
        let fetched = self.fetch(source, name)?;
        let direct = Arc::clone(&fetched.direct);
        self.known().insert(source.clone(), fetched);
        Ok(direct)
    }

    /// The downloaded source of a package in a resolution.
    pub fn fetched(&self, source: &PackageSource) -> Option<DirectPackage> {
        let known = self.known();
        known
            .values()
            .find(|fetched| fetched.direct.source == *source)
            .cloned()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, FxHashMap<RequirementSource, DirectPackage>> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetch(
        &self,
        requirement: &RequirementSource,
        name: Option<&PackageName>,
    ) -> Result<DirectPackage, GoalError> {
        let kept = self.kept_commit(requirement);
        let DirectSource {
            source,
            origin,
            file,
        } = self.sources().direct(requirement, kept)?;
        let overrides = &self.session.settings.build.dependency_metadata;
        let own = self.told_metadata(&source)?;
        let set = match (&own, name) {
            (Some(own), _) => MetadataOverride::find(overrides, &own.name, &own.version),
            (None, Some(name)) => {
                let version = version_in_name(file.as_ref(), name);
                MetadataOverride::of_direct(overrides, name, version.as_ref())
            }
            (None, None) => None,
        };
        let metadata = match set.or(own) {
            Some(metadata) => metadata,
            None => self.build(&source)?,
        };
        let wheel = file.as_ref().and_then(|file| file.filename.parse().ok());
        Ok(DirectPackage {
            direct: Arc::new(DirectRelease {
                version: metadata.version.clone(),
                source: origin,
                wheel,
                metadata: Arc::new(metadata),
            }),
            file,
        })
    }

    /// The metadata that a source tells without being built.
    fn told_metadata(&self, source: &ProjectSource) -> Result<Option<Metadata>, GoalError> {
        Ok(match (&source.identity, source.folder()) {
            (SourceIdentity::Archive { subdirectory, .. }, _) => match subdirectory {
                None => self.index.archive_metadata(&source.path)?,
                Some(_) => None,
            },
            (SourceIdentity::Commit { .. } | SourceIdentity::Folder, folder) => {
                folder.and_then(|folder| index::folder_metadata(&folder))
            }
        })
    }

    /// The commit in the existing lock for the same repository and revision.
    fn kept_commit(&self, source: &RequirementSource) -> Option<&str> {
        let RequirementSource::Git { url, revision, .. } = source else {
            return None;
        };
        self.kept.iter().find_map(|kept| match kept {
            PackageSource::Git {
                url: kept_url,
                commit,
                revision: kept_revision,
                ..
            } if kept_url == url && kept_revision == revision => Some(commit.as_str()),
            _ => None,
        })
    }
}

/// The version that the name of a source distribution's archive tells.
fn version_in_name(file: Option<&DistFile>, name: &PackageName) -> Option<Version> {
    let sdist = SdistFilename::parse(&file?.filename, name).ok()?;
    Some(sdist.version)
}

/// The project that a source is of, as far as the name of its file or folder tells it.
fn project_of(source: &ProjectSource) -> Option<PackageName> {
    let name = match &source.identity {
        SourceIdentity::Archive { .. } => {
            let file = source.path.file_name()?;
            file.rsplit_once('-')
                .map_or(file, |(name, _)| name)
                .to_owned()
        }
        SourceIdentity::Commit { .. } | SourceIdentity::Folder => {
            source.folder()?.file_name()?.to_owned()
        }
    };
    name.parse().ok()
}
