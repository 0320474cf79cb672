//! Environments in the cache, for processes that we start: what a tool, a type checker or a test needs
//! of a lock, and nothing else.
//!
//! The name of such a folder says all that is in it, so that it never changes once it is complete, and
//! several runs can use it at once.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use camino::Utf8PathBuf;
use install::environment::{Environment, EnvironmentContents, EnvironmentError, SyncPolicy};
use install::python::Interpreter;
use install::{SelectedPackage, select};
use model::{InterpreterConstraints, Lock, LockInputs, PackageName, Platform, Requirement, Sha256};
use resolve::Pins;
use workspace::files;

use super::error::{of_environment, of_interpreter, of_selection};
use super::exporter::{Exporter, first, read_lock};
use super::supply::{Supply, SupplyScope};
use crate::error::GoalError;
use crate::locking::{self, IndexProvider, PackageIndexes, ResolveDeclaration, Upgrade};

/// The folder of these environments. A new layout gets a new name.
const FOLDER: &str = "environments-1";

/// The folder of the locks of tools that no resolve has, within [`FOLDER`].
const LOCKS: &str = "locks";

/// An environment in the cache.
#[derive(Debug, Clone)]
pub struct CachedEnvironment {
    /// The environment.
    pub environment: Environment,
    /// A hash of its packages, their files, and its Python: the same on machines that have these elsewhere.
    pub identity: Sha256,
}

/// Which packages of a lock are meant.
#[derive(Debug, Clone, Copy)]
pub struct LockedClosure<'a> {
    /// The lock.
    pub lock: &'a Lock,
    /// These, with what they require; all where there are none.
    pub roots: Option<&'a BTreeSet<PackageName>>,
}

impl Exporter<'_> {
    /// The lock of a resolve, in the format of this tool.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read.
    pub fn lock_of(&self, resolve: &str) -> Result<Lock, GoalError> {
        read_lock(self.session, resolve)
    }

    /// The Python of the lowest version on this machine that satisfies the constraints.
    ///
    /// # Errors
    /// Where there is none. The error names `purpose`.
    pub fn interpreter_for(
        &self,
        constraints: &InterpreterConstraints,
        purpose: &str,
    ) -> Result<Interpreter, GoalError> {
        let found = self.lowest_interpreter(constraints);
        found.map_err(|no| of_interpreter(no, purpose))
    }

    /// The lock of a tool that no resolve has, for one Python. It is made once, against the index of
    /// the settings, and kept in the cache.
    ///
    /// # Errors
    /// Where the requirements cannot be locked.
    pub fn tool_lock(
        &self,
        requirements: &[Requirement],
        python: &Interpreter,
    ) -> Result<Lock, GoalError> {
        let (major, minor) = python.major_minor();
        let constraint = format!("{}=={major}.{minor}.*", python.implementation());
        let texts: Vec<String> = requirements.iter().map(ToString::to_string).collect();
        let texts = texts.join(", ");
        let indexes = format!("{:?}", self.session.settings.python_repos);
        let platform = this_platform();
        let key = format!("{texts}\0{constraint}\0{indexes}\0{platform:?}");
        let key = Sha256::of(key.as_bytes());
        let place = self
            .cache
            .join(FOLDER)
            .join(LOCKS)
            .join(format!("{key}.lock"));
        let kept = fs_err::read_to_string(&place).ok();
        if let Some(Ok(lock)) = kept.map(|text| lockfile::read(&text, &place)) {
            return Ok(lock);
        }
        let inputs = LockInputs {
            requirements: requirements.to_vec(),
            interpreter_constraints: InterpreterConstraints::parse(&[constraint])
                .map_err(|error| GoalError::failure(error.to_string()))?,
            platforms: platform.into_iter().collect(),
            ..LockInputs::default()
        };
        let declared = ResolveDeclaration::of_lock(&format!("tool {texts}"), inputs.sorted());
        let indexes = PackageIndexes::new(self.session, self.options.index.clone())?
            .watched_by(self.session.progress());
        let index = indexes.index(&declared)?;
        let constraints = &declared.inputs.interpreter_constraints;
        let builds = indexes.builds(&index, constraints, Vec::new());
        let provider = IndexProvider::new(&index, &builds, &declared);
        let (lock, _) = locking::lock(&declared, Pins::default(), &Upgrade::default(), &provider)?;
        // If it cannot be kept, the next run makes it again.
        let _ = files::replace(&place, &lockfile::write(&lock));
        Ok(lock)
    }

    /// An environment in the cache with packages of a lock.
    ///
    /// # Errors
    /// Where a package has no file for this Python, or cannot be had.
    pub fn cached(
        &self,
        closure: LockedClosure<'_>,
        python: &Interpreter,
    ) -> Result<CachedEnvironment, GoalError> {
        let resolve = &closure.lock.resolve;
        let lock = closure.packages(python);
        let selected = select(&lock, python).map_err(|error| of_selection(error, resolve))?;
        let identity = identity(&selected, python);
        let environment = Environment::at(self.cached_place(identity, python));
        if !environment.is_complete() {
            self.fill(&environment, &lock, python, &selected)?;
        }
        Ok(CachedEnvironment {
            environment,
            identity,
        })
    }

    fn cached_place(&self, identity: Sha256, python: &Interpreter) -> Utf8PathBuf {
        let name = format!("{}\0{identity}", python.executable());
        let name = Sha256::of(name.as_bytes()).to_string();
        self.cache.join(FOLDER).join(&name[..SHOWN])
    }

    fn fill(
        &self,
        environment: &Environment,
        lock: &Lock,
        python: &Interpreter,
        selected: &[SelectedPackage<'_>],
    ) -> Result<(), GoalError> {
        let scope = SupplyScope {
            resolve: &lock.resolve,
            options: &self.options.index,
            lock,
        };
        let supply = Supply::new(self.session, &self.store, python, scope);
        let mut wheels = supply.wheels(selected).map_err(first)?;
        let contents = |wheels| EnvironmentContents {
            interpreter: python,
            prompt: &lock.resolve,
            wheels,
            projects: Vec::new(),
            source_roots: Vec::new(),
            policy: SyncPolicy::default(),
        };
        let mut synced = environment.sync(&contents(wheels.clone()), &self.store);
        if let Err(EnvironmentError::DamagedStore { .. } | EnvironmentError::NotInStore { .. }) =
            &synced
        {
            self.discard_damaged(&wheels)
                .map_err(|error| GoalError::file("mend the store", &self.cache, &error))?;
            wheels = supply.wheels(selected).map_err(first)?;
            synced = environment.sync(&contents(wheels), &self.store);
        }
        synced.map_err(|error| of_environment(error, &lock.resolve))?;
        Ok(())
    }
}

/// The number of characters of a hash in the name of a folder: scripts have its path in their first
/// line, which systems limit.
pub(super) const SHOWN: usize = 32;

impl LockedClosure<'_> {
    /// The lock with these packages only.
    fn packages(&self, python: &Interpreter) -> Lock {
        let mut lock = self.lock.clone();
        if let Some(roots) = self.roots {
            let names = self.names(roots, python);
            lock.packages
                .retain(|package| names.contains(&package.name));
        }
        lock
    }

    fn names(&self, roots: &BTreeSet<PackageName>, python: &Interpreter) -> BTreeSet<PackageName> {
        let environment = python.marker_environment();
        let mut names = BTreeSet::new();
        let mut pending: Vec<PackageName> = roots.iter().cloned().collect();
        while let Some(name) = pending.pop() {
            let packages = self.lock.packages.iter();
            let package = packages
                .filter(|package| package.name == name)
                .find(|package| package.marker.evaluate(environment, &[]));
            if let Some(package) = package
                && names.insert(name)
            {
                let needed = package.dependencies.iter();
                let needed = needed
                    .filter(|one| one.marker.evaluate(environment, &package.extras))
                    .map(|one| one.name.clone());
                pending.extend(needed);
            }
        }
        names
    }
}

/// This machine's platform; none where it has no name, and a lock is then for all.
fn this_platform() -> Option<Platform> {
    let machine = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    };
    format!("{}_{machine}", std::env::consts::OS).parse().ok()
}

/// A hash of packages, the files that they come from, and Python.
fn identity(selected: &[SelectedPackage<'_>], python: &Interpreter) -> Sha256 {
    let mut text = format!("{}\0{}\n", python.version(), python.build_key());
    for one in selected {
        let (package, file) = (one.package, &one.file);
        let _ = writeln!(
            text,
            "{} {} {:?} {file:?}",
            package.name, package.version, package.source
        );
    }
    Sha256::of(text.as_bytes())
}
