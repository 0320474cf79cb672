//! What one package at one version requires, as the resolver follows it.

use std::sync::Arc;

use model::{
    ExtraName, Marker, Operator, Requirement, RequirementSource, Version, VersionRange,
    specifier_range, specifiers_range,
};
use rustc_hash::FxHashMap;

use crate::package::SolverPackage;

/// The requirements of one package at one version.
pub(crate) type Dependencies = Arc<Vec<Requirement>>;

/// The dependencies of each package at each version that was considered.
pub(crate) type DependencyMap = FxHashMap<(SolverPackage, Version), Dependencies>;

/// The versions that a requirement admits. A direct reference admits any: it has one version only.
pub(crate) fn admitted_range(requirement: &Requirement) -> VersionRange {
    match &requirement.source {
        RequirementSource::Index(specifiers) => specifiers_range(&specifiers.0),
        _ => VersionRange::full(),
    }
}

/// The versions that a requirement names by `==` or `===`.
pub(crate) fn named_exactly(requirement: &Requirement) -> VersionRange {
    let specifiers = requirement.specifiers().into_iter();
    let exact = specifiers
        .flat_map(|all| all.iter())
        .filter(|one| matches!(one.operator(), Operator::Equal | Operator::ExactEqual));
    exact.fold(VersionRange::empty(), |all, one| {
        all.union(&specifier_range(one))
    })
}

/// A direct reference's URL or path, as text.
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
