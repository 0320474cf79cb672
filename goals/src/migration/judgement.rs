//! What is said of a line.

use serde::Serialize;

/// How a line fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MigrationVerdict {
    /// It does what it did.
    Works,
    /// It does something else.
    Differs,
    /// Nothing here does it.
    Missing,
}

/// A line of the repository that is about Pants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigrationLine {
    /// The file, relative to the root.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// The setting or the command.
    pub text: String,
    /// How it fares.
    pub verdict: MigrationVerdict,
    /// Why, where it does not simply work.
    pub reason: Option<String>,
}

/// What is said of a command line: how it fares, and why.
pub type JudgedCommand = (MigrationVerdict, Option<String>);
