//! Splits the universe where the requirements of one package on one project differ by marker, so
//! that each half gets the best versions for it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Bound;

use model::{ForkStrategy, Marker, PackageName, Requirement, RequirementSource, Version};

use crate::candidate::DirectConstraints;
use crate::part::UniversePart;

/// The parts that `part` is split into because of `dependencies`; only `part` itself if they need
/// no split.
pub(crate) fn parts(
    part: &UniversePart,
    dependencies: &[Requirement],
    constraints: &DirectConstraints,
) -> Vec<UniversePart> {
    let mut by_name = BTreeMap::<&PackageName, Vec<&Requirement>>::new();
    for dependency in dependencies {
        let of_name = by_name.entry(&dependency.name).or_default();
        of_name.push(dependency);
    }
    let mut parts = vec![part.clone()];
    for dependencies in by_name.values() {
        for marker in splitting_markers(part, dependencies) {
            parts = parts.iter().flat_map(|part| split(part, &marker)).collect();
        }
    }
    for name in by_name.keys() {
        // A constraint that names a place holds in its environments only.
        for constraint in constraints.get(*name).into_iter().flatten() {
            let sides = parts
                .iter()
                .flat_map(|part| split(part, &constraint.marker));
            parts = sides.collect();
        }
    }
    parts
}

/// The halves of `part` inside and outside of `marker`, without an empty one.
pub(crate) fn split(part: &UniversePart, marker: &Marker) -> Vec<UniversePart> {
    let sides: Vec<UniversePart> = [marker.clone(), marker.negate()]
        .into_iter()
        .map(|side| part.and(&side))
        .filter(|side| !side.environments.is_false())
        .collect();
    if sides.len() < 2 {
        vec![part.clone()]
    } else {
        sides
    }
}

/// The position of a part in the order in which parts are solved.
pub(crate) type SolveOrder = (Option<Version>, Reverse<Option<Version>>, String);

/// The order in which parts are solved: parts with later Pythons first. They get the newest
/// versions, which the other parts then prefer. If versions are to be few, parts with earlier
/// Pythons are first: what serves them often serves the others too.
pub(crate) fn order(part: &UniversePart, strategy: ForkStrategy) -> SolveOrder {
    let lowest = match part.environments.python_versions().bounding_range() {
        Some((Bound::Included(low) | Bound::Excluded(low), _)) => Some(low.clone()),
        _ => None,
    };
    let marker = part.marker.to_string();
    match strategy {
        ForkStrategy::RequiresPython => (None, Reverse(lowest), marker),
        ForkStrategy::Fewest => (lowest, Reverse(None), marker),
    }
}

/// The markers of `dependencies`, all on one project, by which its versions may differ.
fn splitting_markers(part: &UniversePart, dependencies: &[&Requirement]) -> Vec<Marker> {
    let mut active: Vec<&&Requirement> = dependencies
        .iter()
        .filter(|one| !part.excludes(&one.marker))
        .collect();
    let Some(first) = active.first() else {
        return Vec::new();
    };
    let (source, marker) = (&first.source, &first.marker);
    // A direct reference decides the version for everything that requires the project, but only in
    // the environments of its own marker.
    let from_index = active
        .iter()
        .all(|one| matches!(one.source, RequirementSource::Index(_)));
    if from_index
        && (active.iter().all(|one| one.source == *source)
            || active.iter().all(|one| one.marker == *marker))
    {
        return Vec::new();
    }
    active.retain(|one| !part.environments.is_subset(&one.marker));
    let mut markers: Vec<Marker> = active.iter().map(|one| one.marker.clone()).collect();
    markers.dedup();
    markers
}
