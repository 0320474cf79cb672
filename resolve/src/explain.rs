//! From the facts of a [`Conflict`] to an [`Explanation`].

use std::ops::Bound;

use model::{PackageName, Platform, Requirement, Version, VersionRange};

use crate::conflict::Conflict;
use crate::explanation::{Clash, Explanation, Premise};
use crate::fact::{Fact, alike, asked_for, asked_for_together};
use crate::future::DividedUniverse;
use crate::hint::untried;
use crate::package::SolverPackage;
use crate::problem::Problem;

impl Conflict {
    /// Explains the conflict, with hints that were not tried.
    #[must_use]
    pub fn explain(&self, problem: &Problem) -> Explanation {
        let facts = self.facts();
        Explanation {
            premises: self.premises(&facts),
            clash: self.clash(problem),
            hints: untried(&facts),
        }
    }

    fn clash(&self, problem: &Problem) -> Clash {
        let served = match &problem.inputs.platforms[..] {
            [] => &Platform::ALL[..],
            named => named,
        };
        let clashes = |p: &&Platform| !p.marker().is_disjoint(&self.environments);
        let platforms: Vec<Platform> = served.iter().filter(clashes).copied().collect();
        Clash {
            environments: self
                .region
                .simplify_within(&DividedUniverse::of(&problem.inputs).now),
            platforms: if platforms.len() == served.len() {
                Vec::new()
            } else {
                platforms
            },
        }
    }

    fn premises(&self, facts: &[Fact]) -> Vec<Premise> {
        let mut premises = Vec::<Premise>::new();
        let mut told: Vec<(&SolverPackage, &PackageName)> = Vec::new();
        for fact in facts {
            match fact {
                Fact::Required(requirement) => {
                    premises.push(Premise::Required(requirement.clone()))
                }
                Fact::Depends(package, _, requirement) => {
                    if !told.contains(&(package, &requirement.name)) {
                        told.push((package, &requirement.name));
                        premises.extend(self.depends(facts, package, &requirement.name));
                    }
                }
                Fact::NoVersions(name) => premises.extend(self.no_versions(facts, name)),
                Fact::Unusable(name, versions, why) => premises.push(Premise::Unusable {
                    name: name.clone(),
                    versions: self.text(facts, &SolverPackage::Base(name.clone()), versions),
                    why: why.clone(),
                }),
                Fact::TwoPlaces(one, other) => {
                    premises.push(Premise::TwoPlaces(one.clone(), other.clone()));
                }
            }
        }
        premises
    }

    /// Says that no version is in the range that the facts ask for. `None` if that range is empty,
    /// since the facts then clash by themselves.
    fn no_versions(&self, facts: &[Fact], name: &PackageName) -> Option<Premise> {
        let range = asked_for_together(facts, name);
        let versions = self.versions.get(name);
        let exists = versions.is_some_and(|known| known.iter().any(|v| range.contains(v)));
        (!range.is_empty() && !exists).then(|| Premise::NoVersions {
            name: name.clone(),
            versions: range_text(&range),
            beside: beside(&range, versions.map_or(&[], |known| &known[..])),
        })
    }

    /// What a package requires of one project: a premise for each range, or one premise for three
    /// and more ranges.
    fn depends(&self, facts: &[Fact], package: &SolverPackage, name: &PackageName) -> Vec<Premise> {
        let mut alike = alike(facts, package, name);
        alike.sort_by_cached_key(|(versions, _)| lowest(versions));
        if alike.len() < 3 {
            let one = |(versions, requirement): &(&VersionRange, &Requirement)| Premise::Depends {
                package: package.to_string(),
                versions: self.text(facts, package, versions),
                requirement: (*requirement).clone(),
            };
            return alike.iter().map(one).collect();
        }
        let versions = alike
            .iter()
            .fold(VersionRange::empty(), |all, (one, _)| all.union(one));
        vec![Premise::DependsVariously {
            package: package.to_string(),
            versions: self.text(facts, package, &versions),
            requirements: alike.into_iter().map(|(_, r)| r.clone()).collect(),
        }]
    }

    /// A set of versions as specifiers, by the versions that exist. The text is empty if the set
    /// has every version that the facts ask for.
    fn text(&self, facts: &[Fact], package: &SolverPackage, range: &VersionRange) -> String {
        let Some(versions) = package.name().and_then(|name| self.versions.get(name)) else {
            return String::new();
        };
        let asked = asked_for(facts, package);
        let mut meant = versions.iter().filter(|version| asked.contains(version));
        if meant.all(|version| range.contains(version)) {
            return String::new();
        }
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for at in (0..versions.len()).filter(|at| range.contains(&versions[*at])) {
            match runs.last_mut() {
                Some((_, end)) if *end + 1 == at => *end = at,
                _ => runs.push((at, at)),
            }
        }
        let run = |(start, end): &(usize, usize)| match (*start, *end) {
            (start, end) if start == end => format!("=={}", versions[start]),
            (0, end) => format!("<={}", versions[end]),
            (start, end) if end + 1 == versions.len() => format!(">={}", versions[start]),
            (start, end) => format!(">={},<={}", versions[start], versions[end]),
        };
        runs.iter().map(run).collect::<Vec<_>>().join(" or ")
    }
}

fn lowest(versions: &VersionRange) -> Option<Version> {
    use std::ops::Bound::{Excluded, Included, Unbounded};
    match versions.bounding_range()?.0 {
        Included(version) | Excluded(version) => Some(version.clone()),
        Unbounded => None,
    }
}

/// A range as specifiers; alternatives are joined by ` or `.
fn range_text(range: &VersionRange) -> String {
    use std::ops::Bound::{self, Excluded, Included, Unbounded};
    let segment = |(low, high): (Bound<&Version>, Bound<&Version>)| match (low, high) {
        (Included(a), Included(b)) if a == b => format!("=={a}"),
        // `==1.0` as a range contains the local versions of 1.0.
        (Included(a), Excluded(b)) if b.dev() == Some(0) && b.post().is_some() && !a.is_post() => {
            format!("=={a}")
        }
        (low, high) => {
            let low = match low {
                Included(v) => format!(">={v}"),
                Excluded(v) => format!(">{}", v.clone().without_local()),
                Unbounded => String::new(),
            };
            let high = match high {
                Included(v) => format!("<={v}"),
                Excluded(v) => format!("<{v}"),
                Unbounded => String::new(),
            };
            let comma = if low.is_empty() || high.is_empty() {
                ""
            } else {
                ","
            };
            format!("{low}{comma}{high}")
        }
    };
    range.iter().map(segment).collect::<Vec<_>>().join(" or ")
}

/// Of `versions`, ascending, the highest below the whole range and the lowest above it.
fn beside(range: &VersionRange, versions: &[Version]) -> (Option<Version>, Option<Version>) {
    let Some((low, high)) = range.bounding_range() else {
        return (None, None);
    };
    let is_below = |version: &&Version| match low {
        Bound::Included(low) => *version < low,
        Bound::Excluded(low) => *version <= low,
        Bound::Unbounded => false,
    };
    let is_above = |version: &&Version| match high {
        Bound::Included(high) => *version > high,
        Bound::Excluded(high) => *version >= high,
        Bound::Unbounded => false,
    };
    let below = versions.iter().rev().find(is_below);
    let above = versions.iter().find(is_above);
    (below.cloned(), above.cloned())
}
