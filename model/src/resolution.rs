//! The outcome of a resolution: which version of which package is needed where.

use pep440_rs::Version;

use crate::lock::PackageSource;
use crate::marker::Marker;
use crate::name::{ExtraName, PackageName};
use crate::requirement::Requirement;

/// A universal resolution: in each environment of the universe, the nodes whose marker holds there
/// are exactly the packages to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The packages, sorted by name and version.
    pub nodes: Vec<ResolutionNode>,
    /// The parts of the universe that were resolved separately, sorted; one if it was not split.
    pub forks: Vec<Marker>,
}

/// One package at one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolutionNode {
    /// The project.
    pub name: PackageName,
    /// The version chosen.
    pub version: Version,
    /// Where its files come from.
    pub source: PackageSource,
    /// The environments that need it, simplified within the universe.
    pub marker: Marker,
    /// The extras that some requirement asks for, sorted.
    pub extras: Vec<ExtraName>,
    /// Its requirements that matter in the universe. Those of an extra in `extras` have
    /// `extra == 'NAME'` in their marker.
    pub dependencies: Vec<Requirement>,
}
