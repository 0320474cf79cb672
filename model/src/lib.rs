//! The ground that every other room stands on: names, versions, requirements, markers,
//! interpreter constraints, platforms, files, and the [`Resolution`] and [`Lock`] as data.
//!
//! Pure: nothing here touches a file, the network, the clock or the environment. Text is parsed
//! once, where it enters the program, into types whose values are always valid.

mod coverage;
mod digest;
mod file;
mod filename;
mod inputs;
mod interpreter;
mod lenient;
mod lock;
mod marker;
mod marker_part;
mod marker_text;
mod metadata;
mod misspelling;
mod name;
mod overrides;
mod package_set;
mod place;
mod platform;
mod repo_path;
mod requirement;
mod requires_dist;
mod resolution;
mod shell_pattern;
mod specifier;
mod tag;
mod version;
mod version_file;

pub use coverage::{Coverage, CoverageGap, CoveragePolicy};
pub use digest::{DigestAlgorithm, FileDigest, FileDigestError, FileDigests};
pub use file::{DistFile, FileKind, Sha256, Sha256Error};
pub use filename::{FilenameError, FilenameTags, SdistFilename, WheelFilename, split_filename};
pub use inputs::{
    ForkStrategy, ForkStrategyError, HashedProject, HashedProjectError, LockInputs,
    PrereleasePolicy, PrereleasePolicyError,
};
pub use interpreter::{InterpreterConstraints, InterpreterConstraintsError, NEWEST_PYTHON_MINOR};
pub use lock::{IndexRole, Lock, LockedPackage, PackageSource};
pub use marker::{Marker, MarkerError};
pub use metadata::{Metadata, MetadataError, parse_requires_python};
pub use misspelling::nearest;
pub use name::{ExtraName, NameError, PackageName};
pub use overrides::{MetadataOverride, Override};
pub use package_set::PackageSet;
pub use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};
pub use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder, MarkerValueString};
pub use place::Place;
pub use platform::{Platform, PlatformError};
pub use repo_path::RepoPath;
pub use requirement::{Requirement, RequirementError, RequirementSource, Specifiers};
pub use requires_dist::RequiresDist;
pub use resolution::{Resolution, ResolutionNode};
pub use shell_pattern::ShellPattern;
pub use specifier::{DependencySpecifier, ProjectReference, SpecifierError};
pub use tag::{Tag, TagError};
pub use url::Url;
pub use version::{VersionRange, specifier_range, specifiers_range};
pub use version_file::VersionFile;
