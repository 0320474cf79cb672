//! The facts about a repository that a plan depends on.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use changelog::{ChangelogSource, Fragment};

/// Everything that a plan depends on. Nothing here changes while planning.
#[derive(Debug, Clone)]
pub struct ReleaseFacts {
    /// What is checked out.
    pub head: GitHead,
    /// Lines of `git status --porcelain` that are not about ignored files.
    pub dirty: Vec<String>,
    /// The version file's content.
    pub version_file: Option<String>,
    /// The last commit that changed the version file; `None` where that is not known.
    pub version_commit: Option<String>,
    /// Files that the release writes or removes, and that no commit would have as they are then.
    pub uncommitted: BTreeMap<Utf8PathBuf, NoCommitReason>,
    /// How much of the history is here.
    pub history: GitHistory,
    /// Why git would not make the commit or the tag.
    pub obstacles: Vec<CommitObstacle>,
    /// Symbolic links to the version file; they need no change of their own.
    pub version_links: Vec<Utf8PathBuf>,
    /// Every tag, and whether `HEAD` contains it.
    pub tags: Vec<TagFact>,
    /// The remote, when there is one.
    pub remote: Option<RemoteFacts>,
    /// Remotes that are not asked.
    pub other_remotes: Vec<String>,
    /// Whether locks are fresh.
    pub locks: Locks,
    /// What the changelog is made from; `None` without towncrier's settings.
    pub changelog: Option<ChangelogSource>,
    /// The news file that the release goes into.
    pub news_file: Option<NewsFile>,
    /// What went into the notes of this release's candidates.
    pub candidates: Vec<CandidateFacts>,
    /// Files that the settings' patterns match, with their contents.
    pub files: BTreeMap<Utf8PathBuf, String>,
    /// Every file that git knows.
    pub tracked: BTreeSet<Utf8PathBuf>,
    /// The branches that are here.
    pub branches: BTreeSet<String>,
}

/// Why git would not make a commit, a branch or a tag; each with what git said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitObstacle {
    /// It does not know who the user is.
    NoIdentity(String),
    /// Commits or tags are signed, and that fails.
    CannotSign(String),
    /// No branch or tag can have this name.
    BadName(String),
}

/// Why no commit would have what a release makes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoCommitReason {
    /// A link leads out of the repository.
    LinkedOut,
    /// git ignores this file: it, or what it leads to.
    Ignored(Utf8PathBuf),
    /// It is in this submodule, which has commits of its own.
    InSubmodule(Utf8PathBuf),
    /// git was told not to look at this file (`git update-index --assume-unchanged` or
    /// `--skip-worktree`): it, or what it leads to.
    NotLookedAt(Utf8PathBuf),
}

/// How much of a history is in a clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitHistory {
    /// All of it.
    Whole,
    /// Only the last commits.
    Shallow,
}

/// A news file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewsFile {
    /// Relative to the root.
    pub path: Utf8PathBuf,
    /// Its bytes; `None` when it does not exist yet.
    pub content: Option<Vec<u8>>,
}

/// A candidate of a release: what its commit removed from the news fragments.
#[derive(Debug, Clone)]
pub struct CandidateFacts {
    /// Its version, as its heading has it.
    pub version: String,
    /// The fragments.
    pub fragments: Vec<Fragment>,
}

/// What is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHead {
    /// The commit.
    pub commit: String,
    /// The branch; `None` when detached.
    pub branch: Option<String>,
    /// The first line of the commit's message.
    pub subject: String,
    /// The branches that contain it, here and on the remote.
    pub branches: BTreeSet<String>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFact {
    /// Its name.
    pub name: String,
    /// The commit it names.
    pub commit: String,
    /// Whether `HEAD` is that commit or descends from it.
    pub in_head: bool,
}

/// What the remote has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFacts {
    /// Its name.
    pub name: String,
    /// How its branch of the same name stands to `HEAD`.
    pub branch: RemoteBranch,
    /// The commit that its tag of this release names.
    pub tag: Option<String>,
    /// Its tags that are not here.
    pub tags: Vec<TagFact>,
    /// The commit that its branch of the release's own has.
    pub own_branch: Option<String>,
    /// Commits of that branch that no release made, each with its subject, where the branch is to be replaced.
    pub foreign: Vec<String>,
    /// The remote's answer to a push that changes nothing, if it is a refusal; `None` if it was not
    /// asked.
    pub refuses_push: Option<String>,
}

/// How the remote's branch stands to `HEAD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteBranch {
    /// The remote could not be reached or was not asked.
    Unknown,
    /// There is none.
    Missing,
    /// The same commit.
    Same,
    /// The remote lacks some of our commits.
    Behind,
    /// The remote has commits that we lack.
    MovedOn,
}

/// Whether locks are fresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locks {
    /// They are.
    Fresh,
    /// These are not.
    Stale(Vec<StaleLock>),
    /// It was not checked, or the repository has no locks.
    Unchecked,
}

/// A lock that is not what its inputs ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleLock {
    /// The resolve.
    pub resolve: String,
    /// Its lockfile, relative to the root.
    pub lockfile: Utf8PathBuf,
    /// What differs, a sentence each.
    pub reasons: Vec<String>,
}
