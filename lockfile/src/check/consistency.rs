//! Checks whether a lock contradicts itself.

use std::cell::LazyCell;

use model::{
    DistFile, InterpreterConstraints, Lock, LockInputs, LockedPackage, Marker, PackageName,
    PackageSource, Requirement, Version, split_filename,
};

use super::demand::Demand;
use super::staleness::Staleness;
use crate::graph::{LockGraph, answers, graph};

/// Everything in which a lock contradicts itself: requirements that no package satisfies, packages
/// that nothing requires, and files that are not those of their package.
#[must_use]
pub fn check_consistency(lock: &Lock) -> Vec<Staleness> {
    let mut found = Vec::new();
    let graph = graph(lock);
    let universe = lock.inputs.universe();
    unanswered(&graph, &universe, &mut found);
    constrained(lock, &universe, &mut found);
    overridden(lock, &mut found);
    overlapping(lock, &universe, &mut found);
    found.extend((!divides(&lock.forks, &universe)).then_some(Staleness::Forks));
    found.extend(lock.packages.iter().flat_map(named_otherwise));
    for (at, reached) in graph.reachable().into_iter().enumerate() {
        if !reached {
            let package = identity(&graph, at);
            found.push(Staleness::Superfluous { package });
        }
    }
    found
}

fn unanswered(graph: &LockGraph<'_>, universe: &Marker, found: &mut Vec<Staleness>) {
    let packages = 0..graph.lock().packages.len();
    let demand = LazyCell::new(|| Demand::of(graph, universe));
    let released = match universe.and(&InterpreterConstraints::released()) {
        none if none.is_false() => universe.clone(),
        some => some,
    };
    let roots = graph.roots().iter().map(|edge| (None, edge));
    let others = packages.flat_map(|at| graph.dependencies(at).iter().map(move |e| (Some(at), e)));
    for (from, edge) in roots.chain(others) {
        let required_by = || from.map(|at| identity(graph, at));
        // What is locked for an extra is needed where the extra is.
        let needed = LazyCell::new(|| match from {
            Some(at) if edge.extra.is_some() => demand.of_requirement(graph, at, edge),
            _ => edge.marker.and(universe),
        });
        let answer = edge.to.iter().map(|&at| &graph.package(at).marker);
        let everywhere = answer.clone().any(Marker::is_true);
        if !everywhere && !edge.marker.is_false() {
            let covered = answer.fold(Marker::FALSE, |all, one| all.or(one));
            // Later Pythons are locked where they can be.
            let mut wanted = edge.marker.and(&released);
            if !wanted.is_subset(&covered) {
                wanted = wanted.and(&needed);
            }
            if !wanted.is_subset(&covered) {
                found.push(Staleness::Unanswered {
                    requirement: edge.requirement.clone(),
                    required_by: required_by(),
                    environments: wanted.and(&covered.negate()).simplify_within(universe),
                });
            }
        }
        let has_extras = |&at: &usize| {
            let locked = &graph.package(at).extras;
            edge.requirement
                .extras
                .iter()
                .all(|extra| locked.contains(extra))
        };
        let mut lacking = edge.to.iter().filter(|at| !has_extras(at));
        if lacking.any(|&at| !graph.package(at).marker.is_disjoint(&needed)) {
            found.push(Staleness::ExtraMissing {
                requirement: edge.requirement.clone(),
                required_by: required_by(),
            });
        }
    }
}

fn constrained(lock: &Lock, universe: &Marker, found: &mut Vec<Staleness>) {
    for constraint in &lock.inputs.constraints {
        let named = lock.packages.iter().filter(|p| p.name == constraint.name);
        for package in named {
            let holds = answers(package, constraint);
            let both = package.marker.and(&constraint.marker);
            if !holds && !both.is_disjoint(universe) {
                found.push(Staleness::Constrained {
                    package: (package.name.clone(), package.version.clone()),
                    constraint: constraint.clone(),
                });
            }
        }
    }
}

/// What packages require must follow the overrides and the excludes. Requirements of the inputs are
/// not overridden.
fn overridden(lock: &Lock, found: &mut Vec<Staleness>) {
    let LockInputs {
        overrides,
        excludes,
        ..
    } = &lock.inputs;
    if overrides.is_empty() && excludes.is_empty() {
        return;
    }
    let stands_in = |requirement: &Requirement| {
        let same = |one: &Requirement| {
            (&one.name, &one.extras, &one.source)
                == (&requirement.name, &requirement.extras, &requirement.source)
        };
        overrides.iter().any(|one| same(&one.requirement))
    };
    for package in &lock.packages {
        for requirement in &package.dependencies {
            let required_by = (package.name.clone(), package.version.clone());
            let requirement = requirement.clone();
            if excludes.contains(&requirement.name) {
                found.push(Staleness::Excluded {
                    requirement,
                    required_by,
                });
            } else if overrides.iter().any(|one| one.name == requirement.name)
                && !stands_in(&requirement)
            {
                found.push(Staleness::Overridden {
                    requirement,
                    required_by,
                });
            }
        }
    }
}

/// The files of a package whose names say that they are not its files. The archive at a URL may have
/// any name.
fn named_otherwise(package: &LockedPackage) -> impl Iterator<Item = Staleness> {
    let is_of_index = matches!(package.source, PackageSource::Index(_));
    let is_other = move |file: &DistFile, is_wheel: bool| {
        let Some((wheel, version)) = split_filename(&file.filename, &package.name) else {
            return is_of_index;
        };
        let version: Option<Version> = version.parse().ok();
        wheel != is_wheel || version.map_or(is_of_index, |version| version != package.version)
    };
    let sdist = package
        .sdist
        .iter()
        .filter(move |file| is_other(file, false));
    let wheels = package
        .wheels
        .iter()
        .filter(move |file| is_other(file, true));
    sdist
        .chain(wheels)
        .map(|file| Staleness::FileNamedOtherwise {
            package: (package.name.clone(), package.version.clone()),
            file: file.filename.clone(),
        })
}

/// Whether forks divide the universe, which is not split where there are none.
fn divides(forks: &[Marker], universe: &Marker) -> bool {
    let mut rest = universe.clone();
    for fork in forks {
        let part = fork.and(universe);
        if !part.is_subset(&rest) {
            return false;
        }
        rest = rest.and(&fork.negate());
    }
    forks.is_empty() || rest.is_false()
}

fn overlapping(lock: &Lock, universe: &Marker, found: &mut Vec<Staleness>) {
    for (at, package) in lock.packages.iter().enumerate() {
        let others = lock.packages[at + 1..].iter();
        for other in others.take_while(|other| other.name == package.name) {
            let both = package.marker.and(&other.marker);
            if !both.is_disjoint(universe) {
                found.push(Staleness::Overlapping {
                    name: package.name.clone(),
                    versions: [package.version.clone(), other.version.clone()],
                    environments: both.simplify_within(universe),
                });
            }
        }
    }
}

pub(super) fn identity(graph: &LockGraph<'_>, at: usize) -> (PackageName, Version) {
    let package = graph.package(at);
    (package.name.clone(), package.version.clone())
}
