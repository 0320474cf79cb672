//! A fork: one part of the universe, solved by PubGrub.
//!
//! PubGrub only knows packages and ranges. A fork therefore remembers the marker of every
//! dependency, and in which environments each project is needed.

mod alike;
mod decision;
mod gallop;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{ExtraName, Marker, PackageName, RequirementSource, Version, VersionRange};
use pubgrub::{ConflictId, Id, State, Term};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::candidate::{Chooser, Fit, VersionChoice};
use crate::dependencies::{Dependencies, DependencyMap};
use crate::derivation::Derivation;
use crate::need::Need;
use crate::no_solution::NoSolution;
use crate::package::{SolverPackage, Types};
use crate::part::UniversePart;
use crate::priority::{ConflictTracker, Priorities};
use crate::provider::{DirectRelease, Provider};
use crate::reason::Reason;
use crate::seeds::Seeds;
use crate::solution::Solution;
use crate::split;

/// A part on its way to a solution.
#[derive(Clone)]
pub(crate) struct Fork {
    pub(crate) part: UniversePart,
    seeds: Seeds,
    state: State<Types>,
    /// The package that is decided next or was decided last.
    next: Id<SolverPackage>,
    priorities: Priorities,
    conflicts: ConflictTracker,
    /// The versions whose dependencies were added to PubGrub's state.
    added: FxHashSet<(Id<SolverPackage>, Version)>,
    dependencies: DependencyMap,
    demand: FxHashMap<PackageName, Marker>,
    direct: FxHashMap<PackageName, (RequirementSource, Arc<DirectRelease>)>,
    missing_extras: BTreeSet<(PackageName, Version, ExtraName)>,
    has_shrunk: bool,
    /// Whether the next package was turned to, and the part was split before it was decided.
    is_turned: bool,
    /// How many versions of a package clashed.
    refused: FxHashMap<Id<SolverPackage>, usize>,
    /// How many versions of a package were decided about together the last time.
    together: FxHashMap<Id<SolverPackage>, usize>,
}

/// The result of running a fork.
pub(crate) enum ForkStep {
    /// The part is solved.
    Solved(Solution),
    /// The part continues as several parts.
    Split(Vec<Fork>),
    /// The part has to start again with this knowledge.
    Restart(UniversePart, Seeds),
    /// The part has no solution.
    NoSolution(Box<NoSolution>),
}

/// A chosen version and what it requires.
struct Decision {
    package: SolverPackage,
    version: Version,
    dependencies: Dependencies,
}

/// What is decided next for a package.
enum Choice {
    Version(Version),
    /// Nothing: there is no version.
    None,
    /// It depends on the environment, by this marker.
    Split(Marker),
}

/// Whether a fork continues after a decision.
enum Progress {
    Continue,
    Restart,
}

impl Fork {
    /// Begins a part.
    pub(crate) fn new(part: UniversePart, seeds: Seeds) -> Self {
        let mut state = State::init(SolverPackage::Root, root_version());
        for (name, version, reason) in &seeds.refused {
            let id = state.package_store.alloc(SolverPackage::Base(name.clone()));
            let version = VersionRange::singleton(version.clone());
            state.add_unavailable(id, version, reason.clone());
        }
        Self {
            next: state.root_package,
            demand: seeds.demand.clone(),
            part,
            seeds,
            state,
            priorities: Priorities::default(),
            conflicts: ConflictTracker::default(),
            added: FxHashSet::default(),
            dependencies: DependencyMap::default(),
            direct: FxHashMap::default(),
            missing_extras: BTreeSet::new(),
            has_shrunk: false,
            is_turned: false,
            refused: FxHashMap::default(),
            together: FxHashMap::default(),
        }
    }

    /// Decides one package after another until the part is solved, splits, has to start again, or
    /// turns out to have no solution.
    pub(crate) fn run<P: Provider>(
        mut self,
        chooser: &Chooser<'_, P>,
    ) -> Result<ForkStep, P::Error> {
        loop {
            // 1. Draw every conclusion from the last decision. A conflict takes decisions back.
            if let Err(derivation) = self.propagate() {
                return Ok(ForkStep::NoSolution(Box::new(
                    self.into_no_solution(derivation),
                )));
            }
            // 2. Raise or lower the priority of what clashes often.
            self.conflicts
                .apply(&mut self.state, &mut self.priorities, &self.dependencies);
            // 3. Turn to the most urgent package. If all are decided, this is the solution.
            let Some(range) = self.turn_to_most_urgent() else {
                return Ok(ForkStep::Solved(self.into_solution()));
            };
            let package = self.state.package_store[self.next].clone();
            // 4. Choose a version. If there is none, the reason was added to PubGrub's state. If it
            //    depends on the environment, the part splits.
            let version = match self.choose(chooser, &package, &range)? {
                Choice::Version(version) => self.gallop(chooser, &range, version)?,
                Choice::None => continue,
                Choice::Split(marker) => {
                    let halves = split::split(&self.part, &marker);
                    debug_assert!(halves.len() > 1, "{marker:?} halves nothing");
                    if halves.len() > 1 {
                        return Ok(ForkStep::Split(self.halves(halves)));
                    }
                    self.state.add_no_versions(self.next, range);
                    continue;
                }
            };
            // 5. A version whose dependencies PubGrub knows already is decided at once.
            if !self.added.insert((self.next, version.clone())) {
                self.state.partial_solution.add_decision(self.next, version);
                continue;
            }
            // 6. Ask for its dependencies. If they differ by marker, the part splits.
            let decision = self.decision(chooser, package, version)?;
            let constraints = chooser.direct_constraints;
            let parts = split::parts(&self.part, &decision.dependencies, constraints);
            if parts.len() > 1 {
                return self.split(chooser, &decision, parts);
            }
            // 7. Add the dependencies, and decide for the version.
            if let Progress::Restart = self.take(chooser, &decision)? {
                return Ok(ForkStep::Restart(self.part, self.seeds));
            }
        }
    }

    /// Draws the conclusions from what is decided, and records what clashed.
    fn propagate(&mut self) -> Result<(), Derivation> {
        let conflicts = self.state.unit_propagation(self.next)?;
        let conflicts: Vec<_> = conflicts.into_iter().collect();
        for (affected, conflict) in conflicts {
            self.record(affected, &conflict);
        }
        Ok(())
    }

    /// Records that the versions of a package that were decided about together clash.
    fn record(&mut self, affected: Id<SolverPackage>, conflict: &ConflictId<Types>) {
        let versions = self.together.get(&affected).copied().unwrap_or(1);
        *self.refused.entry(affected).or_default() += versions;
        let culprits = self.state.conflict_packages(conflict);
        self.conflicts.record((affected, versions), culprits);
    }

    /// Makes the most urgent package the next one, and gives the range that is left of it; `None`
    /// if every package is decided.
    fn turn_to_most_urgent(&mut self) -> Option<VersionRange> {
        if std::mem::take(&mut self.is_turned) {
            let solution = &self.state.partial_solution;
            if let Some(Term::Positive(range)) = solution.term_intersection_for_package(self.next) {
                return Some(range.clone());
            }
        }
        let priorities = &self.priorities;
        let store = &self.state.package_store;
        let (id, range) = self
            .state
            .partial_solution
            .pick_highest_priority_pkg(|id, range| priorities.get(&store[id], range))?;
        self.next = id;
        Some(range.clone())
    }

    /// The version to decide for. If there is none, adds the reason to PubGrub's state.
    fn choose<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        package: &SolverPackage,
        range: &VersionRange,
    ) -> Result<Choice, P::Error> {
        let Some(name) = package.name() else {
            return Ok(Choice::Version(root_version()));
        };
        let of_project = match package {
            SolverPackage::Extra(..) => self.range_of_project(name),
            _ => None,
        };
        let Some((project, left)) = of_project else {
            return self.choose_within(chooser, name, range);
        };
        let both = range.intersection(&left);
        match left.as_singleton() {
            // An extra has the version of its project.
            Some(version) if both == left => Ok(Choice::Version(version.clone())),
            _ if both.is_empty() => {
                let own = (project, range.clone());
                self.state.add_dependency(self.next, range.clone(), own);
                Ok(Choice::None)
            }
            _ => self.choose_within(chooser, name, &both),
        }
    }

    /// The version of the project or of an extra of it to decide for. If `range` has none, adds the
    /// reason to PubGrub's state.
    fn choose_within<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        name: &PackageName,
        range: &VersionRange,
    ) -> Result<Choice, P::Error> {
        let demand = self.demand(name);
        let need = Need {
            name,
            range,
            part: &self.part,
            demand: &demand,
            pythons: &self.part.pythons(&demand),
        };
        if let Some((_, direct)) = self.direct.get(name) {
            let version = &direct.version;
            let reason = match range.contains(version) {
                false => Reason::Direct(version.to_string()),
                true => match chooser.fit_of_direct(need, direct) {
                    Fit::Everywhere => return Ok(Choice::Version(version.clone())),
                    Fit::Partial(partial) if chooser.gives_each_its_newest() => {
                        return Ok(Choice::Split(partial.unserved));
                    }
                    Fit::Partial(partial) => partial.reason,
                    Fit::Nowhere(reason) => reason,
                },
            };
            self.state.add_unavailable(self.next, range.clone(), reason);
            return Ok(Choice::None);
        }
        match self.choose_version(chooser, need)? {
            VersionChoice::Version(version) => Ok(Choice::Version(version)),
            VersionChoice::Split(marker) => Ok(Choice::Split(marker)),
            VersionChoice::None(reasons) => {
                let mut rest = range.clone();
                for (versions, reason) in reasons {
                    let versions = versions.intersection(&rest);
                    rest = rest.intersection(&versions.complement());
                    self.state.add_unavailable(self.next, versions, reason);
                }
                if !rest.is_empty() {
                    self.state.add_no_versions(self.next, rest);
                }
                Ok(Choice::None)
            }
        }
    }

    /// The fork in each half of its part.
    fn halves(&self, halves: Vec<UniversePart>) -> Vec<Self> {
        let halves = halves.into_iter().map(|part| Self {
            part,
            has_shrunk: true,
            is_turned: true,
            ..self.clone()
        });
        halves.collect()
    }

    /// Asks for the dependencies of a version.
    fn decision<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        package: SolverPackage,
        version: Version,
    ) -> Result<Decision, P::Error> {
        let dependencies = self.dependencies_of(chooser, &package, &version)?;
        let key = (package.clone(), version.clone());
        self.dependencies.insert(key, Arc::clone(&dependencies));
        Ok(Decision {
            package,
            version,
            dependencies,
        })
    }

    /// Continues with a decision in each of `parts` separately.
    fn split<P: Provider>(
        self,
        chooser: &Chooser<'_, P>,
        decision: &Decision,
        parts: Vec<UniversePart>,
    ) -> Result<ForkStep, P::Error> {
        let mut forks = Vec::with_capacity(parts.len());
        for part in parts {
            let mut fork = self.clone();
            fork.part = part;
            fork.has_shrunk = true;
            forks.push(match fork.take(chooser, decision)? {
                Progress::Continue => fork,
                Progress::Restart => Self::new(fork.part, fork.seeds),
            });
        }
        Ok(ForkStep::Split(forks))
    }

    /// A project with the versions that are left of it; `None` if nothing is known of it yet.
    fn range_of_project(
        &mut self,
        name: &PackageName,
    ) -> Option<(Id<SolverPackage>, VersionRange)> {
        let base = SolverPackage::Base(name.clone());
        let id = self.state.package_store.alloc(base);
        let solution = &self.state.partial_solution;
        match solution.term_intersection_for_package(id)? {
            Term::Positive(range) => Some((id, range.clone())),
            Term::Negative(_) => None,
        }
    }

    /// The environments of the part in which `name` is needed, as far as known; all of them if none
    /// is known.
    fn demand(&self, name: &PackageName) -> Marker {
        match self.demand.get(name) {
            Some(demand) if !demand.is_true() => demand.and(&self.part.environments),
            _ => self.part.environments.clone(),
        }
    }

    fn into_no_solution(self, derivation: Derivation) -> NoSolution {
        NoSolution {
            part: self.part,
            derivation,
            dependencies: self.dependencies,
            has_shrunk: self.has_shrunk,
        }
    }

    fn into_solution(self) -> Solution {
        let chosen = self
            .state
            .partial_solution
            .extract_solution()
            .map(|(id, version)| {
                let key = (self.state.package_store[id].clone(), version);
                let dependencies = self.dependencies.get(&key).cloned().unwrap_or_default();
                (key.0, (key.1, dependencies))
            })
            .collect();
        let direct = self.direct.into_iter();
        Solution {
            part: self.part,
            chosen,
            direct: direct.map(|(name, (_, direct))| (name, direct)).collect(),
            missing_extras: self.missing_extras,
            seeds: self.seeds,
        }
    }
}

fn root_version() -> Version {
    Version::new([0])
}
