//! Reasons against a release. Each is a type of its own, with the facts that its message needs.

use camino::{Utf8Path, Utf8PathBuf};
use changelog::ChangelogError;
use thiserror::Error;

use crate::facts::{NoCommitReason, StaleLock};
use crate::version::ReleaseVersion;

/// Why a release is not made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Objection {
    /// Changes that are not committed.
    #[error("the work tree has changes that are not committed:\n{}", listed(.0))]
    Dirty(Vec<String>),
    /// No branch is checked out.
    #[error("no branch is checked out (HEAD is {commit})")]
    Detached {
        /// The commit.
        commit: String,
    },
    /// Other commits came after the one that wrote the version.
    #[error("{version} was written by {commit}, and HEAD is a later commit ({head})")]
    NotTheCommit {
        /// The version.
        version: ReleaseVersion,
        /// The commit that wrote it.
        commit: String,
        /// What is checked out.
        head: String,
    },
    /// A clone too shallow to tell which commit wrote the version.
    #[error("this clone is shallow: which commit wrote {0} cannot be told")]
    UnknownCommit(ReleaseVersion),
    /// A file that the release writes or removes, and that its commit would not have.
    #[error("{}", uncommitted(.path, .reason))]
    NotCommitted {
        /// The file.
        path: Utf8PathBuf,
        /// Why not.
        reason: NoCommitReason,
    },
    /// A branch from which no release is made.
    #[error(
        "no release of {version} is made from the branch `{branch}`, only from {}",
        words(allowed)
    )]
    WrongBranch {
        /// The version.
        version: ReleaseVersion,
        /// The branch that is checked out.
        branch: String,
        /// The branches of the settings.
        allowed: Vec<String>,
    },
    /// The release's own branch is there already.
    #[error("the branch `{0}` exists already")]
    BranchExists(String),
    /// The tag exists, at another commit.
    #[error("the tag `{tag}` exists already, at {commit}, which is not part of this branch")]
    TagExists {
        /// The tag.
        tag: String,
        /// What it names.
        commit: String,
    },
    /// The remote has the tag and we do not, or it names another commit there.
    #[error("the tag `{tag}` exists already on `{remote}`, at {commit}")]
    TagOnRemote {
        /// The tag.
        tag: String,
        /// The remote.
        remote: String,
        /// What it names there.
        commit: String,
    },
    /// The version is lower than one that was released.
    #[error("{version} is lower than {last}, which {place}")]
    NotHigher {
        /// The version asked for.
        version: ReleaseVersion,
        /// The highest one known.
        last: ReleaseVersion,
        /// Where that one was found.
        place: String,
    },
    /// No version file.
    #[error("there is no file {0} to hold the version")]
    NoVersionFile(Utf8PathBuf),
    /// A version file without a version: what else it has would be lost.
    #[error("no line of {0} is a version, or assigns one")]
    NoVersionIn(Utf8PathBuf),
    /// There are no news fragments.
    #[error("there are no news fragments in {folder}")]
    NoFragments {
        /// Where they belong.
        folder: Utf8PathBuf,
    },
    /// The changelog cannot be made.
    #[error("{0}")]
    Changelog(#[from] ChangelogError),
    /// A lock is not what its inputs ask for.
    #[error("locks are stale:\n{}", lock_lines(.0))]
    StaleLocks(Vec<StaleLock>),
    /// The remote's branch has commits that are not here.
    #[error("`{remote}` has commits on `{branch}` that are not here")]
    RemoteMovedOn {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
    },
    /// What is proposed already was worked on by others.
    #[error("`{remote}` has commits on `{branch}` that are not as a release proposed them, and this one would replace them:\n{}", indented(&commits.join("\n")))]
    ForeignCommits {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
        /// The commits with their subjects.
        commits: Vec<String>,
    },
    /// The remote admits no push.
    #[error("`{remote}` admits no push:\n{}", indented(said))]
    NoPush {
        /// The remote.
        remote: String,
        /// What it said.
        said: String,
    },
    /// git does not know who the user is.
    #[error("git cannot tell who makes the release:\n{}", indented(.0))]
    NoIdentity(String),
    /// Commits or tags are signed, and that fails.
    #[error("git cannot sign the release:\n{}", indented(.0))]
    CannotSign(String),
    /// git has rules for names.
    #[error("git takes no branch or tag with the name `{0}`")]
    BadName(String),
    /// A push was asked for, and there is no such remote.
    #[error("there is no remote `{0}` to push to")]
    NoRemote(String),
    /// A new series begins while the one before it is not finished.
    #[error(
        "{version} begins a series, and the hook `{hook}` needs the last release before it: {found}"
    )]
    PriorNotReleased {
        /// The version asked for.
        version: ReleaseVersion,
        /// The hook of the settings.
        hook: String,
        /// What is there instead.
        found: String,
    },
    /// A pattern of the settings matches nothing.
    #[error("{path}: `{search}` occurs nowhere")]
    NothingToEdit {
        /// The file, or the pattern of files.
        path: String,
        /// The expression.
        search: String,
    },
    /// A pattern of the settings is not valid.
    #[error("`{pattern}` is not a pattern: {message}")]
    BadPattern {
        /// The pattern.
        pattern: String,
        /// The parser's words.
        message: String,
    },
}

fn uncommitted(path: &Utf8Path, reason: &NoCommitReason) -> String {
    match reason {
        NoCommitReason::LinkedOut => {
            format!("{path} is a link out of the repository, where no commit holds it")
        }
        NoCommitReason::Ignored(file) if file == path => {
            format!("git ignores {path}: no commit holds it")
        }
        NoCommitReason::Ignored(file) => {
            format!("{path} is a link to {file}, which git ignores: no commit holds it")
        }
        NoCommitReason::InSubmodule(submodule) => {
            format!("{path} is in the submodule {submodule}, which has commits of its own")
        }
        NoCommitReason::NotLookedAt(file) => {
            format!(
                "git was told not to look at {file}: no commit would have what the release makes of it"
            )
        }
    }
}

fn how_to_commit(path: &Utf8Path, reason: &NoCommitReason) -> String {
    match reason {
        NoCommitReason::LinkedOut => {
            format!("make {path} a file, or a link to one in the repository")
        }
        NoCommitReason::Ignored(file) => {
            format!("`git add --force {file}` and commit, or move it away")
        }
        NoCommitReason::InSubmodule(_) => {
            format!(
                "make {path} a file of this repository, or name another: `[package] version_file`"
            )
        }
        NoCommitReason::NotLookedAt(file) => {
            format!("`git update-index --no-assume-unchanged --no-skip-worktree {file}`")
        }
    }
}

impl Objection {
    /// What to do about it, with the command to run.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Dirty(_) => {
                "commit them, or put them away with `git stash --include-untracked`".to_owned()
            }
            Self::Detached { .. } => {
                "check out the branch to release from: `git switch main`".to_owned()
            }
            Self::NotTheCommit { commit, .. } => {
                format!(
                    "`git switch --detach {commit}`, then the same command: it tags that commit"
                )
            }
            Self::UnknownCommit(_) => "`git fetch --unshallow`".to_owned(),
            Self::NotCommitted { path, reason } => how_to_commit(path, reason),
            Self::WrongBranch { allowed, .. } => {
                let first = allowed.first().map_or("main", String::as_str);
                format!("`git switch {first}`, or add the branch to `[release] branches`")
            }
            Self::BranchExists(branch) => {
                format!(
                    "`git switch {branch}` and run the same command there, or `git branch --delete {branch}`"
                )
            }
            Self::TagExists { tag, .. } => {
                format!(
                    "`git show {tag}` shows it; `git tag --delete {tag}` removes one made by mistake"
                )
            }
            Self::TagOnRemote { remote, tag, .. } => format!("`git fetch {remote} tag {tag}`"),
            Self::NotHigher { last, .. } => format!("choose a version above {last}"),
            Self::NoVersionIn(_) => {
                "a version stands in a line of its own, or as `__version__ = \"1.0\"`; `[package] version_file` names the file"
                    .to_owned()
            }
            Self::NoVersionFile(path) => {
                format!("create {path}, or name another file in `[package] version_file`")
            }
            Self::NoFragments { folder } => {
                format!(
                    "add one, such as {}, or do without: `[release] fragments = \"optional\"`",
                    folder.join("123.fix.md")
                )
            }
            Self::StaleLocks(_) => "`cargo xtask generate-lockfiles`, then commit".to_owned(),
            Self::RemoteMovedOn { remote, branch } => {
                format!("`git pull --rebase {remote} {branch}`")
            }
            Self::ForeignCommits { remote, branch, .. } => {
                format!("merge what is proposed, or take them to the branch that it goes into and `git push {remote} --delete {branch}`")
            }
            Self::NoPush { remote, .. } => {
                format!("`git push --dry-run {remote}` shows the same; is its URL right (`git remote -v`), and have you the right to push?")
            }
            Self::NoIdentity(_) => {
                "`git config user.name \"YOUR NAME\"` and `git config user.email YOU@example.com`"
                    .to_owned()
            }
            Self::CannotSign(_) => {
                "`git commit-tree -S -m trial HEAD^{tree}` shows the same; `git config user.signingKey` names the key"
                    .to_owned()
            }
            Self::BadName(_) => {
                "`[release] tag_name` and `release_branch` say which; `git help check-ref-format` has the rules"
                    .to_owned()
            }
            Self::NoRemote(remote) => {
                format!("`git remote add {remote} URL`, or release without --push")
            }
            Self::PriorNotReleased { .. } => "release that version first".to_owned(),
            Self::NothingToEdit { .. } | Self::BadPattern { .. } => {
                "see `[[release.files]]` in the settings".to_owned()
            }
            Self::Changelog(error) => return error.hint(),
        };
        Some(hint)
    }
}

fn listed(lines: &[String]) -> String {
    const SHOWN: usize = 10;
    let mut shown: Vec<String> = lines
        .iter()
        .take(SHOWN)
        .map(|line| format!("  {line}"))
        .collect();
    if lines.len() > SHOWN {
        shown.push(format!("  and {} more", lines.len() - SHOWN));
    }
    shown.join("\n")
}

fn words(words: &[String]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn lock_lines(locks: &[StaleLock]) -> String {
    let lines = locks.iter().flat_map(|lock| {
        let reasons = lock.reasons.iter().map(|reason| format!("    {reason}"));
        let first = format!("  {} ({})", lock.resolve, lock.lockfile);
        std::iter::once(first).chain(reasons)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn indented(text: &str) -> String {
    text.trim()
        .lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
