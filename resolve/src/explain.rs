//! Tells a [`Conflict`] in the user's words, as data: xtask knows the files and lines.

use std::fmt;

use model::{Marker, PackageName, Platform, Requirement, Version, VersionRange};

use crate::conflict::Conflict;
use crate::fact::{Fact, alike, asked_for, asked_for_together};
use crate::hint::{Hint, untried};
use crate::package::{Package, Reason as Why};
use crate::problem::Problem;

/// A conflict, told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What clashes: each of the user's requirements with what it leads to, then what cannot be
    /// had.
    pub reasons: Vec<Reason>,
    /// Where it clashes.
    pub clash: Clash,
    /// What may help.
    pub hints: Vec<Hint>,
}

/// The environments in which requirements clash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// Within the universe; true where everywhere.
    pub environments: Marker,
    /// Those of the platforms to be served that are among them; empty where all are.
    pub platforms: Vec<Platform>,
}

/// One fact of a conflict.
///
/// Versions are specifiers by the versions that exist, alternatives joined by ` or `. They are
/// empty where they are all that the facts before ask for: each range is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The user requires this: the requirement as it went into the problem.
    Required(Requirement),
    /// Versions of a package require this.
    Depends {
        /// The package, with its extra.
        package: String,
        /// Its versions.
        versions: String,
        /// The requirement.
        requirement: Requirement,
    },
    /// Versions of a package require another project, each in another range.
    DependsVariously {
        /// The package, with its extra.
        package: String,
        /// Its versions.
        versions: String,
        /// The requirements, in the order of the package's versions: three or more.
        requirements: Vec<Requirement>,
    },
    /// No version lies in this range.
    NoVersions {
        /// The project.
        name: PackageName,
        /// As specifiers; empty for every one.
        versions: String,
        /// The highest version that exists.
        highest: Option<Version>,
    },
    /// Versions cannot be used.
    Unusable {
        /// The project.
        name: PackageName,
        /// Its versions.
        versions: String,
        /// Why not.
        why: Why,
    },
    /// The user's requirements name two places for one project.
    TwoPlaces(String, String),
}

impl Conflict {
    /// Tells the conflict, with hints that were not tried.
    #[must_use]
    pub fn explain(&self, problem: &Problem) -> Explanation {
        let facts = self.facts();
        Explanation {
            reasons: self.reasons(&facts),
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
            environments: self.region.simplify_within(&problem.inputs.universe()),
            platforms: if platforms.len() == served.len() {
                Vec::new()
            } else {
                platforms
            },
        }
    }

    fn reasons(&self, facts: &[Fact]) -> Vec<Reason> {
        let mut reasons = Vec::<Reason>::new();
        let mut told: Vec<(&Package, &PackageName)> = Vec::new();
        for fact in facts {
            match fact {
                Fact::Required(requirement) => reasons.push(Reason::Required(requirement.clone())),
                Fact::Depends(package, _, requirement) => {
                    if !told.contains(&(package, &requirement.name)) {
                        told.push((package, &requirement.name));
                        reasons.extend(self.depends(facts, package, &requirement.name));
                    }
                }
                Fact::NoVersions(name) => reasons.extend(self.no_versions(facts, name)),
                Fact::Unusable(name, versions, why) => reasons.push(Reason::Unusable {
                    name: name.clone(),
                    versions: self.text(facts, &Package::Base(name.clone()), versions),
                    why: why.clone(),
                }),
                Fact::TwoPlaces(one, other) => {
                    reasons.push(Reason::TwoPlaces(one.clone(), other.clone()));
                }
            }
        }
        reasons
    }

    /// That no version is in the range that the facts ask for, where there is such a range: else
    /// they clash as they stand.
    fn no_versions(&self, facts: &[Fact], name: &PackageName) -> Option<Reason> {
        let range = asked_for_together(facts, name);
        let versions = self.versions.get(name);
        let exists = versions.is_some_and(|known| known.iter().any(|v| range.contains(v)));
        (!range.is_empty() && !exists).then(|| Reason::NoVersions {
            name: name.clone(),
            versions: range_text(&range),
            highest: versions.and_then(|known| known.last().cloned()),
        })
    }

    /// What a package requires of one project: a line for each range, one line for many.
    fn depends(&self, facts: &[Fact], package: &Package, name: &PackageName) -> Vec<Reason> {
        let mut alike = alike(facts, package, name);
        alike.sort_by_cached_key(|(versions, _)| lowest(versions));
        if alike.len() < 3 {
            let one = |(versions, requirement): &(&VersionRange, &Requirement)| Reason::Depends {
                package: package.to_string(),
                versions: self.text(facts, package, versions),
                requirement: (*requirement).clone(),
            };
            return alike.iter().map(one).collect();
        }
        let versions = alike
            .iter()
            .fold(VersionRange::empty(), |all, (one, _)| all.union(one));
        vec![Reason::DependsVariously {
            package: package.to_string(),
            versions: self.text(facts, package, &versions),
            requirements: alike.into_iter().map(|(_, r)| r.clone()).collect(),
        }]
    }

    /// A set of versions as specifiers, by the versions that exist; nothing where every version
    /// that the facts ask for is in it.
    fn text(&self, facts: &[Fact], package: &Package, range: &VersionRange) -> String {
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

/// A paragraph: a line for each reason, where it clashes, and a line for each hint.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for reason in &self.reasons {
            writeln!(f, "{reason}")?;
        }
        if !self.clash.environments.is_true() {
            writeln!(f, "this clashes {}", self.clash)?;
        }
        for hint in &self.hints {
            writeln!(f, "hint: {hint}")?;
        }
        Ok(())
    }
}

/// Nothing where it clashes everywhere.
impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.environments.is_true() {
            return Ok(());
        }
        write!(f, "where {}", self.environments)?;
        for (at, platform) in self.platforms.iter().enumerate() {
            write!(f, "{}{platform}", if at == 0 { " (" } else { ", " })?;
        }
        if self.platforms.is_empty() {
            Ok(())
        } else {
            f.write_str(")")
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required(requirement) => write!(f, "{requirement} is required"),
            Self::Depends {
                package,
                versions,
                requirement,
            } => {
                write!(f, "{} requires {requirement}", subject(package, versions))
            }
            Self::DependsVariously {
                package,
                versions,
                requirements,
            } => {
                let subject = subject(package, versions);
                f.write_str("each version of ")?;
                match &requirements[..] {
                    [first, .., last] => {
                        write!(f, "{subject} requires another: {first}, …, {last}")
                    }
                    _ => write!(f, "{subject} requires another"),
                }
            }
            Self::NoVersions {
                name,
                versions,
                highest,
            } => {
                write!(f, "no version of {name} ")?;
                match versions.as_str() {
                    "" => f.write_str("exists")?,
                    versions => write!(f, "is {versions}")?,
                }
                match highest {
                    Some(highest) => write!(f, "; the highest is {highest}"),
                    None => Ok(()),
                }
            }
            Self::Unusable {
                name,
                versions,
                why,
            } => {
                let subject = subject(name.as_str(), versions);
                match why {
                    Why::NotFound => write!(f, "{name} is on no index"),
                    Why::Metadata(why) => {
                        write!(f, "{subject} has metadata that cannot be used: {why}")
                    }
                    why => write!(f, "{subject} cannot be used: {why}"),
                }
            }
            Self::TwoPlaces(one, other) => {
                write!(f, "{one} and {other} are two places for one project")
            }
        }
    }
}

/// `name`, `name 1.0` or `name >=1.0`.
fn subject(name: &str, versions: &str) -> String {
    match versions.strip_prefix("==") {
        Some(one) if !one.contains(' ') => format!("{name} {one}"),
        _ if versions.is_empty() => name.to_owned(),
        _ => format!("{name} {versions}"),
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
