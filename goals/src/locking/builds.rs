//! Packages whose metadata has to be fetched or built: direct references, and source
//! distributions that do not tell it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use index::Index;
use install::Store;
use install::build::{
    BuildError, BuildRequires, BuildSource, Builder, BuiltSdist, BuiltWheel, Environments,
};
use install::python::{Interpreter, Interpreters, PythonLocations, SearchPath};
use model::{
    DistFile, InterpreterConstraints, LockedPackage, Metadata, PackageName, PackageSource,
    RequirementSource, Sha256, Version,
};
use resolve::DirectRelease;
use rustc_hash::FxHashMap;

use crate::error::CommandError;
use crate::locking::build_index::BuildIndex;
use crate::session::Session;
use workspace::files::sha256_of;

/// Fetches and builds, each thing once.
pub struct Builds<'a> {
    session: &'a Session,
    index: &'a Index,
    interpreter_constraints: &'a InterpreterConstraints,
    kept: Vec<PackageSource>,
    fetched: Mutex<FxHashMap<RequirementSource, FetchedSource>>,
    python: OnceLock<Interpreter>,
    /// Held by the one that looks for the interpreter.
    looking: Mutex<()>,
    environments: Arc<Environments>,
}

/// What a direct reference gives.
#[derive(Debug, Clone)]
pub struct FetchedSource {
    /// The version with its metadata.
    pub direct: Arc<DirectRelease>,
    /// The archive; a repository or a folder has none.
    pub file: Option<DistFile>,
}

/// A source distribution in the cache.
pub struct Sdist<'a> {
    pub name: &'a PackageName,
    pub version: &'a Version,
    pub file: &'a DistFile,
    pub path: &'a Utf8Path,
    pub sha256: Sha256,
}

impl<'a> Builds<'a> {
    /// Builds for a resolve with packages of `index`; `kept` are the direct references of the
    /// lock before, whose commits are kept.
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
            looking: Mutex::default(),
            environments: Arc::default(),
        }
    }

    /// The metadata of a source distribution of the index, built; kept for later runs.
    pub fn metadata(&self, sdist: &Sdist<'_>) -> Result<Arc<Metadata>, CommandError> {
        let source = BuildSource::Archive {
            path: sdist.path.to_owned(),
            sha256: sdist.sha256,
            subdirectory: None,
        };
        let metadata = self.build(&source)?;
        if metadata.name != *sdist.name || metadata.version != *sdist.version {
            return Err(CommandError::failure(format!(
                "{} builds {} {} and not {} {}",
                sdist.file.filename, metadata.name, metadata.version, sdist.name, sdist.version
            )));
        }
        self.index
            .store_built_metadata(sdist.sha256, metadata.clone())?;
        Ok(Arc::new(metadata))
    }

    fn build(&self, source: &BuildSource) -> Result<Metadata, CommandError> {
        self.with_builder(|builder| builder.metadata(source))
    }

    /// The wheel of a source.
    pub fn wheel(&self, source: &BuildSource) -> Result<BuiltWheel, CommandError> {
        self.with_builder(|builder| builder.wheel(source))
    }

    /// The source distribution of a source, by its backend.
    pub fn sdist(&self, source: &BuildSource) -> Result<BuiltSdist, CommandError> {
        self.with_builder(|builder| builder.sdist(source))
    }

    /// What a build of a source requires.
    pub fn requires(&self, source: &BuildSource) -> Result<BuildRequires, CommandError> {
        self.with_builder(|builder| builder.requires(source))
    }

    /// Where packages come from.
    pub fn index(&self) -> &'a Index {
        self.index
    }

    /// A file of a locked package in the cache, its hash checked.
    pub fn file(
        &self,
        package: &LockedPackage,
        file: &DistFile,
    ) -> Result<Utf8PathBuf, CommandError> {
        Ok(locked_file(self.index, package, file)?)
    }

    /// What a locked package is built of; `None` for a repository and for what has wheels alone.
    pub fn source(&self, package: &LockedPackage) -> Result<Option<BuildSource>, CommandError> {
        let archive = |path: Utf8PathBuf, subdirectory: Option<&String>| {
            let sha256 = sha256_of(&path);
            Ok(Some(BuildSource::Archive {
                sha256: sha256.map_err(|error| CommandError::file("read", &path, &error))?,
                path,
                subdirectory: subdirectory.cloned(),
            }))
        };
        match (&package.source, &package.sdist) {
            (PackageSource::Path { path }, _) => {
                let path = self.session.root().join(path);
                match path.is_dir() {
                    true => Ok(Some(BuildSource::Folder {
                        path,
                        revision: None,
                    })),
                    false => archive(path, None),
                }
            }
            (PackageSource::Url { subdirectory, .. }, Some(file)) => {
                archive(self.file(package, file)?, subdirectory.as_ref())
            }
            (PackageSource::Index(_), Some(file)) => archive(self.file(package, file)?, None),
            _ => Ok(None),
        }
    }

    fn with_builder<T>(
        &self,
        build: impl FnOnce(&Builder<'_>) -> Result<T, BuildError>,
    ) -> Result<T, CommandError> {
        let cache = self.session.cache()?;
        let store = Store::new(&cache);
        let python = self.python()?;
        let requirements = BuildIndex { index: self.index };
        let builder =
            Builder::new(&cache, &store, python, &requirements).sharing(&self.environments);
        Ok(build(&builder)?)
    }

    /// The interpreter that builds run on: one that the resolve is for, else any recent one.
    fn python(&self) -> Result<&Interpreter, CommandError> {
        let _alone = match self.python.get() {
            Some(python) => return Ok(python),
            None => self.looking.lock().unwrap_or_else(PoisonError::into_inner),
        };
        if let Some(python) = self.python.get() {
            return Ok(python);
        }
        let bootstrap = &self.session.settings.python_bootstrap;
        let search_path = SearchPath::parse(&bootstrap.search_path)
            .map_err(|error| CommandError::failure(error.to_string()))?;
        let places = PythonLocations::of_this_machine(self.session.root());
        let interpreters = Interpreters::new(&self.session.cache()?);
        let python = interpreters
            .find(self.interpreter_constraints, &search_path, &places)
            .or_else(|none| {
                // Metadata built by another Python than the resolve's is better than none.
                let any = InterpreterConstraints::any_recent();
                let found = interpreters.find(&any, &search_path, &places);
                found.map_err(|_| none)
            })
            .map_err(|none| {
                CommandError::failure(
                    "a source distribution has to be built, and no Python was found for it",
                )
                .because(none.to_string())
                .hint("install one, or name where it is: `search_path` in `[python-bootstrap]`")
            })?;
        Ok(self.python.get_or_init(|| python))
    }

    /// What a direct reference gives.
    pub fn direct(&self, source: &RequirementSource) -> Result<Arc<DirectRelease>, CommandError> {
        if let Some(known) = self.known().get(source) {
            return Ok(Arc::clone(&known.direct));
        }
        let fetched = self.fetch(source)?;
        let direct = Arc::clone(&fetched.direct);
        self.known().insert(source.clone(), fetched);
        Ok(direct)
    }

    /// What was fetched for a package of a resolution.
    pub fn fetched(&self, source: &PackageSource) -> Option<FetchedSource> {
        let known = self.known();
        known
            .values()
            .find(|fetched| fetched.direct.source == *source)
            .cloned()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, FxHashMap<RequirementSource, FetchedSource>> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetch(&self, source: &RequirementSource) -> Result<FetchedSource, CommandError> {
        match source {
            RequirementSource::Index(_) => {
                Err(CommandError::failure("a direct reference was expected"))
            }
            RequirementSource::Url { url, subdirectory } => {
                let archive = self.index.direct_archive(url, None)?;
                let file = DistFile {
                    filename: archive.filename.clone(),
                    sha256: Some(archive.sha256),
                    size: Some(archive.size),
                    upload_time: None,
                    requires_python: None,
                    yanked: None,
                };
                let place = PackageSource::Url {
                    url: url.clone(),
                    subdirectory: subdirectory.clone(),
                };
                let metadata =
                    self.of_archive(&archive.path, Some(archive.sha256), subdirectory.as_deref())?;
                Ok(fetched(metadata, place, Some(file)))
            }
            RequirementSource::Git {
                url,
                revision,
                subdirectory,
            } => {
                let commit = self.kept_commit(source).or(revision.as_deref());
                let checkout = self.index.git(url, commit)?;
                let place = PackageSource::Git {
                    url: url.clone(),
                    commit: checkout.commit.clone(),
                    revision: revision.clone(),
                    subdirectory: subdirectory.clone(),
                };
                let metadata = self.of_folder(
                    &within(&checkout.path, subdirectory.as_deref()),
                    Some(&checkout.commit),
                )?;
                Ok(fetched(metadata, place, None))
            }
            RequirementSource::Path { path } => {
                let place = PackageSource::Path { path: path.clone() };
                let absolute = self.session.root().join(path);
                let metadata = if absolute.is_dir() {
                    self.of_folder(&absolute, None)?
                } else {
                    self.of_archive(&absolute, None, None)?
                };
                Ok(fetched(metadata, place, None))
            }
        }
    }

    /// The commit that the lock before holds for the same repository and revision.
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

    fn of_archive(
        &self,
        path: &Utf8Path,
        sha256: Option<Sha256>,
        subdirectory: Option<&str>,
    ) -> Result<Metadata, CommandError> {
        if subdirectory.is_none()
            && let Some(metadata) = self.index.archive_metadata(path)?
        {
            return Ok(metadata);
        }
        let sha256 = match sha256 {
            Some(sha256) => sha256,
            None => sha256_of(path).map_err(|error| CommandError::file("read", path, &error))?,
        };
        self.build(&BuildSource::Archive {
            path: path.to_owned(),
            sha256,
            subdirectory: subdirectory.map(str::to_owned),
        })
    }

    /// `revision` names the folder's state, where it has one that lasts.
    fn of_folder(
        &self,
        folder: &Utf8Path,
        revision: Option<&str>,
    ) -> Result<Metadata, CommandError> {
        match self.index.folder_metadata(folder) {
            Some(metadata) => Ok(metadata),
            None => self.build(&BuildSource::Folder {
                path: folder.to_owned(),
                revision: revision.map(str::to_owned),
            }),
        }
    }
}

/// A file of a locked package in the cache, its hash checked. That of a direct reference may be in a
/// `find_links` folder that `vendor` filled, where its URL is out of reach.
pub fn locked_file(
    index: &Index,
    package: &LockedPackage,
    file: &DistFile,
) -> Result<Utf8PathBuf, index::IndexError> {
    let download = || index.download(&package.name, &package.version, file);
    match &package.source {
        PackageSource::Url { url, .. } => match index.direct_archive(url, file.sha256) {
            Ok(archive) => Ok(archive.path.clone()),
            Err(error) if file.sha256.is_some() => download().map_err(|_| error),
            Err(error) => Err(error),
        },
        _ => download(),
    }
}

fn within(folder: &Utf8Path, subdirectory: Option<&str>) -> Utf8PathBuf {
    match subdirectory {
        Some(subdirectory) => folder.join(subdirectory),
        None => folder.to_owned(),
    }
}

fn fetched(metadata: Metadata, source: PackageSource, file: Option<DistFile>) -> FetchedSource {
    FetchedSource {
        direct: Arc::new(DirectRelease {
            version: metadata.version.clone(),
            source,
            metadata: Arc::new(metadata),
        }),
        file,
    }
}
