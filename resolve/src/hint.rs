//! What may help against a conflict.

use std::fmt;

use model::{PackageName, Platform, Requirement, Version};

use crate::fact::Fact;
use crate::reason::Reason;

/// What may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// The project may be misspelt, or missing on the indexes.
    Misspelt(PackageName),
    /// Other versions than this requirement admits would do.
    Loosen {
        /// The requirement as it went into the problem.
        requirement: Requirement,
        /// The version that would be chosen, where it was tried.
        version: Option<Version>,
    },
    /// Other versions than a constraint admits would do.
    LoosenConstraint {
        /// Index into those of the inputs, which the bounds follow.
        constraint: usize,
        /// The version that would be chosen, where it was tried.
        version: Option<Version>,
    },
    /// Pre-releases of this project would do.
    Prerelease(PackageName),
    /// This version was yanked; `==` asks for it all the same.
    Yanked(PackageName, Version),
    /// The project requires a later Python: raising the lower bound of the interpreter
    /// constraints would do.
    Python(PackageName, String),
    /// Leaving out this platform, which the project has no file for, would do.
    Platform(PackageName, Platform),
    /// Source distributions of this project would do.
    Sdist(PackageName),
    /// Wheels of this project would do.
    Wheel(PackageName),
}

/// What may help, by the look of it.
pub(crate) fn untried(facts: &[Fact]) -> Vec<Hint> {
    let mut hints = Vec::new();
    for fact in facts {
        let hint = match fact {
            Fact::Unusable(name, _, why) => match why {
                Reason::NotFound => Hint::Misspelt(name.clone()),
                Reason::Prerelease => Hint::Prerelease(name.clone()),
                Reason::RequiresPython(python) => Hint::Python(name.clone(), python.to_string()),
                Reason::Platform(platform) => Hint::Platform(name.clone(), *platform),
                _ => continue,
            },
            _ => continue,
        };
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    hints
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misspelt(name) => write!(f, "is `{name}` spelt right?"),
            Self::Loosen {
                requirement,
                version,
            } => match version {
                Some(version) => {
                    let name = &requirement.name;
                    write!(
                        f,
                        "with {name} {version} there is a solution: loosen `{requirement}`"
                    )
                }
                None => write!(f, "without it there is a solution: loosen `{requirement}`"),
            },
            Self::LoosenConstraint { version, .. } => match version {
                Some(version) => write!(
                    f,
                    "with {version} there is a solution: loosen the constraint"
                ),
                None => f.write_str("there is a solution without the constraint"),
            },
            Self::Prerelease(name) => write!(f, "a pre-release of {name} is a solution: allow it"),
            Self::Yanked(name, version) => {
                write!(
                    f,
                    "{name} {version} is a solution, though it was yanked: require it by `==`"
                )
            }
            Self::Python(name, python) => {
                write!(
                    f,
                    "{name} is for Python {python}: raise the lower bound of the interpreter constraints"
                )
            }
            Self::Platform(name, platform) => {
                write!(
                    f,
                    "{name} has nothing for {platform}: leave that platform out"
                )
            }
            Self::Sdist(name) => {
                write!(f, "a source distribution of {name} is a solution: allow it")
            }
            Self::Wheel(name) => write!(f, "a wheel of {name} is a solution: allow it"),
        }
    }
}
