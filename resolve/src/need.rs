//! What a version is chosen for.

use model::{Marker, PackageName, VersionRange};

use crate::part::UniversePart;

/// What a project is chosen for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need<'a> {
    pub(crate) name: &'a PackageName,
    pub(crate) range: &'a VersionRange,
    /// The part of the universe.
    pub(crate) part: &'a UniversePart,
    /// The environments of the part in which the project is needed, as far as known.
    pub(crate) demand: &'a Marker,
    /// The Python versions of these environments.
    pub(crate) pythons: &'a VersionRange,
}
