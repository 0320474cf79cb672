//! What a tool is told of the code that it checks: where imports start, and a Python with what the code
//! requires.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use install::python::Interpreter;
use model::{InterpreterConstraints, Lock, PackageName, Requirement, Sha256};
use targets::{TargetGraph, TargetId};

use super::partition::FilePartition;
use crate::environments::{Exporter, LockedClosure};
use crate::error::GoalError;
use crate::session::Session;

/// The code of a partition, with all that it reaches.
#[derive(Debug, Clone)]
pub(super) struct CodeEnvironment {
    /// The folders at which imports start, relative to the root.
    pub(super) source_roots: Vec<String>,
    /// The Python with what the code requires.
    pub(super) python: Utf8PathBuf,
    /// Where that is.
    pub(super) site_packages: Utf8PathBuf,
    /// What that is, wherever it is.
    pub(super) identity: String,
    /// The Python files of the repository that the code reaches.
    pub(super) files: Vec<String>,
    /// The lowest version that the code is for, as `3.11`.
    pub(super) python_version: String,
}

/// Code that is checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct CheckedCode<'a> {
    /// Its files.
    pub(super) partition: &'a FilePartition,
    /// Stubs that the settings of the type checker name.
    pub(super) stubs: &'a [Requirement],
}

impl CodeEnvironment {
    /// The environment of code; it is made if it is not in the cache.
    pub(super) fn of(
        (session, exporter): (&Session, &Exporter<'_>),
        graph: &TargetGraph<'_>,
        code: CheckedCode<'_>,
    ) -> Result<Self, GoalError> {
        let CheckedCode { partition, stubs } = code;
        let any = InterpreterConstraints::any_recent();
        let constraints = partition.constraints.as_ref().unwrap_or(&any);
        let python = exporter.interpreter_for(constraints, "code that is checked")?;
        let reached = graph.transitive_dependencies(&partition.targets)?;
        let all: BTreeSet<TargetId> = reached
            .into_iter()
            .chain(partition.targets.iter().copied())
            .collect();
        let requirements = requirements(graph, &all);
        let resolve = partition.resolve.as_deref();
        let resolve = resolve.filter(|_| session.settings.python.enable_resolves);
        let required = Required {
            of_code: &requirements,
            stubs,
        };
        let environment = packages(exporter, resolve, (required, &python))?;
        let (major, minor) = python.major_minor();
        let site_packages = format!("lib/python{major}.{minor}/site-packages");
        Ok(Self {
            source_roots: source_roots(graph, &all),
            files: python_files(graph, &all)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            identity: environment.identity.to_string(),
            python: environment.environment.python(),
            site_packages: environment.environment.root().join(site_packages),
            python_version: lowest(constraints).unwrap_or_else(|| format!("{major}.{minor}")),
        })
    }
}

/// What is required where code is checked.
#[derive(Clone, Copy)]
struct Required<'a> {
    /// By the code.
    of_code: &'a [Requirement],
    /// By the settings of the type checker.
    stubs: &'a [Requirement],
}

/// The environment with what is required: of the lock of the code, or of a lock that is kept where there are no
/// resolves, as there are none for stubs.
fn packages(
    exporter: &Exporter<'_>,
    resolve: Option<&str>,
    (required, python): (Required<'_>, &Interpreter),
) -> Result<crate::environments::CachedEnvironment, GoalError> {
    let requirements = required.of_code;
    if requirements.is_empty() && required.stubs.is_empty() {
        return exporter.linked(python, &[]);
    }
    let resolve = resolve.filter(|_| !requirements.is_empty());
    let Some(resolve) = resolve else {
        let all = [requirements, required.stubs].concat();
        let lock = exporter.tool_lock(&all, python)?;
        let closure = LockedClosure {
            lock: &lock,
            roots: None,
        };
        return exporter.cached(closure, python);
    };
    let mut lock = exporter.lock_of(resolve)?;
    let mut roots: BTreeSet<PackageName> =
        requirements.iter().map(|one| one.name.clone()).collect();
    let missing = roots
        .iter()
        .find(|name| !lock.packages.iter().any(|package| package.name == **name));
    if let Some(missing) = missing {
        return Err(GoalError::failure(format!(
            "the lock of `{resolve}` has no {missing}, which code requires"
        ))
        .hint(format!(
            "run `cargo xtask generate-lockfiles --resolve {resolve}`"
        )));
    }
    if !required.stubs.is_empty() {
        let stubs = exporter.tool_lock(required.stubs, python)?;
        let of_lock: BTreeSet<PackageName> = names(&lock);
        roots.extend(required.stubs.iter().map(|one| one.name.clone()));
        let new = stubs.packages.into_iter();
        lock.packages
            .extend(new.filter(|package| !of_lock.contains(&package.name)));
    }
    let closure = LockedClosure {
        lock: &lock,
        roots: Some(&roots),
    };
    exporter.cached(closure, python)
}

/// The names of the packages of a lock.
fn names(lock: &Lock) -> BTreeSet<PackageName> {
    let packages = lock.packages.iter();
    packages.map(|package| package.name.clone()).collect()
}

/// The requirements among targets, each once.
fn requirements(graph: &TargetGraph<'_>, targets: &BTreeSet<TargetId>) -> Vec<Requirement> {
    let lines = targets.iter().flat_map(|id| graph.required_by(*id));
    let mut requirements: Vec<Requirement> = Vec::new();
    for requirement in lines.filter_map(|line| line.specifier.requirement()) {
        if !requirements.contains(requirement) {
            requirements.push(requirement.clone());
        }
    }
    requirements
}

/// The Python files among targets.
pub(super) fn python_files<'g>(
    graph: &'g TargetGraph<'_>,
    targets: &BTreeSet<TargetId>,
) -> BTreeSet<&'g str> {
    let targets = targets.iter().map(|id| graph.target(*id));
    let files = targets
        .filter(|target| target.is_python())
        .flat_map(|target| target.files());
    files.map(|file| &**file).collect()
}

/// The source roots of the Python files among targets, sorted.
pub(super) fn source_roots(graph: &TargetGraph<'_>, targets: &BTreeSet<TargetId>) -> Vec<String> {
    let files = python_files(graph, targets);
    let root_of = |file: &&str| {
        let stripped = graph.stripped(file);
        let root = file
            .strip_suffix(stripped)
            .unwrap_or_default()
            .trim_end_matches('/');
        match root {
            "" => ".".to_owned(),
            root => root.to_owned(),
        }
    };
    let roots: BTreeSet<String> = files.iter().map(root_of).collect();
    roots.into_iter().collect()
}

/// The lowest version of Python that constraints admit.
fn lowest(constraints: &InterpreterConstraints) -> Option<String> {
    let mut minors = 6..40;
    let minor = minors.find(|minor| {
        let mut patches = 0..40;
        patches.any(|patch| {
            let version = format!("3.{minor}.{patch}").parse();
            version.is_ok_and(|version| constraints.contains(&version))
        })
    })?;
    Some(format!("3.{minor}"))
}

/// A short name of what a cache of a tool is for.
pub(super) fn cache_name(partition: &FilePartition) -> String {
    let constraints: Vec<String> = partition
        .constraints
        .iter()
        .flat_map(InterpreterConstraints::iter)
        .collect();
    let text = format!("{:?} {constraints:?}", partition.resolve);
    Sha256::of(text.as_bytes()).to_string()[..16].to_owned()
}
