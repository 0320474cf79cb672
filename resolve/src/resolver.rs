//! The loop over the parts of the universe.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    CoveragePolicy, ExtraName, ForkStrategy, Marker, PackageName, Resolution, Version, VersionRange,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::candidate::{Chooser, DirectConstraints, Fit, ReleaseRequirements, VersionsByProject};
use crate::conflict::Conflict;
use crate::dependencies::named_exactly;
use crate::fork::{Fork, ForkStep};
use crate::future::DividedUniverse;
use crate::last_resort::{LastResort, LastResorts};
use crate::merge::merge;
use crate::need::Need;
use crate::no_solution::{NoSolution, Remedy};
use crate::package::SolverPackage;
use crate::part::UniversePart;
use crate::pins::{Pins, VersionPin};
use crate::problem::Problem;
use crate::provider::Provider;
use crate::reach;
use crate::seeds::Seeds;
use crate::solution::Solution;
use crate::split;

/// A resolution with its warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveReport {
    /// The resolution.
    pub resolution: Resolution,
    /// What the user should know about it, sorted.
    pub warnings: Vec<ResolveWarning>,
}

/// Something that the user should know about a resolution.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResolveWarning {
    /// A requirement asks for an extra that the project does not have.
    MissingExtra(PackageName, ExtraName),
}

/// Why there is no resolution.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError<E> {
    /// A question to the provider could not be answered.
    #[error(transparent)]
    Provider(#[from] E),
    /// The requirements clash.
    #[error("the requirements conflict")]
    Conflict(Box<Conflict>),
}

/// Resolves `problem`.
///
/// The result holds for every environment of the problem's universe. The same problem and the same
/// answers give the same result.
///
/// 1. The universe begins as one part, or as the parts that the lock was resolved in. Pythons that
///    are not released yet wait.
/// 2. PubGrub solves one part after another, with the pins kept.
/// 3. A part in which requirements differ by marker is split, and each half is solved. So is a part
///    in which a version has files for some environments only.
/// 4. A part without a solution is split if the clash is needed in one half only. If a pin takes
///    part in the clash, the pin is given up and everything starts again. If a yanked version does
///    that a release requires by `==`, everything starts again with that version as a last resort.
/// 5. If a solution shows that a project is needed in more environments than its version was
///    chosen for, the solution is thrown away and the part starts again with that knowledge.
/// 6. Later Pythons get the solutions of the others, or, where these do not hold, their own.
/// 7. The solutions of all parts are merged.
///
/// # Errors
/// Where the provider fails, or where there is no solution for some environment.
pub fn resolve<P: Provider>(
    problem: &Problem,
    provider: &P,
) -> Result<ResolveReport, ResolveError<P::Error>> {
    let mut problem = problem.clone();
    problem.inputs.requirements.sort();
    problem.inputs.requirements.dedup();
    let exact = exact_versions(&problem);
    let direct_constraints = direct_constraints(&problem);
    let policy = CoveragePolicy::of(&problem.inputs);
    let universe = DividedUniverse::of(&problem.inputs);
    let mut kept = problem.pins.kept();
    let required = RefCell::default();
    let mut last_resorts = LastResorts::default();
    loop {
        let attempt = Attempt {
            policy: &policy,
            universe: &universe,
            problem: &problem,
            provider,
            kept: &kept,
            exact: &exact,
            last_resorts: &last_resorts,
            direct_constraints: &direct_constraints,
            queue: Queue::new(problem.inputs.fork_strategy),
            required: &required,
            solutions: Vec::new(),
            chosen: Vec::new(),
        };
        match attempt.run()? {
            AttemptEnd::Solved(solutions) => return finish(&problem, provider, &solutions),
            AttemptEnd::LetGo(names) => {
                for name in names {
                    kept.remove(&name);
                }
            }
            AttemptEnd::Admit(yanked) => {
                kept = problem.pins.kept();
                for (name, one) in yanked {
                    last_resorts.add(name, one);
                }
            }
        }
    }
}

/// One attempt at all parts, with a fixed set of pins kept.
struct Attempt<'a, P> {
    problem: &'a Problem,
    policy: &'a CoveragePolicy,
    universe: &'a DividedUniverse,
    provider: &'a P,
    kept: &'a FxHashSet<PackageName>,
    exact: &'a VersionsByProject,
    /// Yanked versions that only releases require by `==`.
    last_resorts: &'a LastResorts,
    direct_constraints: &'a DirectConstraints,
    required: &'a RefCell<FxHashMap<(PackageName, Version), ReleaseRequirements>>,
    /// The parts that are not solved yet.
    queue: Queue,
    solutions: Vec<Solution>,
    /// The versions that the solved parts chose, which the other parts prefer.
    chosen: Vec<VersionPin>,
}

/// The parts that an attempt begins with.
#[derive(Default)]
struct FirstParts {
    now: Vec<UniversePart>,
    /// Those that have later Pythons alone.
    later: Vec<UniversePart>,
}

/// How an attempt ends, other than with a conflict.
enum AttemptEnd {
    Solved(Vec<Solution>),
    /// No solution was found because of these pins.
    LetGo(Vec<PackageName>),
    /// No solution was found without these yanked versions.
    Admit(Vec<(PackageName, LastResort)>),
}

/// How an attempt goes on after a part that has no solution.
enum Way {
    /// With the part in pieces, or from the start of the part.
    On,
    /// With a new attempt, which begins with what this one came to know.
    Back(AttemptEnd),
}

/// How to go on after a part that has no solution.
enum WayOn {
    /// With what was pushed: the part in pieces, or from its start.
    On,
    /// Without these pins, from the start of the part or of everything.
    Without(Vec<PackageName>, UniversePart),
    /// There is no way.
    None(Box<NoSolution>),
}

impl<P: Provider> Attempt<'_, P> {
    fn run(mut self) -> Result<AttemptEnd, ResolveError<P::Error>> {
        let parts = self.first_parts();
        let begin = |part| Fork::new(part, Seeds::default());
        self.queue.extend(parts.now.into_iter().map(begin));
        while let Some(fork) = self.queue.pop() {
            if let Some(no_solution) = self.advance(fork, self.kept)? {
                match self.recover(no_solution)? {
                    Way::On => {}
                    Way::Back(end) => return Ok(end),
                }
            }
        }
        self.solve_later_pythons(parts.later)?;
        Ok(AttemptEnd::Solved(self.solutions))
    }

    /// Runs a fork, and keeps what comes of it: a solution, or forks that wait. If there is no
    /// solution, gives why.
    fn advance(
        &mut self,
        fork: Fork,
        kept: &FxHashSet<PackageName>,
    ) -> Result<Option<NoSolution>, ResolveError<P::Error>> {
        let chosen_elsewhere = Pins::new(self.chosen.iter().cloned(), Vec::new(), []);
        let chooser = self.chooser(kept, &chosen_elsewhere);
        match fork.run(&chooser)? {
            ForkStep::Solved(solution) => match self.missed(&chooser, &solution)? {
                Some(seeds) => self.queue.push(Fork::new(solution.part, seeds)),
                None => {
                    self.chosen.extend(solution.pins());
                    self.solutions.push(solution);
                }
            },
            ForkStep::Split(forks) => self.queue.extend(forks),
            ForkStep::Restart(part, seeds) => self.queue.push(Fork::new(part, seeds)),
            ForkStep::NoSolution(no_solution) => return Ok(Some(*no_solution)),
        }
        Ok(None)
    }

    fn chooser<'c>(
        &'c self,
        kept: &'c FxHashSet<PackageName>,
        chosen_elsewhere: &'c Pins,
    ) -> Chooser<'c, P> {
        Chooser {
            problem: self.problem,
            provider: self.provider,
            kept,
            chosen_elsewhere,
            exact: self.exact,
            last_resorts: self.last_resorts,
            direct_constraints: self.direct_constraints,
            policy: self.policy,
            required: self.required,
        }
    }

    /// Solves the parts of later Pythons for which the solutions so far do not hold. Pins that leave
    /// such a part without a solution are given up for later Pythons alone, and where it still has
    /// none, it is left out.
    fn solve_later_pythons(
        &mut self,
        mut later: Vec<UniversePart>,
    ) -> Result<(), ResolveError<P::Error>> {
        let mut kept = self.kept.clone();
        let elsewhere = Pins::default();
        let mut solutions = std::mem::take(&mut self.solutions);
        for solution in &mut solutions {
            let chooser = self.chooser(&kept, &elsewhere);
            later.extend(self.universe.extend(solution, &chooser)?);
        }
        self.solutions = solutions;
        self.queue.extend(
            later
                .into_iter()
                .map(|part| Fork::new(part, Seeds::default())),
        );
        while let Some(fork) = self.queue.pop() {
            let Some(no_solution) = self.advance(fork, &kept)? else {
                continue;
            };
            match self.way_on(no_solution) {
                WayOn::On => {}
                WayOn::Without(pins, part) => {
                    kept.retain(|name| !pins.contains(name));
                    self.queue.push(Fork::new(part, Seeds::default()));
                }
                WayOn::None(_) => {}
            }
        }
        Ok(())
    }

    fn split(&mut self, part: &UniversePart, marker: &Marker) {
        let parts = split::split(part, marker).into_iter();
        self.queue
            .extend(parts.map(|part| Fork::new(part, Seeds::default())));
    }

    /// Finds how to go on from a part without a solution. If there is no way, the result is the
    /// conflict.
    fn recover(&mut self, no_solution: NoSolution) -> Result<Way, ResolveError<P::Error>> {
        match self.way_on(no_solution) {
            WayOn::On => Ok(Way::On),
            WayOn::Without(pins, _) => Ok(Way::Back(AttemptEnd::LetGo(pins))),
            WayOn::None(no_solution) => {
                let mut yanked = no_solution.yanked_but_required(self.problem);
                yanked.retain(|(name, one)| !self.last_resorts.covers(name, one));
                if !yanked.is_empty() {
                    return Ok(Way::Back(AttemptEnd::Admit(yanked)));
                }
                let versions = self.versions(&no_solution.projects())?;
                let conflict = no_solution.into_conflict(self.problem, versions);
                Err(ResolveError::Conflict(Box::new(conflict)))
            }
        }
    }

    /// Finds how to go on, and does what needs no other pins.
    fn way_on(&mut self, no_solution: NoSolution) -> WayOn {
        let mut pins = no_solution.kept_pins(&self.problem.pins);
        if !pins.within.is_empty() && !no_solution.is_nowhere(self.problem) {
            pins.within.truncate(self.step());
            return WayOn::Without(pins.within, no_solution.part);
        }
        match no_solution.remedy(self.problem) {
            Remedy::Split(marker) => self.split(&no_solution.part, &marker),
            Remedy::Restart => {
                let fork = Fork::new(no_solution.part, Seeds::default());
                self.queue.push(fork);
            }
            Remedy::None if !pins.outside.is_empty() => {
                let mut nearest = pins.outside;
                nearest.truncate(self.step());
                return WayOn::Without(nearest, no_solution.part);
            }
            Remedy::None => return WayOn::None(Box::new(no_solution)),
        }
        WayOn::On
    }

    /// How many pins are given up at once: one at first, since another attempt may show that the others
    /// can stay, and then as many as were given up before.
    fn step(&self) -> usize {
        let given_up = self.problem.pins.kept().len() - self.kept.len();
        given_up.max(1)
    }

    /// The parts to begin with: the whole universe, or the parts that the lock was resolved in.
    fn first_parts(&self) -> FirstParts {
        let mut rest = UniversePart::all(self.universe.now.clone());
        let mut parts = FirstParts::default();
        let mut add = |part: UniversePart| {
            if !part.environments.is_false() {
                parts.now.push(part);
            } else if let Some(later) = self.universe.later_part_of(&part.marker) {
                parts.later.push(later);
            }
        };
        for fork in self.problem.pins.forks() {
            add(rest.and(fork));
            rest = rest.and(&fork.negate());
        }
        add(rest);
        parts
    }

    /// Looks for projects whose chosen version cannot be used in all environments in which the
    /// solution needs the project. When the version was chosen, some of these environments were not
    /// known yet. Gives what the part must know when it starts again, or `None` if the solution is
    /// right.
    fn missed(
        &self,
        chooser: &Chooser<'_, P>,
        solution: &Solution,
    ) -> Result<Option<Seeds>, P::Error> {
        let reached = reach::reach(solution, &solution.part);
        let mut seeds = solution.seeds.clone();
        let mut found = false;
        for (name, marker) in reach::of_projects(&reached) {
            let Some((version, _)) = solution.chosen.get(&SolverPackage::Base(name.clone())) else {
                continue;
            };
            let demand = marker.and(&solution.part.environments);
            let need = Need {
                name,
                range: &VersionRange::full(),
                part: &solution.part,
                demand: &demand,
                pythons: &solution.part.pythons(&demand),
            };
            let fit = match solution.direct.get(name) {
                Some(direct) => chooser.fit_of_direct(need, direct),
                None => chooser.judge_unpinned(need, version)?,
            };
            let reason = match fit {
                Fit::Everywhere => continue,
                Fit::Partial(partial) => partial.reason,
                Fit::Nowhere(reason) => reason,
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
    ) -> Result<FxHashMap<PackageName, Arc<[Version]>>, P::Error> {
        let mut versions = FxHashMap::default();
        for name in names {
            if let Some(list) = self.provider.versions(name)? {
                versions.insert(name.clone(), list);
            }
        }
        Ok(versions)
    }
}

/// The parts that wait to be solved.
struct Queue {
    strategy: ForkStrategy,
    forks: BTreeMap<(split::SolveOrder, usize), Fork>,
    pushed: usize,
}

impl Queue {
    fn new(strategy: ForkStrategy) -> Self {
        Self {
            strategy,
            forks: BTreeMap::new(),
            pushed: 0,
        }
    }

    fn push(&mut self, fork: Fork) {
        self.pushed += 1;
        let order = split::order(&fork.part, self.strategy);
        self.forks.insert((order, self.pushed), fork);
    }

    fn extend(&mut self, forks: impl IntoIterator<Item = Fork>) {
        forks.into_iter().for_each(|fork| self.push(fork));
    }

    fn pop(&mut self) -> Option<Fork> {
        self.forks.pop_first().map(|(_, fork)| fork)
    }
}

fn finish<P: Provider>(
    problem: &Problem,
    provider: &P,
    solutions: &[Solution],
) -> Result<ResolveReport, ResolveError<P::Error>> {
    let resolution = merge(
        solutions,
        &problem.inputs.output_universe(),
        &problem.pins,
        |name| provider.source(name),
    )?;
    let mut warnings: Vec<ResolveWarning> = solutions
        .iter()
        .flat_map(|solution| &solution.missing_extras)
        .filter(|(name, version, extra)| {
            resolution.nodes.iter().any(|node| {
                node.name == *name && node.version == *version && node.extras.contains(extra)
            })
        })
        .map(|(name, _, extra)| ResolveWarning::MissingExtra(name.clone(), extra.clone()))
        .collect();
    warnings.sort();
    warnings.dedup();
    Ok(ResolveReport {
        resolution,
        warnings,
    })
}

/// The constraints that name a place, by project.
fn direct_constraints(problem: &Problem) -> DirectConstraints {
    let mut found = DirectConstraints::default();
    for constraint in problem.constraints().filter(|it| it.specifiers().is_none()) {
        let of_name = found.entry(constraint.name.clone()).or_default();
        of_name.push(constraint.clone());
    }
    found
}

/// The versions that requirements, constraints and overrides name by `==`, by project.
fn exact_versions(problem: &Problem) -> VersionsByProject {
    let overrides = problem.inputs.overrides.iter().map(|one| &one.requirement);
    let requirements = problem.inputs.requirements.iter();
    let named = requirements.chain(problem.constraints()).chain(overrides);
    let mut exact = VersionsByProject::default();
    for requirement in named {
        let range = named_exactly(requirement);
        if !range.is_empty() {
            let all = exact.entry(requirement.name.clone());
            let all = all.or_insert_with(VersionRange::empty);
            *all = all.union(&range);
        }
    }
    exact
}
