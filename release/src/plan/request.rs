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
    /// What is made of it on the forge.
    pub forge: ForgeRequest,
    /// What kind of version it is.
    pub purpose: ReleasePurpose,
}

/// What is asked of the forge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ForgeRequest {
    /// Whether it gets a release with notes and files.
    pub release: bool,
    /// Whether the release's branch is proposed as a pull request.
    pub pull_request: bool,
}

/// What a version is written for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReleasePurpose {
    /// A release: notes, wheels, and a tag.
    #[default]
    Release,
    /// What is developed from now on: the version alone.
    Development,
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
