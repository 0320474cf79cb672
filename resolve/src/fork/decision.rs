//! Takes a decision: what a version requires is fetched and added to PubGrub's state.

use std::sync::Arc;

use model::{Marker, PackageName, Requirement, RequirementSource, Version, VersionRange};

use super::{Decision, Fork, Progress};
use crate::candidate::Chooser;
use crate::dependencies::{Dependencies, admitted_range, direct_text, extra_requirements};
use crate::package::SolverPackage;
use crate::provider::{Provider, ReleaseMetadata};
use crate::reason::Reason;

/// The result of fetching the direct references of a decision.
enum DirectReferences {
    /// They were fetched.
    Fetched,
    /// A version of the project was decided before the direct reference to it was met.
    MetTooLate,
    /// Another direct reference for the same project was met before.
    Contradicting(Reason),
}

impl Fork {
    /// Decides for a version, and adds what it requires.
    pub(super) fn take<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        decision: &Decision,
    ) -> Result<Progress, P::Error> {
        match self.fetch_direct_references(chooser, &decision.dependencies)? {
            DirectReferences::MetTooLate => return Ok(Progress::Restart),
            DirectReferences::Contradicting(reason) => {
                let versions = VersionRange::singleton(decision.version.clone());
                self.state.add_unavailable(self.next, versions, reason);
            }
            DirectReferences::Fetched => self.add(chooser, decision)?,
        }
        Ok(Progress::Continue)
    }

    /// The requirements of a package at a version.
    pub(super) fn dependencies_of<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        package: &SolverPackage,
        version: &Version,
    ) -> Result<Dependencies, P::Error> {
        let inputs = &chooser.problem.inputs;
        let Some(name) = package.name() else {
            return Ok(Arc::new(inputs.requirements.clone()));
        };
        let metadata = match self.direct.get(name) {
            Some((_, direct)) => Arc::clone(&direct.metadata),
            None => match chooser.provider.metadata(name, version)? {
                ReleaseMetadata::Available(metadata) => metadata,
                ReleaseMetadata::Unavailable(_) => return Ok(Dependencies::default()),
            },
        };
        let SolverPackage::Extra(_, extra) = package else {
            return Ok(chooser.base_dependencies(&metadata));
        };
        if !metadata.provides_extra.contains(extra) {
            self.missing_extras
                .insert((name.clone(), version.clone(), extra.clone()));
        }
        let requirements = extra_requirements(&metadata.requires_dist, extra);
        Ok(Arc::new(inputs.overridden(requirements)))
    }

    /// Fetches what the dependencies require by direct reference.
    fn fetch_direct_references<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        dependencies: &[Requirement],
    ) -> Result<DirectReferences, P::Error> {
        for dependency in dependencies {
            let name = &dependency.name;
            if self.part.excludes(&dependency.marker) {
                continue;
            }
            let constraints = chooser.direct_constraints.get(name);
            let mut constraints = constraints.into_iter().flatten();
            let constraint = constraints.find(|one| !self.part.excludes(&one.marker));
            let constrained = constraint.map(|constraint| constraint.source.clone());
            let source = match (&dependency.source, constrained) {
                (RequirementSource::Index(_), Some(constrained)) => constrained,
                (RequirementSource::Index(_), None) => match self.seeds.direct.get(name) {
                    Some(seeded) => seeded.clone(),
                    None => continue,
                },
                (source, Some(constrained)) if !source.is_same_place(&constrained) => {
                    let both = Box::new((direct_text(&constrained), direct_text(source)));
                    let reason = Reason::DirectReferences(both);
                    return Ok(DirectReferences::Contradicting(reason));
                }
                (source, _) => source.clone(),
            };
            match self.direct.get(name) {
                Some((known, _)) if *known == source => {}
                // Another digest of the same archive is checked, too.
                Some((known, _)) if known.is_same_place(&source) => {
                    chooser.provider.direct(name, &source)?;
                }
                Some((known, _)) => {
                    let both = Box::new((direct_text(known), direct_text(&source)));
                    let reason = Reason::DirectReferences(both);
                    return Ok(DirectReferences::Contradicting(reason));
                }
                None => {
                    if self.decided(name).is_some() {
                        self.seeds.direct.insert(name.clone(), source);
                        return Ok(DirectReferences::MetTooLate);
                    }
                    let direct = chooser.provider.direct(name, &source)?;
                    self.direct.insert(name.clone(), (source, direct));
                }
            }
        }
        Ok(DirectReferences::Fetched)
    }

    /// Adds a decision and its requirements in this part to PubGrub's state.
    fn add<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        decision: &Decision,
    ) -> Result<(), P::Error> {
        let Decision {
            package,
            version,
            dependencies: requirements,
        } = decision;
        let here = package
            .name()
            .and_then(|name| self.demand.get(name).cloned())
            .unwrap_or(Marker::TRUE);
        let mut dependencies = Vec::with_capacity(requirements.len());
        for requirement in requirements.iter() {
            if self.part.excludes(&requirement.marker) {
                continue;
            }
            let name = &requirement.name;
            let range = admitted_range(requirement);
            self.demand_in(name, &here, &requirement.marker);
            if self.direct.contains_key(name) {
                self.priorities.insert_direct(name);
            } else {
                self.priorities.insert(name);
                chooser.provider.will_ask(name, &range);
            }
            for extra in &requirement.extras {
                let extra = SolverPackage::Extra(name.clone(), extra.clone());
                dependencies.push((extra, range.clone()));
            }
            dependencies.push((SolverPackage::Base(name.clone()), range));
        }
        if let SolverPackage::Extra(name, _) = package {
            let same = VersionRange::singleton(version.clone());
            dependencies.push((SolverPackage::Base(name.clone()), same));
        }
        let alike = self.alike(chooser, decision)?;
        self.together.insert(self.next, alike.len());
        let versions = self.widen(chooser, package, alike)?;
        // A requirement of a package on itself adds nothing if the version satisfies it; otherwise
        // the version is unusable.
        dependencies
            .retain(|(dependency, range)| dependency != package || !range.contains(version));
        let conflict = self.state.add_package_version_dependencies(
            self.next,
            version.clone(),
            versions,
            dependencies,
        );
        if let Some(conflict) = conflict {
            self.record(self.next, &conflict);
        }
        Ok(())
    }

    fn demand_in(&mut self, name: &PackageName, here: &Marker, marker: &Marker) {
        let old = self.demand.entry(name.clone()).or_insert(Marker::FALSE);
        if !old.is_true() {
            *old = old.or(&here.and(marker));
        }
    }

    /// The range around `alike` up to the next versions that exist. Ranges with fewer holes are
    /// solved faster and read better.
    fn widen<P: Provider>(
        &self,
        chooser: &Chooser<'_, P>,
        package: &SolverPackage,
        alike: Vec<Version>,
    ) -> Result<VersionRange, P::Error> {
        let exact: VersionRange = alike
            .into_iter()
            .map(VersionRange::singleton)
            .fold(VersionRange::empty(), |all, one| all.union(&one));
        let Some(name) = package.name() else {
            return Ok(exact);
        };
        // An extra has exactly the version of its project.
        if matches!(package, SolverPackage::Extra(..)) || self.direct.contains_key(name) {
            return Ok(exact);
        }
        Ok(match chooser.provider.versions(name)? {
            Some(versions) => exact.widen_versions(&versions),
            None => exact,
        })
    }

    fn decided(&self, name: &PackageName) -> Option<Version> {
        let base = SolverPackage::Base(name.clone());
        self.state
            .partial_solution
            .extract_solution()
            .find(|(id, _)| self.state.package_store[*id] == base)
            .map(|(_, version)| version)
    }
}
