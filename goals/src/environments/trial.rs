//! Environments for trying wheels that were just built. The wheels are installed with the packages
//! that the lock of their resolve has for their requirements; then their entry points must load.
//!
//! These environments stay in the cache, so that the next run links only what changed and Python
//! compiles each module once.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use camino::{Utf8Path, Utf8PathBuf};
use install::environment::{
    Environment, EnvironmentContents, EnvironmentError, StoredWheel, SyncPolicy,
};
use install::python::{CompatibleTags, Interpreter};
use install::{UnpackedWheel, WheelError, select};
use model::{InterpreterConstraints, Lock, Metadata, PackageName, Requirement, WheelFilename};
use serde::Deserialize;

use super::error::of_environment;
use super::exporter::Exporter;
use super::supply::{Supply, SupplyScope};
use crate::error::GoalError;
use crate::locking::LockPath;

/// The folder of these environments. A new layout gets a new name.
const FOLDER: &str = "trials-1";
const LOADER: &str = include_str!("load.py");
/// The number of lines of Python's output in an error, if Python itself ended.
const TAIL: usize = 10;

/// Wheels that are tried together.
#[derive(Debug)]
pub struct Trial<'a> {
    /// The resolve whose lock is used for everything else.
    pub resolve: Option<&'a str>,
    /// The Pythons that the wheels are for.
    pub interpreter_constraints: &'a InterpreterConstraints,
    /// The wheels.
    pub wheels: Vec<TrialWheel<'a>>,
}

/// A wheel that was just built.
#[derive(Debug)]
pub struct TrialWheel<'a> {
    /// The final name of the wheel.
    pub filename: WheelFilename,
    /// The present path of the wheel.
    pub path: &'a Utf8Path,
}

/// The result of trying a wheel.
#[derive(Debug, Clone)]
pub enum TrialVerdict {
    /// It was installed, and its entry points load.
    Loads,
    /// It was installed, and these entry points do not load.
    Fails(Vec<LoadFailure>),
    /// It cannot be installed.
    Refused(GoalError),
    /// It was not installed.
    TrialObstacle(TrialObstacle),
}

/// Why a wheel was not installed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrialObstacle {
    /// It is for another platform.
    OtherPlatform,
    /// Something else that it requires is not available here.
    Because(String),
}

/// An entry point that does not load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadFailure {
    /// `console_scripts`
    pub group: String,
    /// The name in the group.
    pub name: String,
    /// `module:attribute`
    pub value: String,
    /// The exception with its message.
    pub what: String,
    /// The place in the environment where it was raised.
    pub place: Option<String>,
}

/// A line of the loader's answer.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Before {
        project: PackageName,
        group: String,
        name: String,
        value: String,
    },
    After {
        what: Option<String>,
        place: Option<String>,
    },
}

/// A wheel that this Python can use, unpacked.
struct Usable {
    /// Its position in the trial.
    at: usize,
    wheel: UnpackedWheel,
    metadata: Metadata,
}

/// The packages to install.
struct Supplies<'a> {
    python: &'a Interpreter,
    usable: BTreeMap<PackageName, Usable>,
    /// If they are not available, the reason.
    lock: Result<Lock, String>,
}

impl Exporter<'_> {
    /// Installs wheels and loads their entry points. The results are in the order of the wheels.
    pub fn try_wheels(&self, trial: &Trial<'_>) -> Vec<TrialVerdict> {
        let untried = |why: String| {
            vec![TrialVerdict::TrialObstacle(TrialObstacle::Because(why)); trial.wheels.len()]
        };
        let python = match self.interpreter_of(trial.interpreter_constraints) {
            Ok(python) => python,
            Err(_) => return untried(no_python(trial.interpreter_constraints)),
        };
        let _guard = match self.only_trial() {
            Ok(guard) => guard,
            Err(error) => return untried(error.message().to_owned()),
        };
        let mut verdicts = vec![TrialVerdict::Loads; trial.wheels.len()];
        let mut usable = BTreeMap::new();
        for (at, wheel) in trial.wheels.iter().enumerate() {
            match self.usable(at, wheel, &python) {
                Ok(one) => drop(usable.insert(one.wheel.name().clone(), one)),
                Err(verdict) => verdicts[at] = verdict,
            }
        }
        let mut supplies = Supplies {
            lock: self.lock_for(trial.resolve, &python),
            python: &python,
            usable,
        };
        let third_party = supplies.leave_out_what_lacks(&mut verdicts);
        let brought = self.bring(trial, &supplies, &third_party);
        let third_party = brought.unwrap_or_else(|why| {
            supplies.lock = Err(why);
            supplies.leave_out_what_lacks(&mut verdicts);
            Vec::new()
        });
        let installed = self.install(trial, &supplies, &third_party);
        match installed.and_then(|environment| load_all(&environment, &supplies)) {
            Ok(failures) => {
                for (name, failures) in failures {
                    verdicts[supplies.usable[&name].at] = TrialVerdict::Fails(failures);
                }
            }
            Err(verdict) => {
                let wheels = supplies.usable.values();
                wheels.for_each(|one| verdicts[one.at] = verdict.clone());
            }
        }
        for one in supplies.usable.values() {
            // A wheel that was just built is of no use in any other environment.
            let _ = self.store.discard(one.wheel.sha256());
        }
        verdicts
    }

    /// Makes other runs wait until the guard is dropped.
    fn only_trial(&self) -> Result<fs_err::File, GoalError> {
        let path = self.cache.join(FOLDER).join(".lock");
        let error = |error: std::io::Error| GoalError::file("open", &path, &error);
        fs_err::create_dir_all(self.cache.join(FOLDER)).map_err(error)?;
        let file = fs_err::File::create(&path).map_err(error)?;
        file.lock().map_err(error)?;
        Ok(file)
    }

    fn usable(
        &self,
        at: usize,
        wheel: &TrialWheel<'_>,
        python: &Interpreter,
    ) -> Result<Usable, TrialVerdict> {
        if CompatibleTags::of(python).rank(&wheel.filename).is_none() {
            return Err(TrialVerdict::TrialObstacle(
                match &*wheel.filename.platform_tag {
                    "any" => TrialObstacle::Because("its Python tag is for another one".to_owned()),
                    _ => TrialObstacle::OtherPlatform,
                },
            ));
        }
        let unpacked = self.store.unpack(wheel.path, &wheel.filename, None);
        let refused = |error: WheelError| GoalError::failure(error.to_string());
        let unpacked = unpacked.map_err(|error| TrialVerdict::Refused(refused(error)))?;
        let unreadable = |error: String| {
            let message = format!("METADATA of {} cannot be read: {error}", wheel.filename);
            TrialVerdict::Refused(GoalError::failure(message))
        };
        let text = unpacked.metadata();
        let text = text.map_err(|error| unreadable(error.to_string()))?;
        let metadata = Metadata::parse(&text).map_err(|error| unreadable(error.to_string()))?;
        let required = metadata.requires_python.as_ref();
        if let Some(required) = required.filter(|required| !required.contains(python.version())) {
            let why = format!("Python {} is not `{required}`", python.version());
            return Err(TrialVerdict::TrialObstacle(TrialObstacle::Because(why)));
        }
        Ok(Usable {
            at,
            wheel: unpacked,
            metadata,
        })
    }

    fn lock_for(&self, resolve: Option<&str>, python: &Interpreter) -> Result<Lock, String> {
        let resolve = resolve.ok_or("it belongs to no resolve")?;
        let lock = LockPath::of(self.session, resolve).and_then(|path| path.lock(resolve));
        let lock = lock.map_err(|_| {
            format!(
                "`{resolve}` has no lock of ours (`cargo xtask generate-lockfiles --resolve {resolve}`)"
            )
        })?;
        match lock
            .inputs
            .interpreter_constraints
            .contains(python.version())
        {
            true => Ok(lock),
            false => Err(format!(
                "the lock of `{resolve}` is not for Python {}",
                python.version()
            )),
        }
    }

    /// The locked packages among `third_party`, in the store.
    fn bring(
        &self,
        trial: &Trial<'_>,
        supplies: &Supplies<'_>,
        third_party: &BTreeSet<PackageName>,
    ) -> Result<Vec<StoredWheel>, String> {
        let (Ok(lock), Some(resolve)) = (&supplies.lock, trial.resolve) else {
            return Ok(Vec::new());
        };
        let lock = only(lock, third_party);
        let selected = select(&lock, supplies.python).map_err(|error| error.to_string())?;
        let scope = SupplyScope {
            resolve,
            options: &self.options.index,
            lock: &lock,
        };
        let supply = Supply::new(self.session, &self.store, supplies.python, scope);
        let wheels = supply.wheels(&selected);
        wheels.map_err(|errors| errors[0].message().to_owned())
    }

    /// An environment with the usable wheels and those of the lock.
    fn install(
        &self,
        trial: &Trial<'_>,
        supplies: &Supplies<'_>,
        third_party: &[StoredWheel],
    ) -> Result<Environment, TrialVerdict> {
        let resolve = trial.resolve.unwrap_or_default();
        let environment = Environment::at(self.place(resolve, supplies.python));
        let built = supplies.usable.values().map(Usable::wanted);
        let wanted = EnvironmentContents {
            interpreter: supplies.python,
            prompt: "trial",
            wheels: built.chain(third_party.iter().cloned()).collect(),
            projects: Vec::new(),
            source_roots: Vec::new(),
            policy: SyncPolicy::default(),
        };
        match environment.sync(&wanted, &self.store) {
            Ok(_) => Ok(environment),
            Err(error @ EnvironmentError::FileAndFolder { .. }) => {
                Err(TrialVerdict::Refused(of_environment(error, resolve)))
            }
            Err(error) => Err(TrialVerdict::TrialObstacle(TrialObstacle::Because(
                error.to_string(),
            ))),
        }
    }

    /// There is one environment for each checkout, resolve and Python.
    fn place(&self, resolve: &str, python: &Interpreter) -> Utf8PathBuf {
        let mut hasher = DefaultHasher::new();
        (self.session.root(), resolve, python.executable()).hash(&mut hasher);
        let name = format!("{:016x}", hasher.finish());
        self.cache.join(FOLDER).join(name)
    }
}

impl Supplies<'_> {
    /// Leaves out wheels with requirements that are not available here. Gives what the others
    /// require from the lock.
    fn leave_out_what_lacks(&mut self, verdicts: &mut [TrialVerdict]) -> BTreeSet<PackageName> {
        let mut third_party = BTreeSet::new();
        let mut lacking = Vec::new();
        for (name, one) in &self.usable {
            match self.closure(name) {
                Ok(names) => third_party.extend(names),
                Err(why) => lacking.push((name.clone(), one.at, why)),
            }
        }
        for (name, at, why) in lacking {
            verdicts[at] = TrialVerdict::TrialObstacle(TrialObstacle::Because(why));
            self.usable.remove(&name);
        }
        third_party.retain(|name| !self.usable.contains_key(name));
        third_party
    }

    /// Everything that a project requires here, directly or not, and the project itself.
    fn closure(&self, name: &PackageName) -> Result<BTreeSet<PackageName>, String> {
        let mut closure = BTreeSet::new();
        let mut pending = vec![name.clone()];
        while let Some(name) = pending.pop() {
            if closure.contains(&name) {
                continue;
            }
            let required = match (self.usable.get(&name), &self.lock) {
                (Some(one), _) => self.needed(&one.metadata.requires_dist, &[]),
                (None, Err(why)) => return Err(why.clone()),
                (None, Ok(lock)) => self.locked(lock, &name)?,
            };
            closure.insert(name);
            pending.extend(required);
        }
        Ok(closure)
    }

    fn locked(&self, lock: &Lock, name: &PackageName) -> Result<Vec<PackageName>, String> {
        let environment = self.python.marker_environment();
        let mut packages = lock.packages.iter();
        let package = packages
            .find(|package| package.name == *name && package.marker.evaluate(environment, &[]));
        let package = package.ok_or_else(|| {
            format!(
                "{name} is neither among the wheels that passed nor in the lock of `{}` for this machine",
                lock.resolve
            )
        })?;
        Ok(self.needed(&package.dependencies, &package.extras))
    }

    fn needed(
        &self,
        requirements: &[Requirement],
        extras: &[model::ExtraName],
    ) -> Vec<PackageName> {
        let environment = self.python.marker_environment();
        let needed = requirements
            .iter()
            .filter(|requirement| requirement.marker.evaluate(environment, extras));
        needed.map(|requirement| requirement.name.clone()).collect()
    }
}

impl Usable {
    fn wanted(&self) -> StoredWheel {
        StoredWheel {
            name: self.wheel.name().clone(),
            version: self.wheel.version().clone(),
            sha256: *self.wheel.sha256(),
            requested: true,
            direct_url: None,
            built_from: None,
            seed: false,
        }
    }
}

/// The lock with these packages only.
fn only(lock: &Lock, names: &BTreeSet<PackageName>) -> Lock {
    let mut lock = lock.clone();
    lock.packages
        .retain(|package| names.contains(&package.name));
    lock
}

fn no_python(constraints: &InterpreterConstraints) -> String {
    let constraints: Vec<String> = constraints.iter().collect();
    format!("no Python that is {} was found", constraints.join(" or "))
}

/// Gives the projects with entry points that do not load. Python is started once, and again only if
/// an entry point ended it.
fn load_all(
    environment: &Environment,
    supplies: &Supplies<'_>,
) -> Result<BTreeMap<PackageName, Vec<LoadFailure>>, TrialVerdict> {
    let has_entry_points = |one: &&Usable| {
        let mut files = one.wheel.files();
        files.any(|(path, _)| path.ends_with(".dist-info/entry_points.txt"))
    };
    let with_entry_points = supplies.usable.values().filter(has_entry_points);
    let mut names: Vec<&str> = with_entry_points
        .map(|one| one.wheel.name().as_str())
        .collect();
    let mut failures = BTreeMap::new();
    while !names.is_empty() {
        let (answer, end) = load(environment, &names).map_err(|error| {
            TrialVerdict::Refused(GoalError::failure(format!("cannot run Python: {error}")))
        })?;
        let last = read_answer(&answer, end.as_deref(), &mut failures);
        let Some(end) = end else { break };
        let Some(last) = last else {
            let error = GoalError::failure(format!("cannot load entry points: {end}"));
            return Err(TrialVerdict::Refused(error));
        };
        names = names.split_off(
            names
                .iter()
                .position(|name| *name == last.as_str())
                .map_or(names.len(), |at| at + 1),
        );
    }
    Ok(failures)
}

/// Starts Python. Gives the loader's answer and, if Python was ended by something else, how.
fn load(environment: &Environment, names: &[&str]) -> std::io::Result<(String, Option<String>)> {
    let folder = tempfile::tempdir()?;
    let (loader, answer) = (folder.path().join("load.py"), folder.path().join("answer"));
    fs_err::write(&loader, LOADER)?;
    fs_err::write(&answer, "")?;
    let first = [
        "-I".into(),
        "-u".into(),
        loader.into_os_string(),
        answer.clone().into_os_string(),
    ];
    let arguments = first.into_iter().chain(names.iter().map(Into::into));
    let output = duct::cmd(environment.python().as_std_path(), arguments)
        .dir(folder.path())
        .stdin_null()
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()?;
    let end = (!output.status.success()).then(|| {
        let printed = String::from_utf8_lossy(&output.stdout);
        let lines: Vec<&str> = printed.lines().collect();
        let tail = lines[lines.len().saturating_sub(TAIL)..].join("\n");
        format!("Python was ended ({})\n{tail}", output.status)
            .trim_end()
            .to_owned()
    });
    Ok((fs_err::read_to_string(&answer)?, end))
}

/// Adds the failures in the loader's answer. Gives the project that was being loaded at its end.
/// `end` says how Python ended, if not by the loader.
fn read_answer(
    answer: &str,
    end: Option<&str>,
    failures: &mut BTreeMap<PackageName, Vec<LoadFailure>>,
) -> Option<PackageName> {
    let mut add =
        |(project, group, name, value): (PackageName, String, String, String), what, place| {
            failures.entry(project).or_default().push(LoadFailure {
                group,
                name,
                value,
                what,
                place,
            });
        };
    let mut loading = None;
    for line in answer
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
    {
        match line {
            Line::Before {
                project,
                group,
                name,
                value,
            } => loading = Some((project, group, name, value)),
            Line::After { what, place } => {
                if let (Some(point), Some(what)) = (loading.take(), what) {
                    add(point, what, place);
                }
            }
        }
    }
    let loading = loading?;
    let project = loading.0.clone();
    if let Some(end) = end {
        add(loading, end.to_owned(), None);
    }
    Some(project)
}
