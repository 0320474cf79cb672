//! Environments of links for tests: the packages of several locks that some code reaches, and nothing else.
//! Making one costs milliseconds, so that each test can have exactly its own.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use install::environment::{Environment, EnvironmentContents, StoredWheel, SyncPolicy};
use install::python::{Interpreter, NoInterpreter, PythonLocations};
use install::select;
use model::{InterpreterConstraints, Lock, PackageName, Sha256};
use rustc_hash::FxHashMap;
use workspace::files;

use super::cached::CachedEnvironment;
use super::error::{of_environment, of_selection};
use super::exporter::{Exporter, first};
use super::supply::{Supply, SupplyScope};
use crate::error::GoalError;

/// The folder of environments of links. A new layout gets a new name.
const FOLDER: &str = "linked-environments-1";

/// The number of characters of a hash in the name of a folder.
const SHOWN: usize = 32;

/// Adds the source roots that a variable has to `sys.path`, in programs that tests start too.
const ROOTS: &str = "import os, sys; sys.path.extend(p for p in os.environ.get('PEX_EXTRA_SYS_PATH', '').split(os.pathsep) if p)\n";

/// The packages of a lock for one Python, and which need which.
#[derive(Debug)]
pub struct LockedPackages {
    lock: Lock,
    python: Interpreter,
    needs: FxHashMap<PackageName, Vec<PackageName>>,
}

impl LockedPackages {
    /// The packages of `lock` that are for `python`.
    pub fn new(lock: Lock, python: &Interpreter) -> Self {
        let environment = python.marker_environment();
        let of_python = lock.packages.iter();
        let of_python = of_python.filter(|package| package.marker.evaluate(environment, &[]));
        let needs = of_python.map(|package| {
            let needed = package.dependencies.iter();
            let needed = needed.filter(|one| one.marker.evaluate(environment, &package.extras));
            let needed = needed.map(|one| one.name.clone()).collect();
            (package.name.clone(), needed)
        });
        Self {
            needs: needs.collect(),
            python: python.clone(),
            lock,
        }
    }

    /// The projects of the whole lock.
    pub fn all(&self) -> BTreeSet<PackageName> {
        self.needs.keys().cloned().collect()
    }

    /// Projects with all that they need.
    ///
    /// # Errors
    /// The lock does not have one of them.
    pub fn closure(
        &self,
        roots: &BTreeSet<PackageName>,
    ) -> Result<BTreeSet<PackageName>, GoalError> {
        let mut closure = BTreeSet::new();
        let mut pending: Vec<&PackageName> = roots.iter().collect();
        while let Some(name) = pending.pop() {
            if closure.contains(name) || self.lock.inputs.excludes.contains(name) {
                continue;
            }
            let needed = self.needs.get(name).ok_or_else(|| self.not_locked(name))?;
            pending.extend(needed);
            closure.insert(name.clone());
        }
        Ok(closure)
    }

    fn not_locked(&self, name: &PackageName) -> GoalError {
        let resolve = &self.lock.resolve;
        GoalError::failure(format!("the lock of `{resolve}` does not have {name}")).hint(format!(
            "run `cargo xtask generate-lockfiles --resolve {resolve}`"
        ))
    }
}

impl Exporter<'_> {
    /// The interpreter of the lowest version that satisfies `constraints`.
    ///
    /// # Errors
    /// There is none.
    pub fn lowest_interpreter(
        &self,
        constraints: &InterpreterConstraints,
    ) -> Result<Interpreter, NoInterpreter> {
        let places = PythonLocations::of_this_machine(self.session.root());
        self.interpreters
            .find_lowest(constraints, &self.search_path, &places)
    }

    /// Brings the wheels of projects of a lock into the store.
    ///
    /// # Errors
    /// One cannot be had, or has no file for this machine.
    pub fn locked_wheels(
        &self,
        packages: &LockedPackages,
        names: &BTreeSet<PackageName>,
    ) -> Result<BTreeMap<PackageName, StoredWheel>, GoalError> {
        let mut lock = packages.lock.clone();
        lock.packages
            .retain(|package| names.contains(&package.name));
        let resolve = &lock.resolve;
        let selected = select(&lock, &packages.python);
        let selected = selected.map_err(|error| of_selection(error, resolve))?;
        let scope = SupplyScope {
            resolve,
            options: &self.options.index,
            lock: &packages.lock,
        };
        let supply = Supply::new(self.session, &self.store, &packages.python, scope);
        let wheels = supply.wheels(&selected).map_err(first)?;
        let named = wheels.into_iter().map(|wheel| (wheel.name.clone(), wheel));
        Ok(named.collect())
    }

    /// The environment of exactly these wheels, made of links. The first of two that have a file at the same
    /// path counts.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn linked(
        &self,
        python: &Interpreter,
        wheels: &[StoredWheel],
    ) -> Result<CachedEnvironment, GoalError> {
        let identity = identity(python, wheels);
        let environment = Environment::at(self.linked_place(python, identity));
        let (major, minor) = python.major_minor();
        let roots = format!("lib/python{major}.{minor}/site-packages/source_roots.pth");
        let roots = environment.root().join(roots);
        // What another run is making has no such file yet.
        if !roots.exists() || !environment.is_complete() || !environment.python().exists() {
            let wanted = EnvironmentContents {
                interpreter: python,
                prompt: "test",
                wheels: wheels.to_vec(),
                projects: Vec::new(),
                source_roots: Vec::new(),
                policy: SyncPolicy::default(),
            };
            let made = environment.link(&wanted, &self.store);
            made.map_err(|error| of_environment(error, "test"))?;
            let written = files::replace(&roots, ROOTS);
            written.map_err(|error| GoalError::file("write", &roots, &error))?;
        }
        Ok(CachedEnvironment {
            environment,
            identity,
        })
    }

    fn linked_place(&self, python: &Interpreter, identity: Sha256) -> Utf8PathBuf {
        let key = format!("{identity}\n{}\n", python.base_executable());
        let name = Sha256::of(key.as_bytes()).to_string();
        self.cache.join(FOLDER).join(&name[..SHOWN])
    }
}

/// What an environment holds, in the order in which it counts: the same on every machine.
fn identity(python: &Interpreter, wheels: &[StoredWheel]) -> Sha256 {
    let mut key = format!("{}\n", python.build_key());
    for wheel in wheels {
        key += &format!("{} {}\n", wheel.sha256, wheel.requested);
    }
    Sha256::of(key.as_bytes())
}
