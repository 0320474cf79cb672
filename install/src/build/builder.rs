//! From a source to metadata or a wheel, once for each file and interpreter.

use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use model::{Metadata, Requirement, Sha256, WheelFilename};

use super::backend::{Backend, Goal, HookOptions, HookScope};
use super::environments::{BuildEnvironment, Environments};
use super::error::{BuildError, BuildProblem};
use super::executor::{BuildExecutor, BuildOrigin, BuildTask, MadeFile};
use super::project::BuildSystem;
use super::source::{ProjectSource, SourceIdentity, open};
use super::unpack_sdist::unpack_sdist;
use crate::environment::{EnvironmentContents, StoredWheel, SyncPolicy};
use crate::files;
use crate::python::Interpreter;
use crate::store::{Store, UnpackedWheel};

/// Where the wheels come from that a build requires: a resolver and an index.
pub trait BuildRequirements: Sync {
    /// Wheels that satisfy `requirements` and each other's, for `python`, with everything that
    /// they require in turn.
    ///
    /// # Errors
    /// Where there is no such set, or a file cannot be had.
    fn provide(&self, requirements: &[Requirement], python: &Interpreter) -> ProvidedWheels;
}

/// The wheels of a build's requirements, or why they cannot be had.
pub type ProvidedWheels = Result<Vec<BuildWheel>, Box<dyn Error + Send + Sync>>;

/// A wheel that a build requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildWheel {
    /// The file.
    pub path: Utf8PathBuf,
    /// Its name.
    pub filename: WheelFilename,
    /// Its hash; without one the file is believed.
    pub sha256: Option<Sha256>,
}

/// A wheel that was built.
#[derive(Debug, Clone)]
pub struct BuiltWheel {
    /// The wheel in the store.
    pub wheel: UnpackedWheel,
    /// Its name.
    pub filename: WheelFilename,
    /// Whether its backend required more than its project says.
    pub further: bool,
}

/// A source distribution that a backend made, unpacked; its files are gone when it is dropped.
#[derive(Debug)]
pub struct BuiltSdist {
    /// Its name.
    pub filename: String,
    /// The folder that holds its one folder.
    pub folder: Utf8PathBuf,
    /// Whether its backend required more than its project says.
    pub further: bool,
    _temporary: tempfile::TempDir,
}

/// What a build requires.
#[derive(Debug)]
pub struct BuildRequires {
    /// The requirements.
    pub requirements: Vec<Requirement>,
    /// Why the backend could not be asked for more, where it could not.
    pub unasked: Option<BuildError>,
}

/// Builds with one interpreter.
pub struct PackageBuilder<'a> {
    folder: Utf8PathBuf,
    environments: Arc<Environments>,
    store: &'a Store,
    python: &'a Interpreter,
    requirements: &'a dyn BuildRequirements,
    options: HookOptions,
    extra: &'a [Requirement],
    executor: Option<&'a dyn BuildExecutor>,
}

/// A new layout gets a new folder.
const FOLDER: &str = "builds-1";
const METADATA: &str = "METADATA";
/// Holds the name and the hash of the wheel that was built.
const WHEEL: &str = "wheel";

impl<'a> PackageBuilder<'a> {
    /// Keeps what it builds in `cache`.
    pub fn new(
        cache: &Utf8Path,
        store: &'a Store,
        python: &'a Interpreter,
        requirements: &'a dyn BuildRequirements,
    ) -> Self {
        Self {
            folder: cache.join(FOLDER),
            environments: Arc::default(),
            store,
            python,
            requirements,
            options: HookOptions::default(),
            extra: &[],
            executor: None,
        }
    }

    /// The same, where this runs builds of sources that stay as they are.
    #[must_use]
    pub fn with_executor(mut self, executor: &'a dyn BuildExecutor) -> Self {
        self.executor = Some(executor);
        self
    }

    /// The same, for builds that require this in addition to what their sources say.
    #[must_use]
    pub fn requiring(mut self, extra: &'a [Requirement]) -> Self {
        self.extra = extra;
        self
    }

    /// The same, with these options for the backend. What is built with them must be a folder.
    #[must_use]
    pub fn with_options(mut self, options: HookOptions) -> Self {
        self.options = options;
        self
    }

    /// The same, with environments that other builders share.
    #[must_use]
    pub fn sharing(mut self, environments: &Arc<Environments>) -> Self {
        self.environments = Arc::clone(environments);
        self
    }

    /// The metadata of `source`, by its hook for metadata or else from the wheel.
    ///
    /// # Errors
    /// Where the build fails; the output is kept.
    pub fn metadata(&self, source: &ProjectSource) -> Result<Metadata, BuildError> {
        self.metadata_of(source)
            .map_err(|problem| source.error(problem))
    }

    /// The wheel of `source`.
    ///
    /// # Errors
    /// Where the build fails; the output is kept.
    pub fn wheel(&self, source: &ProjectSource) -> Result<BuiltWheel, BuildError> {
        self.wheel_of(source)
            .map_err(|problem| source.error(problem))
    }

    /// The name of the wheel for an editable install of `source` (PEP 660). It is not kept: what counts is what its
    /// backend writes beside the code.
    ///
    /// # Errors
    /// Where the build fails; the output is kept.
    pub fn editable(&self, source: &ProjectSource) -> Result<WheelFilename, BuildError> {
        let built = || {
            let workshop = self.prepare(source, Goal::Editable, HookScope::WithGoal)?;
            let path = workshop.reach(Goal::Editable)?;
            Ok(path.file_name().unwrap_or_default().parse()?)
        };
        built().map_err(|problem| source.error(problem))
    }

    /// The source distribution of `source`, as its backend makes it; it is not kept.
    ///
    /// # Errors
    /// Where what the build requires cannot be had, or the backend fails.
    pub fn sdist(&self, source: &ProjectSource) -> Result<BuiltSdist, BuildError> {
        let built = || {
            let workshop = self.prepare(source, Goal::Sdist, HookScope::WithGoal)?;
            let path = workshop.reach(Goal::Sdist)?;
            let filename = path.file_name().unwrap_or_default().to_owned();
            let folder = workshop.scratch.join("unpacked");
            unpack_sdist(open(&path)?, &filename, &folder)?;
            Ok(BuiltSdist {
                filename,
                folder,
                further: workshop.further(),
                _temporary: workshop.temporary,
            })
        };
        built().map_err(|problem| source.error(problem))
    }

    /// The wheel of the source with this identity, where it was built before.
    #[must_use]
    pub fn built(&self, identity: &SourceIdentity) -> Option<BuiltWheel> {
        let text = fs_err::read_to_string(self.place_of(identity)?.join(WHEEL)).ok()?;
        let (filename, sha256) = text.trim().split_once(' ')?;
        Some(BuiltWheel {
            wheel: self.store.get(&sha256.parse().ok()?)?,
            filename: filename.parse().ok()?,
            further: false,
        })
    }

    /// What a build of `source` requires: its project's own list (PEP 518) and what its backend
    /// adds on this machine (PEP 517).
    ///
    /// # Errors
    /// Where the source is no project.
    pub fn requires(&self, source: &ProjectSource) -> Result<BuildRequires, BuildError> {
        match self.prepare(source, Goal::Wheel, HookScope::RequiresAlone) {
            Ok(workshop) => Ok(BuildRequires {
                requirements: workshop.requires,
                unasked: None,
            }),
            Err(problem) => Ok(BuildRequires {
                requirements: self
                    .declared(source)
                    .map_err(|problem| source.error(problem))?,
                unasked: Some(source.error(problem)),
            }),
        }
    }

    /// What a build of the project in a folder is made with, wherever that is: the interpreter, and the hashes of
    /// what its own list requires. The folder needs nothing but its `pyproject.toml`, or not even that.
    ///
    /// # Errors
    /// Where the file cannot be read, or what it requires cannot be had.
    pub fn made_with(&self, project: &Utf8Path) -> Result<Vec<String>, BuildError> {
        let hashes = || {
            let mut requires = BuildSystem::of_folder(project)?.requires;
            requires.extend(self.extra.iter().cloned());
            self.hashes_of(&requires)
        };
        hashes().map_err(|problem| BuildError {
            source_name: project.to_string(),
            problem: Box::new(problem),
        })
    }

    /// The project's own list of what its build requires.
    fn declared(&self, source: &ProjectSource) -> Result<Vec<Requirement>, BuildProblem> {
        let temporary = files::temporary_folder(&self.folder, "")?;
        let place = files::utf8(temporary.path())?.join("source");
        Ok(BuildSystem::read(&source.project(&place)?)?.requires)
    }

    fn metadata_of(&self, source: &ProjectSource) -> Result<Metadata, BuildProblem> {
        let kept = |place: &Utf8Path| fs_err::read_to_string(place.join(METADATA)).ok();
        let place = self.place_of(&source.identity);
        let _guard = place.as_deref().map(lock).transpose()?;
        if let Some(text) = place.as_deref().and_then(kept) {
            return Ok(Metadata::parse(&text)?);
        }
        let text = match self.built(&source.identity) {
            Some(built) => built.wheel.metadata()?,
            None => match self.make(source, Goal::Metadata)?.file {
                Some(made) => fs_err::read_to_string(made.path)?,
                None => self.build(source)?.wheel.metadata()?,
            },
        };
        let metadata = Metadata::parse(&text)?;
        if let Some(place) = place {
            files::write_atomically(&place.join(METADATA), text.as_bytes())?;
        }
        Ok(metadata)
    }

    fn wheel_of(&self, source: &ProjectSource) -> Result<BuiltWheel, BuildProblem> {
        let place = self.place_of(&source.identity);
        let _guard = place.as_deref().map(lock).transpose()?;
        match self.built(&source.identity) {
            Some(built) => Ok(built),
            None => self.build(source),
        }
    }

    fn build(&self, source: &ProjectSource) -> Result<BuiltWheel, BuildProblem> {
        let made = self.make(source, Goal::Wheel)?;
        // A backend that has no such hook failed.
        let Some(MadeFile { name, path }) = made.file else {
            return Err(io::Error::other("the backend made no wheel").into());
        };
        let filename: WheelFilename = name.parse()?;
        let wheel = self.store.unpack(&path, &filename, None)?;
        if let Some(place) = self.place_of(&source.identity) {
            let text = format!("{filename} {}\n", wheel.sha256());
            files::write_atomically(&place.join(WHEEL), text.as_bytes())?;
        }
        Ok(BuiltWheel {
            wheel,
            filename,
            further: made.further,
        })
    }

    /// Makes a file of a source, or takes it from where it is kept.
    fn make(&self, source: &ProjectSource, goal: Goal) -> Result<MadeOfSource, BuildProblem> {
        let opened = self.open(source)?;
        let executor = self.executor.filter(|_| source.identity.key().is_some());
        let Some(executor) = executor else {
            let workshop = self.call(opened, goal, HookScope::WithGoal)?;
            return Ok(MadeOfSource {
                file: workshop.file(goal)?,
                further: workshop.further(),
                _workshop: Some(workshop),
            });
        };
        let made_with = self.hashes_of(&opened.system.requires)?;
        let opened = Mutex::new(Some(opened));
        let work = |folder: &Utf8Path| {
            let first = opened.lock().unwrap_or_else(PoisonError::into_inner).take();
            let opened = first.map_or_else(|| self.open(source), Ok)?;
            let workshop = self.call(opened, goal, HookScope::WithGoal)?;
            if let Some(made) = workshop.file(goal)? {
                fs_err::copy(made.path, folder.join(made.name))?;
            }
            Ok(match workshop.further() {
                true => BuildOrigin::Further,
                false => BuildOrigin::Declared,
            })
        };
        let file = executor.execute(&BuildTask {
            source,
            product: match goal {
                Goal::Metadata => "metadata",
                Goal::Wheel | Goal::Editable | Goal::Sdist => "wheel",
            },
            made_with,
            work: &work,
        })?;
        Ok(MadeOfSource {
            file,
            further: false,
            _workshop: None,
        })
    }

    /// Unpacks the source, and reads how it is built.
    fn open(&self, source: &ProjectSource) -> Result<OpenSource, BuildProblem> {
        let temporary = files::temporary_folder(&self.folder, "")?;
        let scratch = files::utf8(temporary.path())?.to_owned();
        let project = source.project(&scratch.join("source"))?;
        let mut system = BuildSystem::read(&project)?;
        system.requires.extend(self.extra.iter().cloned());
        let key = source.identity.key().unwrap_or_else(|| "folder".to_owned());
        let logs = self.folder.join("logs");
        Ok(OpenSource {
            kept_log: logs.join(format!("{}-{}.log", source.name(), key)),
            project,
            system,
            scratch,
            temporary,
        })
    }

    /// Unpacks the source and makes an environment in which its backend can be called.
    fn prepare(
        &self,
        source: &ProjectSource,
        goal: Goal,
        scope: HookScope,
    ) -> Result<Workshop, BuildProblem> {
        self.call(self.open(source)?, goal, scope)
    }

    /// Makes an environment in which the backend of a source can be called, and asks it what it requires.
    fn call(
        &self,
        opened: OpenSource,
        goal: Goal,
        scope: HookScope,
    ) -> Result<Workshop, BuildProblem> {
        let mut workshop = Workshop {
            environment: self.furnish(&opened.system.requires)?,
            requires: opened.system.requires.clone(),
            kept_log: opened.kept_log,
            project: opened.project,
            system: opened.system,
            scratch: opened.scratch,
            options: self.options.clone(),
            temporary: opened.temporary,
        };
        let further = workshop
            .backend()
            .requires(goal, scope)?
            .iter()
            .map(|text| Requirement::parse_lenient(text))
            .collect::<Result<Vec<_>, _>>()?;
        if !further.is_empty() {
            workshop.requires.extend(further);
            workshop.environment = self.furnish(&workshop.requires)?;
        }
        Ok(workshop)
    }

    /// The interpreter, the machine's C library, and the hashes of what `requires` asks for.
    fn hashes_of(&self, requires: &[Requirement]) -> Result<Vec<String>, BuildProblem> {
        let wheels = self.required(requires)?;
        let mut hashes: Vec<_> = wheels
            .iter()
            .map(|wheel| wheel.sha256.to_string())
            .collect();
        hashes.sort_unstable();
        hashes.splice(0..0, [self.python.build_key(), self.python.c_library()]);
        Ok(hashes)
    }

    /// The wheels that `requires` asks for, in the store.
    fn required(&self, requires: &[Requirement]) -> Result<Vec<StoredWheel>, BuildProblem> {
        let environment = self.python.marker_environment();
        let needed: Vec<Requirement> = requires
            .iter()
            .filter(|requirement| requirement.marker.evaluate(environment, &[]))
            .cloned()
            .collect();
        let provided = if needed.is_empty() {
            Vec::new()
        } else {
            self.requirements
                .provide(&needed, self.python)
                .map_err(|reason| BuildProblem::Provide {
                    requirements: needed
                        .iter()
                        .map(|r| format!("`{r}`"))
                        .collect::<Vec<_>>()
                        .join(", "),
                    reason,
                })?
        };
        provided.iter().map(|wheel| self.wanted(wheel)).collect()
    }

    /// An environment with what `requires` asks for.
    fn furnish(&self, requires: &[Requirement]) -> Result<Arc<BuildEnvironment>, BuildProblem> {
        let wheels = self.required(requires)?;
        let key = wheels.iter().map(|wheel| wheel.sha256).collect();
        let python = self.python.build_key();
        self.environments
            .get((&self.folder, &python), key, |environment| {
                let wanted = EnvironmentContents {
                    interpreter: self.python,
                    prompt: "build",
                    wheels: wheels.clone(),
                    projects: Vec::new(),
                    source_roots: Vec::new(),
                    policy: SyncPolicy::default(),
                };
                environment.sync(&wanted, self.store)?;
                Ok(())
            })
    }

    fn wanted(&self, wheel: &BuildWheel) -> Result<StoredWheel, BuildProblem> {
        let unpacked = self
            .store
            .unpack(&wheel.path, &wheel.filename, wheel.sha256.as_ref())?;
        Ok(StoredWheel {
            name: unpacked.name().clone(),
            version: unpacked.version().clone(),
            sha256: *unpacked.sha256(),
            requested: false,
            direct_url: None,
            built_from: None,
            seed: false,
        })
    }

    fn place_of(&self, identity: &SourceIdentity) -> Option<Utf8PathBuf> {
        let mut key = identity.key()?;
        if !self.extra.is_empty() {
            let mut extra: Vec<String> = self.extra.iter().map(ToString::to_string).collect();
            extra.sort();
            let hash = Sha256::of(extra.join("\n").as_bytes()).to_string();
            key.push_str(&format!("-with-{}", &hash[..16]));
        }
        Some(self.folder.join(self.python.build_key()).join(key))
    }
}

/// Holds other runs off a build; the guard ends it.
fn lock(place: &Utf8Path) -> std::io::Result<std::fs::File> {
    files::lock(&place.join(".lock"))
}

/// What was made of a source. A file that nothing keeps is gone when this is dropped.
struct MadeOfSource {
    file: Option<MadeFile>,
    /// Whether its backend required more than its project says.
    further: bool,
    _workshop: Option<Workshop>,
}

/// A source, unpacked; it is gone when it is dropped.
struct OpenSource {
    project: Utf8PathBuf,
    system: BuildSystem,
    scratch: Utf8PathBuf,
    kept_log: Utf8PathBuf,
    temporary: tempfile::TempDir,
}

/// A source, unpacked, with an environment for its backend; the source is gone when it is dropped.
struct Workshop {
    environment: Arc<BuildEnvironment>,
    requires: Vec<Requirement>,
    project: Utf8PathBuf,
    system: BuildSystem,
    scratch: Utf8PathBuf,
    kept_log: Utf8PathBuf,
    options: HookOptions,
    temporary: tempfile::TempDir,
}

impl Workshop {
    /// Whether the backend required more than the project says.
    fn further(&self) -> bool {
        self.requires.len() > self.system.requires.len()
    }

    fn backend(&self) -> Backend<'_> {
        Backend {
            system: &self.system,
            environment: &self.environment,
            source: &self.project,
            scratch: &self.scratch,
            kept_log: &self.kept_log,
            options: &self.options,
        }
    }

    /// The file that the backend makes; `None` where it has no hook for metadata.
    fn file(&self, goal: Goal) -> Result<Option<MadeFile>, BuildProblem> {
        let path = match goal {
            Goal::Metadata => self.backend().metadata()?,
            Goal::Wheel | Goal::Editable | Goal::Sdist => Some(self.reach(goal)?),
        };
        Ok(path.map(|path| MadeFile {
            name: path.file_name().unwrap_or_default().to_owned(),
            path,
        }))
    }

    fn reach(&self, goal: Goal) -> Result<Utf8PathBuf, BuildProblem> {
        self.backend().reach(goal)
    }
}
