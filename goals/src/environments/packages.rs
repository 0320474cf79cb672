//! What of a lock some code reaches, in an environment of links: it costs milliseconds, so that each test
//! can have exactly its own packages.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use install::build::BuildRequirements;
use install::environment::{Environment, EnvironmentContents, StoredWheel, SyncPolicy};
use install::python::{Interpreter, NoInterpreter, PythonLocations};
use install::select;
use model::{InterpreterConstraints, Lock, PackageName, Requirement, Sha256};
use serde::{Deserialize, Serialize};
use workspace::files;

use super::error::{of_environment, of_selection, of_wheel};
use super::exporter::Exporter;
use super::supply::{Supply, SupplyScope};
use crate::error::GoalError;
use crate::locking::{LockPath, PackageIndexes};
use crate::supply::BuildIndex;

/// The folder of environments of links. A new layout gets a new name.
const LINKED: &str = "linked-environments-1";
/// The folder of what requirements that no lock has were resolved to. A new format gets a new name.
const RESOLVED: &str = "resolved-requirements-1";

/// The packages of a lock for one interpreter, and the wheels that were brought of it.
#[derive(Debug)]
pub struct LockedPackages {
    resolve: String,
    lock: Lock,
    python: Interpreter,
    wheels: BTreeMap<PackageName, StoredWheel>,
}

/// One wheel of resolved requirements, as it is remembered.
#[derive(Debug, Serialize, Deserialize)]
struct ResolvedWheel {
    name: PackageName,
    version: model::Version,
    sha256: Sha256,
}

impl LockedPackages {
    /// The interpreter.
    pub fn python(&self) -> &Interpreter {
        &self.python
    }

    /// The projects of the whole lock for this interpreter.
    pub fn all(&self) -> BTreeSet<PackageName> {
        let environment = self.python.marker_environment();
        let packages = self.lock.packages.iter();
        packages
            .filter(|package| package.marker.evaluate(environment, &[]))
            .map(|package| package.name.clone())
            .collect()
    }

    /// What requirements reach in the lock.
    ///
    /// # Errors
    /// The lock does not have one of them.
    pub fn closure(
        &self,
        requirements: &[Requirement],
    ) -> Result<BTreeSet<PackageName>, GoalError> {
        let environment = self.python.marker_environment();
        let needed = |all: &[Requirement], extras: &[model::ExtraName]| -> Vec<PackageName> {
            let all = all.iter();
            let needed = all.filter(|one| one.marker.evaluate(environment, extras));
            needed.map(|one| one.name.clone()).collect()
        };
        let mut closure = BTreeSet::new();
        let mut pending = needed(requirements, &[]);
        while let Some(name) = pending.pop() {
            if closure.contains(&name) || self.lock.inputs.excludes.contains(&name) {
                continue;
            }
            let mut packages = self.lock.packages.iter();
            let package = packages
                .find(|package| package.name == name && package.marker.evaluate(environment, &[]))
                .ok_or_else(|| self.not_locked(&name))?;
            pending.extend(needed(&package.dependencies, &package.extras));
            closure.insert(name);
        }
        Ok(closure)
    }

    fn not_locked(&self, name: &PackageName) -> GoalError {
        let resolve = &self.resolve;
        GoalError::failure(format!("the lock of `{resolve}` does not have {name}")).hint(format!(
            "run `cargo xtask generate-lockfiles --resolve {resolve}`"
        ))
    }

    /// The wheels of some of its projects, which were brought before.
    pub fn wheels(&self, names: &BTreeSet<PackageName>) -> Vec<StoredWheel> {
        names
            .iter()
            .filter_map(|name| self.wheels.get(name).cloned())
            .collect()
    }

    /// Whether the lock has a project for this interpreter.
    pub fn has(&self, name: &PackageName) -> bool {
        let environment = self.python.marker_environment();
        let mut packages = self.lock.packages.iter();
        packages.any(|package| package.name == *name && package.marker.evaluate(environment, &[]))
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

    /// The lock of a resolve, for `python`.
    ///
    /// # Errors
    /// There is no lock, or it is for other Pythons.
    pub fn locked_packages(
        &self,
        resolve: &str,
        python: &Interpreter,
    ) -> Result<LockedPackages, GoalError> {
        let path = LockPath::of(self.session, resolve)?;
        let lock = path.lock(resolve)?;
        let constraints = &lock.inputs.interpreter_constraints;
        if !constraints.contains(python.version()) {
            let allowed: Vec<String> = constraints.iter().collect();
            return Err(GoalError::failure(format!(
                "the lock of `{resolve}` is not for Python {}",
                python.version()
            ))
            .at(model::Place::file(path.relative.as_str()))
            .because(format!("it is for `{}`", allowed.join("` or `"))));
        }
        Ok(LockedPackages {
            resolve: resolve.to_owned(),
            lock,
            python: python.clone(),
            wheels: BTreeMap::new(),
        })
    }

    /// Brings the wheels of projects of a lock into the store.
    ///
    /// # Errors
    /// One cannot be had, or has no file for this machine.
    pub fn bring_locked(
        &self,
        packages: &mut LockedPackages,
        names: &BTreeSet<PackageName>,
    ) -> Result<(), GoalError> {
        let mut lock = packages.lock.clone();
        lock.packages.retain(|package| {
            names.contains(&package.name) && !packages.wheels.contains_key(&package.name)
        });
        if lock.packages.is_empty() {
            return Ok(());
        }
        let selected = select(&lock, &packages.python);
        let selected = selected.map_err(|error| of_selection(error, &packages.resolve))?;
        let scope = SupplyScope {
            resolve: &packages.resolve,
            options: &self.options.index,
            lock: &packages.lock,
        };
        let supply = Supply::new(self.session, &self.store, &packages.python, scope);
        let wheels = supply.wheels(&selected).map_err(super::exporter::first)?;
        let wheels = wheels.into_iter().map(|wheel| (wheel.name.clone(), wheel));
        packages.wheels.extend(wheels);
        Ok(())
    }

    /// The wheels of requirements that no lock has, and of what they require. What they were resolved to
    /// once stays, as long as the store has it.
    ///
    /// # Errors
    /// They cannot be resolved, or a wheel cannot be had.
    pub fn resolved_wheels(
        &self,
        requirements: &[Requirement],
        python: &Interpreter,
    ) -> Result<Vec<StoredWheel>, GoalError> {
        let mut lines: Vec<String> = requirements.iter().map(ToString::to_string).collect();
        lines.sort();
        let key = format!("{}\n{}", python.build_key(), lines.join("\n"));
        let name = format!("{}.json", Sha256::of(key.as_bytes()));
        let note = self.cache.join(RESOLVED).join(name);
        let known = fs_err::read(&note).ok();
        let known: Option<Vec<ResolvedWheel>> =
            known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let known = known.filter(|known| known.iter().all(|one| self.store.has(&one.sha256)));
        let resolved = match known {
            Some(known) => known,
            None => {
                let resolved = self.resolve_wheels(requirements, python)?;
                let text = serde_json::to_string(&resolved).unwrap_or_default();
                // Without the note they are resolved again the next time.
                let _ = files::replace(&note, &text);
                resolved
            }
        };
        let stored = |one: ResolvedWheel| StoredWheel {
            requested: requirements.iter().any(|asked| asked.name == one.name),
            name: one.name,
            version: one.version,
            sha256: one.sha256,
            direct_url: None,
            built_from: None,
        };
        Ok(resolved.into_iter().map(stored).collect())
    }

    fn resolve_wheels(
        &self,
        requirements: &[Requirement],
        python: &Interpreter,
    ) -> Result<Vec<ResolvedWheel>, GoalError> {
        let indexes = PackageIndexes::new(self.session, self.options.index.clone())?;
        let indexes = indexes.watched_by(self.session.progress());
        let index = indexes.plain_index()?;
        let provided = BuildIndex { index: &index }.provide(requirements, python);
        let provided = provided.map_err(|error| {
            let names: Vec<String> = requirements.iter().map(ToString::to_string).collect();
            GoalError::failure(format!("cannot resolve `{}`", names.join("`, `")))
                .because(error.to_string())
        })?;
        let unpack = |wheel: &install::build::BuildWheel| {
            let unpacked = self
                .store
                .unpack(&wheel.path, &wheel.filename, wheel.sha256.as_ref());
            let unpacked = unpacked.map_err(of_wheel)?;
            Ok(ResolvedWheel {
                name: unpacked.name().clone(),
                version: unpacked.version().clone(),
                sha256: *unpacked.sha256(),
            })
        };
        provided.iter().map(unpack).collect()
    }

    /// The environment of exactly these wheels, made of links.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn linked(
        &self,
        python: &Interpreter,
        wheels: Vec<StoredWheel>,
    ) -> Result<Environment, GoalError> {
        let mut wheels = wheels;
        wheels.sort();
        wheels.dedup();
        let environment = Environment::at(self.linked_place(python, &wheels));
        let wanted = EnvironmentContents {
            interpreter: python,
            prompt: "xtask",
            wheels,
            projects: Vec::new(),
            source_roots: Vec::new(),
            policy: SyncPolicy::default(),
        };
        let made = environment.link(&wanted, &self.store);
        made.map_err(|error| of_environment(error, "tests"))?;
        Ok(environment)
    }

    fn linked_place(&self, python: &Interpreter, wheels: &[StoredWheel]) -> Utf8PathBuf {
        let mut key = format!("{}\n{}\n", python.build_key(), python.base_executable());
        for wheel in wheels {
            key += &format!("{} {}\n", wheel.sha256, wheel.requested);
        }
        self.cache
            .join(LINKED)
            .join(&Sha256::of(key.as_bytes()).to_string()[..32])
    }
}
