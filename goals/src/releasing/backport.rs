//! Runs a backport. The parts of each commit are applied with `git apply --3way`, so that parts
//! that do not fit become conflicts for git's own tools.

use camino::{Utf8Path, Utf8PathBuf};
use git::{Git, GitError};
use release::backport::Backport;
use thiserror::Error;

/// The result of a backport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackportReport {
    /// Every commit was applied. Commits that change nothing on the branch are left out.
    Done {
        /// The new commits, or why there is none.
        applied: Vec<(String, Option<String>)>,
    },
    /// A commit conflicts. The files are ready for git's tools, the message for `git commit`.
    Conflict {
        /// The commit.
        commit: String,
        /// The files.
        files: Vec<Utf8PathBuf>,
        /// The commits that were not applied yet.
        left: Vec<String>,
    },
}

/// Why a backport cannot begin or continue.
#[derive(Debug, Error)]
pub enum BackportError {
    /// Changes that are not committed.
    #[error("the work tree has changes that are not committed")]
    Dirty,
    /// Not a commit.
    #[error("`{0}` is not a commit")]
    NoCommit(String),
    /// Not a branch.
    #[error("there is no branch `{0}`, here or on origin")]
    NoBranch(String),
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
    /// git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl BackportError {
    /// The hint.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Dirty => {
                Some("commit them, or put them away with `git stash --include-untracked`")
            }
            Self::NoCommit(_) | Self::NoBranch(_) => {
                Some("`git fetch origin` gets what is new there")
            }
            Self::DoesNotApply { .. } => {
                Some("the files may have moved: name their folders with `--directory OLD=NEW`")
            }
            _ => None,
        }
    }
}

/// Checks out a branch and applies commits to it.
///
/// The author and date of each commit are kept.
///
/// # Errors
/// Where the tree is not clean, a name is unknown, or a difference cannot be applied even with
/// conflicts.
pub fn backport(root: &Utf8Path, job: &Backport) -> Result<BackportReport, BackportError> {
    let git = Git::at(root);
    if !git.text(&["status", "--porcelain"])?.is_empty() {
        return Err(BackportError::Dirty);
    }
    let commits = job
        .commits
        .iter()
        .map(|name| resolve(&git, name))
        .collect::<Result<Vec<_>, _>>()?;
    switch(&git, &job.onto)?;
    let mut applied = Vec::new();
    for (at, commit) in commits.iter().enumerate() {
        match apply(&git, job, commit)? {
            Applied::Clean => applied.push((commit.clone(), record(&git, job, commit)?)),
            Applied::Conflict(files) => {
                let message = message(&git, job, commit)?;
                let path = git.text(&["rev-parse", "--git-path", "MERGE_MSG"])?;
                fs_err::write(root.join(path), message)?;
                // From here on, this is a cherry-pick for git, and `git commit` keeps author and
                // date.
                git.text(&["update-ref", "CHERRY_PICK_HEAD", commit])?;
                return Ok(BackportReport::Conflict {
                    commit: commit.clone(),
                    files,
                    left: commits[at + 1..].to_vec(),
                });
            }
        }
    }
    Ok(BackportReport::Done { applied })
}

fn resolve(git: &Git, name: &str) -> Result<String, BackportError> {
    let full = format!("{name}^{{commit}}");
    let found = git.maybe(&[
        "rev-parse",
        "--quiet",
        "--verify",
        "--end-of-options",
        &full,
    ])?;
    found.ok_or_else(|| BackportError::NoCommit(name.to_owned()))
}

fn switch(git: &Git, branch: &str) -> Result<(), BackportError> {
    let exists = |name: String| git.maybe(&["rev-parse", "--quiet", "--verify", &name]);
    if exists(format!("refs/heads/{branch}"))?.is_none()
        && exists(format!("refs/remotes/origin/{branch}"))?.is_none()
    {
        return Err(BackportError::NoBranch(branch.to_owned()));
    }
    git.text(&["switch", "--quiet", "--guess", branch])?;
    Ok(())
}

enum Applied {
    Clean,
    Conflict(Vec<Utf8PathBuf>),
}

fn apply(git: &Git, job: &Backport, commit: &str) -> Result<Applied, BackportError> {
    let mut problem = None;
    for part in job.parts() {
        let patch = git.bytes(&part.diff_arguments(commit))?;
        if patch.is_empty() {
            continue;
        }
        let mut args = vec!["apply", "--3way", "--index", "--whitespace=nowarn"];
        let directory = format!("--directory={}", part.new);
        if !part.new.as_str().is_empty() {
            args.push(&directory);
        }
        args.push("-");
        match git.feed(&args, &patch) {
            Ok(_) => {}
            Err(GitError::Failed { message, .. }) => problem = Some(message),
            Err(error) => return Err(error.into()),
        }
    }
    let unmerged = git.text(&["diff", "--name-only", "--diff-filter=U", "-z"])?;
    let files: Vec<Utf8PathBuf> = git::paths(&unmerged).collect();
    match problem {
        None => Ok(Applied::Clean),
        Some(_) if !files.is_empty() => Ok(Applied::Conflict(files)),
        Some(message) => {
            // The tree was clean before. A half-applied commit is undone.
            git.text(&["reset", "--quiet", "--hard", "HEAD"])?;
            Err(BackportError::DoesNotApply {
                commit: commit.to_owned(),
                onto: job.onto.clone(),
                message,
            })
        }
    }
}

fn message(git: &Git, job: &Backport, commit: &str) -> Result<String, GitError> {
    let message = git.text(&["log", "-1", "--format=%B", commit])?;
    Ok(job.message(&message, commit))
}

/// Commits what was applied; `None` when nothing changed.
fn record(git: &Git, job: &Backport, commit: &str) -> Result<Option<String>, BackportError> {
    if git.maybe(&["diff", "--cached", "--quiet"])?.is_some() {
        return Ok(None);
    }
    let author = format!(
        "--author={}",
        git.text(&["log", "-1", "--format=%an <%ae>", commit])?
    );
    let date = format!(
        "--date={}",
        git.text(&["log", "-1", "--format=%aI", commit])?
    );
    let message = message(git, job, commit)?;
    git.feed(
        &["commit", "--quiet", &author, &date, "--file=-"],
        message.as_bytes(),
    )?;
    Ok(Some(git.text(&["rev-parse", "HEAD"])?))
}
