//! Changes of two sides that exclude each other.

use std::fmt;

use model::Requirement;

use super::sides::ThreeWay;

/// An input that the two sides changed in ways that exclude each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contradiction {
    /// No version satisfies what both sides require of a project.
    Requirements {
        /// What our side requires.
        ours: Box<Requirement>,
        /// What their side requires.
        theirs: Box<Requirement>,
    },
    /// Both sides changed the same setting to different values.
    Setting {
        /// The setting, as the lock's header names it.
        name: &'static str,
        /// Its value on our side; empty where it is not set.
        ours: String,
        /// Its value on their side; empty where it is not set.
        theirs: String,
    },
}

impl Contradiction {
    pub(super) fn setting(name: &'static str, values: ThreeWay<String>) -> Self {
        let ThreeWay {
            base: _,
            ours,
            theirs,
        } = values;
        Self::Setting { name, ours, theirs }
    }
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requirements { ours, theirs } => write!(
                f,
                "our side requires `{ours}`, their side requires `{theirs}`, and nothing satisfies both"
            ),
            Self::Setting { name, ours, theirs } if ours.is_empty() => write!(
                f,
                "our side no longer sets `{name}`, their side set it to `{theirs}`"
            ),
            Self::Setting { name, ours, theirs } if theirs.is_empty() => write!(
                f,
                "our side set `{name}` to `{ours}`, their side no longer sets it"
            ),
            Self::Setting { name, ours, theirs } => write!(
                f,
                "our side set `{name}` to `{ours}`, their side to `{theirs}`"
            ),
        }
    }
}
