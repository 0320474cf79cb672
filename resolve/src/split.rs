//! Where the requirements of one package on one project differ by marker, the universe is split,
//! so that each side gets the best versions for it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Bound;

use model::{Marker, PackageName, Requirement, RequirementSource, Version};

use crate::part::Part;

/// The parts that `part` splits into for the sake of `edges`; `part` itself where no edge asks
/// for a split.
pub(crate) fn parts(part: &Part, edges: &[Requirement]) -> Vec<Part> {
    let mut by_name = BTreeMap::<&PackageName, Vec<&Requirement>>::new();
    for edge in edges {
        by_name.entry(&edge.name).or_default().push(edge);
    }
    let mut parts = vec![part.clone()];
    for edges in by_name.values() {
        for marker in splitting_markers(part, edges) {
            parts = parts.iter().flat_map(|part| split(part, &marker)).collect();
        }
    }
    parts
}

/// The two sides of `part` by `marker`, without an empty one.
pub(crate) fn split(part: &Part, marker: &Marker) -> Vec<Part> {
    let sides: Vec<Part> = [marker.clone(), marker.negate()]
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

/// A place in the order in which parts are solved.
pub(crate) type Order = (Reverse<Option<Version>>, String);

/// The order in which parts are solved: later Pythons first, as they have the newest versions,
/// which the others then prefer.
pub(crate) fn order(part: &Part) -> Order {
    let lowest = match part.environments.python_versions().bounding_range() {
        Some((Bound::Included(low) | Bound::Excluded(low), _)) => Some(low.clone()),
        _ => None,
    };
    (Reverse(lowest), part.marker.to_string())
}

/// The markers of `edges`, all on one project, by which versions may differ.
fn splitting_markers(part: &Part, edges: &[&Requirement]) -> Vec<Marker> {
    let mut active: Vec<&&Requirement> = edges
        .iter()
        .filter(|edge| !part.excludes(&edge.marker))
        .collect();
    let Some(first) = active.first() else {
        return Vec::new();
    };
    let (source, marker) = (&first.source, &first.marker);
    // A direct reference holds for all that requires the project, but only where it is made.
    let from_index = active
        .iter()
        .all(|edge| matches!(edge.source, RequirementSource::Index(_)));
    if from_index
        && (active.iter().all(|edge| edge.source == *source)
            || active.iter().all(|edge| edge.marker == *marker))
    {
        return Vec::new();
    }
    active.retain(|edge| !part.environments.is_subset(&edge.marker));
    let mut markers: Vec<Marker> = active.iter().map(|edge| edge.marker.clone()).collect();
    markers.dedup();
    markers
}
