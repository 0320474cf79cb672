//! PubGrub's types, as this room uses them.

use std::cmp::Reverse;
use std::convert::Infallible;
use std::fmt;

use model::{ExtraName, PackageName, Requirement, Version, VersionRange};
use pubgrub::{Dependencies, DependencyProvider, PackageResolutionStatistics};

use crate::reason::Reason;

/// What PubGrub takes for a package.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SolverPackage {
    /// The start: its dependencies are what the user requires.
    Root,
    /// A project.
    Base(PackageName),
    /// An extra of a project: its version is the project's.
    Extra(PackageName, ExtraName),
}

impl SolverPackage {
    /// The project, if it is one.
    pub(crate) fn name(&self) -> Option<&PackageName> {
        match self {
            Self::Root => None,
            Self::Base(name) | Self::Extra(name, _) => Some(name),
        }
    }

    /// Whether this requirement is on the package.
    pub(crate) fn is_required_by(&self, requirement: &Requirement) -> bool {
        match self {
            Self::Root => false,
            Self::Base(name) => requirement.name == *name,
            Self::Extra(name, extra) => {
                requirement.name == *name && requirement.extras.contains(extra)
            }
        }
    }
}

impl fmt::Display for SolverPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("the requirements"),
            Self::Base(name) => write!(f, "{name}"),
            Self::Extra(name, extra) => write!(f, "{name}[{extra}]"),
        }
    }
}

/// How urgent a package is: the one with the highest priority is decided first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// Nothing special: packages are decided in the order in which they were met.
    Unspecified(Reverse<usize>),
    /// Its versions often made versions of others unusable.
    ConflictLate(Reverse<usize>),
    /// Versions of others often made its versions unusable.
    ConflictEarly(Reverse<usize>),
    /// Only one version is left.
    Singleton(Reverse<usize>),
    /// A direct reference gives its version.
    Direct(Reverse<usize>),
    /// The start of the resolution.
    Root,
}

/// The types that PubGrub's state is generic over. The resolver has its own loop, so PubGrub never
/// calls a method of this trait.
#[derive(Debug, Clone)]
pub(crate) enum Types {}

impl DependencyProvider for Types {
    type P = SolverPackage;
    type V = Version;
    type VS = VersionRange;
    type Priority = (Priority, bool);
    type M = Reason;
    type Err = Infallible;

    fn prioritize(
        &self,
        _: &SolverPackage,
        _: &VersionRange,
        _: &PackageResolutionStatistics,
    ) -> Self::Priority {
        match *self {}
    }

    fn choose_version(
        &self,
        _: &SolverPackage,
        _: &VersionRange,
    ) -> Result<Option<Version>, Infallible> {
        match *self {}
    }

    fn get_dependencies(
        &self,
        _: &SolverPackage,
        _: &Version,
    ) -> Result<Dependencies<SolverPackage, VersionRange, Reason>, Infallible> {
        match *self {}
    }
}
