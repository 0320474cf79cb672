//! Why versions of a package cannot be used.

use std::fmt;

use model::{CoverageGap, VersionSpecifiers};

/// Why versions of a package cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No index has the project.
    NotFound,
    /// Every file was yanked, and the user did not require exactly this version.
    Yanked,
    /// `Requires-Python` excludes a Python that it is needed for.
    RequiresPython(VersionSpecifiers),
    /// It has only wheels, and none for a known platform.
    WheelsForOtherPlatforms,
    /// It has no wheel, and source distributions are not allowed.
    NoWheel,
    /// It has no source distribution, and wheels are not allowed.
    NoSdist,
    /// None of its files has a hash that the user allows.
    Hash,
    /// It has only wheels, and none for some Pythons on some platforms.
    NoFile(CoverageGap),
    /// A constraint excludes it. The number is the position in the constraints of the inputs,
    /// followed by the bounds of the problem.
    Constraint(usize),
    /// It is a pre-release, and pre-releases are not allowed.
    Prerelease,
    /// Its metadata cannot be used, for this reason.
    Metadata(String),
    /// The direct reference to this URL or path gives another version.
    Direct(String),
    /// Two direct references name different URLs or paths for the project.
    DirectReferences(Box<(String, String)>),
    /// The lock has another version, which is to be kept.
    Pinned,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no index has the project"),
            Self::Yanked => f.write_str("it was yanked"),
            Self::RequiresPython(python) => write!(f, "it requires Python {python}"),
            Self::WheelsForOtherPlatforms => f.write_str("it has only wheels for other platforms"),
            Self::NoWheel => f.write_str("it has no wheel, and only wheels may be used"),
            Self::NoSdist => {
                f.write_str("it has no source distribution, and wheels may not be used")
            }
            Self::Hash => f.write_str("none of its files has a hash that the requirements name"),
            Self::NoFile(gap) => write!(f, "it has no file for {gap}"),
            Self::Constraint(_) => f.write_str("a constraint excludes it"),
            Self::Prerelease => f.write_str("it is a pre-release"),
            Self::Metadata(reason) => write!(f, "its metadata cannot be used: {reason}"),
            Self::Direct(version) => write!(f, "the direct reference gives {version}"),
            Self::DirectReferences(both) => {
                write!(f, "both {} and {} are asked for", both.0, both.1)
            }
            Self::Pinned => f.write_str("the lock holds another version"),
        }
    }
}
