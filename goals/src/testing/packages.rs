//! The environment of each batch: pytest and its plug-ins first, then what of the resolve the tests reach.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use install::environment::StoredWheel;
use install::python::Interpreter;
use model::{InterpreterConstraints, PackageName, Requirement};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use targets::{TargetGraph, TargetId, TargetSet};

use super::plan::TestBatch;
use super::plugins::{DEBUGGER, refuse_missing};
use super::shared_packages::{ModulePackages, server_groups};
use crate::environments::{CachedEnvironment, ExportOptions, Exporter, LockedPackages};
use crate::error::GoalError;
use crate::graph::interpreter_constraints;
use crate::locking::IndexChoice;
use crate::session::Session;

/// What is required where no resolve has pytest.
const PYTEST: &[&str] = &["pytest>=7", "pytest-cov>=4", "pytest-xdist>=3"];

/// Which packages tests see: those of their resolve that requirements reach, and the Python.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct PackageChoice {
    python: usize,
    /// None where resolves are not used.
    resolve: Option<String>,
    requirements: BTreeSet<String>,
}

/// Finds packages for the batches of a run, and says once what is odd about them.
struct PackageFinder<'a> {
    session: &'a Session,
    exporter: Exporter<'a>,
    pythons: Vec<Interpreter>,
    /// The Python of constraints.
    chosen: BTreeMap<Vec<String>, usize>,
    /// Targets that are for a Python, or for any, as far as they were asked.
    fitting: BTreeMap<usize, TargetSet>,
    /// Targets that have requirements.
    requiring: Option<TargetSet>,
    locks: BTreeMap<(usize, Option<String>, BTreeSet<String>), LockedPackages>,
    pytest: BTreeMap<usize, Vec<StoredWheel>>,
    disagreements: BTreeSet<(PackageName, String, String)>,
    /// What batches see, each once.
    seen: Vec<PackageChoice>,
    /// The positions there, by the Python, the resolve and the targets of requirements that a batch reaches.
    by_targets: FxHashMap<(usize, Option<String>, Vec<TargetId>), usize>,
}

/// The environment of a batch.
#[derive(Debug, Clone)]
pub(super) struct TestEnvironment {
    /// What it runs in.
    pub(super) own: Arc<CachedEnvironment>,
    /// What of that others have too: that of the fork server.
    pub(super) shared: Arc<CachedEnvironment>,
}

/// The environments of batches, in their order.
pub(super) fn environments(
    session: &Session,
    graph: &TargetGraph<'_>,
    (choice, batches): (&IndexChoice, &[TestBatch]),
) -> Result<Vec<TestEnvironment>, GoalError> {
    let mut finder = PackageFinder::new(session, choice)?;
    let mut choices = Vec::new();
    for batch in batches {
        choices.push(finder.choice(graph, batch)?);
    }
    let seen = std::mem::take(&mut finder.seen);
    let distinct: BTreeSet<&PackageChoice> = seen.iter().collect();
    let wheels = finder.wheels(&distinct)?;
    finder.say_disagreements();
    let mut modules: BTreeMap<&PackageChoice, usize> = BTreeMap::new();
    for at in &choices {
        *modules.entry(&seen[*at]).or_default() += 1;
    }
    let used = wheels.iter().map(|(choice, wheels)| ModulePackages {
        python: choice.python,
        modules: modules[choice],
        wheels,
    });
    let groups = server_groups(&used.collect::<Vec<_>>());
    let linked = |python: usize, wheels: &[StoredWheel]| {
        let environment = finder.exporter.linked(&finder.pythons[python], wheels);
        environment.map(Arc::new)
    };
    let own = wheels.par_iter();
    let own: Vec<_> = own
        .map(|(choice, wheels)| linked(choice.python, wheels))
        .collect();
    let own: Vec<Arc<CachedEnvironment>> = own.into_iter().collect::<Result<_, _>>()?;
    let mut shared = own.clone();
    for group in &groups {
        let has_no_more = |at: &&usize| wheels[**at].1.len() == group.common.len();
        let environment = match group.members.iter().find(has_no_more) {
            Some(at) => own[*at].clone(),
            None => linked(group.python, &group.common)?,
        };
        for at in &group.members {
            shared[*at] = environment.clone();
        }
    }
    let each = wheels.iter().zip(own.into_iter().zip(shared));
    let of_choice =
        each.map(|((choice, _), (own, shared))| (*choice, TestEnvironment { own, shared }));
    let of_choice: BTreeMap<&PackageChoice, TestEnvironment> = of_choice.collect();
    let of_batch = choices.iter().map(|at| of_choice[&seen[*at]].clone());
    Ok(of_batch.collect())
}

/// An environment with pytest's packages alone, in which reports of coverage are made.
///
/// # Errors
/// It cannot be made.
pub(super) fn reporting_environment(
    session: &Session,
    choice: &IndexChoice,
) -> Result<CachedEnvironment, GoalError> {
    let mut finder = PackageFinder::new(session, choice)?;
    let constraints = session.settings.interpreter_constraints("")?;
    let python = finder.lowest(constraints, "coverage")?;
    let wheels = finder.pytest(python)?;
    finder.exporter.linked(&finder.pythons[python], &wheels)
}

impl<'a> PackageFinder<'a> {
    fn new(session: &'a Session, choice: &IndexChoice) -> Result<Self, GoalError> {
        let options = ExportOptions {
            index: choice.clone(),
            ..ExportOptions::default()
        };
        Ok(Self {
            session,
            exporter: Exporter::new(session, options)?,
            pythons: Vec::new(),
            chosen: BTreeMap::new(),
            fitting: BTreeMap::new(),
            requiring: None,
            locks: BTreeMap::new(),
            pytest: BTreeMap::new(),
            disagreements: BTreeSet::new(),
            seen: Vec::new(),
            by_targets: FxHashMap::default(),
        })
    }
}

impl PackageFinder<'_> {
    /// The position of what a batch sees among all that was seen.
    fn choice(&mut self, graph: &TargetGraph<'_>, batch: &TestBatch) -> Result<usize, GoalError> {
        let python = self.python(graph, batch)?;
        let settings = &self.session.settings.python;
        let resolve = batch.resolve.clone().filter(|_| settings.enable_resolves);
        let all = || graph.those(|id| !graph.required_by(id).is_empty());
        let requiring = self.requiring.get_or_insert_with(all);
        let requiring = batch.closure.also_in(requiring).collect();
        let key = (python, resolve.clone(), requiring);
        if let Some(known) = self.by_targets.get(&key) {
            return Ok(*known);
        }
        let lines = key.2.iter().flat_map(|id| graph.required_by(*id));
        let required = lines.filter_map(|line| line.specifier.requirement());
        self.seen.push(PackageChoice {
            python,
            resolve,
            requirements: required.map(ToString::to_string).collect(),
        });
        let at = self.seen.len() - 1;
        self.by_targets.insert(key, at);
        Ok(at)
    }

    /// The lowest interpreter that the tests' constraints admit, and those of all that they reach.
    fn python(&mut self, graph: &TargetGraph<'_>, batch: &TestBatch) -> Result<usize, GoalError> {
        let python = self.lowest(&batch.constraints, &batch.title())?;
        let version = self.pythons[python].version().clone();
        let any = || graph.those(|id| !graph.target(id).is_python());
        let fitting = self.fitting.entry(python).or_insert_with(any);
        let mut asked = batch.closure.clone();
        asked.take_out(fitting);
        for id in asked.iter() {
            let allowed = interpreter_constraints(self.session, graph, id)?;
            if !allowed.contains(&version) {
                let allowed: Vec<String> = allowed.iter().collect();
                return Err(GoalError::failure(format!(
                    "{} runs with Python {version}, and {}, which it reaches, is for `{}`",
                    batch.title(),
                    graph.target(id).address,
                    allowed.join("` or `")
                ))
                .hint("give both `interpreter_constraints` that one Python satisfies"));
            }
        }
        fitting.add(&asked);
        Ok(python)
    }

    /// The lowest interpreter that constraints admit, to run what `title` names.
    fn lowest(
        &mut self,
        admitted: &InterpreterConstraints,
        title: &str,
    ) -> Result<usize, GoalError> {
        let constraints: Vec<String> = admitted.iter().collect();
        if let Some(known) = self.chosen.get(&constraints) {
            return Ok(*known);
        }
        let found = self.exporter.lowest_interpreter(admitted);
        let python = found.map_err(|no| {
            let text = no.to_string();
            let mut lines = text.lines();
            let first = lines.next().unwrap_or_default();
            let error = GoalError::failure(format!("cannot run {title}: {first}"));
            let error = lines.fold(error, |error, line| error.because(line.trim()));
            error.hint("install one, or say where it is: `search_path` in `[python-bootstrap]`")
        })?;
        let mut known = self.pythons.iter();
        let known = known.position(|known| known.executable() == python.executable());
        let place = known.unwrap_or_else(|| {
            self.pythons.push(python);
            self.pythons.len() - 1
        });
        self.chosen.insert(constraints, place);
        Ok(place)
    }

    /// All wheels of each choice: those of pytest, then those of its resolve that are not among them.
    fn wheels<'c>(
        &mut self,
        choices: &BTreeSet<&'c PackageChoice>,
    ) -> Result<Vec<(&'c PackageChoice, Vec<StoredWheel>)>, GoalError> {
        let mut closures = Vec::new();
        let mut needed: BTreeMap<_, BTreeSet<PackageName>> = BTreeMap::new();
        for choice in choices {
            let requirements = parsed(choice.requirements.iter().map(String::as_str))?;
            if requirements.is_empty() {
                closures.push((*choice, None));
                continue;
            }
            let key = self.lock(choice.python, (choice.resolve.as_deref(), &requirements))?;
            let closure = self.closure(&key, &requirements)?;
            needed
                .entry(key.clone())
                .or_default()
                .extend(closure.clone());
            closures.push((*choice, Some((key, closure))));
        }
        let mut brought = BTreeMap::new();
        for (key, names) in &needed {
            brought.insert(key, self.exporter.locked_wheels(&self.locks[key], names)?);
        }
        let mut all = Vec::new();
        for (choice, closure) in closures {
            let mut wheels = self.pytest(choice.python)?;
            if let Some((key, closure)) = &closure {
                let own = closure.iter().filter_map(|name| brought[key].get(name));
                self.add(&mut wheels, own, choice.resolve.as_deref());
            }
            refuse_missing(self.session, &wheels)?;
            all.push((choice, wheels));
        }
        Ok(all)
    }

    /// Adds wheels to those of pytest, which count where both have one.
    fn add<'w>(
        &mut self,
        wheels: &mut Vec<StoredWheel>,
        own: impl Iterator<Item = &'w StoredWheel>,
        resolve: Option<&str>,
    ) {
        for wheel in own {
            match wheels.iter().find(|known| known.name == wheel.name) {
                Some(known) if known.version == wheel.version => {}
                Some(known) => {
                    let versions = format!("{} and {}", known.version, wheel.version);
                    let resolve = resolve.unwrap_or_default().to_owned();
                    self.disagreements
                        .insert((wheel.name.clone(), versions, resolve));
                }
                None => wheels.push(wheel.clone()),
            }
        }
    }

    /// The key of a lock that has requirements: that of the resolve, or one that is made for them.
    fn lock(
        &mut self,
        python: usize,
        (resolve, requirements): (Option<&str>, &[Requirement]),
    ) -> Result<(usize, Option<String>, BTreeSet<String>), GoalError> {
        let texts = match resolve {
            Some(_) => BTreeSet::new(),
            None => requirements.iter().map(ToString::to_string).collect(),
        };
        let key = (python, resolve.map(str::to_owned), texts);
        if !self.locks.contains_key(&key) {
            let interpreter = &self.pythons[python];
            let lock = match resolve {
                Some(resolve) => self.exporter.lock_of(resolve)?,
                None => self.exporter.tool_lock(requirements, interpreter)?,
            };
            let constraints = &lock.inputs.interpreter_constraints;
            if !constraints.contains(interpreter.version()) {
                let allowed: Vec<String> = constraints.iter().collect();
                return Err(GoalError::failure(format!(
                    "the lock of `{}` is not for Python {}, which tests run with",
                    lock.resolve,
                    interpreter.version()
                ))
                .because(format!("it is for `{}`", allowed.join("` or `"))));
            }
            let packages = LockedPackages::new(lock, interpreter);
            self.locks.insert(key.clone(), packages);
        }
        Ok(key)
    }

    fn closure(
        &self,
        key: &(usize, Option<String>, BTreeSet<String>),
        requirements: &[Requirement],
    ) -> Result<BTreeSet<PackageName>, GoalError> {
        let environment = self.pythons[key.0].marker_environment();
        let debugger = self.debugger(&self.locks[key]);
        let here = requirements.iter();
        let here = here.filter(|one| one.marker.evaluate(environment, &[]));
        let roots = here.map(|one| one.name.clone()).chain(debugger).collect();
        self.locks[key].closure(&roots)
    }

    /// What waits for an editor, where it is wanted and a lock has it.
    fn debugger(&self, packages: &LockedPackages) -> Option<PackageName> {
        let name = DEBUGGER.parse().ok();
        name.filter(|name| {
            self.session.settings.test.debug_adapter && packages.all().contains(name)
        })
    }

    /// pytest's own wheels: of the resolve that the settings name, or what they require.
    fn pytest(&mut self, python: usize) -> Result<Vec<StoredWheel>, GoalError> {
        if let Some(known) = self.pytest.get(&python) {
            return Ok(known.clone());
        }
        let settings = &self.session.settings;
        let named = &settings.pytest.requirements;
        let resolve = settings.tools.get("pytest").map(String::as_str);
        let mut lines: Vec<&str> = match (named.is_empty(), resolve, &settings.pytest.version) {
            (true, None, Some(version)) => vec![version, PYTEST[1], PYTEST[2]],
            (true, None, None) => PYTEST.to_vec(),
            _ => named.iter().map(String::as_str).collect(),
        };
        // Without requirements, a resolve is used as a whole.
        if !lines.is_empty() {
            lines.extend(
                settings
                    .pytest
                    .extra_requirements
                    .iter()
                    .map(String::as_str),
            );
        }
        let requirements = parsed(lines.into_iter())?;
        let key = self.lock(python, (resolve, &requirements))?;
        let names = match requirements.is_empty() {
            true => self.locks[&key].all(),
            false => self.closure(&key, &requirements)?,
        };
        let wheels = self.exporter.locked_wheels(&self.locks[&key], &names)?;
        let wheels: Vec<StoredWheel> = wheels.into_values().collect();
        if !wheels.iter().any(|wheel| wheel.name.as_str() == "pytest") {
            let what = match resolve {
                Some(resolve) => format!("the resolve `{resolve}`"),
                None => "`requirements` in `[pytest]`".to_owned(),
            };
            return Err(GoalError::failure(format!("{what} has no pytest"))
                .hint("`install_from_resolve` in `[pytest]` names the resolve that has it"));
        }
        self.pytest.insert(python, wheels.clone());
        Ok(wheels)
    }

    fn say_disagreements(&self) {
        for (name, versions, resolve) in &self.disagreements {
            let of = match resolve.as_str() {
                "" => "what tests require".to_owned(),
                resolve => format!("`{resolve}`"),
            };
            self.session.warn(format_args!(
                "pytest's packages and {of} have {name} in two versions, {versions}: tests see the first"
            ));
        }
    }
}

fn parsed<'t>(lines: impl Iterator<Item = &'t str>) -> Result<Vec<Requirement>, GoalError> {
    let requirements: Result<Vec<Requirement>, _> = lines.map(str::parse).collect();
    requirements.map_err(|error| {
        GoalError::failure("a requirement cannot be read").because(error.to_string())
    })
}
