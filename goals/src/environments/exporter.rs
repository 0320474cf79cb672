//! Exports resolves: makes one environment of each lock, for this machine.

use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use install::environment::{
    Bytecode, Environment, EnvironmentContents, EnvironmentError, EnvironmentFinding, StoredWheel,
    SyncReport,
};
use install::python::{
    Interpreter, Interpreters, NoInterpreter, PythonLocations, PythonRequest, SearchPath,
};
use install::{SelectedFile, SelectedPackage, Store, select};
use lockfile::LockFormat;
use model::{InterpreterConstraints, Lock, PackageSource};

use super::error::{of_environment, of_interpreter, of_selection};
use super::first_party::FirstPartyCode;
use super::supply::{Supply, SupplyScope};
use crate::error::GoalError;
use crate::locking::{self, IndexChoice, LockPath};
use crate::session::Session;

/// How environments are made.
#[derive(Debug, Clone, Default)]
pub struct ExportOptions {
    /// The Python to use, where one was named.
    pub python: Option<PythonRequest>,
    /// Whether modules are compiled when they are installed.
    pub bytecode: Bytecode,
    /// Where packages come from.
    pub index: IndexChoice,
}

/// Makes environments of one repository.
pub struct Exporter<'a> {
    pub(super) session: &'a Session,
    pub(super) options: ExportOptions,
    pub(super) cache: Utf8PathBuf,
    pub(super) store: Store,
    interpreters: Interpreters,
    search_path: SearchPath,
    repository: OnceLock<targets::Repository>,
}

/// An environment that was made, or was right already.
#[derive(Debug)]
pub struct ExportedEnvironment {
    /// The environment.
    pub environment: Environment,
    /// What was done.
    pub synced: SyncReport,
    /// The number of third-party packages in it.
    pub packages: usize,
    /// Its Python, as `CPython 3.12.1`.
    pub python: String,
}

/// The folder of environments relative to the root, as in Pants.
pub(super) const FOLDER: &str = "dist/export/python/virtualenvs";

/// What the environment of one resolve consists of.
struct Recipe {
    lock: Lock,
    python: Interpreter,
    environment: Environment,
    first_party: FirstPartyCode,
}

impl<'a> Exporter<'a> {
    /// Prepares to export; nothing is read yet.
    pub fn new(session: &'a Session, options: ExportOptions) -> Result<Self, GoalError> {
        let cache = session.cache()?;
        let setting = &session.settings.python_bootstrap.search_path;
        let search_path = SearchPath::parse(setting).map_err(|error| {
            GoalError::failure(error.to_string())
                .at(model::Place::file(session.settings.file.as_str()))
        })?;
        Ok(Self {
            store: Store::new(&cache),
            interpreters: Interpreters::new(&cache),
            search_path,
            repository: OnceLock::new(),
            session,
            options,
            cache,
        })
    }

    /// The names of all resolves, sorted.
    pub fn all(&self) -> Vec<String> {
        self.session
            .settings
            .python
            .resolves
            .keys()
            .cloned()
            .collect()
    }

    /// Changes the environment of `resolve` to what its lock says.
    pub fn export(&self, resolve: &str) -> Result<ExportedEnvironment, GoalError> {
        let recipe = self.first_recipe(resolve)?;
        if let Some(mistake) = &recipe.first_party.mistake {
            self.session.warn(format_args!(
                "what distributions of this repository require is not in their metadata: {}",
                mistake.message()
            ));
        }
        let selected = selected(&recipe, resolve)?;
        let supply = self.supply(&recipe, resolve);
        let mut wheels = supply.wheels(&selected).map_err(first)?;
        let synced = match self.sync(&recipe, resolve, &wheels) {
            // An editor changed a file of the store through a hard link. The wheel is unpacked
            // again, once.
            Err(EnvironmentError::DamagedStore { .. }) => {
                self.discard_damaged(&wheels)
                    .map_err(|error| GoalError::file("mend the store", &self.cache, &error))?;
                wheels = supply.wheels(&selected).map_err(first)?;
                self.sync(&recipe, resolve, &wheels)
            }
            synced => synced,
        };
        let synced = synced.map_err(|error| of_environment(&error, resolve))?;
        Ok(ExportedEnvironment {
            packages: wheels.len(),
            python: format!(
                "{} {}",
                recipe.python.implementation(),
                recipe.python.version()
            ),
            environment: recipe.environment,
            synced,
        })
    }

    /// The environment of `resolve`. It is only made if it was not made for this lock before.
    pub fn ensure(&self, resolve: &str) -> Result<Environment, GoalError> {
        let recipe = self.recipe(resolve)?;
        let known = self.known_wheels(&recipe, resolve)?;
        let current = known.is_some_and(|wheels| {
            let wanted = self.wanted(&recipe, resolve, &wheels);
            recipe.environment.is_current(&wanted)
        });
        if current {
            return Ok(recipe.environment);
        }
        Ok(self.export(resolve)?.environment)
    }

    /// The environment of `resolve`, which may not be there.
    pub fn environment(&self, resolve: &str) -> Result<Environment, GoalError> {
        let lock = read_lock(self.session, resolve)?;
        let python = self.python(&lock.inputs.interpreter_constraints, resolve)?;
        Ok(self.environment_of(resolve, &python))
    }

    fn environment_of(&self, resolve: &str, python: &Interpreter) -> Environment {
        let folder = self.session.root().join(FOLDER).join(resolve);
        Environment::at(folder.join(python.version().to_string()))
    }

    /// The differences between the environment of `resolve` and its lock. Nothing is downloaded or
    /// changed.
    pub fn check(&self, resolve: &str) -> Result<Vec<EnvironmentFinding>, GoalError> {
        let recipe = self.recipe(resolve)?;
        if !recipe.environment.root().exists() {
            return Ok(vec![EnvironmentFinding::Missing]);
        }
        // A source distribution that was never built cannot be in the environment either.
        let wheels = self.known_wheels(&recipe, resolve)?.unwrap_or_default();
        let wanted = self.wanted(&recipe, resolve, &wheels);
        let findings = recipe.environment.check(&wanted, &self.store);
        findings.map_err(|error| of_environment(&error, resolve))
    }

    /// The Python that `resolve` would be exported for, as `CPython 3.12.1 at /usr/bin/python3`.
    pub fn interpreter(&self, resolve: &str) -> Result<String, GoalError> {
        let constraints = self.session.settings.interpreter_constraints(resolve)?;
        let python = self.python(constraints, resolve)?;
        let (implementation, version) = (python.implementation(), python.version());
        Ok(format!(
            "{implementation} {version} at {}",
            python.executable()
        ))
    }

    /// The folders from which imports start, relative to the root.
    pub fn relative_source_roots(&self, resolve: &str) -> Result<Vec<String>, GoalError> {
        let roots = self.first_party(resolve)?.source_roots;
        Ok(roots
            .iter()
            .map(|root| match relative(self.session, root).as_str() {
                "" => ".".to_owned(),
                root => root.to_owned(),
            })
            .collect())
    }

    /// Whether there is an environment of `resolve`.
    pub fn was_exported(&self, resolve: &str) -> bool {
        self.session.root().join(FOLDER).join(resolve).is_dir()
    }

    /// The hashes of the wheels, as far as they are known without a download.
    ///
    /// A folder of this machine has no hash. The wheel that was last built from it is used.
    fn known_wheels(
        &self,
        recipe: &Recipe,
        resolve: &str,
    ) -> Result<Option<Vec<StoredWheel>>, GoalError> {
        let selected = selected(recipe, resolve)?;
        let supply = self.supply(recipe, resolve);
        let recorded = recipe.environment.recorded();
        let of_folder = |one: &SelectedPackage<'_>| {
            let package = one.package;
            let mut same = recorded
                .iter()
                .filter(|wheel| (&wheel.name, &wheel.version) == (&package.name, &package.version));
            let is_folder = matches!(package.source, PackageSource::Path { .. })
                && one.file == SelectedFile::Source;
            same.next().filter(|_| is_folder).cloned()
        };
        Ok(selected
            .iter()
            .map(|one| supply.known(one).or_else(|| of_folder(one)))
            .collect())
    }

    fn supply<'s>(&'s self, recipe: &'s Recipe, resolve: &'s str) -> Supply<'s> {
        Supply::new(
            self.session,
            &self.store,
            &recipe.python,
            SupplyScope {
                resolve,
                options: &self.options.index,
            },
        )
    }

    /// If the cache is new, pip is asked for its index while interpreters are asked for their
    /// versions: both take the start of a Python.
    fn first_recipe(&self, resolve: &str) -> Result<Recipe, GoalError> {
        if self.store.folder().exists() {
            return self.recipe(resolve);
        }
        std::thread::scope(|threads| {
            threads.spawn(|| {
                let indexes =
                    locking::PackageIndexes::new(self.session, self.options.index.clone());
                // Only the cached answer matters here. An error is reported when the index is
                // needed.
                indexes.and_then(|indexes| indexes.plain_index()).is_ok()
            });
            self.recipe(resolve)
        })
    }

    fn recipe(&self, resolve: &str) -> Result<Recipe, GoalError> {
        let lock = read_lock(self.session, resolve)?;
        let python = self.python(&lock.inputs.interpreter_constraints, resolve)?;
        Ok(Recipe {
            environment: self.environment_of(resolve, &python),
            first_party: self.first_party(resolve)?,
            lock,
            python,
        })
    }

    fn python(
        &self,
        constraints: &InterpreterConstraints,
        resolve: &str,
    ) -> Result<Interpreter, GoalError> {
        self.interpreter_of(constraints)
            .map_err(|no| of_interpreter(&no, resolve))
    }

    pub(super) fn interpreter_of(
        &self,
        constraints: &InterpreterConstraints,
    ) -> Result<Interpreter, NoInterpreter> {
        let places = PythonLocations::of_this_machine(self.session.root());
        match &self.options.python {
            None => self
                .interpreters
                .find(constraints, &self.search_path, &places),
            Some(request) => {
                self.interpreters
                    .find_requested(request, constraints, (&self.search_path, &places))
            }
        }
    }

    /// The repository's own code. The environments of tools do not have it.
    fn first_party(&self, resolve: &str) -> Result<FirstPartyCode, GoalError> {
        let settings = &self.session.settings;
        let of_tool = settings.tools.values().any(|tool| tool == resolve);
        if of_tool && resolve != settings.python.default_resolve {
            return Ok(FirstPartyCode::default());
        }
        FirstPartyCode::read(self.session, self.repository()?, resolve)
    }

    fn repository(&self) -> Result<&targets::Repository, GoalError> {
        if let Some(repository) = self.repository.get() {
            return Ok(repository);
        }
        let repository = workspace::load(self.session.root(), self.session.target_options())?;
        Ok(self.repository.get_or_init(|| repository))
    }

    fn wanted<'r>(
        &self,
        recipe: &'r Recipe,
        resolve: &'r str,
        wheels: &[StoredWheel],
    ) -> EnvironmentContents<'r> {
        EnvironmentContents {
            interpreter: &recipe.python,
            prompt: resolve,
            wheels: wheels.to_vec(),
            projects: recipe.first_party.projects.clone(),
            source_roots: recipe.first_party.source_roots.clone(),
            bytecode: self.options.bytecode,
        }
    }

    fn sync(
        &self,
        recipe: &Recipe,
        resolve: &str,
        wheels: &[StoredWheel],
    ) -> Result<SyncReport, EnvironmentError> {
        let wanted = self.wanted(recipe, resolve, wheels);
        recipe.environment.sync(&wanted, &self.store)
    }

    fn discard_damaged(&self, wheels: &[StoredWheel]) -> std::io::Result<()> {
        for wheel in wheels {
            let damaged = self
                .store
                .get(&wheel.sha256)
                .is_some_and(|unpacked| !unpacked.damaged().is_empty());
            if damaged {
                self.store.discard(&wheel.sha256)?;
            }
        }
        Ok(())
    }
}

fn selected<'r>(recipe: &'r Recipe, resolve: &str) -> Result<Vec<SelectedPackage<'r>>, GoalError> {
    select(&recipe.lock, &recipe.python).map_err(|error| of_selection(&error, resolve))
}

/// The largest number of errors that are printed. If the index is not available, each package has
/// one.
const MOST_ERRORS: usize = 5;

/// The first error, with the others as errors that happened at the same time.
fn first(errors: Vec<GoalError>) -> GoalError {
    let mut errors = errors.into_iter();
    let first = errors.next();
    let first = first.unwrap_or_else(|| GoalError::failure("packages cannot be had"));
    let first = first.beside(errors.by_ref().take(MOST_ERRORS - 1));
    match errors.count() {
        0 => first,
        1 => first.because("one more package cannot be had"),
        more => first.because(format!("{more} more packages cannot be had")),
    }
}

/// The lock of a resolve, which must be in this tool's format.
fn read_lock(session: &Session, resolve: &str) -> Result<Lock, GoalError> {
    let path = LockPath::of(session, resolve)?;
    let hint = format!("run `cargo xtask generate-lockfiles --resolve {resolve}`");
    let failure = |reason: &str| {
        GoalError::failure(format!("cannot export `{resolve}`: {reason}"))
            .at(model::Place::file(path.relative.as_str()))
            .hint(hint.clone())
    };
    let text = path.read()?.ok_or_else(|| failure("there is no lock"))?;
    match LockFormat::of(&text) {
        LockFormat::Own | LockFormat::Unknown => {
            lockfile::read(&text, &path.relative).map_err(|error| path.unreadable(error))
        }
        _ => Err(failure("the lock was written by another tool")),
    }
}

/// A path relative to the root, as messages show it.
pub fn relative<'p>(session: &Session, path: &'p Utf8Path) -> &'p Utf8Path {
    path.strip_prefix(session.root()).unwrap_or(path)
}
