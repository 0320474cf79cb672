//! The outcome of a resolution: which version of which package is needed where.

use pep440_rs::Version;

use crate::lock::PackageSource;
use crate::marker::Marker;
use crate::name::{ExtraName, PackageName};
use crate::requirement::Requirement;

/// A universal resolution: for every environment of the universe the nodes whose marker holds
/// there are an exact solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The packages, sorted by name and version.
    pub nodes: Vec<ResolutionNode>,
    /// The parts of the universe that were resolved apart, sorted; one where none was split.
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
    /// The extras that something asks for, sorted.
    pub extras: Vec<ExtraName>,
    /// What it requires in the universe: the dependencies of each of `extras` carry
    /// `extra == 'NAME'` in their marker.
    pub dependencies: Vec<Requirement>,
}
