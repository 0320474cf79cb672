//! What can go wrong: what was attempted, where, and why, as fields.

/// A tree of inputs that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A path that leads out of the tree, or is none.
    #[error("`{path}` is no path within the inputs: relative, without `.` and `..`")]
    Path {
        /// As given.
        path: String,
    },
    /// Two contents for one path.
    #[error("`{path}` is declared twice, with different contents")]
    Conflict {
        /// The path.
        path: String,
    },
    /// A file that cannot be read.
    #[error("cannot read the input `{path}`: {reason}")]
    Read {
        /// The path, from the root.
        path: String,
        /// What the system says.
        reason: String,
    },
}
