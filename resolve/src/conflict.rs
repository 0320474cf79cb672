//! A part without a solution: whether splitting it or letting pins go may help, and if nothing
//! does, what there is to tell.

use std::sync::Arc;

use model::{Marker, PackageName, Requirement, Version};
use pubgrub::{DerivationTree, External};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::fork::{Edges, Stuck, Tree, edge_range};
use crate::package::{Package, Reason, Types};
use crate::problem::Problem;
use crate::requires_python;
use pubgrub::DependencyProvider;

type Leaf = External<Package, <Types as DependencyProvider>::VS, <Types as DependencyProvider>::M>;

/// Requirements that no set of versions satisfies together.
#[derive(Debug)]
pub struct Conflict {
    /// Where every fact of it holds: there it clashes.
    pub(crate) environments: Marker,
    /// The same, relative to the universe.
    pub(crate) region: Marker,
    pub(crate) tree: Tree,
    pub(crate) edges: FxHashMap<(Package, Version), Edges>,
    /// The versions that exist, of each project in the conflict.
    pub(crate) versions: FxHashMap<PackageName, Arc<[Version]>>,
}

/// What may help a part without a solution.
pub(crate) enum Remedy {
    /// Splitting it by this marker: something in the conflict is needed in one half only.
    Split(Marker),
    /// Starting again: the part has shrunk since it began.
    Restart,
    /// Nothing.
    None,
}

impl Stuck {
    /// What may help.
    ///
    /// Every fact of the conflict holds in some environments only. Where they are all of the
    /// part, for every fact, the conflict is real; a fact that holds nowhere in it is left from
    /// before the part shrank.
    pub(crate) fn remedy(&self, problem: &Problem) -> Remedy {
        let mut split = None;
        for marker in self.where_facts_hold(problem) {
            if self.part.excludes(&marker) {
                if self.has_shrunk {
                    return Remedy::Restart;
                }
                continue;
            }
            if split.is_none() && !self.part.environments.is_subset(&marker) {
                split = Some(marker);
            }
        }
        split.map_or(Remedy::None, Remedy::Split)
    }

    /// Whether there is no environment of the part in which every fact holds: then the conflict
    /// is nowhere.
    pub(crate) fn is_nowhere(&self, problem: &Problem) -> bool {
        let environments = self.part.environments.clone();
        let facts = self.where_facts_hold(problem).into_iter();
        facts
            .fold(environments, |all, one| all.and(&one))
            .is_false()
    }

    /// Where each fact of the conflict holds: requirements first, then what makes versions
    /// unusable.
    fn where_facts_hold(&self, problem: &Problem) -> Vec<Marker> {
        let leaves = leaves(&self.tree);
        let required = leaves.iter().flat_map(|leaf| self.markers(leaf));
        let unusable = leaves.iter().filter_map(|leaf| match leaf {
            External::Custom(package, versions, reason) => match reason {
                Reason::Constraint(at) => problem.constraints().nth(*at).map(|c| c.marker.clone()),
                Reason::Platform(platform) => Some(platform.marker()),
                Reason::RequiresPython(python) => {
                    Some(requires_python::environments(python).negate())
                }
                Reason::Pinned => Some(problem.pins.marker(package.name()?, versions).negate()),
                _ => None,
            },
            _ => None,
        });
        required.chain(unusable).collect()
    }

    /// Where each version that a leaf speaks of has the dependency.
    fn markers(&self, leaf: &Leaf) -> Vec<Marker> {
        let mut markers = Vec::<(&Version, Marker)>::new();
        for (version, edge) in edges_of_leaf(&self.edges, leaf) {
            match markers.last_mut() {
                Some((last, marker)) if *last == version => *marker = marker.or(&edge.marker),
                _ => markers.push((version, edge.marker.clone())),
            }
        }
        markers.into_iter().map(|(_, marker)| marker).collect()
    }

    /// The projects whose held pins take part in the conflict: those that what `changed`
    /// leads to first, all others otherwise.
    pub(crate) fn pins(&self, changed: &FxHashSet<PackageName>) -> HeldPins {
        let mut closure = changed.clone();
        let mut queue: Vec<PackageName> = changed.iter().cloned().collect();
        while let Some(name) = queue.pop() {
            for ((package, _), edges) in &self.edges {
                if package.name() != Some(&name) {
                    continue;
                }
                for edge in edges.iter() {
                    if closure.insert(edge.name.clone()) {
                        queue.push(edge.name.clone());
                    }
                }
            }
        }
        let mut pins = HeldPins::default();
        for leaf in leaves(&self.tree) {
            if let External::Custom(package, _, Reason::Pinned) = leaf
                && let Some(name) = package.name()
            {
                let side = if closure.contains(name) {
                    &mut pins.within
                } else {
                    &mut pins.outside
                };
                side.push(name.clone());
            }
        }
        pins
    }

    /// The conflict, to be told.
    pub(crate) fn into_conflict(
        self,
        problem: &Problem,
        versions: FxHashMap<PackageName, Arc<[Version]>>,
    ) -> Conflict {
        // The part may be smaller, for the sake of others.
        let region = self
            .where_facts_hold(problem)
            .into_iter()
            .filter(|marker| !self.part.excludes(marker))
            .fold(Marker::TRUE, |all, one| all.and(&one));
        Conflict {
            environments: region.and(&problem.inputs.universe()),
            region,
            tree: self.tree,
            edges: self.edges,
            versions,
        }
    }

    /// The projects that the conflict speaks of.
    pub(crate) fn projects(&self) -> Vec<PackageName> {
        let mut names: Vec<PackageName> = self
            .tree
            .packages()
            .into_iter()
            .filter_map(Package::name)
            .cloned()
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Pins that are held and take part in a conflict.
#[derive(Debug, Default)]
pub(crate) struct HeldPins {
    /// Of projects that what changed leads to.
    pub(crate) within: Vec<PackageName>,
    /// Of others.
    pub(crate) outside: Vec<PackageName>,
}

/// The requirements behind a leaf that is a dependency, with the version that has each, in the
/// order of versions.
pub(crate) fn edges_of_leaf<'e>(
    edges: &'e FxHashMap<(Package, Version), Edges>,
    leaf: &Leaf,
) -> Vec<(&'e Version, &'e Requirement)> {
    let External::FromDependencyOf(package, versions, dependency, range) = leaf else {
        return Vec::new();
    };
    let mut of_package: Vec<_> = edges
        .iter()
        .filter(|((p, version), _)| p == package && versions.contains(version))
        .collect();
    of_package.sort_by(|a, b| a.0.1.cmp(&b.0.1));
    of_package
        .into_iter()
        .flat_map(|((_, version), edges)| edges.iter().map(move |edge| (version, edge)))
        .filter(|(_, edge)| match dependency {
            Package::Root => false,
            Package::Base(name) => edge.name == *name,
            Package::Extra(name, extra) => edge.name == *name && edge.extras.contains(extra),
        })
        .filter(|(_, edge)| edge_range(edge) == *range)
        .collect()
}

/// The leaves of a derivation, each once, in the order in which it reads.
pub(crate) fn leaves(tree: &Tree) -> Vec<&Leaf> {
    let mut out = Vec::new();
    let mut seen = FxHashSet::default();
    let mut stack = vec![tree];
    while let Some(node) = stack.pop() {
        match node {
            DerivationTree::External(leaf) => out.push(leaf),
            DerivationTree::Derived(derived) => {
                if derived.shared_id.is_some_and(|id| !seen.insert(id)) {
                    continue;
                }
                stack.push(&derived.cause2);
                stack.push(&derived.cause1);
            }
        }
    }
    out
}
