//! Backports: commits of one branch, applied to another whose folders may have other names.
//!
//! `git cherry-pick` cannot follow a package that moved (`src/ai/backend/client` was a repository
//! of its own once), so the difference of each commit is applied with `git apply --3way`: what
//! does not fit becomes a conflict for git's own tools.

use std::sync::LazyLock;

use camino::{Utf8Path, Utf8PathBuf};
use regex::Regex;
use thiserror::Error;

use git::{Git, GitError};

/// What is backported, and where to.
#[derive(Debug, Clone)]
pub struct Backport {
    /// Any names of the commits, in the order in which they are applied.
    pub commits: Vec<String>,
    /// The branch; a branch of the remote `origin` becomes a local one.
    pub onto: String,
    /// Folders with another name on that branch.
    pub folders: Vec<FolderMapping>,
    /// `owner/name` for references in messages: `#12` becomes `owner/name#12`; `None` leaves them.
    pub references: Option<String>,
}

/// A folder and its name on the other branch; an empty path is the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderMapping {
    /// In the commits.
    pub old: Utf8PathBuf,
    /// On the branch.
    pub new: Utf8PathBuf,
}

/// How a backport ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every commit was applied; those that changed nothing there are left out.
    Done {
        /// The new commits, or why there is none.
        applied: Vec<(String, Option<String>)>,
    },
    /// A commit conflicts; the files wait for git's tools, the message for `git commit`.
    Conflict {
        /// The commit.
        commit: String,
        /// The files.
        files: Vec<Utf8PathBuf>,
        /// The commits that are still to come.
        left: Vec<String>,
    },
}

/// Why a backport cannot begin or go on.
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
        /// What git says.
        message: String,
    },
    /// `OLD=NEW` without `=`.
    #[error("`{0}` is not OLD=NEW")]
    Mapping(String),
    /// git.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl BackportError {
    /// What to do about it.
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
            Self::Mapping(_) => Some("as in `--directory src/ai/backend/client=src/client`"),
            _ => None,
        }
    }
}

impl std::str::FromStr for FolderMapping {
    type Err = BackportError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (old, new) = text
            .split_once('=')
            .ok_or_else(|| BackportError::Mapping(text.to_owned()))?;
        let folder = |text: &str| match text.trim_matches('/') {
            "." => Utf8PathBuf::new(),
            text => Utf8PathBuf::from(text),
        };
        Ok(Self {
            old: folder(old),
            new: folder(new),
        })
    }
}

/// Applies commits to a branch, which is checked out by this and stays so.
///
/// Author and date of each commit stay as they are.
///
/// # Errors
/// An unclean tree, unknown names, or a difference that does not even conflict.
pub fn backport(root: &Utf8Path, job: &Backport) -> Result<Outcome, BackportError> {
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
                return Ok(Outcome::Conflict {
                    commit: commit.clone(),
                    files,
                    left: commits[at + 1..].to_vec(),
                });
            }
        }
    }
    Ok(Outcome::Done { applied })
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
    for part in parts(job) {
        let patch = git.bytes(&part.diff_args(commit))?;
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
    let files: Vec<Utf8PathBuf> = unmerged
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(Utf8PathBuf::from)
        .collect();
    match problem {
        None => Ok(Applied::Clean),
        Some(_) if !files.is_empty() => Ok(Applied::Conflict(files)),
        Some(message) => {
            // The tree was clean before: half an application is of no use to anyone.
            git.text(&["reset", "--quiet", "--hard", "HEAD"])?;
            Err(BackportError::DoesNotApply {
                commit: commit.to_owned(),
                onto: job.onto.clone(),
                message,
            })
        }
    }
}

/// A part of a commit's difference: one folder without those that are parts of their own.
struct Part {
    new: Utf8PathBuf,
    /// Arguments that restrict the difference, options first.
    relative: Option<String>,
    others: Vec<String>,
}

impl Part {
    /// `git show` has the difference to the first parent, also for merges and first commits.
    fn diff_args<'a>(&'a self, commit: &'a str) -> Vec<&'a str> {
        let mut args = vec![
            "show",
            "--format=",
            "--first-parent",
            "--binary",
            "--full-index",
            "--no-renames",
        ];
        args.extend(self.relative.as_deref());
        args.extend([commit, "--", "."]);
        args.extend(self.others.iter().map(String::as_str));
        args
    }
}

fn parts(job: &Backport) -> Vec<Part> {
    let mut folders = job.folders.clone();
    if !folders.iter().any(|folder| folder.old.as_str().is_empty()) {
        folders.push(FolderMapping {
            old: Utf8PathBuf::new(),
            new: Utf8PathBuf::new(),
        });
    }
    let inner = |folder: &FolderMapping| -> Vec<String> {
        let inner = folders
            .iter()
            .filter(|other| other.old != folder.old && other.old.starts_with(&folder.old));
        inner
            .map(|other| format!(":(top,exclude){}", other.old))
            .collect()
    };
    let part = |folder: &FolderMapping| Part {
        new: folder.new.clone(),
        relative: (!folder.old.as_str().is_empty()).then(|| format!("--relative={}", folder.old)),
        others: inner(folder),
    };
    folders.iter().map(part).collect()
}

fn message(git: &Git, job: &Backport, commit: &str) -> Result<String, GitError> {
    let message = git.text(&["log", "-1", "--format=%B", commit])?;
    let message = message.trim_end();
    let message = match &job.references {
        Some(repository) => with_repository(message, repository),
        None => message.to_owned(),
    };
    Ok(format!("{message}\n\n(backported from commit {commit})\n"))
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

/// Puts the repository before bare references: `#12` becomes `owner/name#12`.
///
/// References that name a repository already, headings, colours and URLs stay as they are.
pub fn with_repository(message: &str, repository: &str) -> String {
    static REFERENCE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?m)(^|[\s(\[{,;:])#([0-9]+)\b").ok());
    match REFERENCE.as_ref() {
        Some(reference) => {
            let with = format!("${{1}}{}#${{2}}", repository.replace('$', "$$"));
            // Neighbours share the space between them, so a second pass finds every other one.
            let once = reference.replace_all(message, with.as_str());
            reference.replace_all(&once, with.as_str()).into_owned()
        }
        None => message.to_owned(),
    }
}

/// `owner/name` of a remote's URL, as code hosts have it.
pub fn repository_of(url: &str) -> Option<String> {
    let path = url
        .strip_suffix(".git")
        .unwrap_or(url)
        .trim_end_matches('/');
    let path = match path.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => path.split_once(':')?.1,
    };
    let mut parts = path.rsplit('/');
    let (name, owner) = (parts.next()?, parts.next()?);
    Some(format!("{owner}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expect: &str) {
        assert_eq!(with_repository(message, "lablup/backend.ai"), expect);
    }

    #[test]
    fn references() {
        check("fix: x (#123)", "fix: x (lablup/backend.ai#123)");
        check(
            "#1 #2, #3",
            "lablup/backend.ai#1 lablup/backend.ai#2, lablup/backend.ai#3",
        );
        check(
            "refs other/repo#4 and http://x/#5 and a#6",
            "refs other/repo#4 and http://x/#5 and a#6",
        );
        check("# 7 heading, #a8b colour", "# 7 heading, #a8b colour");
        check("Resolves: #9.", "Resolves: lablup/backend.ai#9.");
    }

    #[test]
    fn remotes() {
        let check =
            |url: &str, expect: Option<&str>| assert_eq!(repository_of(url).as_deref(), expect);
        check(
            "https://github.com/lablup/backend.ai.git",
            Some("lablup/backend.ai"),
        );
        check(
            "git@github.com:lablup/backend.ai.git",
            Some("lablup/backend.ai"),
        );
        check(
            "ssh://git@host:22/lablup/backend.ai",
            Some("lablup/backend.ai"),
        );
        check("/srv/git/backend.ai.git", None);
    }
}
