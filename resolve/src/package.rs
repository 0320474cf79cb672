//! PubGrub's types, as this room uses them.

use std::cmp::Reverse;
use std::convert::Infallible;
use std::fmt;

use model::{ExtraName, PackageName, Platform, Version, VersionRange, VersionSpecifiers};
use pubgrub::{Dependencies, DependencyProvider, PackageResolutionStatistics};

/// A package to PubGrub.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Package {
    /// What the user requires.
    Root,
    /// A project.
    Base(PackageName),
    /// An extra of a project: its version is the project's.
    Extra(PackageName, ExtraName),
}

impl Package {
    /// The project, if it is one.
    pub(crate) fn name(&self) -> Option<&PackageName> {
        match self {
            Self::Root => None,
            Self::Base(name) | Self::Extra(name, _) => Some(name),
        }
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("the requirements"),
            Self::Base(name) => write!(f, "{name}"),
            Self::Extra(name, extra) => write!(f, "{name}[{extra}]"),
        }
    }
}

/// Why versions of a package cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No index has the project.
    NotFound,
    /// Every file was yanked, and the user did not ask for just this version.
    Yanked,
    /// It is for other Pythons.
    RequiresPython(VersionSpecifiers),
    /// It has only wheels, none for a Python of the universe.
    WheelsForOtherPythons,
    /// It has only wheels, none for a platform that is known.
    WheelsForOtherPlatforms,
    /// It has no wheel, and source distributions may not be used.
    NoWheel,
    /// It has no source distribution, and wheels may not be used.
    NoSdist,
    /// None of its files has a digest that the user asks for.
    Hash,
    /// Nothing of it can be used on a platform that must be served.
    Platform(Platform),
    /// A constraint excludes it: index into those of the inputs, which the bounds
    /// follow.
    Constraint(usize),
    /// A pre-release, and pre-releases may not be chosen.
    Prerelease,
    /// Its metadata cannot be used.
    Metadata(String),
    /// A direct reference gives another version.
    Direct(String),
    /// Two direct references name different places for one project.
    DirectReferences(Box<(String, String)>),
    /// The lock holds another version, which is to be kept.
    Pinned,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no index has the project"),
            Self::Yanked => f.write_str("it was yanked"),
            Self::RequiresPython(python) => write!(f, "it requires Python {python}"),
            Self::WheelsForOtherPythons => f.write_str("it has only wheels for other Pythons"),
            Self::WheelsForOtherPlatforms => f.write_str("it has only wheels for other platforms"),
            Self::NoWheel => f.write_str("it has no wheel, and only wheels may be used"),
            Self::NoSdist => {
                f.write_str("it has no source distribution, and wheels may not be used")
            }
            Self::Hash => f.write_str("none of its files has a hash that the requirements name"),
            Self::Platform(platform) => write!(f, "it has no file that fits {platform}"),
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

/// How urgent a package is: the highest is decided first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// Nothing is known; first met, first decided.
    Unspecified(Reverse<usize>),
    /// Its versions often made others unusable.
    ConflictLate(Reverse<usize>),
    /// Its versions were often made unusable by others.
    ConflictEarly(Reverse<usize>),
    /// One version only.
    Singleton(Reverse<usize>),
    /// A direct reference.
    Direct(Reverse<usize>),
    /// The start.
    Root,
}

/// The types that PubGrub's state is generic over. The loop is ours, so nothing is ever asked
/// through this trait.
#[derive(Debug, Clone)]
pub(crate) enum Types {}

impl DependencyProvider for Types {
    type P = Package;
    type V = Version;
    type VS = VersionRange;
    type Priority = (Priority, bool);
    type M = Reason;
    type Err = Infallible;

    fn prioritize(
        &self,
        _: &Package,
        _: &VersionRange,
        _: &PackageResolutionStatistics,
    ) -> Self::Priority {
        match *self {}
    }

    fn choose_version(&self, _: &Package, _: &VersionRange) -> Result<Option<Version>, Infallible> {
        match *self {}
    }

    fn get_dependencies(
        &self,
        _: &Package,
        _: &Version,
    ) -> Result<Dependencies<Package, VersionRange, Reason>, Infallible> {
        match *self {}
    }
}
