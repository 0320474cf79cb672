//! What the resolver asks about packages.

use std::error::Error;
use std::sync::Arc;

use model::{
    Coverage, FilenameTags, Metadata, PackageName, PackageSource, RequirementSource, Version,
    VersionRange, VersionSpecifiers, WheelFilename,
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

    /// The `Requires-Python` of all files of one of these versions, where that is known before the
    /// files are. `None` where it is not, where files differ, and where they are yanked or not allowed.
    ///
    /// # Errors
    /// Where the index could not be asked.
    fn requires_python(
        &self,
        _name: &PackageName,
        _version: &Version,
    ) -> Result<Option<VersionSpecifiers>, Self::Error> {
        Ok(None)
    }

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

/// The files of one version. Files that differ only in where they install are kept as one group: a
/// release has dozens of wheels, and is looked at in every part of the universe.
#[derive(Debug, Clone, Default)]
pub struct CandidateFiles {
    groups: Vec<FileGroup>,
    /// Whether there are other files, but none with a hash that the user allows.
    pub left_out_by_hash: bool,
    /// Whether the files were chosen for one interpreter, which can use each of them.
    pub for_one_machine: bool,
}

/// What the choice of a version needs to know of one file that can be used on some platform with some
/// Python.
#[derive(Debug, Clone, Copy)]
pub struct CandidateFile<'f> {
    /// The tags of its name, if it is a wheel; `None` if it is a source distribution.
    pub wheel: Option<FilenameTags<'f>>,
    /// The Pythons that the file is for (`Requires-Python`).
    pub requires_python: Option<&'f VersionSpecifiers>,
    /// Whether it was yanked (PEP 592).
    pub yanked: bool,
}

/// Files of one kind with one `Requires-Python` that are all yanked, or all not.
#[derive(Debug, Clone)]
pub(crate) struct FileGroup {
    pub(crate) requires_python: Option<VersionSpecifiers>,
    pub(crate) yanked: bool,
    /// What the files serve if they are wheels; `None` if they are source distributions.
    pub(crate) wheels: Option<WheelReach>,
}

/// What wheels serve together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WheelReach {
    pub(crate) coverage: Coverage,
    /// The same, if each wheel were for every platform.
    pub(crate) pythons: Coverage,
    /// Whether one of them is for every Python 3 on every platform.
    pub(crate) for_everyone: bool,
}

impl CandidateFiles {
    /// The files in groups.
    pub(crate) fn groups(&self) -> &[FileGroup] {
        &self.groups
    }

    /// Adds a file.
    pub fn add(&mut self, file: CandidateFile<'_>) {
        let is_alike = |group: &FileGroup| {
            group.yanked == file.yanked
                && group.wheels.is_some() == file.wheel.is_some()
                && group.requires_python.as_ref() == file.requires_python
        };
        let at = self.groups.iter().position(is_alike).unwrap_or_else(|| {
            self.groups.push(FileGroup {
                requires_python: file.requires_python.cloned(),
                yanked: file.yanked,
                wheels: file.wheel.map(|_| WheelReach::default()),
            });
            self.groups.len() - 1
        });
        if let (Some(wheel), Some(reach)) = (file.wheel, &mut self.groups[at].wheels) {
            reach.add(wheel);
        }
    }
}

impl<'f> FromIterator<CandidateFile<'f>> for CandidateFiles {
    fn from_iter<I: IntoIterator<Item = CandidateFile<'f>>>(files: I) -> Self {
        let mut all = Self::default();
        files.into_iter().for_each(|file| all.add(file));
        all
    }
}

impl WheelReach {
    /// What one wheel serves.
    pub(crate) fn of(wheel: FilenameTags<'_>) -> Self {
        let mut reach = Self::default();
        reach.add(wheel);
        reach
    }

    /// What wheels of both serve.
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self {
            coverage: self.coverage.union(&other.coverage),
            pythons: self.pythons.union(&other.pythons),
            for_everyone: self.for_everyone || other.for_everyone,
        }
    }

    fn add(&mut self, wheel: FilenameTags<'_>) {
        let pythons = Coverage::of_pythons(wheel);
        self.pythons = self.pythons.union(&pythons);
        self.coverage = self.coverage.union(&pythons.on_tags(wheel.platform));
        self.for_everyone |= wheel.is_for_everyone();
    }
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
