//! Why a project is locked in several versions: what keeps the newest of them out of the environments
//! of another.

use std::fmt;

use model::{
    CoveragePolicy, Lock, LockedPackage, Marker, Requirement, Version, VersionSpecifiers,
    specifiers_range,
};

use crate::complete::served;

/// One of several locked versions of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSplit {
    /// How many versions are locked.
    pub versions: usize,
    /// The environments that have this one.
    pub marker: Marker,
    /// What keeps the newest version out of them; `None` for the newest itself, and where the lock
    /// does not tell.
    pub reason: Option<SplitReason>,
}

/// What keeps the newest locked version out of some environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SplitReason {
    /// A requirement that holds there.
    Requirement {
        /// The newest version.
        newest: Version,
        /// Whose requirement it is; `None` for one of the lock.
        of: Option<String>,
        /// The requirement.
        requirement: String,
    },
    /// Its `Requires-Python`.
    RequiresPython {
        /// The newest version.
        newest: Version,
        /// The Pythons that it wants.
        pythons: VersionSpecifiers,
    },
    /// It has no file that installs there.
    Files {
        /// The newest version.
        newest: Version,
    },
}

/// A requirement and the locked package that has it; none for a requirement of the lock.
pub(crate) struct IncomingRequirement<'a> {
    pub(crate) by: Option<&'a LockedPackage>,
    pub(crate) requirement: &'a Requirement,
}

impl SplitReason {
    /// What keeps `newest` out of where `package` is in `lock`; `required` are the requirements that lead
    /// to it there.
    pub(crate) fn find<'a>(
        package: &LockedPackage,
        newest: &LockedPackage,
        required: impl Iterator<Item = IncomingRequirement<'a>>,
        lock: &Lock,
    ) -> Option<Self> {
        if package.version == newest.version {
            return None;
        }
        let version = newest.version.clone();
        for IncomingRequirement { by, requirement } in required {
            let specifiers = requirement.specifiers();
            if specifiers.is_some_and(|specifiers| !specifiers.contains(&version)) {
                return Some(Self::Requirement {
                    newest: version,
                    of: by.map(|package| format!("{} {}", package.name, package.version)),
                    requirement: requirement.to_string(),
                });
            }
        }
        let here = package.marker.and(&lock.inputs.universe());
        if let Some(pythons) = &newest.requires_python
            && here.is_disjoint(&Marker::python_range(&specifiers_range(pythons)))
        {
            return Some(Self::RequiresPython {
                newest: version,
                pythons: pythons.clone(),
            });
        }
        let policy = CoveragePolicy::of(&lock.inputs);
        let missing = policy.missing(&policy.needed(&here), &served(newest)?);
        let lacks_file = newest.sdist.is_none() && !missing.is_empty();
        lacks_file.then_some(Self::Files { newest: version })
    }
}

/// As in `1 of 2 versions, where python_full_version < '3.10': 2.2 requires Python >=3.10`.
impl fmt::Display for VersionSplit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1 of {} versions", self.versions)?;
        if !self.marker.is_true() {
            write!(f, ", where {}", self.marker)?;
        }
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for SplitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requirement {
                newest,
                of,
                requirement,
            } => {
                let of = of.as_deref().unwrap_or("the lock");
                write!(f, "{of} requires `{requirement}`, not {newest}")
            }
            Self::RequiresPython { newest, pythons } => {
                write!(f, "{newest} requires Python {pythons}")
            }
            Self::Files { newest } => write!(f, "{newest} has no file there"),
        }
    }
}
