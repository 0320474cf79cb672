//! The explanation of a conflict as data. The caller adds the files and lines of requirements.

use std::fmt;

use model::{Marker, PackageName, Platform, Requirement, Version};

use crate::hint::Hint;
use crate::reason::Reason;

/// Why requirements clash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Each of the user's requirements with what it leads to, then the versions that cannot be
    /// used.
    pub premises: Vec<Premise>,
    /// The environments in which the requirements clash.
    pub clash: Clash,
    /// What may help.
    pub hints: Vec<Hint>,
}

/// The environments in which requirements clash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The environments, relative to the universe; every environment if true.
    pub environments: Marker,
    /// The platforms of the settings that are among these environments; empty if all are.
    pub platforms: Vec<Platform>,
}

/// One fact that a conflict follows from.
///
/// Versions are written as specifiers, by the versions that exist; alternatives are joined by
/// ` or `. They are empty if they are all the versions that the premises before ask for, so that
/// each range is shown only once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Premise {
    /// The user requires this: the requirement as it went into the problem.
    Required(Requirement),
    /// Versions of a package require this.
    Depends {
        /// The package, with its extra.
        package: String,
        /// Its versions.
        versions: String,
        /// What they require.
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
    /// No version that exists is in this range.
    NoVersions {
        /// The project.
        name: PackageName,
        /// The range as specifiers; empty for every version.
        versions: String,
        /// The versions that exist next to it: the highest below, and the lowest above.
        beside: (Option<Version>, Option<Version>),
    },
    /// Versions that exist cannot be used.
    Unusable {
        /// The project.
        name: PackageName,
        /// Its versions.
        versions: String,
        /// Why they cannot be used.
        why: Reason,
    },
    /// The user's requirements name two places for one project.
    TwoPlaces(String, String),
}

/// A paragraph: a line for each premise, where it clashes, and a line for each hint.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for premise in &self.premises {
            writeln!(f, "{premise}")?;
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

/// Nothing if the requirements clash everywhere.
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

impl fmt::Display for Premise {
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
                beside,
            } => {
                write!(f, "no version of {name} ")?;
                match versions.as_str() {
                    "" => f.write_str("exists")?,
                    versions => write!(f, "is {versions}")?,
                }
                match beside {
                    (Some(highest), None) => write!(f, "; the highest is {highest}"),
                    (None, Some(lowest)) => write!(f, "; the lowest is {lowest}"),
                    (Some(below), Some(above)) => {
                        write!(f, "; next to it are {below} and {above}")
                    }
                    (None, None) => Ok(()),
                }
            }
            Self::Unusable {
                name,
                versions,
                why,
            } => {
                let subject = subject(name.as_str(), versions);
                match why {
                    Reason::NotFound => write!(f, "{name} is on no index"),
                    Reason::Metadata(why) => {
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
