//! The leaves of a conflict's derivation as facts, in an order in which each follows from those
//! before.

use model::{PackageName, Requirement, RequirementSource, VersionRange};
use pubgrub::External;

use crate::conflict::Conflict;
use crate::dependencies::{admitted_range, direct_text};
use crate::derivation::{dependencies_of_leaf, leaves};
use crate::package::SolverPackage;
use crate::reason::Reason;

/// A fact of a conflict.
#[derive(Debug, Clone)]
pub(crate) enum Fact {
    /// The user requires this.
    Required(Requirement),
    /// Versions of a package require this.
    Depends(SolverPackage, VersionRange, Requirement),
    /// No version lies in the range that is asked for.
    NoVersions(PackageName),
    /// Versions cannot be used.
    Unusable(PackageName, VersionRange, Reason),
    /// The user's requirements name two places for one project.
    TwoPlaces(String, String),
}

impl Conflict {
    /// The facts of the conflict. A fact that several versions share is listed once.
    pub(crate) fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for leaf in leaves(&self.derivation) {
            match leaf {
                External::NotRoot(..) => {}
                External::FromDependencyOf(package, ..) => {
                    for (version, requirement) in dependencies_of_leaf(&self.dependencies, leaf) {
                        if requirement.marker.is_disjoint(&self.environments) {
                            continue;
                        }
                        let requirement = requirement.clone();
                        let fact = if *package == SolverPackage::Root {
                            Fact::Required(requirement)
                        } else {
                            let versions = VersionRange::singleton(version.clone());
                            Fact::Depends(package.clone(), versions, requirement)
                        };
                        push(&mut facts, fact);
                    }
                }
                External::NoVersions(package, _) => {
                    if let Some(name) = package.name() {
                        push(&mut facts, Fact::NoVersions(name.clone()));
                    }
                }
                External::Custom(package, versions, why) => match (package.name(), why) {
                    (Some(name), _) => {
                        if matches!(why, Reason::Direct(_)) {
                            for fact in self.direct_references(name) {
                                push(&mut facts, fact);
                            }
                        }
                        let fact = Fact::Unusable(name.clone(), versions.clone(), why.clone());
                        push(&mut facts, fact);
                    }
                    (None, Reason::DirectReferences(both)) => {
                        for requirement in self.required_from(both) {
                            push(&mut facts, Fact::Required(requirement));
                        }
                        facts.push(Fact::TwoPlaces(both.0.clone(), both.1.clone()));
                    }
                    (None, _) => {}
                },
            }
        }
        in_order(facts)
    }

    /// The user's requirements that name one of these two URLs or paths.
    fn required_from(&self, places: &(String, String)) -> Vec<Requirement> {
        let of_root =
            |((package, _), _): &(&(SolverPackage, _), _)| *package == SolverPackage::Root;
        let Some((_, requirements)) = self.dependencies.iter().find(of_root) else {
            return Vec::new();
        };
        let names_one = |requirement: &&Requirement| {
            let place = direct_text(&requirement.source);
            place == places.0 || place == places.1
        };
        requirements.iter().filter(names_one).cloned().collect()
    }

    /// The requirements that name a URL or path for a project, which the leaves do not show.
    fn direct_references(&self, name: &PackageName) -> Vec<Fact> {
        let mut known: Vec<_> = self.dependencies.iter().collect();
        known.sort_by_cached_key(|((package, version), _)| (package.to_string(), version));
        let is_direct = |requirement: &&Requirement| {
            requirement.name == *name && !matches!(requirement.source, RequirementSource::Index(_))
        };
        let mut found = Vec::new();
        for ((package, version), requirements) in known {
            for requirement in requirements.iter().filter(is_direct).cloned() {
                found.push(if *package == SolverPackage::Root {
                    Fact::Required(requirement)
                } else {
                    let versions = VersionRange::singleton(version.clone());
                    Fact::Depends(package.clone(), versions, requirement)
                });
            }
        }
        found
    }
}

/// The versions of a project that satisfy all the requirements among the facts together. The
/// requirements of several versions of one package count as alternatives.
pub(crate) fn asked_for_together(facts: &[Fact], name: &PackageName) -> VersionRange {
    let mut by_package: Vec<(Option<&SolverPackage>, VersionRange)> = Vec::new();
    for fact in facts {
        let (package, requirement) = match fact {
            Fact::Required(requirement) => (None, requirement),
            Fact::Depends(package, _, requirement) => (Some(package), requirement),
            _ => continue,
        };
        if requirement.name != *name {
            continue;
        }
        let range = admitted_range(requirement);
        match by_package
            .iter_mut()
            .find(|(known, _)| known.is_some() && *known == package)
        {
            Some((_, known)) => *known = known.union(&range),
            None => by_package.push((package, range)),
        }
    }
    let ranges = by_package.into_iter().map(|(_, range)| range);
    ranges.fold(VersionRange::full(), |all, one| all.intersection(&one))
}

/// The versions of a package that at least one requirement among the facts admits.
pub(crate) fn asked_for(facts: &[Fact], package: &SolverPackage) -> VersionRange {
    let asks = |fact: &Fact| match fact {
        Fact::Required(requirement) | Fact::Depends(_, _, requirement)
            if package.is_required_by(requirement) =>
        {
            Some(admitted_range(requirement))
        }
        _ => None,
    };
    let ranges = facts.iter().filter_map(asks);
    ranges.fold(VersionRange::empty(), |all, one| all.union(&one))
}

/// What a package requires of one project, with the versions of the package that require it.
pub(crate) fn alike<'f>(
    facts: &'f [Fact],
    package: &SolverPackage,
    name: &PackageName,
) -> Vec<(&'f VersionRange, &'f Requirement)> {
    let of_package = |fact: &'f Fact| match fact {
        Fact::Depends(p, versions, requirement) if p == package && requirement.name == *name => {
            Some((versions, requirement))
        }
        _ => None,
    };
    facts.iter().filter_map(of_package).collect()
}

/// Adds a fact. If only its versions are new, they are added to the fact that is there.
fn push(facts: &mut Vec<Fact>, fact: Fact) {
    for known in facts.iter_mut() {
        match (known, &fact) {
            (Fact::Required(a), Fact::Required(b)) if a == b => return,
            (Fact::Depends(p, versions, r), Fact::Depends(package, more, requirement))
                if p == package && r == requirement =>
            {
                *versions = versions.union(more);
                return;
            }
            (Fact::NoVersions(a), Fact::NoVersions(b)) if a == b => return,
            (Fact::Unusable(a, versions, why), Fact::Unusable(b, more, other))
                if a == b && why == other =>
            {
                *versions = versions.union(more);
                return;
            }
            _ => {}
        }
    }
    facts.push(fact);
}

/// Orders the facts: each of the user's requirements with what it leads to, then the versions that
/// cannot be used.
fn in_order(facts: Vec<Fact>) -> Vec<Fact> {
    let (required, mut rest): (Vec<_>, Vec<_>) = facts
        .into_iter()
        .partition(|fact| matches!(fact, Fact::Required(_)));
    let mut ordered = Vec::new();
    for fact in required {
        follow(fact, &mut rest, &mut ordered);
    }
    ordered.extend(rest);
    ordered
}

fn follow(fact: Fact, rest: &mut Vec<Fact>, ordered: &mut Vec<Fact>) {
    let requirement = match &fact {
        Fact::Required(requirement) | Fact::Depends(_, _, requirement) => requirement.clone(),
        _ => return,
    };
    ordered.push(fact);
    let next = |fact: &Fact| matches!(fact, Fact::Depends(p, ..) if p.is_required_by(&requirement));
    while let Some(at) = rest.iter().position(next) {
        let fact = rest.remove(at);
        follow(fact, rest, ordered);
    }
}
