//! What a version is chosen for: the question that candidates and pins answer.

use model::{Marker, PackageName, VersionRange};

/// What a project is chosen for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need<'a> {
    pub(crate) name: &'a PackageName,
    pub(crate) range: &'a VersionRange,
    /// The environments of the part.
    pub(crate) part: &'a Marker,
    /// Those of them in which it is needed, as far as known.
    pub(crate) demand: &'a Marker,
    /// The Pythons among them.
    pub(crate) pythons: &'a VersionRange,
}
