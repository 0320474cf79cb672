//! The derivation that PubGrub gives where there is no solution: a tree whose leaves are facts.

use model::{Requirement, Version, VersionRange};
use pubgrub::{DerivationTree, External};
use rustc_hash::FxHashSet;

use crate::dependencies::{DependencyMap, admitted_range};
use crate::package::{SolverPackage, Types};
use crate::reason::Reason;

/// What PubGrub says when there is no solution.
pub(crate) type Derivation = pubgrub::NoSolutionError<Types>;

/// A fact that the derivation starts from.
pub(crate) type Leaf = External<SolverPackage, VersionRange, Reason>;

/// The requirements behind a leaf that is a dependency, with the version that has each, in the
/// order of versions.
pub(crate) fn dependencies_of_leaf<'d>(
    known: &'d DependencyMap,
    leaf: &Leaf,
) -> Vec<(&'d Version, &'d Requirement)> {
    let External::FromDependencyOf(package, versions, dependency, range) = leaf else {
        return Vec::new();
    };
    let mut of_package: Vec<_> = known
        .iter()
        .filter(|((p, version), _)| p == package && versions.contains(version))
        .collect();
    of_package.sort_by(|a, b| a.0.1.cmp(&b.0.1));
    of_package
        .into_iter()
        .flat_map(|((_, version), all)| all.iter().map(move |one| (version, one)))
        .filter(|(_, requirement)| dependency.is_required_by(requirement))
        .filter(|(_, requirement)| admitted_range(requirement) == *range)
        .collect()
}

/// The leaves of a derivation, each once, in the order in which it reads.
pub(crate) fn leaves(derivation: &Derivation) -> Vec<&Leaf> {
    let mut out = Vec::new();
    let mut seen = FxHashSet::default();
    let mut stack = vec![derivation];
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
