//! What may help against a conflict.

use std::fmt;

use model::{CoverageGap, PackageName, Platform, Requirement, Version};

use crate::fact::Fact;
use crate::reason::Reason;

/// What may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// The name of the project may be misspelt, or the project may be missing on the indexes.
    Misspelt(PackageName),
    /// A looser requirement would help.
    Loosen {
        /// The requirement as it went into the problem.
        requirement: Requirement,
        /// The version that would then be chosen, if the hint was tried.
        version: Option<Version>,
    },
    /// A looser constraint would help.
    LoosenConstraint {
        /// The position in the constraints of the inputs, followed by the bounds of the problem.
        constraint: usize,
        /// The version that would then be chosen, if the hint was tried.
        version: Option<Version>,
    },
    /// Allowing pre-releases of this project would help.
    Prerelease(PackageName),
    /// This version was yanked; a requirement with `==` allows it nevertheless.
    Yanked(PackageName, Version),
    /// The project requires this later Python: a higher lower bound of the interpreter constraints
    /// would help.
    Python(PackageName, String),
    /// The project has no file for this Python and later ones, such as `3.14`: an upper bound of the
    /// interpreter constraints would help.
    PythonEnd(PackageName, String),
    /// The project has no file for this platform: leaving out the platform would help.
    Platform(PackageName, Platform),
    /// Allowing source distributions of this project would help.
    Sdist(PackageName),
    /// Allowing wheels of this project would help.
    Wheel(PackageName),
}

/// A change of the inputs that would make a gap go away.
pub(crate) enum GapRemedy {
    /// Without this platform.
    WithoutPlatform(Platform),
    /// Without this minor version of Python and later ones.
    EndBefore(String),
    /// From this minor version of Python on.
    BeginWith(String),
}

impl GapRemedy {
    /// The hint for a project.
    pub(crate) fn hint(&self, name: &PackageName) -> Hint {
        match self {
            Self::WithoutPlatform(platform) => Hint::Platform(name.clone(), *platform),
            Self::EndBefore(python) => Hint::PythonEnd(name.clone(), python.clone()),
            Self::BeginWith(python) => Hint::Python(name.clone(), format!(">={python}")),
        }
    }
}

impl GapRemedy {
    /// What would make a gap go away, if one change does.
    pub(crate) fn of(gap: &CoverageGap) -> Option<Self> {
        let mut platforms = gap.missing.platforms();
        let (first, second) = (platforms.next()?, platforms.next());
        if second.is_none() && gap.universe.platforms().count() > 1 {
            return Some(Self::WithoutPlatform(first));
        }
        let missing: Vec<u32> = gap.missing.cpython_minors().collect();
        let universe: Vec<u32> = gap.universe.cpython_minors().collect();
        if missing.is_empty() || missing.len() == universe.len() {
            return None;
        }
        if universe.ends_with(&missing) {
            return Some(Self::EndBefore(format!("3.{}", missing[0])));
        }
        let next = universe.get(missing.len())?;
        universe
            .starts_with(&missing)
            .then(|| Self::BeginWith(format!("3.{next}")))
    }
}

/// What may help, judged from the facts without resolving again.
pub(crate) fn untried(facts: &[Fact]) -> Vec<Hint> {
    let mut hints = Vec::new();
    for fact in facts {
        let hint = match fact {
            Fact::Unusable(name, _, why) => match why {
                Reason::NotFound => Hint::Misspelt(name.clone()),
                Reason::Prerelease => Hint::Prerelease(name.clone()),
                Reason::RequiresPython(python) => Hint::Python(name.clone(), python.to_string()),
                Reason::NoFile(gap) => match GapRemedy::of(gap) {
                    Some(remedy) => remedy.hint(name),
                    None => continue,
                },
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
            Self::PythonEnd(name, python) => {
                write!(
                    f,
                    "{name} has no file for Python {python}: end the interpreter constraints with `<{python}`"
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
