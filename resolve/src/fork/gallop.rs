//! Finds a version that what is decided does not refuse, where the highest ones are refused one after
//! another: by steps that double, and then by halves. A thousand versions of a project that each pin
//! another one are not asked for their metadata then, but some twenty. Those that would have to be
//! built to know what they require are tried last.

use model::{PackageName, RequirementSource, Version, VersionRange};
use pubgrub::Term;

use super::Fork;
use crate::candidate::{BuildOrder, Chooser, Fit, VersionChoice};
use crate::dependencies::admitted_range;
use crate::need::Need;
use crate::package::SolverPackage;
use crate::provider::{Provider, ReleaseMetadata};

/// The number of versions that are refused before steps are made.
const PATIENCE: usize = 6;

/// Where a version lies among those of its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Height {
    /// Above those that do not clash with what is decided.
    Above,
    /// Among them.
    Within,
    /// Below them.
    Below,
}

impl Fork {
    /// Chooses a version. If many of its project were refused, versions that have a wheel go first:
    /// nothing is built to know what they require.
    pub(super) fn choose_version<P: Provider>(
        &self,
        chooser: &Chooser<'_, P>,
        need: Need<'_>,
    ) -> Result<VersionChoice, P::Error> {
        let is_patient = self.refused.get(&self.next) < Some(&PATIENCE);
        let builds = if is_patient {
            BuildOrder::AsNumbered
        } else {
            BuildOrder::Last
        };
        chooser.choose(need, builds)
    }

    /// `version`, which is the next to be tried, or a lower one that does not clash at once, if many
    /// versions of the project did.
    pub(super) fn gallop<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        range: &VersionRange,
        version: Version,
    ) -> Result<Version, P::Error> {
        let refused = self.refused.get(&self.next).copied().unwrap_or(0);
        let name = match &self.state.package_store[self.next] {
            SolverPackage::Base(name) if refused >= PATIENCE => name.clone(),
            _ => return Ok(version),
        };
        let Some(versions) = chooser.provider.versions(&name)? else {
            return Ok(version);
        };
        let is_alike = |other: &&Version| {
            range.contains(other) && (version.any_prerelease() || !other.any_prerelease())
        };
        let lower: Vec<&Version> = versions
            .iter()
            .rev()
            .filter(|other| **other <= version)
            .filter(is_alike)
            .collect();
        if lower.len() < 2 || self.height(chooser, &name, range, &version)? != Height::Above {
            return Ok(version);
        }
        let within = self.within(chooser, &name, range, &lower)?;
        Ok(within.map_or(version, |at| lower[at].clone()))
    }

    /// The position in `lower`, the versions from the highest to the lowest, of one that does not
    /// clash at once. The first does.
    fn within<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        name: &PackageName,
        range: &VersionRange,
        lower: &[&Version],
    ) -> Result<Option<usize>, P::Error> {
        let (mut above, mut step) = (0, 1);
        let mut found = None;
        let mut end = loop {
            let at = (above + step).min(lower.len() - 1);
            match self.height(chooser, name, range, lower[at])? {
                Height::Above if at == lower.len() - 1 => return Ok(None),
                Height::Above => above = at,
                Height::Within => {
                    found = Some(at);
                    break at;
                }
                Height::Below => break at,
            }
            step *= 2;
        };
        while end - above > 1 {
            let middle = usize::midpoint(above, end);
            match self.height(chooser, name, range, lower[middle])? {
                Height::Above => above = middle,
                Height::Within => {
                    found = Some(middle);
                    end = middle;
                }
                Height::Below => end = middle,
            }
        }
        Ok(found)
    }

    /// Where a version lies: above those that do not clash if it requires a later version of a project
    /// than the one that is decided. A version that cannot be used, or would have to be built to know
    /// what it requires, is passed over.
    fn height<P: Provider>(
        &mut self,
        chooser: &Chooser<'_, P>,
        name: &PackageName,
        range: &VersionRange,
        version: &Version,
    ) -> Result<Height, P::Error> {
        if !chooser.has_wheel(name, version)? {
            return Ok(Height::Above);
        }
        let demand = self.demand(name);
        let need = Need {
            name,
            range,
            part: &self.part,
            demand: &demand,
            pythons: &self.part.pythons(&demand),
        };
        if !matches!(chooser.judge(need, version)?, Fit::Everywhere) {
            return Ok(Height::Above);
        }
        let ReleaseMetadata::Available(metadata) = chooser.provider.metadata(name, version)? else {
            return Ok(Height::Above);
        };
        for requirement in chooser.base_dependencies(&metadata).iter() {
            if self.part.excludes(&requirement.marker)
                || !matches!(requirement.source, RequirementSource::Index(_))
            {
                continue;
            }
            let id = self
                .state
                .package_store
                .alloc(SolverPackage::Base(requirement.name.clone()));
            let solution = &self.state.partial_solution;
            if let Some(Term::Positive(known)) = solution.term_intersection_for_package(id)
                && let Some(decided) = known.as_singleton()
                && let admitted = admitted_range(requirement)
                && !admitted.contains(decided)
            {
                let later = VersionRange::higher_than(decided.clone());
                return Ok(if admitted.is_disjoint(&later) {
                    Height::Below
                } else {
                    Height::Above
                });
            }
        }
        Ok(Height::Within)
    }
}
