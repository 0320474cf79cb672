//! Why a backport stops, and what the user can do.

use camino::Utf8PathBuf;
use git::GitError;
use thiserror::Error;

/// Why a backport cannot begin or continue.
#[derive(Debug, Error)]
pub enum BackportError {
    /// Changes that are not committed.
    #[error("the work tree has changes that are not committed")]
    Dirty,
    /// Another backport is not finished.
    #[error("a backport to {onto} is under way")]
    UnderWay {
        /// Its branch.
        onto: String,
    },
    /// There is nothing to continue, skip or abort.
    #[error("no backport is under way")]
    NothingUnderWay,
    /// Another branch was checked out since.
    #[error("the backport under way is to {onto}, which is not checked out")]
    OtherBranch {
        /// The branch.
        onto: String,
    },
    /// The branch has other commits than those of the backport.
    #[error("{onto} has commits that are not the backport's")]
    HeadMoved {
        /// The branch.
        onto: String,
    },
    /// Files that still have conflicts.
    #[error("these files still have conflicts:\n{}", listed(.0))]
    Unresolved(Vec<Utf8PathBuf>),
    /// Files that were edited and not staged.
    #[error("these files were edited and are not staged:\n{}", listed(.0))]
    NotStaged(Vec<Utf8PathBuf>),
    /// Not a commit.
    #[error("`{0}` is not a commit")]
    NoCommit(String),
    /// A range without a commit.
    #[error("the range `{0}` has no commit but merges")]
    EmptyRange(String),
    /// Not a branch.
    #[error("there is no branch `{branch}`, here or on {}", words(remotes))]
    NoBranch {
        /// The name.
        branch: String,
        /// The remotes.
        remotes: Vec<String>,
    },
    /// Branches of several remotes.
    #[error("several remotes have that branch: {}", .0.join(", "))]
    SeveralBranches(Vec<String>),
    /// The difference cannot be applied, not even with conflicts.
    #[error("{commit} cannot be applied to {onto}: {message}")]
    DoesNotApply {
        /// The commit.
        commit: String,
        /// The branch.
        onto: String,
        /// The message of git.
        message: String,
    },
    /// What was kept of the backport cannot be read.
    #[error("{path}: {message}")]
    State {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        message: String,
    },
    /// git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl BackportError {
    /// The hint.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Dirty => "commit them, or put them away with `git stash`".to_owned(),
            Self::UnderWay { .. } => {
                "`cargo xtask backport --continue` goes on, `--skip` leaves the commit out, `--abort` takes it all back".to_owned()
            }
            Self::OtherBranch { onto } => format!("`git switch {onto}` first"),
            Self::HeadMoved { .. } => {
                "go on by hand; `git log` shows them, and `rm` of the file in `git rev-parse --git-path xtask-backport` ends the backport".to_owned()
            }
            Self::Unresolved(_) => {
                "edit them and `git add` them, then `cargo xtask backport --continue`".to_owned()
            }
            Self::NotStaged(_) => "`git add` them, or `git restore` them".to_owned(),
            Self::NoCommit(_) | Self::EmptyRange(_) => {
                "`git fetch` gets what is new on the remote".to_owned()
            }
            Self::NoBranch { remotes, .. } => match remotes.first() {
                Some(remote) => format!("`git fetch {remote}` gets what is new there"),
                None => "`git branch` lists those that are here".to_owned(),
            },
            Self::SeveralBranches(_) => "say which: `--remote NAME`".to_owned(),
            Self::DoesNotApply { .. } => {
                "move away what is in the way, then do it again".to_owned()
            }
            _ => return None,
        };
        Some(hint)
    }
}

fn listed(paths: &[Utf8PathBuf]) -> String {
    let lines: Vec<String> = paths.iter().map(|path| format!("  {path}")).collect();
    lines.join("\n")
}

fn words(remotes: &[String]) -> String {
    match remotes {
        [] => "a remote".to_owned(),
        remotes => remotes.join(", "),
    }
}
