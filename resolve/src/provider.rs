//! What the resolver asks about packages.

use std::error::Error;
use std::sync::Arc;

use model::{
    FileKind, Metadata, PackageName, PackageSource, RequirementSource, Version, VersionRange,
    VersionSpecifiers, WheelFilename,
};

/// A source of packages.
///
/// Answers must not change while a resolution runs. An error ends the resolution. A version that
/// cannot be used is no error but an answer: the resolver then looks for another version.
pub trait Provider {
    /// Why a question could not be answered.
    type Error: Error + 'static;

    /// The versions of the project that its index lists, in ascending order; `None` where no
    /// index has the project.
    ///
    /// # Errors
    /// Where the index could not be asked.
    fn versions(&self, name: &PackageName) -> Result<Option<Arc<[Version]>>, Self::Error>;

    /// The files of one of these versions.
    ///
    /// # Errors
    /// Where the index could not be asked.
    fn release(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Arc<CandidateFiles>, Self::Error>;

    /// The core metadata of one of these versions.
    ///
    /// # Errors
    /// Where it could not be fetched. Metadata that was fetched but cannot be used is an answer.
    fn metadata(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<ReleaseMetadata, Self::Error>;

    /// The one version that a direct reference gives.
    ///
    /// # Errors
    /// Where it could not be fetched or built.
    fn direct(
        &self,
        name: &PackageName,
        source: &RequirementSource,
    ) -> Result<Arc<DirectRelease>, Self::Error>;

    /// Where the project's files come from.
    ///
    /// # Errors
    /// Where the index could not be asked.
    fn source(&self, name: &PackageName) -> Result<PackageSource, Self::Error>;

    /// Announces that the project will be asked for, most likely in its highest version in `range`.
    fn will_ask(&self, name: &PackageName, range: &VersionRange);
}

/// The files of one version.
#[derive(Debug, Clone, Default)]
pub struct CandidateFiles {
    /// The files that can be used on some platform with some Python.
    pub files: Vec<CandidateFile>,
    /// Whether there are other files, but none with a hash that the user allows.
    pub left_out_by_hash: bool,
    /// Whether the files were chosen for one interpreter, which can use each of them.
    pub for_one_machine: bool,
}

/// What the choice of a version needs to know of one file.
#[derive(Debug, Clone)]
pub struct CandidateFile {
    /// What the file is, by its name.
    pub kind: FileKind,
    /// The Pythons that the file is for (`Requires-Python`).
    pub requires_python: Option<VersionSpecifiers>,
    /// Whether it was yanked (PEP 592).
    pub yanked: bool,
}

/// The core metadata of one version.
#[derive(Debug, Clone)]
pub enum ReleaseMetadata {
    /// The metadata.
    Available(Arc<Metadata>),
    /// The metadata cannot be used, for this reason, which is a text for the user.
    Unavailable(String),
}

/// What a direct reference gives.
#[derive(Debug, Clone)]
pub struct DirectRelease {
    /// Its version.
    pub version: Version,
    /// Where it comes from, in full: a git revision is a full commit here.
    pub source: PackageSource,
    /// Its core metadata.
    pub metadata: Arc<Metadata>,
    /// The wheel, if it is one, whose tags say where it installs. Anything else is built.
    pub wheel: Option<WheelFilename>,
}
