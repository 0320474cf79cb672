//! What a lock depends on: everything that decides what it may hold.
//!
//! Code that compares, merges, reads or writes inputs takes them apart without `..`, so that a new
//! field does not compile until each of these places handles it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use pep440_rs::Version;

use crate::digest::FileDigest;
use crate::file::Sha256;
use crate::filename::WheelFilename;
use crate::interpreter::InterpreterConstraints;
use crate::marker::Marker;
use crate::metadata::Metadata;
use crate::name::PackageName;
use crate::overrides::{MetadataOverride, Override};
use crate::package_set::PackageSet;
use crate::platform::Platform;
use crate::requirement::Requirement;
use crate::version::VersionRange;

/// Everything that decides what a lock may hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockInputs {
    /// The requirements, canonical, sorted, each once.
    pub requirements: Vec<Requirement>,
    /// Constraints: they limit the versions of a project, but do not require it.
    pub constraints: Vec<Requirement>,
    /// Requirements that replace those of packages, sorted.
    pub overrides: Vec<Override>,
    /// Excluded projects, sorted: what packages require of them is ignored.
    pub excludes: Vec<PackageName>,
    /// The Pythons that the lock is for.
    pub interpreter_constraints: InterpreterConstraints,
    /// The platforms that the lock is for, sorted; an empty list means every platform.
    pub platforms: Vec<Platform>,
    /// Packages of which no wheel may be used, as by pip's `--no-binary`.
    pub no_binary: PackageSet,
    /// Packages of which no source distribution may be used, as by pip's `--only-binary`.
    pub only_binary: PackageSet,
    /// When a pre-release may be chosen.
    pub prereleases: PrereleasePolicy,
    /// Whether every package must have a wheel for each platform.
    pub require_wheels: bool,
    /// When a project gets several versions.
    pub fork_strategy: ForkStrategy,
    /// Metadata in place of those of releases, sorted.
    pub metadata: Vec<MetadataOverride>,
    /// The projects of which only some files may be used, sorted.
    pub hashed: Vec<HashedProject>,
}

/// A project of which only files with certain hashes may be used, as by pip's `--hash`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashedProject {
    /// The project.
    pub name: PackageName,
    /// A hash of these hashes: they may be many, and only matter where they change.
    pub hashes: Sha256,
}

impl HashedProject {
    /// The project with these hashes, in any order.
    #[must_use]
    pub fn new(name: PackageName, hashes: &[FileDigest]) -> Self {
        let mut texts: Vec<String> = hashes.iter().map(ToString::to_string).collect();
        texts.sort();
        texts.dedup();
        Self {
            name,
            hashes: Sha256::of(texts.join("\n").as_bytes()),
        }
    }
}

/// As in `a 0631dd7c…`.
impl fmt::Display for HashedProject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.hashes)
    }
}

impl FromStr for HashedProject {
    type Err = HashedProjectError;

    fn from_str(text: &str) -> Result<Self, HashedProjectError> {
        let (name, hashes) = text.split_once(' ').ok_or(HashedProjectError)?;
        Ok(Self {
            name: name.parse().map_err(|_| HashedProjectError)?,
            hashes: hashes.parse().map_err(|_| HashedProjectError)?,
        })
    }
}

/// A text that is no project with a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a project and a sha256")]
pub struct HashedProjectError;

/// When a pre-release may be chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrereleasePolicy {
    /// Only if no stable release satisfies the requirements (PEP 440's default).
    #[default]
    IfNecessary,
    /// Whenever it is the highest version that satisfies the requirements.
    Allow,
    /// Never.
    Disallow,
}

/// When a project gets several versions, each for its own environments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForkStrategy {
    /// Where an older Python or another platform would keep it from its newest version elsewhere.
    #[default]
    RequiresPython,
    /// Only where no version serves every environment.
    Fewest,
}

/// A text that is no strategy for forks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `requires-python` or `fewest`")]
pub struct ForkStrategyError;

/// A text that is no policy for pre-releases.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `allow`, `disallow` or `if-necessary`")]
pub struct PrereleasePolicyError;

impl LockInputs {
    /// The same inputs with every list sorted and without duplicates.
    #[must_use]
    pub fn sorted(self) -> Self {
        let Self {
            requirements,
            constraints,
            overrides,
            excludes,
            interpreter_constraints,
            platforms,
            no_binary,
            only_binary,
            prereleases,
            require_wheels,
            fork_strategy,
            metadata,
            hashed,
        } = self;
        Self {
            requirements: sorted(requirements),
            constraints: sorted(constraints),
            overrides: sorted(overrides),
            excludes: sorted(excludes),
            interpreter_constraints,
            platforms: sorted(platforms),
            no_binary,
            only_binary,
            prereleases,
            require_wheels,
            fork_strategy,
            metadata: sorted(metadata.into_iter().map(MetadataOverride::sorted).collect()),
            hashed: sorted(hashed),
        }
    }

    /// The set of environments that a lock of these inputs must serve.
    #[must_use]
    pub fn universe(&self) -> Marker {
        self.interpreter_constraints
            .marker()
            .and(&self.platform_universe())
    }

    /// The universe without the condition on the implementation of Python. Markers in a lock are
    /// simplified within this larger set, so that they are right for another implementation too.
    #[must_use]
    pub fn output_universe(&self) -> Marker {
        self.interpreter_constraints
            .python_marker()
            .and(&self.platform_universe())
    }

    /// The Python versions of those environments of the universe that are in `marker`.
    #[must_use]
    pub fn pythons(&self, marker: &Marker) -> VersionRange {
        marker
            .and(&self.interpreter_constraints.python_marker())
            .python_versions()
    }

    /// Whether wheels of the package may be used.
    #[must_use]
    pub fn allows_wheels(&self, name: &PackageName) -> bool {
        !self.no_binary.contains(name)
    }

    /// Whether source distributions of the package may be used.
    #[must_use]
    pub fn allows_sdists(&self, name: &PackageName) -> bool {
        !self.require_wheels && !self.only_binary.contains(name)
    }

    /// Whether an interpreter that satisfies the constraints, with a version in `pythons`, can use
    /// the wheel on at least one of the platforms.
    #[must_use]
    pub fn admit_wheel(&self, wheel: &WheelFilename, pythons: &VersionRange) -> bool {
        let fits = |platform: &Platform| {
            let mut tags = wheel.platform_tag.split('.');
            tags.any(|tag| platform.fits_tag(tag))
        };
        self.interpreter_constraints.admit_wheel(wheel, pythons)
            && (self.platforms.is_empty() || self.platforms.iter().any(fits))
    }

    /// The metadata that count in place of those of a release: first those of its version.
    #[must_use]
    pub fn metadata_of(&self, name: &PackageName, version: &Version) -> Option<Metadata> {
        MetadataOverride::find(&self.metadata, name, version)
    }

    /// The requirements of a package after the overrides and the excludes are applied.
    #[must_use]
    pub fn overridden(&self, requirements: Vec<Requirement>) -> Vec<Requirement> {
        if self.overrides.is_empty() && self.excludes.is_empty() {
            return requirements;
        }
        let mut found: Vec<Requirement> = Vec::with_capacity(requirements.len());
        for requirement in requirements {
            if self.excludes.contains(&requirement.name) {
                continue;
            }
            let overrides = self.overrides.iter();
            let mut overrides = overrides.filter(|o| o.name == requirement.name).peekable();
            if overrides.peek().is_none() {
                found.push(requirement);
                continue;
            }
            let all = overrides.map(|o| o.requirement.clone());
            for requirement in all.filter(|r| !self.excludes.contains(&r.name)) {
                if !found.contains(&requirement) {
                    found.push(requirement);
                }
            }
        }
        found
    }

    fn platform_universe(&self) -> Marker {
        let known = Marker::known_platforms();
        if self.platforms.is_empty() {
            return known;
        }
        self.platforms
            .iter()
            .map(|platform| platform.marker())
            .fold(Marker::FALSE, |all, one| all.or(&one))
            .and(&known)
    }
}

impl fmt::Display for PrereleasePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IfNecessary => "if-necessary",
            Self::Allow => "allow",
            Self::Disallow => "disallow",
        })
    }
}

impl FromStr for PrereleasePolicy {
    type Err = PrereleasePolicyError;

    fn from_str(text: &str) -> Result<Self, PrereleasePolicyError> {
        match text {
            "if-necessary" => Ok(Self::IfNecessary),
            "allow" => Ok(Self::Allow),
            "disallow" => Ok(Self::Disallow),
            _ => Err(PrereleasePolicyError),
        }
    }
}

impl fmt::Display for ForkStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RequiresPython => "requires-python",
            Self::Fewest => "fewest",
        })
    }
}

impl FromStr for ForkStrategy {
    type Err = ForkStrategyError;

    fn from_str(text: &str) -> Result<Self, ForkStrategyError> {
        match text {
            "requires-python" => Ok(Self::RequiresPython),
            "fewest" => Ok(Self::Fewest),
            _ => Err(ForkStrategyError),
        }
    }
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort();
    values.dedup();
    values
}
