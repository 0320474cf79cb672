//! The ways in which a lock can differ from what its inputs ask for, and how they read.

use std::fmt;

use model::{ExtraName, Marker, PackageName, Requirement, Version};

use crate::inputs::InputChange;

/// One way in which a lock is not what its inputs ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staleness {
    /// The lock is that of another resolve.
    OtherResolve(String),
    /// The forks overlap, or leave environments out.
    Forks,
    /// The inputs changed since the lock was made.
    Inputs(InputChange),
    /// No locked package satisfies a requirement, at least in some environments.
    Unanswered {
        /// The requirement.
        requirement: Requirement,
        /// The package that has the requirement; `None` for one of the inputs.
        required_by: Option<(PackageName, Version)>,
        /// These environments.
        environments: Marker,
    },
    /// A requirement asks for an extra that the lock does not have.
    ExtraMissing {
        /// The requirement.
        requirement: Requirement,
        /// The package that has the requirement; `None` for one of the inputs.
        required_by: Option<(PackageName, Version)>,
    },
    /// A constraint excludes a locked package.
    Constrained {
        /// The package.
        package: (PackageName, Version),
        /// The constraint.
        constraint: Requirement,
    },
    /// A package requires a project that the inputs exclude.
    Excluded {
        /// The requirement.
        requirement: Requirement,
        /// The package that has the requirement.
        required_by: (PackageName, Version),
    },
    /// A package still has a requirement that the inputs override.
    Overridden {
        /// The requirement.
        requirement: Requirement,
        /// The package that has the requirement.
        required_by: (PackageName, Version),
    },
    /// Nothing requires a locked package.
    Superfluous {
        /// The package.
        package: (PackageName, Version),
    },
    /// Two versions of a project are locked for the same environments.
    Overlapping {
        /// The project.
        name: PackageName,
        /// Both versions.
        versions: [Version; 2],
        /// The environments.
        environments: Marker,
    },
    /// A package is locked for environments in which nothing requires it.
    MarkerTooWide {
        /// The package.
        package: (PackageName, Version),
        /// The environments.
        environments: Marker,
    },
    /// Nothing asks for a locked extra.
    ExtraSuperfluous {
        /// The package.
        package: (PackageName, Version),
        /// The extra.
        extra: ExtraName,
    },
    /// A project of the repository that has another version now.
    OtherVersion {
        /// The package as it is locked.
        package: (PackageName, Version),
        /// The version that it has.
        now: Version,
    },
    /// A requirement that a project of the repository has now, and the lock does not know.
    RequirementAppeared {
        /// The package.
        package: (PackageName, Version),
        /// The requirement.
        requirement: Requirement,
    },
    /// A requirement that a project of the repository had when it was locked.
    RequirementVanished {
        /// The package.
        package: (PackageName, Version),
        /// The requirement.
        requirement: Requirement,
    },
    /// A file of a package whose name is that of another project, version or kind of file.
    FileNamedOtherwise {
        /// The package.
        package: (PackageName, Version),
        /// The file's name.
        file: String,
    },
    /// The lock has a file that the inputs do not allow.
    FileNotAllowed {
        /// The package.
        package: (PackageName, Version),
        /// The file's name.
        file: String,
    },
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = |by: &Option<(PackageName, Version)>| {
            by.as_ref().map_or(String::new(), |(name, version)| {
                format!(" of {name} {version}")
            })
        };
        let place = |marker: &Marker| {
            if marker.is_true() {
                String::new()
            } else {
                format!(" where {marker}")
            }
        };
        match self {
            Self::OtherResolve(resolve) => write!(f, "it is the lock of `{resolve}`"),
            Self::Forks => f.write_str("the forks overlap, or leave environments out"),
            Self::Inputs(change) => write!(f, "{change}"),
            Self::Unanswered {
                requirement,
                required_by,
                environments,
            } => write!(
                f,
                "no locked package answers the requirement `{requirement}`{}{}",
                by(required_by),
                place(environments)
            ),
            Self::ExtraMissing {
                requirement,
                required_by,
            } => write!(
                f,
                "the extras of the requirement `{requirement}`{} are not locked",
                by(required_by)
            ),
            Self::Constrained {
                package: (name, version),
                constraint,
            } => write!(f, "{name} {version} breaks the constraint `{constraint}`"),
            Self::Excluded {
                requirement,
                required_by: (name, version),
            } => write!(
                f,
                "{name} {version} requires `{requirement}`, a project that is excluded"
            ),
            Self::Overridden {
                requirement,
                required_by: (name, version),
            } => write!(
                f,
                "{name} {version} requires `{requirement}`, which an override replaces"
            ),
            Self::Superfluous {
                package: (name, version),
            } => write!(f, "nothing requires {name} {version}"),
            Self::Overlapping {
                name,
                versions: [a, b],
                environments,
            } => write!(
                f,
                "both {name} {a} and {name} {b} are locked{}",
                place(environments)
            ),
            Self::MarkerTooWide {
                package: (name, version),
                environments,
            } => write!(
                f,
                "nothing requires {name} {version}{}",
                place(environments)
            ),
            Self::ExtraSuperfluous {
                package: (name, version),
                extra,
            } => write!(
                f,
                "nothing asks for the extra `{extra}` of {name} {version}"
            ),
            Self::OtherVersion {
                package: (name, version),
                now,
            } => write!(f, "{name} {version} has the version {now} now"),
            Self::RequirementAppeared {
                package: (name, version),
                requirement,
            } => write!(f, "{name} {version} requires `{requirement}` now"),
            Self::RequirementVanished {
                package: (name, version),
                requirement,
            } => write!(f, "{name} {version} no longer requires `{requirement}`"),
            Self::FileNamedOtherwise {
                package: (name, version),
                file,
            } => write!(f, "{file} is no file of {name} {version}"),
            Self::FileNotAllowed {
                package: (name, version),
                file,
            } => write!(
                f,
                "the inputs do not allow the file {file} of {name} {version}"
            ),
        }
    }
}
