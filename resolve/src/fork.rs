//! One part of the universe, solved by PubGrub.
//!
//! A part remembers with every edge the marker under which it is followed: PubGrub knows only
//! packages and ranges.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{
    ExtraName, Marker, PackageName, Requirement, RequirementSource, Version, VersionRange,
    specifiers_range,
};
use pubgrub::{Id, State, Term};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::candidate::{Choice, Chooser};
use crate::need::Need;
use crate::package::{Package, Reason, Types};
use crate::part::Part;
use crate::priority::{ConflictTracker, Priorities};
use crate::provider::{Direct, Provider};
use crate::split;

/// What PubGrub says when there is no solution.
pub(crate) type Tree = pubgrub::NoSolutionError<Types>;

/// What a part must take for granted, learned from an attempt at it that went wrong.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seeds {
    /// Environments in which a project turned out to be needed.
    pub(crate) demand: FxHashMap<PackageName, Marker>,
    /// Direct references that were met after a version had been decided.
    pub(crate) direct: FxHashMap<PackageName, RequirementSource>,
    /// Versions that do not serve where they turned out to be needed. A version that was tried
    /// and given up may have asked for a project in more environments, and wheels for other
    /// Pythons seemed to do.
    pub(crate) refused: Vec<(PackageName, Version, Reason)>,
}

/// The dependencies of one package at one version, as requirements in the part.
pub(crate) type Edges = Arc<Vec<Requirement>>;

/// A part on its way to a solution.
#[derive(Clone)]
pub(crate) struct Fork {
    pub(crate) part: Part,
    pub(crate) seeds: Seeds,
    state: State<Types>,
    next: Id<Package>,
    priorities: Priorities,
    conflicts: ConflictTracker,
    added: FxHashSet<(Id<Package>, Version)>,
    edges: FxHashMap<(Package, Version), Edges>,
    demand: FxHashMap<PackageName, Marker>,
    direct: FxHashMap<PackageName, (RequirementSource, Arc<Direct>)>,
    missing_extras: BTreeSet<(PackageName, Version, ExtraName)>,
    has_shrunk: bool,
}

/// What became of a part.
pub(crate) enum Outcome {
    /// It is solved.
    Solved(Solution),
    /// It goes on as several.
    Split(Vec<Fork>),
    /// It has no solution.
    NoSolution(Box<Stuck>),
    /// It has to start again with more known.
    Restart(Part, Seeds),
}

/// A part without a solution.
pub(crate) struct Stuck {
    pub(crate) part: Part,
    pub(crate) tree: Tree,
    pub(crate) edges: FxHashMap<(Package, Version), Edges>,
    /// Whether the part was split since it began, so that what it learned may be out of date.
    pub(crate) has_shrunk: bool,
}

/// The versions chosen in one part.
#[derive(Debug)]
pub(crate) struct Solution {
    pub(crate) part: Part,
    /// Every package decided, extras included, with what it requires.
    pub(crate) chosen: FxHashMap<Package, (Version, Edges)>,
    pub(crate) direct: FxHashMap<PackageName, Arc<Direct>>,
    pub(crate) missing_extras: BTreeSet<(PackageName, Version, ExtraName)>,
    pub(crate) seeds: Seeds,
}

impl Fork {
    /// The start of a part.
    pub(crate) fn new(part: Part, seeds: Seeds) -> Self {
        let mut state = State::init(Package::Root, root_version());
        for (name, version, reason) in &seeds.refused {
            let id = state.package_store.alloc(Package::Base(name.clone()));
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
            edges: FxHashMap::default(),
            direct: FxHashMap::default(),
            missing_extras: BTreeSet::new(),
            has_shrunk: false,
        }
    }

    /// Goes on until the part is solved, splits, or turns out to have no solution.
    pub(crate) fn run<P: Provider>(
        mut self,
        chooser: &Chooser<'_, P>,
    ) -> Result<Outcome, P::Error> {
        loop {
            match self.state.unit_propagation(self.next) {
                Ok(conflicts) => {
                    let conflicts: Vec<_> = conflicts.into_iter().collect();
                    for (affected, conflict) in conflicts {
                        let culprits = self.state.conflict_packages(&conflict);
                        self.conflicts.record(affected, culprits);
                    }
                }
                Err(tree) => {
                    return Ok(Outcome::NoSolution(Box::new(Stuck {
                        part: self.part,
                        tree,
                        edges: self.edges,
                        has_shrunk: self.has_shrunk,
                    })));
                }
            }
            self.conflicts
                .apply(&mut self.state, &mut self.priorities, &self.edges);
            let priorities = &self.priorities;
            let store = &self.state.package_store;
            let picked = self
                .state
                .partial_solution
                .pick_highest_priority_pkg(|id, range| priorities.get(&store[id], range))
                .map(|(id, range)| (id, range.clone()));
            let Some((id, range)) = picked else {
                return Ok(self.finish());
            };
            self.next = id;
            let package = self.state.package_store[id].clone();
            let Some(version) = self.decide(chooser, &package, &range)? else {
                continue;
            };
            if !self.added.insert((id, version.clone())) {
                self.state.partial_solution.add_decision(id, version);
                continue;
            }
            let edges = self.edges_of(chooser, &package, &version)?;
            self.edges
                .insert((package.clone(), version.clone()), Arc::clone(&edges));
            let parts = split::parts(&self.part, &edges);
            if parts.len() < 2 {
                if !self.take(chooser, &package, &version, &edges)? {
                    return Ok(Outcome::Restart(self.part, self.seeds));
                }
                continue;
            }
            let mut forks = Vec::with_capacity(parts.len());
            for part in parts {
                let mut fork = self.clone();
                fork.part = part;
                fork.has_shrunk = true;
                if !fork.take(chooser, &package, &version, &edges)? {
                    fork = Self::new(fork.part, fork.seeds);
                }
                forks.push(fork);
            }
            return Ok(Outcome::Split(forks));
        }
    }

    /// Takes a decision with what it requires; `false` where the part has to start again.
    fn take<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        package: &Package,
        version: &Version,
        edges: &[Requirement],
    ) -> Result<bool, P::Error> {
        match self.take_direct_references(chooser, edges)? {
            Some(Clash::Decided) => return Ok(false),
            Some(Clash::Different(reason)) => {
                let versions = VersionRange::singleton(version.clone());
                self.state.add_unavailable(self.next, versions, reason);
            }
            None => self.add(chooser, package, version.clone(), edges)?,
        }
        Ok(true)
    }

    /// The version to decide for, or `None` where PubGrub was told why there is none.
    fn decide<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        package: &Package,
        range: &VersionRange,
    ) -> Result<Option<Version>, P::Error> {
        let Some(name) = package.name() else {
            return Ok(Some(root_version()));
        };
        if let Package::Extra(..) = package
            && let Some(version) = self.only_version(name)
            && range.contains(&version)
        {
            return Ok(Some(version));
        }
        if let Some((_, direct)) = self.direct.get(name) {
            if range.contains(&direct.version) {
                return Ok(Some(direct.version.clone()));
            }
            let reason = Reason::Direct(direct.version.to_string());
            self.state.add_unavailable(self.next, range.clone(), reason);
            return Ok(None);
        }
        let demand = self.demand(name);
        let need = Need {
            name,
            range,
            part: &self.part.environments,
            demand: &demand,
            pythons: &self.part.pythons(&demand),
        };
        match chooser.choose(need)? {
            Choice::Version(version) => Ok(Some(version)),
            Choice::None(reasons) => {
                let mut rest = range.clone();
                for (versions, reason) in reasons {
                    let versions = versions.intersection(&rest);
                    rest = rest.intersection(&versions.complement());
                    self.state.add_unavailable(self.next, versions, reason);
                }
                if !rest.is_empty() {
                    self.state.add_no_versions(self.next, rest);
                }
                Ok(None)
            }
        }
    }

    /// The version that is left of a project, where it is just one: the one decided.
    fn only_version(&mut self, name: &PackageName) -> Option<Version> {
        let base = self.state.package_store.alloc(Package::Base(name.clone()));
        let solution = &self.state.partial_solution;
        match solution.term_intersection_for_package(base)? {
            Term::Positive(range) => range.as_singleton().cloned(),
            Term::Negative(_) => None,
        }
    }

    fn decided(&self, name: &PackageName) -> Option<Version> {
        let base = Package::Base(name.clone());
        self.state
            .partial_solution
            .extract_solution()
            .find(|(id, _)| self.state.package_store[*id] == base)
            .map(|(_, version)| version)
    }

    /// The environments of the part in which `name` is needed, as far as known.
    fn demand(&self, name: &PackageName) -> Marker {
        match self.demand.get(name) {
            Some(demand) if !demand.is_true() => demand.and(&self.part.environments),
            _ => self.part.environments.clone(),
        }
    }

    /// The requirements of a package at a version.
    fn edges_of<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        package: &Package,
        version: &Version,
    ) -> Result<Edges, P::Error> {
        let Some(name) = package.name() else {
            return Ok(Arc::new(chooser.problem.inputs.requirements.clone()));
        };
        let metadata = match self.direct.get(name) {
            Some((_, direct)) => Arc::clone(&direct.metadata),
            None => match chooser.provider.metadata(name, version)? {
                Ok(metadata) => metadata,
                Err(_) => return Ok(Edges::default()),
            },
        };
        let Package::Extra(_, extra) = package else {
            let requirements = base_requirements(&metadata.requires_dist);
            return Ok(Arc::new(chooser.problem.inputs.overridden(requirements)));
        };
        if !metadata.provides_extra.contains(extra) {
            self.missing_extras
                .insert((name.clone(), version.clone(), extra.clone()));
        }
        let requirements = extra_requirements(&metadata.requires_dist, extra);
        Ok(Arc::new(chooser.problem.inputs.overridden(requirements)))
    }

    /// Fetches what the edges name by direct reference.
    fn take_direct_references<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        edges: &[Requirement],
    ) -> Result<Option<Clash>, P::Error> {
        for edge in edges {
            let seeded = self.seeds.direct.get(&edge.name).cloned();
            let source = match (&edge.source, seeded) {
                (RequirementSource::Index(_), None) => continue,
                (RequirementSource::Index(_), Some(seeded)) => seeded,
                (source, _) => source.clone(),
            };
            if self.part.excludes(&edge.marker) {
                continue;
            }
            match self.direct.get(&edge.name) {
                Some((known, _)) if *known == source => {}
                Some((known, _)) => {
                    let both = (direct_text(known), direct_text(&source));
                    return Ok(Some(Clash::Different(Reason::DirectReferences(Box::new(
                        both,
                    )))));
                }
                None => {
                    if self.decided(&edge.name).is_some() {
                        self.seeds.direct.insert(edge.name.clone(), source);
                        return Ok(Some(Clash::Decided));
                    }
                    let direct = chooser.provider.direct(&edge.name, &source)?;
                    self.direct.insert(edge.name.clone(), (source, direct));
                }
            }
        }
        Ok(None)
    }

    /// Tells PubGrub the decision and what it requires in this part.
    fn add<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        package: &Package,
        version: Version,
        edges: &[Requirement],
    ) -> Result<(), P::Error> {
        let here = package
            .name()
            .and_then(|name| self.demand.get(name).cloned())
            .unwrap_or(Marker::TRUE);
        let mut dependencies = Vec::with_capacity(edges.len());
        for edge in edges {
            if self.part.excludes(&edge.marker) {
                continue;
            }
            let range = edge_range(edge);
            self.demand_in(&edge.name, &here, &edge.marker);
            let is_direct = self.direct.contains_key(&edge.name);
            self.priorities.insert(&edge.name, is_direct);
            if !is_direct {
                chooser.provider.will_ask(&edge.name, &range);
            }
            for extra in &edge.extras {
                let extra = Package::Extra(edge.name.clone(), extra.clone());
                dependencies.push((extra, range.clone()));
            }
            dependencies.push((Package::Base(edge.name.clone()), range));
        }
        if let Package::Extra(name, _) = package {
            let same = VersionRange::singleton(version.clone());
            dependencies.push((Package::Base(name.clone()), same));
        }
        let versions = self.widen(chooser, package, &version)?;
        let own = Package::clone(package);
        // A package that requires itself adds nothing, or makes the version unusable.
        dependencies.retain(|(dependency, range)| *dependency != own || !range.contains(&version));
        let conflict =
            self.state
                .add_package_version_dependencies(self.next, version, versions, dependencies);
        if let Some(conflict) = conflict {
            let culprits = self.state.conflict_packages(&conflict);
            self.conflicts.record(self.next, culprits);
        }
        Ok(())
    }

    fn demand_in(&mut self, name: &PackageName, here: &Marker, marker: &Marker) {
        let old = self.demand.entry(name.clone()).or_insert(Marker::FALSE);
        if !old.is_true() {
            *old = old.or(&here.and(marker));
        }
    }

    /// The versions around `version` up to the next ones that exist: ranges without needless
    /// holes solve faster and read better.
    fn widen<P: Provider>(
        &self,
        chooser: &Chooser<'_, P>,
        package: &Package,
        version: &Version,
    ) -> Result<VersionRange, P::Error> {
        let one = VersionRange::singleton(version.clone());
        let Some(name) = package.name() else {
            return Ok(one);
        };
        // An extra stands for exactly its project's version.
        if matches!(package, Package::Extra(..)) || self.direct.contains_key(name) {
            return Ok(one);
        }
        Ok(match chooser.provider.versions(name)? {
            Some(versions) => one.widen_versions(&versions),
            None => one,
        })
    }

    fn finish(self) -> Outcome {
        let chosen = self
            .state
            .partial_solution
            .extract_solution()
            .map(|(id, version)| {
                let package = self.state.package_store[id].clone();
                let key = (package, version);
                let edges = self.edges.get(&key).cloned().unwrap_or_default();
                (key.0, (key.1, edges))
            })
            .collect();
        Outcome::Solved(Solution {
            part: self.part,
            chosen,
            direct: self
                .direct
                .into_iter()
                .map(|(name, (_, direct))| (name, direct))
                .collect(),
            missing_extras: self.missing_extras,
            seeds: self.seeds,
        })
    }
}

enum Clash {
    /// A version was decided before the direct reference was met.
    Decided,
    /// Another direct reference was met before.
    Different(Reason),
}

/// The versions that an edge admits; the one version of a direct reference need not be said.
pub(crate) fn edge_range(edge: &Requirement) -> VersionRange {
    match &edge.source {
        RequirementSource::Index(specifiers) => specifiers_range(&specifiers.0),
        _ => VersionRange::full(),
    }
}

fn root_version() -> Version {
    Version::new([0])
}

/// The place that a direct reference names.
pub(crate) fn direct_text(source: &RequirementSource) -> String {
    source.to_string().trim_start_matches(" @ ").to_owned()
}

/// The requirements that hold without any extra.
pub(crate) fn base_requirements(requires_dist: &[Requirement]) -> Vec<Requirement> {
    with_markers(requires_dist, |marker| marker.with_extras(&[]))
}

/// The requirements that `extra` adds.
pub(crate) fn extra_requirements(
    requires_dist: &[Requirement],
    extra: &ExtraName,
) -> Vec<Requirement> {
    let asked = std::slice::from_ref(extra);
    with_markers(requires_dist, |marker| {
        if marker.has_extra() {
            marker.with_extras(asked)
        } else {
            Marker::FALSE
        }
    })
}

fn with_markers(
    requires_dist: &[Requirement],
    marker: impl Fn(&Marker) -> Marker,
) -> Vec<Requirement> {
    requires_dist
        .iter()
        .filter_map(|requirement| {
            let marker = marker(&requirement.marker);
            (!marker.is_false()).then(|| Requirement {
                marker,
                ..requirement.clone()
            })
        })
        .collect()
}
