//! What is asked of a release.

use crate::version::ReleaseVersion;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ReleaseRequest {
    /// The version.
    pub version: ReleaseVersion,
    /// The date in the changelog, `YYYY-MM-DD`.
    pub date: String,
    /// Whether commit and tag are pushed.
    pub push: Pushing,
    /// Whether wheels are published, and to which index.
    pub publish: Publishing,
}

/// Whether a release is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushing {
    /// It stays here.
    No,
    /// Branch and tag, both or none.
    Yes,
}

/// Whether a release is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publishing {
    /// It is not.
    No,
    /// To this index, or to the one of the settings.
    To(Option<String>),
}
