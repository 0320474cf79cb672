//! Errors of reading a lock, with their place in the file.

use std::fmt;
use std::ops::Range;

use camino::Utf8Path;
use model::Place;

use crate::format::FORMAT_VERSION;

/// Why a text is no lock, and at which place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {kind}")]
pub struct LockReadError {
    /// The place in the file.
    pub place: Place,
    /// What is wrong.
    pub kind: LockReadErrorKind,
}

/// What is wrong with a lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockReadErrorKind {
    /// The text is not valid TOML or JSON.
    #[error("{0}")]
    Syntax(String),
    /// A required key is missing.
    #[error("`{0}` is missing")]
    Missing(String),
    /// The format does not have this key.
    #[error("`{0}` is no key of this format")]
    Unknown(String),
    /// A value is not valid for its key.
    #[error("`{key}`: {reason}")]
    Invalid {
        /// The key.
        key: String,
        /// What is wrong with its value.
        reason: String,
    },
    /// The lock has a later format than this program can read.
    #[error(
        "this lock has format {found}, written by a newer version of the tool; \
         this version reads formats up to {FORMAT_VERSION}"
    )]
    Newer {
        /// The number of the lock's format.
        found: i64,
    },
    /// Git left an unresolved conflict in the lock.
    #[error("the lock has an unresolved merge conflict")]
    Conflict,
    /// What was read is not what was written.
    #[error("what was written reads as something else")]
    NotAsWritten,
    /// The text belongs to another tool, which is named.
    #[error("this is not a lock of this tool: {0}")]
    Foreign(&'static str),
}

/// An error, with its range in the text instead of a line and column.
#[derive(Debug, Clone)]
pub(crate) struct ReadFault {
    pub(crate) span: Range<usize>,
    pub(crate) kind: Box<LockReadErrorKind>,
}

impl ReadFault {
    pub(crate) fn new(span: Range<usize>, kind: LockReadErrorKind) -> Self {
        let kind = Box::new(kind);
        Self { span, kind }
    }

    pub(crate) fn invalid(span: Range<usize>, key: &str, reason: impl fmt::Display) -> Self {
        let kind = LockReadErrorKind::Invalid {
            key: key.to_owned(),
            reason: reason.to_string(),
        };
        Self::new(span, kind)
    }

    pub(crate) fn toml(error: &toml_edit::TomlError) -> Self {
        let message = error.message().trim().replace('\n', "; ");
        Self::new(
            error.span().unwrap_or(0..0),
            LockReadErrorKind::Syntax(format!("not valid TOML: {message}")),
        )
    }

    pub(crate) fn at(self, text: &str, path: &Utf8Path) -> LockReadError {
        let at = self.span.start;
        LockReadError {
            place: Place::span(path.as_str(), text, at..at),
            kind: *self.kind,
        }
    }
}
