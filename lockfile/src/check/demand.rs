//! Where each package of a lock is needed, and each extra of one, by the requirements of the inputs. An
//! extra of a package may be needed on fewer environments than the package.

use std::collections::VecDeque;

use model::{ExtraName, Marker};
use rustc_hash::FxHashMap;

use crate::graph::{Edge, LockGraph};

/// A package, or an extra of one.
type Demander<'a> = (usize, Option<&'a ExtraName>);

/// The environments in which each package and each extra is needed, starting from the requirements
/// of the inputs.
pub(super) struct Demand<'a>(FxHashMap<Demander<'a>, Marker>);

impl<'a> Demand<'a> {
    pub(super) fn of(graph: &LockGraph<'a>, universe: &Marker) -> Self {
        let mut demand = Self(FxHashMap::default());
        let mut queue = VecDeque::new();
        for edge in graph.roots() {
            queue.extend(targets(
                graph,
                edge,
                &universe.and(&edge.requirement.marker),
            ));
        }
        while let Some((node, marker)) = queue.pop_front() {
            let known = demand.0.entry(node).or_insert(Marker::FALSE);
            if marker.is_subset(known) {
                continue;
            }
            *known = known.or(&marker);
            let (at, extra) = node;
            for edge in graph.dependencies(at) {
                queue.extend(targets(graph, edge, &marker.and(&required(edge, extra))));
            }
        }
        demand
    }

    pub(super) fn of_package(&self, at: usize, extra: Option<&'a ExtraName>) -> &Marker {
        self.0.get(&(at, extra)).unwrap_or(&Marker::FALSE)
    }

    /// The environments in which the requirement of a package is needed, for itself or for an extra.
    pub(super) fn of_requirement(
        &self,
        graph: &LockGraph<'a>,
        at: usize,
        edge: &Edge<'a>,
    ) -> Marker {
        let extras = graph.package(at).extras.iter().map(Some);
        let demanders = [None].into_iter().chain(extras);
        demanders.fold(Marker::FALSE, |all, extra| {
            all.or(&self.of_package(at, extra).and(&required(edge, extra)))
        })
    }
}

/// Where a requirement holds if this extra alone is asked for.
fn required(edge: &Edge<'_>, extra: Option<&ExtraName>) -> Marker {
    let extras = extra.map_or(&[][..], std::slice::from_ref);
    edge.requirement.marker.with_extras(extras)
}

/// The packages that an edge leads to if `marker` holds, and their extras.
fn targets<'a>(
    graph: &LockGraph<'a>,
    edge: &Edge<'a>,
    marker: &Marker,
) -> Vec<(Demander<'a>, Marker)> {
    let mut found = Vec::new();
    for &to in &edge.to {
        let here = marker.and(&graph.package(to).marker);
        if here.is_false() {
            continue;
        }
        let extras = edge.requirement.extras.iter().map(Some);
        found.extend(
            [None]
                .into_iter()
                .chain(extras)
                .map(|extra| ((to, extra), here.clone())),
        );
    }
    found
}
