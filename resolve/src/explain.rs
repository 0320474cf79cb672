//! Tells a [`Conflict`] in the user's words, as data: xtask knows the files and lines.

use std::collections::BTreeSet;

use model::{Marker, PackageName, Requirement, VersionRange};
use pubgrub::External;

use crate::conflict::{Conflict, edges_of_leaf, leaves};
use crate::package::{Package, Reason as Why};
use crate::problem::Problem;

/// A conflict, told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What clashes, in an order that reads as a chain.
    pub reasons: Vec<Reason>,
    /// Where it clashes, within the universe; true where everywhere.
    pub environments: Marker,
    /// What may help.
    pub hints: Vec<Hint>,
}

/// One fact of a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The user requires this: the requirement as it went into the problem.
    Required(Requirement),
    /// Versions of a package require this.
    Depends {
        /// The package, with its extra.
        package: String,
        /// Its versions, as specifiers; empty for every one.
        versions: String,
        /// The requirement.
        requirement: Requirement,
    },
    /// No version lies in this range.
    NoVersions {
        /// The project.
        name: PackageName,
        /// As specifiers; empty for every one.
        versions: String,
        /// The highest version that exists.
        highest: Option<model::Version>,
    },
    /// Versions cannot be used.
    Unusable {
        /// The project.
        name: PackageName,
        /// As specifiers; empty for every one.
        versions: String,
        /// Why not.
        why: Why,
    },
}

/// What may help.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// Only pre-releases of the project satisfy.
    Prerelease(PackageName),
    /// The project may be misspelt.
    Misspelt(PackageName),
    /// Raising the lower bound of the interpreter constraints.
    Python(model::PackageName, String),
    /// Leaving out a platform.
    Platform(PackageName, model::Platform),
    /// Loosening one of the requirements on the project.
    Loosen(PackageName),
}

impl Conflict {
    /// Tells the conflict.
    #[must_use]
    pub fn explain(&self, problem: &Problem) -> Explanation {
        let mut reasons = Vec::new();
        for leaf in leaves(&self.tree) {
            match leaf {
                External::NotRoot(..) => {}
                External::FromDependencyOf(package, versions, dependency, _) => {
                    if matches!((package, dependency), (Package::Extra(a, _), Package::Base(b)) if a == b)
                    {
                        continue;
                    }
                    for (_, requirement) in edges_of_leaf(&self.edges, leaf) {
                        if requirement.marker.is_disjoint(&self.environments) {
                            continue;
                        }
                        push(
                            &mut reasons,
                            self.dependency(package, versions, requirement),
                        );
                    }
                }
                External::NoVersions(package, versions) => {
                    if let Some(name) = package.name() {
                        let reason = Reason::NoVersions {
                            name: name.clone(),
                            versions: self.text(name, versions),
                            highest: self.versions.get(name).and_then(|v| v.last().cloned()),
                        };
                        push(&mut reasons, reason);
                    }
                }
                External::Custom(package, versions, why) => {
                    if let Some(name) = package.name() {
                        let reason = Reason::Unusable {
                            name: name.clone(),
                            versions: self.text(name, versions),
                            why: why.clone(),
                        };
                        push(&mut reasons, reason);
                    }
                }
            }
        }
        let reasons = in_order(reasons);
        Explanation {
            hints: hints(&reasons),
            environments: self.part.simplify_within(&problem.output_universe()),
            reasons,
        }
    }

    fn dependency(
        &self,
        package: &Package,
        versions: &VersionRange,
        requirement: &Requirement,
    ) -> Reason {
        match package.name() {
            None => Reason::Required(requirement.clone()),
            Some(name) => Reason::Depends {
                package: package.to_string(),
                versions: self.text(name, versions),
                requirement: requirement.clone(),
            },
        }
    }

    /// A range as specifiers, with no bound that means nothing.
    fn text(&self, name: &PackageName, range: &VersionRange) -> String {
        let Some(versions) = self.versions.get(name) else {
            return range_text(range);
        };
        let narrow = range.narrow_versions(versions);
        let all = versions.iter().all(|version| range.contains(version));
        if all {
            String::new()
        } else {
            range_text(&narrow)
        }
    }
}

fn push(reasons: &mut Vec<Reason>, reason: Reason) {
    if !reasons.contains(&reason) {
        reasons.push(reason);
    }
}

/// The user's requirements first, then what each leads to, then what is missing.
fn in_order(reasons: Vec<Reason>) -> Vec<Reason> {
    let (mut ordered, mut rest): (Vec<_>, Vec<_>) = reasons
        .into_iter()
        .partition(|reason| matches!(reason, Reason::Required(_)));
    let mut known: BTreeSet<PackageName> = ordered.iter().filter_map(leads_to).collect();
    loop {
        let next = rest.iter().position(|reason| match reason {
            Reason::Depends { package, .. } => known
                .iter()
                .any(|name| package.split('[').next() == Some(name.as_str())),
            _ => false,
        });
        let Some(at) = next else {
            break;
        };
        let reason = rest.remove(at);
        known.extend(leads_to(&reason));
        ordered.push(reason);
    }
    ordered.extend(rest);
    ordered
}

fn leads_to(reason: &Reason) -> Option<PackageName> {
    match reason {
        Reason::Required(requirement) | Reason::Depends { requirement, .. } => {
            Some(requirement.name.clone())
        }
        Reason::NoVersions { .. } | Reason::Unusable { .. } => None,
    }
}

fn hints(reasons: &[Reason]) -> Vec<Hint> {
    let mut hints = BTreeSet::new();
    for reason in reasons {
        match reason {
            Reason::Unusable { name, why, .. } => match why {
                Why::NotFound => {
                    hints.insert(Hint::Misspelt(name.clone()));
                }
                Why::Prerelease => {
                    hints.insert(Hint::Prerelease(name.clone()));
                }
                Why::RequiresPython(python) => {
                    hints.insert(Hint::Python(name.clone(), python.to_string()));
                }
                Why::Platform(platform) => {
                    hints.insert(Hint::Platform(name.clone(), *platform));
                }
                _ => {}
            },
            Reason::NoVersions { name, .. } => {
                hints.insert(Hint::Loosen(name.clone()));
            }
            Reason::Required(_) | Reason::Depends { .. } => {}
        }
    }
    hints.into_iter().collect()
}

/// A range as specifiers; alternatives are joined by ` or `.
fn range_text(range: &VersionRange) -> String {
    use std::ops::Bound::{Excluded, Included, Unbounded};
    let segment = |(low, high): (
        std::ops::Bound<&model::Version>,
        std::ops::Bound<&model::Version>,
    )| {
        match (low, high) {
            (Included(a), Included(b)) if a == b => format!("=={a}"),
            // `==1.0` as a range contains the local versions of 1.0.
            (Included(a), Excluded(b))
                if b.dev() == Some(0) && b.post().is_some() && !a.is_post() =>
            {
                format!("=={a}")
            }
            (low, high) => {
                let low = match low {
                    Included(v) => format!(">={v}"),
                    Excluded(v) => format!(">{v}"),
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
        }
    };
    range.iter().map(segment).collect::<Vec<_>>().join(" or ")
}

impl std::fmt::Display for Explanation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{self:?}")
    }
}
