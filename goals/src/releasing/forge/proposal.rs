//! What a forge is asked to have.

use camino::Utf8PathBuf;

/// A release as the forge shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeRelease {
    /// The tag that it is of.
    pub tag: String,
    /// The heading.
    pub title: String,
    /// The notes, in Markdown.
    pub notes: String,
    /// Whether it is for testing only.
    pub prerelease: bool,
    /// The files that belong to it.
    pub files: Vec<Utf8PathBuf>,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// The branch that is to be merged.
    pub head: String,
    /// The branch that it is merged into.
    pub base: String,
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
}
