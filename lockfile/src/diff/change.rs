//! What happened to one project between two locks.

use model::{ExtraName, Marker, Version};
use serde::Serialize;

/// What happened to a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is new, or new in some environments at this version.
    Added {
        /// The version.
        version: Version,
        /// Where it is needed.
        marker: Marker,
    },
    /// It is gone, or gone from some environments at this version.
    Removed {
        /// The version.
        version: Version,
        /// Where it was needed.
        marker: Marker,
    },
    /// It has another version.
    Version {
        /// The version that was.
        from: Version,
        /// The version that is.
        to: Version,
        /// How far it moved.
        level: Level,
    },
    /// The same version is needed in other environments.
    Marker {
        /// The version.
        version: Version,
        /// Where it was needed.
        from: Marker,
        /// Where it is needed.
        to: Marker,
    },
    /// Other extras of the same version are asked for.
    Extras {
        /// The version.
        version: Version,
        /// Those that were.
        from: Vec<ExtraName>,
        /// Those that are.
        to: Vec<ExtraName>,
    },
    /// The same version comes from somewhere else. An alarm.
    Source {
        /// The version.
        version: Version,
        /// Where it came from.
        from: String,
        /// Where it comes from.
        to: String,
    },
    /// The same version has other files. An alarm.
    Files {
        /// The version.
        version: Version,
        /// New files.
        added: Vec<String>,
        /// Files that are gone.
        removed: Vec<String>,
        /// Files of one name with another hash.
        replaced: Vec<String>,
    },
    /// Files of the version were withdrawn (PEP 592). An alarm.
    Yanked {
        /// The version.
        version: Version,
        /// The reason given, maybe empty.
        reason: String,
    },
}

/// How far a version moved: the first part of the release that differs.
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
    /// How far apart two versions are.
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
    /// Whether the change is one that no edit of requirements explains.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        matches!(
            self,
            Self::Source { .. } | Self::Files { .. } | Self::Yanked { .. }
        )
    }
}
