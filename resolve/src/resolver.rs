//! The loop over the parts of the universe.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    ExtraName, Marker, Operator, PackageName, Requirement, Resolution, VersionRange,
    specifier_range,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::candidate::Chooser;
use crate::conflict::{Conflict, Remedy};
use crate::fork::{Fork, Outcome, Seeds, Solution};
use crate::merge::merge;
use crate::need::Need;
use crate::package::Package;
use crate::part::Part;
use crate::pins::{Pin, Pins};
use crate::problem::Problem;
use crate::provider::Provider;
use crate::reach;
use crate::split;

/// A resolution, and what the user should hear about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The resolution.
    pub resolution: Resolution,
    /// Sorted.
    pub warnings: Vec<Warning>,
}

/// What a user should hear about a resolution.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// An extra is asked for that the project does not have.
    MissingExtra(PackageName, ExtraName),
}

/// Why there is no resolution.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError<E> {
    /// The world could not be asked.
    #[error(transparent)]
    Provider(#[from] E),
    /// There is none.
    #[error("the requirements conflict")]
    Conflict(Box<Conflict>),
}

/// Resolves `problem`.
///
/// The result holds for every environment of the problem's universe, and is the same for the
/// same problem and answers.
///
/// # Errors
/// Where the provider fails, or where there is no solution for some environment.
pub fn resolve<P: Provider>(
    problem: &Problem,
    provider: &P,
) -> Result<Resolved, ResolveError<P::Error>> {
    let mut problem = problem.clone();
    problem.inputs.requirements.sort();
    problem.inputs.requirements.dedup();
    let mut held = problem.pins.held();
    loop {
        let attempt = Attempt {
            problem: &problem,
            provider,
            held: &held,
            exact: exact_versions(&problem.inputs.requirements),
        };
        match attempt.run()? {
            Attempted::Solved(solutions) => return finish(&problem, provider, &solutions),
            Attempted::LetGo(names) => {
                for name in names {
                    held.remove(&name);
                }
            }
        }
    }
}

fn finish<P: Provider>(
    problem: &Problem,
    provider: &P,
    solutions: &[Solution],
) -> Result<Resolved, ResolveError<P::Error>> {
    let resolution = merge(
        solutions,
        &problem.inputs.output_universe(),
        &problem.pins,
        |name| provider.source(name),
    )?;
    let mut warnings: Vec<Warning> = solutions
        .iter()
        .flat_map(|solution| &solution.missing_extras)
        .filter(|(name, version, extra)| {
            resolution.nodes.iter().any(|node| {
                node.name == *name && node.version == *version && node.extras.contains(extra)
            })
        })
        .map(|(name, _, extra)| Warning::MissingExtra(name.clone(), extra.clone()))
        .collect();
    warnings.sort();
    warnings.dedup();
    Ok(Resolved {
        resolution,
        warnings,
    })
}

/// The versions that `==` names, by project.
fn exact_versions(requirements: &[Requirement]) -> FxHashMap<PackageName, VersionRange> {
    let mut exact = FxHashMap::<_, VersionRange>::default();
    for requirement in requirements {
        for specifier in requirement.specifiers().into_iter().flat_map(|s| s.iter()) {
            if matches!(specifier.operator(), Operator::Equal | Operator::ExactEqual) {
                let range = exact
                    .entry(requirement.name.clone())
                    .or_insert_with(VersionRange::empty);
                *range = range.union(&specifier_range(specifier));
            }
        }
    }
    exact
}

struct Attempt<'a, P> {
    problem: &'a Problem,
    provider: &'a P,
    held: &'a FxHashSet<PackageName>,
    exact: FxHashMap<PackageName, VersionRange>,
}

enum Attempted {
    Solved(Vec<Solution>),
    /// These pins stand in the way.
    LetGo(Vec<PackageName>),
}

impl<P: Provider> Attempt<'_, P> {
    fn run(&self) -> Result<Attempted, ResolveError<P::Error>> {
        let mut queue = Queue::default();
        for part in self.first_parts() {
            queue.push(Fork::new(part, Seeds::default()));
        }
        let mut solutions: Vec<Solution> = Vec::new();
        let mut elsewhere = Vec::<Pin>::new();
        loop {
            let Some(fork) = queue.pop() else {
                return Ok(Attempted::Solved(solutions));
            };
            let chosen_elsewhere = Pins::new(elsewhere.iter().cloned(), Vec::new(), []);
            let chooser = Chooser {
                problem: self.problem,
                provider: self.provider,
                held: self.held,
                chosen_elsewhere: &chosen_elsewhere,
                exact: &self.exact,
            };
            match fork.run(&chooser)? {
                Outcome::Split(forks) => forks.into_iter().for_each(|fork| queue.push(fork)),
                Outcome::Restart(part, seeds) => queue.push(Fork::new(part, seeds)),
                Outcome::NoSolution(stuck) => {
                    let pins = stuck.pins(self.problem.pins.changed());
                    if !pins.within.is_empty() && !stuck.is_nowhere(self.problem) {
                        return Ok(Attempted::LetGo(pins.within));
                    }
                    let part = stuck.part.clone();
                    match stuck.remedy(self.problem) {
                        Remedy::Split(marker) => {
                            for part in split::split(&part, &marker) {
                                queue.push(Fork::new(part, Seeds::default()));
                            }
                        }
                        Remedy::Restart => queue.push(Fork::new(part, Seeds::default())),
                        Remedy::None if !pins.outside.is_empty() => {
                            return Ok(Attempted::LetGo(pins.outside));
                        }
                        Remedy::None => {
                            let versions = self.versions(&stuck.projects())?;
                            let conflict = stuck.into_conflict(self.problem, versions);
                            return Err(ResolveError::Conflict(Box::new(conflict)));
                        }
                    }
                }
                Outcome::Solved(solution) => match self.missed(&chooser, &solution)? {
                    Some(seeds) => queue.push(Fork::new(solution.part, seeds)),
                    None => {
                        elsewhere.extend(pins(&solution));
                        solutions.push(solution);
                    }
                },
            }
        }
    }

    /// The parts to begin with: the universe, or those that the lock was resolved in.
    fn first_parts(&self) -> Vec<Part> {
        let universe = self.problem.inputs.universe();
        let mut rest = Part::all(universe);
        let mut parts = Vec::new();
        for fork in self.problem.pins.forks() {
            let part = rest.and(fork);
            rest = rest.and(&fork.negate());
            if !part.environments.is_false() {
                parts.push(part);
            }
        }
        if parts.is_empty() || !rest.environments.is_false() {
            parts.push(rest);
        }
        parts
    }

    /// What a solution shows to have been missed: a project that is needed in environments which
    /// were not known yet, or only among others, when its version was chosen, and which it does
    /// not serve.
    fn missed(
        &self,
        chooser: &Chooser<'_, P>,
        solution: &Solution,
    ) -> Result<Option<Seeds>, P::Error> {
        let reached = reach::reach(solution);
        let mut seeds = solution.seeds.clone();
        let mut found = false;
        for (name, marker) in reach::of_projects(&reached) {
            if solution.direct.contains_key(name) {
                continue;
            }
            let Some((version, _)) = solution.chosen.get(&Package::Base(name.clone())) else {
                continue;
            };
            let demand = marker.and(&solution.part.environments);
            let need = Need {
                name,
                range: &VersionRange::full(),
                part: &solution.part.environments,
                demand: &demand,
                pythons: &solution.part.pythons(&demand),
            };
            let Err(reason) = chooser.serves(need, version)? else {
                continue;
            };
            found = true;
            let known = seeds.demand.entry(name.clone()).or_insert(Marker::FALSE);
            if demand.is_subset(known) {
                let refused = (name.clone(), version.clone(), reason);
                seeds.refused.push(refused);
            } else {
                *known = known.or(marker);
            }
        }
        Ok(found.then_some(seeds))
    }

    fn versions(
        &self,
        names: &[PackageName],
    ) -> Result<FxHashMap<PackageName, Arc<[model::Version]>>, P::Error> {
        let mut versions = FxHashMap::default();
        for name in names {
            if let Some(list) = self.provider.versions(name)? {
                versions.insert(name.clone(), list);
            }
        }
        Ok(versions)
    }
}

/// Parts that wait to be solved.
#[derive(Default)]
struct Queue {
    forks: BTreeMap<(split::Order, usize), Fork>,
    pushed: usize,
}

impl Queue {
    fn push(&mut self, fork: Fork) {
        self.pushed += 1;
        let order = split::order(&fork.part);
        self.forks.insert((order, self.pushed), fork);
    }

    fn pop(&mut self) -> Option<Fork> {
        self.forks.pop_first().map(|(_, fork)| fork)
    }
}

/// The versions of a solution, for other parts to prefer.
fn pins(solution: &Solution) -> Vec<Pin> {
    let mut pins: Vec<Pin> = solution
        .chosen
        .iter()
        .filter_map(|(package, (version, _))| match package {
            Package::Base(name) => Some(Pin {
                name: name.clone(),
                version: version.clone(),
                marker: solution.part.marker.clone(),
            }),
            Package::Root | Package::Extra(..) => None,
        })
        .collect();
    pins.sort_by(|a, b| a.name.cmp(&b.name));
    pins
}
