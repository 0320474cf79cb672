//! The ways in which a project can change between two locks.

use model::{ExtraName, Marker, Version};
use serde::Serialize;

/// How a project changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is new, or this version is new in some environments.
    Added {
        /// The version.
        version: Version,
        /// The environments that need it.
        marker: Marker,
    },
    /// It is gone, or this version is gone from some environments.
    Removed {
        /// The version.
        version: Version,
        /// The environments that needed it.
        marker: Marker,
    },
    /// It has another version.
    Version {
        /// The old version.
        from: Version,
        /// The new version.
        to: Version,
        /// Which part of the version differs.
        level: Level,
    },
    /// The same version is needed in other environments.
    Marker {
        /// The version.
        version: Version,
        /// The environments that needed it.
        from: Marker,
        /// The environments that need it.
        to: Marker,
    },
    /// Other extras of the same version are needed.
    Extras {
        /// The version.
        version: Version,
        /// The old extras.
        from: Vec<ExtraName>,
        /// The new extras.
        to: Vec<ExtraName>,
    },
    /// The same version comes from another source. This is an alarm.
    Source {
        /// The version.
        version: Version,
        /// The old source.
        from: String,
        /// The new source.
        to: String,
    },
    /// The same version has other files. This is an alarm.
    Files {
        /// The version.
        version: Version,
        /// New files.
        added: Vec<String>,
        /// Files that are gone.
        removed: Vec<String>,
        /// Files with the same name and another hash.
        replaced: Vec<String>,
    },
    /// Files of the version were yanked (PEP 592). This is an alarm.
    Yanked {
        /// The version.
        version: Version,
        /// The reason of the index, which may be empty.
        reason: String,
    },
}

/// How much a version changed: the first part of the release number that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The epoch or the first part.
    Major,
    /// The second part.
    Minor,
    /// A later part, or what follows the release.
    Patch,
}

impl Level {
    /// The level of the change between two versions.
    #[must_use]
    pub fn between(from: &Version, to: &Version) -> Self {
        let part = |version: &Version, at: usize| version.release().get(at).copied().unwrap_or(0);
        if from.epoch() != to.epoch() || part(from, 0) != part(to, 0) {
            Self::Major
        } else if part(from, 1) != part(to, 1) {
            Self::Minor
        } else {
            Self::Patch
        }
    }
}

impl ChangeKind {
    /// Whether the change is an alarm: no edit of requirements can explain it.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        matches!(
            self,
            Self::Source { .. } | Self::Files { .. } | Self::Yanked { .. }
        )
    }
}
