//! Exports resolves: makes one environment of each lock, for this machine.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use install::environment::{
    Changes, Environment, EnvironmentContents, EnvironmentError, EnvironmentFinding, StoredWheel,
    SyncReport,
};
use install::python::{Interpreter, Interpreters, NoInterpreter, PythonLocations, SearchPath};
use install::{SelectedPackage, Store, select};
use lockfile::LockFormat;
use model::{InterpreterConstraints, Lock, PackageName, PackageSource, Sha256};
use wheel::RecordRemark;
use workspace::files;

use super::error::{of_environment, of_interpreter, of_selection};
use super::first_party::FirstPartyCode;
use super::folders::{self, FOLDER};
use super::generated;
use super::judged_lock::{JudgedLock, StaleLocks};
use super::options::ExportOptions;
use super::plugins::PLUGINS;
use super::run_note::RunNote;
use super::supply::{Supply, SupplyScope};
use crate::error::GoalError;
use crate::locking::{self, LockPath};
use crate::packaging::BackendVersions;
use crate::session::Session;
use crate::timings::UnitKind;

/// Makes environments of one repository.
pub struct Exporter<'a> {
    pub(super) session: &'a Session,
    pub(super) options: ExportOptions,
    pub(super) cache: Utf8PathBuf,
    pub(super) store: Store,
    pub(super) interpreters: Interpreters,
    pub(super) search_path: SearchPath,
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

/// An environment, and how it differs from its lock.
#[derive(Debug)]
pub struct CheckedEnvironment {
    /// The environment.
    pub environment: Environment,
    /// How it differs; nothing if it does not.
    pub findings: Vec<EnvironmentFinding>,
}

/// The folder of the noted states of packages' folders. A new format gets a new name.
const FOLDER_STATES: &str = "folders-1";

/// What the environment of one resolve consists of.
pub(super) struct Recipe {
    pub(super) lock: Lock,
    pub(super) python: Interpreter,
    pub(super) environment: Environment,
    pub(super) first_party: FirstPartyCode,
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
        self.timed("export", resolve, || self.export_untimed(resolve))
    }

    fn export_untimed(&self, resolve: &str) -> Result<ExportedEnvironment, GoalError> {
        let recipe = self.first_recipe(resolve)?;
        if let Some(mistake) = &recipe.first_party.mistake {
            self.session.warn(format_args!(
                "what distributions of this repository require is not in their metadata: {mistake}"
            ));
        }
        generated::refuse(self.session, resolve)?;
        let judged = self.check_lock(resolve)?;
        let selected = selected(&recipe, resolve)?;
        let known = self.known_wheels(&recipe, &selected, resolve);
        let known: Option<Vec<StoredWheel>> = known.into_iter().collect();
        let missing = self.missing_seeds(&recipe, &selected);
        let known = known.filter(|_| missing.is_empty());
        let known = known.filter(|_| self.folders_are_as_exported(&recipe));
        let unchanged = known.and_then(|wheels| {
            let wanted = self.wanted(&recipe, resolve, &wheels);
            let report = recipe.environment.unchanged(&wanted)?;
            Some((wheels.len(), report))
        });
        let (packages, synced) = match unchanged {
            Some(unchanged) => unchanged,
            None => {
                let seeds = self.seeds(&recipe.python, &missing)?;
                self.bring_and_sync(&recipe, resolve, (&selected, seeds))?
            }
        };
        self.note(resolve, &recipe, &judged);
        Ok(ExportedEnvironment {
            packages,
            python: python_title(&recipe.python),
            environment: recipe.environment,
            synced,
        })
    }

    /// Brings all wheels into the store and changes the environment.
    fn bring_and_sync(
        &self,
        recipe: &Recipe,
        resolve: &str,
        (selected, mut seeds): (&[SelectedPackage<'_>], Vec<StoredWheel>),
    ) -> Result<(usize, SyncReport), GoalError> {
        let supply = self.supply(recipe, resolve);
        let lost = self.lost_seeds(recipe);
        if !lost.is_empty() {
            seeds.extend(self.seeds(&recipe.python, &lost)?);
        }
        let mut wheels = self
            .timed("wheels of", resolve, || supply.wheels(selected))
            .map_err(first)?;
        wheels.extend(seeds.iter().cloned());
        self.refuse_remarked(resolve, &recipe.lock, &wheels)?;
        let synced = match self.timed("install", resolve, || self.sync(recipe, resolve, &wheels)) {
            // An editor changed a file of the store through a hard link, or the disk lost one. The
            // wheel is unpacked again, once.
            Err(EnvironmentError::DamagedStore { .. } | EnvironmentError::NotInStore { .. }) => {
                self.discard_damaged(&wheels)
                    .map_err(|error| GoalError::file("mend the store", &self.cache, &error))?;
                wheels = supply.wheels(selected).map_err(first)?;
                wheels.extend(seeds);
                self.sync(recipe, resolve, &wheels)
            }
            synced => synced,
        };
        let synced = synced.map_err(|error| of_environment(error, resolve))?;
        self.remark(resolve, &recipe.lock, &synced, &wheels);
        for (note, state) in self.folder_states(recipe) {
            // Without a note, the folder is built again the next time.
            let _ = files::replace(&note, &state.to_string());
        }
        Ok((wheels.len(), synced))
    }

    /// Where the settings are strict, a wheel whose RECORD is not right is not installed.
    fn refuse_remarked(
        &self,
        resolve: &str,
        lock: &Lock,
        wheels: &[StoredWheel],
    ) -> Result<(), GoalError> {
        if !self.session.settings.export.strict_records {
            return Ok(());
        }
        for wheel in wheels {
            let unpacked = self.store.get(&wheel.sha256);
            let remarks = unpacked.as_ref().map(|unpacked| unpacked.remarks());
            if let Some(remarks) = remarks_of(remarks.into_iter().flatten()) {
                return Err(GoalError::failure(format!(
                    "cannot export `{resolve}`: the RECORD of {} {}, {}, {remarks}",
                    wheel.name,
                    wheel.version,
                    required_by(lock, &wheel.name),
                ))
                .hint("lock another version of it, or take it as other installers do: `strict_records = false` in `[export]`"));
            }
        }
        Ok(())
    }

    /// Warns of wheels that were installed though their RECORD is not right.
    fn remark(&self, resolve: &str, lock: &Lock, synced: &SyncReport, wheels: &[StoredWheel]) {
        let fresh: Vec<&PackageName> = synced.changes.fresh().collect();
        for wheel in wheels.iter().filter(|wheel| fresh.contains(&&wheel.name)) {
            let Some(unpacked) = self.store.get(&wheel.sha256) else {
                continue;
            };
            // What is only listed is not missed by anyone.
            let told = |remark: &&RecordRemark| !matches!(remark, RecordRemark::Missing(_));
            if let Some(remarks) = remarks_of(unpacked.remarks().iter().filter(told)) {
                self.session.warn(format_args!(
                    "{resolve}: the RECORD of {} {}, {}, {remarks}",
                    wheel.name,
                    wheel.version,
                    required_by(lock, &wheel.name),
                ));
            }
        }
    }

    /// Says that the lock of `resolve` is not what its requirements ask for, if it is not.
    fn check_lock(&self, resolve: &str) -> Result<JudgedLock, GoalError> {
        let judged = self.judge_lock(resolve)?;
        judged.tell(self.session, resolve, self.options.stale)?;
        Ok(judged)
    }

    /// Why the lock of `resolve` is not what its requirements ask for; nothing if it is, or if that
    /// cannot be said.
    pub fn stale_reasons(&self, resolve: &str) -> Result<Option<Vec<String>>, GoalError> {
        Ok(self.judge_lock(resolve)?.stale)
    }

    fn judge_lock(&self, resolve: &str) -> Result<JudgedLock, GoalError> {
        let indexes = locking::PackageIndexes::new(self.session, self.options.index.clone())?;
        JudgedLock::of(&indexes, self.repository(), resolve)
    }

    /// The environment of `resolve`, if it was right before and nothing that says what it should be
    /// has changed since: what `run` needs, without the target graph.
    pub fn ready(&self, resolve: &str) -> Option<Environment> {
        if !self.options.are_usual() || self.session.has_flags() {
            return None;
        }
        let folder = self.session.root().join(FOLDER).join(resolve);
        let note = RunNote::read(&folder, self.session.root())?;
        let environment = Environment::at(folder.join(&note.environment));
        let may_be_stale = self.options.stale == StaleLocks::Warned;
        (environment.is_complete() && environment.python().exists() && (note.fresh || may_be_stale))
            .then_some(environment)
    }

    /// Notes that the environment is right, for [`Self::ready`].
    fn note(&self, resolve: &str, recipe: &Recipe, judged: &JudgedLock) {
        if !self.options.groups.is_all() || self.options.editables.is_some() {
            if let Some(folder) = recipe.environment.root().parent() {
                RunNote::forget(folder);
            }
            return;
        }
        // One that was asked for is not the one that is used otherwise.
        // What is built of a folder may change in any file of it.
        let has_folders = recipe
            .lock
            .packages
            .iter()
            .any(|package| matches!(package.source, PackageSource::Path { .. }));
        let usual = self.options.are_usual() && !self.session.has_flags() && !has_folders;
        let Ok(repository) = self.repository() else {
            return;
        };
        let settings = &self.session.settings;
        let Some(lock) = settings.lockfile(resolve).filter(|_| usual) else {
            return;
        };
        let mut files: BTreeSet<String> = judged.files.iter().cloned().collect();
        files.extend(["pants.toml", "Cargo.toml", PLUGINS].map(str::to_owned));
        files.extend(recipe.first_party.files.iter().cloned());
        files.insert(lock.to_string());
        files.insert(settings.package.version_file.to_string());
        files.extend(settings.constraints_file(resolve).map(ToString::to_string));
        let declarations = repository.declarations();
        files.extend(declarations.map(|(_, one)| one.call.place().path.to_string()));
        let name = recipe.environment.root().file_name().unwrap_or_default();
        if let Some(folder) = recipe.environment.root().parent() {
            let fresh = judged.stale.is_none();
            RunNote::new(name, fresh, (self.session.root(), files)).write(folder);
        }
    }

    /// The environment of `resolve`. It is only made if it was not made for this lock before.
    pub fn ensure(&self, resolve: &str) -> Result<Environment, GoalError> {
        if let Some(environment) = self.ready(resolve) {
            return Ok(environment);
        }
        let recipe = self.recipe(resolve)?;
        let current = self.is_current(resolve, &recipe)?;
        if current {
            let judged = self.check_lock(resolve)?;
            self.note(resolve, &recipe, &judged);
            return Ok(recipe.environment);
        }
        Ok(self.export(resolve)?.environment)
    }

    /// An environment of `resolve` in another folder, for another lock than its own.
    pub(super) fn beside(
        &self,
        resolve: &str,
        lock: Lock,
        folder: &Utf8Path,
    ) -> Result<Environment, GoalError> {
        let python = self.python(&lock.inputs.interpreter_constraints, resolve)?;
        let recipe = Recipe {
            environment: Environment::at(folder.join(python.version().to_string())),
            first_party: self.first_party(resolve)?,
            lock,
            python,
        };
        if !self.is_current(resolve, &recipe)? {
            let selected = selected(&recipe, resolve)?;
            self.bring_and_sync(&recipe, resolve, (&selected, Vec::new()))?;
        }
        Ok(recipe.environment)
    }

    /// Whether the environment of a recipe was made for it.
    fn is_current(&self, resolve: &str, recipe: &Recipe) -> Result<bool, GoalError> {
        let selected = selected(recipe, resolve)?;
        let known = self.known_wheels(recipe, &selected, resolve);
        let known: Option<Vec<StoredWheel>> = known.into_iter().collect();
        let current = known.is_some_and(|wheels| {
            let wanted = self.wanted(recipe, resolve, &wheels);
            recipe.environment.is_current(&wanted)
        });
        Ok(current && recipe.environment.python().exists() && self.folders_are_as_exported(recipe))
    }

    fn timed<T>(&self, what: &str, resolve: &str, work: impl FnOnce() -> T) -> T {
        let name = format_args!("{what} {resolve}");
        self.session.timed(UnitKind::Environment, name, work)
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

    /// Judges every environment of `resolve`: how it differs from its lock. Nothing is downloaded or
    /// changed.
    pub fn check(&self, resolve: &str) -> Result<Vec<CheckedEnvironment>, GoalError> {
        let exported: Vec<Environment> = folders::environments(self.session)
            .into_iter()
            .filter(|owned| owned.path.parent().and_then(Utf8Path::file_name) == Some(resolve))
            .map(|owned| Environment::at(owned.path))
            .collect();
        if exported.is_empty() {
            return Ok(vec![CheckedEnvironment {
                environment: self.environment(resolve)?,
                findings: vec![EnvironmentFinding::Missing],
            }]);
        }
        let lock = read_lock(self.session, resolve)?;
        exported
            .into_iter()
            .map(|environment| {
                Ok(CheckedEnvironment {
                    findings: self.check_one(resolve, &lock, &environment)?,
                    environment,
                })
            })
            .collect()
    }

    fn check_one(
        &self,
        resolve: &str,
        lock: &Lock,
        environment: &Environment,
    ) -> Result<Vec<EnvironmentFinding>, GoalError> {
        let unsuitable = |why| Ok(vec![EnvironmentFinding::UnsuitablePython(why)]);
        let Some(base) = environment.base_python() else {
            return Ok(vec![EnvironmentFinding::Interrupted]);
        };
        let Ok(python) = self.interpreters.ask(&base) else {
            return Ok(vec![EnvironmentFinding::NoPython(base)]);
        };
        let constraints = &lock.inputs.interpreter_constraints;
        if !constraints.contains(python.version()) {
            let wanted: Vec<String> = constraints.iter().collect();
            return unsuitable(format!(
                "its Python {} does not satisfy `{}`",
                python.version(),
                wanted.join("` or `")
            ));
        }
        let first_party = self.first_party(resolve)?;
        let recipe = Recipe {
            lock: self.with_plugins(lock.clone(), &first_party)?,
            environment: environment.clone(),
            first_party,
            python,
        };
        let selected = match select(&recipe.lock, &recipe.python) {
            Ok(selected) => selected,
            Err(error) => return unsuitable(error.to_string()),
        };
        let known = self.known_wheels(&recipe, &selected, resolve);
        let unknown: Vec<&SelectedPackage<'_>> = selected
            .iter()
            .zip(&known)
            .filter(|(_, wheel)| wheel.is_none())
            .map(|(one, _)| one)
            .collect();
        let wheels: Vec<StoredWheel> = known.iter().flatten().cloned().collect();
        let wanted = self.wanted(&recipe, resolve, &wheels);
        let findings = environment.check(&wanted);
        let mut findings = findings.map_err(|error| of_environment(error, resolve))?;
        for finding in &mut findings {
            if let EnvironmentFinding::Packages(changes) = finding {
                add_unknown(changes, &unknown);
            }
        }
        Ok(findings)
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

    /// The folders from which imports start, relative to the root; those with stubs too.
    pub fn relative_source_roots(&self, resolve: &str) -> Result<Vec<String>, GoalError> {
        let first_party = self.first_party(resolve)?;
        Ok(first_party
            .source_roots
            .iter()
            .chain(&first_party.stub_roots)
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

    /// The wheel of each package, as far as it is known without a download: by the lock, by an
    /// earlier build, or by what the environment was made from.
    fn known_wheels(
        &self,
        recipe: &Recipe,
        selected: &[SelectedPackage<'_>],
        resolve: &str,
    ) -> Vec<Option<StoredWheel>> {
        let supply = self.supply(recipe, resolve);
        let there = recipe.environment.recorded();
        let known = |one| {
            supply
                .known(one)
                .or_else(|| super::supply::recorded(one, &there).cloned())
        };
        selected.iter().map(known).collect()
    }

    /// Whether the folders of packages have not changed since they were exported.
    fn folders_are_as_exported(&self, recipe: &Recipe) -> bool {
        self.folder_states(recipe).all(|(note, state)| {
            let noted = fs_err::read_to_string(note);
            noted.is_ok_and(|noted| noted == state.to_string())
        })
    }

    /// The folders of packages: where the state of each is noted for an environment, and the state
    /// that it has.
    fn folder_states(&self, recipe: &Recipe) -> impl Iterator<Item = (Utf8PathBuf, Sha256)> {
        let notes = self.cache.join(FOLDER_STATES);
        let folders = recipe.lock.packages.iter().filter_map(|package| {
            let has_file = package.sdist.is_some() || !package.wheels.is_empty();
            match &package.source {
                PackageSource::Path { path } if !has_file => Some(path),
                _ => None,
            }
        });
        folders.map(move |path| {
            let folder = self.session.root().join(path);
            let key = format!("{}\0{folder}", recipe.environment.root());
            let note = notes.join(Sha256::of(key.as_bytes()).to_string());
            (note, files::folder_state(&folder))
        })
    }

    fn supply<'s>(&'s self, recipe: &'s Recipe, resolve: &'s str) -> Supply<'s> {
        Supply::new(
            self.session,
            &self.store,
            &recipe.python,
            SupplyScope {
                resolve,
                options: &self.options.index,
                lock: &recipe.lock,
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
        let first_party = self.first_party(resolve)?;
        let (groups, choice) = (&self.options.groups, &self.options.index);
        let lock = groups.of(self.session, choice, lock)?;
        Ok(Recipe {
            environment: self.environment_of(resolve, &python),
            lock: self.with_plugins(lock, &first_party)?,
            first_party,
            python,
        })
    }

    pub(super) fn python(
        &self,
        constraints: &InterpreterConstraints,
        resolve: &str,
    ) -> Result<Interpreter, GoalError> {
        self.interpreter_of(constraints)
            .map_err(|no| of_interpreter(no, resolve))
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
        let is_tool = settings.tools.values().any(|tool| tool == resolve);
        let editable = match &settings.export.py_editable_in_resolve {
            Some(chosen) => chosen.iter().any(|chosen| chosen == resolve),
            None => !is_tool || resolve == settings.python.default_resolve,
        };
        if !editable {
            return Ok(FirstPartyCode::default());
        }
        let repository = self.repository()?;
        let mut first_party = FirstPartyCode::read(self.session, repository, resolve)?;
        let settings = &settings.export.editables;
        if let Some(chosen) = self.options.editables.as_ref().or(settings.as_ref()) {
            first_party.keep(chosen)?;
        }
        first_party.find_versions(&BackendVersions {
            session: self.session,
            index: &self.options.index,
        });
        Ok(first_party)
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
            policy: self.options.policy,
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

    pub(super) fn discard_damaged(&self, wheels: &[StoredWheel]) -> std::io::Result<()> {
        for wheel in wheels {
            let unpacked = self.store.get(&wheel.sha256);
            if unpacked.is_none_or(|unpacked| !unpacked.damaged().is_empty()) {
                self.store.discard(&wheel.sha256)?;
            }
        }
        Ok(())
    }
}

/// The remarks about a wheel's RECORD in one sentence; none if it is right.
fn remarks_of<'r>(remarks: impl Iterator<Item = &'r RecordRemark>) -> Option<String> {
    let remarks: Vec<&RecordRemark> = remarks.collect();
    let (first, more) = remarks.split_first()?;
    Some(match more.len() {
        0 => first.to_string(),
        1 => format!("{first}, and has one more fault"),
        more => format!("{first}, and has {more} more faults"),
    })
}

/// Who requires a package: the repository itself, or packages of the lock.
fn required_by(lock: &Lock, name: &PackageName) -> String {
    if lock.inputs.requirements.iter().any(|one| one.name == *name) {
        return "which the repository requires".to_owned();
    }
    let requires = |package: &&model::LockedPackage| {
        let mut dependencies = package.dependencies.iter();
        dependencies.any(|dependency| dependency.name == *name)
    };
    match lock.packages.iter().find(requires) {
        Some(package) => format!("which {} requires", package.name),
        None => "which nothing requires".to_owned(),
    }
}

/// Adds packages whose wheels must be built first to what differs.
fn add_unknown(changes: &mut Changes, unknown: &[&SelectedPackage<'_>]) {
    for one in unknown {
        let (name, version) = (&one.package.name, &one.package.version);
        let there = changes.removed.iter().position(|(there, _)| there == name);
        match there.map(|at| changes.removed.remove(at)) {
            Some((name, before)) => changes.updated.push((name, before, version.clone())),
            None => changes.added.push((name.clone(), version.clone())),
        }
    }
}

fn python_title(python: &Interpreter) -> String {
    format!("{} {}", python.implementation(), python.version())
}

fn selected<'r>(recipe: &'r Recipe, resolve: &str) -> Result<Vec<SelectedPackage<'r>>, GoalError> {
    select(&recipe.lock, &recipe.python).map_err(|error| of_selection(error, resolve))
}

/// The largest number of errors that are printed. If the index is not available, each package has
/// one.
const MOST_ERRORS: usize = 5;

/// The first error, with the others as errors that happened at the same time.
pub(super) fn first(errors: Vec<GoalError>) -> GoalError {
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

/// The lock of a resolve: in this tool's format, or as pex or uv wrote it, also for Pants.
pub(super) fn read_lock(session: &Session, resolve: &str) -> Result<Lock, GoalError> {
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
        LockFormat::Pex | LockFormat::Uv => {
            lockfile::import::foreign_lock(&text, &path.relative, resolve)
                .map_err(|error| path.unreadable(error))
        }
        _ => Err(failure("the lock was written by another tool")),
    }
}

/// A path relative to the root, as messages show it.
pub fn relative<'p>(session: &Session, path: &'p Utf8Path) -> &'p Utf8Path {
    path.strip_prefix(session.root()).unwrap_or(path)
}
