//! What the steps of a run work on, and the goals that they use.

use camino::{Utf8Path, Utf8PathBuf};
use git::{Git, GitError};
use release::version::ReleaseVersion;

use super::journal::JournalFolder;
use crate::error::GoalError;
use crate::releasing::forge::{ForgeRelease, PullRequest};

/// The repository of a run.
pub(super) struct RunContext<'a> {
    pub(super) git: Git,
    pub(super) root: &'a Utf8Path,
    pub(super) folder: JournalFolder,
}

/// Where the root is in the repository; ends with a slash, or is empty.
pub(super) fn folder_of_root(git: &Git) -> Result<String, GitError> {
    git.text(&["rev-parse", "--show-prefix"])
}

/// The other goals of a release. They read the repository each time, since the steps before have
/// changed it.
pub trait ReleaseGoals {
    /// Fails if a lock is not what its inputs ask for.
    ///
    /// # Errors
    /// A stale lock, or none that can be read.
    fn check_locks(&mut self) -> Result<(), GoalError>;

    /// Builds and verifies the wheels of every distribution for every platform, from the tree at
    /// `root`, which is a clean checkout of the release's commit. The tag of `version` is not there yet.
    ///
    /// # Errors
    /// A wheel that cannot be built, or is wrong.
    fn package(
        &mut self,
        root: &Utf8Path,
        version: &ReleaseVersion,
        out_dir: &Utf8Path,
    ) -> Result<(), GoalError>;

    /// Makes a release on the forge of a remote, or adds what it lacks.
    ///
    /// # Errors
    /// The forge cannot be reached or refuses.
    fn forge_release(&mut self, remote: &str, release: &ForgeRelease) -> Result<(), GoalError>;

    /// Opens a pull request on the forge of a remote, or brings it up to date.
    ///
    /// # Errors
    /// The forge cannot be reached or refuses.
    fn pull_request(&mut self, remote: &str, pull: &PullRequest) -> Result<(), GoalError>;

    /// Uploads files to an index; `None` for that of the settings.
    ///
    /// # Errors
    /// The index cannot be reached or refuses.
    fn publish(&mut self, index: Option<&str>, files: &[Utf8PathBuf]) -> Result<(), GoalError>;
}
