//! A lock as data: what a resolution chose, the files of each package, and the inputs.
//!
//! How a lock is written to disk is defined in the room `lockfile`.

use camino::Utf8PathBuf;
use pep440_rs::{Version, VersionSpecifiers};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::file::DistFile;
use crate::inputs::LockInputs;
use crate::marker::Marker;
use crate::name::{ExtraName, PackageName};
use crate::requirement::Requirement;

/// The lock of one resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The resolve's name in settings.
    pub resolve: String,
    /// Everything that decided what the lock holds.
    pub inputs: LockInputs,
    /// The parts of the universe that were resolved separately, sorted; empty if it was not split.
    pub forks: Vec<Marker>,
    /// The packages, sorted by name and version.
    pub packages: Vec<LockedPackage>,
}

/// One package at one version, with its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// The project.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// Where its files come from.
    pub source: PackageSource,
    /// The environments that need it, within the universe of the inputs.
    pub marker: Marker,
    /// `Requires-Python`.
    pub requires_python: Option<VersionSpecifiers>,
    /// The extras that some requirement asks for, sorted.
    pub extras: Vec<ExtraName>,
    /// Its requirements that matter in the universe. Those of an extra in `extras` have
    /// `extra == 'NAME'` in their marker.
    pub dependencies: Vec<Requirement>,
    /// The source distribution.
    pub sdist: Option<DistFile>,
    /// The wheels, sorted by file name.
    pub wheels: Vec<DistFile>,
}

/// Where a locked package's files come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PackageSource {
    /// An index or a `find_links` folder, named by its role in settings and never by its URL.
    Index(IndexRole),
    /// An archive at a URL.
    Url {
        /// The archive.
        url: Url,
        /// The project's folder within it.
        subdirectory: Option<String>,
    },
    /// A git repository at one commit.
    Git {
        /// The repository.
        url: Url,
        /// The commit, in full.
        commit: String,
        /// The revision that was asked for.
        revision: Option<String>,
        /// The project's folder within it.
        subdirectory: Option<String>,
    },
    /// A folder or an archive of the repository.
    Path {
        /// Relative to the repository's root, or absolute as written.
        path: Utf8PathBuf,
    },
}

/// Which of the configured indexes a package comes from.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum IndexRole {
    /// The first index.
    #[default]
    Primary,
    /// A further index, counted from 2 in the order of settings.
    Further(u8),
    /// A `find_links` folder or page.
    FindLinks,
}
