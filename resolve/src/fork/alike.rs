//! Releases that are proven to require the same are decided about together. If one of them is refused,
//! PubGrub refuses all of them, and they are not tried one by one.

use std::sync::Arc;

use model::{PackageName, Requirement, Version};
use pubgrub::Term;

use super::{Decision, Fork};
use crate::candidate::{Chooser, Fit};
use crate::dependencies::Dependencies;
use crate::need::Need;
use crate::package::SolverPackage;
use crate::provider::{Provider, ReleaseMetadata};

/// How many neighbours are looked at for each version of the project that was refused. Their metadata
/// is asked for in vain only if the version is not refused.
const NEIGHBOURS_OF_ONE: usize = 2;

impl Fork {
    /// The version of a decision, with the versions that would be tried next and require the same in this
    /// part.
    /// These count as added to PubGrub's state, as the decision does. The version is alone as long as
    /// no version of its project was refused.
    pub(super) fn alike<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        decision: &Decision,
    ) -> Result<Vec<Version>, P::Error> {
        let mut alike = vec![decision.version.clone()];
        let (SolverPackage::Base(name), Some(refused)) =
            (&decision.package, self.refused.get(&self.next))
        else {
            return Ok(alike);
        };
        let most = NEIGHBOURS_OF_ONE * refused;
        // A requirement of a project on itself differs by version.
        let is_own = |requirement: &Requirement| requirement.name == *name;
        if self.direct.contains_key(name) || decision.dependencies.iter().any(is_own) {
            return Ok(alike);
        }
        let solution = &self.state.partial_solution;
        let Some(Term::Positive(left)) = solution.term_intersection_for_package(self.next) else {
            return Ok(alike);
        };
        let left = left.clone();
        let versions = chooser.provider.versions(name)?.unwrap_or_default();
        let lower = versions.partition_point(|version| *version < decision.version);
        let is_pre = decision.version.any_prerelease();
        let lower = versions[..lower].iter().rev();
        let lower = lower.filter(|version| is_pre || !version.any_prerelease());
        for version in lower.filter(|version| left.contains(version)).take(most) {
            let Some(dependencies) = self.known_unbuilt(chooser, name, version)? else {
                continue;
            };
            if !self.is_same_here(&dependencies, &decision.dependencies) {
                break;
            }
            self.added.insert((self.next, version.clone()));
            let key = (decision.package.clone(), version.clone());
            self.dependencies.insert(key, dependencies);
            alike.push(version.clone());
        }
        Ok(alike)
    }

    /// What a version requires; `None` if it is known already, cannot be used, or would have to be built
    /// to know it.
    fn known_unbuilt<P: Provider>(
        &self,
        chooser: &Chooser<'_, P>,
        name: &PackageName,
        version: &Version,
    ) -> Result<Option<Dependencies>, P::Error> {
        if self.added.contains(&(self.next, version.clone()))
            || !chooser.has_wheel(name, version)?
        {
            return Ok(None);
        }
        let demand = self.demand(name);
        let need = Need {
            name,
            range: &model::VersionRange::full(),
            part: &self.part,
            demand: &demand,
            pythons: &self.part.pythons(&demand),
        };
        if !matches!(chooser.judge(need, version)?, Fit::Everywhere) {
            return Ok(None);
        }
        Ok(match chooser.provider.metadata(name, version)? {
            ReleaseMetadata::Available(metadata) => Some(chooser.base_dependencies(&metadata)),
            ReleaseMetadata::Unavailable(_) => None,
        })
    }

    /// Whether two releases require the same in this part.
    fn is_same_here(&self, one: &Dependencies, other: &Dependencies) -> bool {
        let here = |one: &&Requirement| !self.part.excludes(&one.marker);
        Arc::ptr_eq(one, other) || one.iter().filter(here).eq(other.iter().filter(here))
    }
}
