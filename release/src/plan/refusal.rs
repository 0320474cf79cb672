//! Reasons against a release. Each is a type of its own, with the facts that its message needs.

use camino::Utf8PathBuf;
use globset::Glob;
use thiserror::Error;

use super::{Planner, Pushing};
use crate::facts::{Locks, RemoteBranch, TagFact};
use crate::settings::{CommitOn, StepKind, fill};
use crate::version::ReleaseVersion;
use changelog::ChangelogError;

/// Why a release is not made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Changes that are not committed.
    #[error("the work tree has changes that are not committed:\n{}", listed(.0))]
    Dirty(Vec<String>),
    /// No branch is checked out.
    #[error("no branch is checked out (HEAD is {commit})")]
    Detached {
        /// The commit.
        commit: String,
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
    /// The tag is there, on other commits.
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
    /// Nothing to tell.
    #[error("there are no news fragments in {folder}")]
    NoFragments {
        /// Where they belong.
        folder: Utf8PathBuf,
    },
    /// The changelog cannot be made.
    #[error("{0}")]
    Changelog(#[from] ChangelogError),
    /// A lock is not what its inputs ask for.
    #[error("locks are stale:\n{}", indented(.0))]
    StaleLocks(String),
    /// The remote's branch has commits that are not here.
    #[error("`{remote}` has commits on `{branch}` that are not here")]
    RemoteMovedOn {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
    },
    /// The remote admits no push.
    #[error("`{remote}` admits no push:\n{}", indented(said))]
    NoPush {
        /// The remote.
        remote: String,
        /// What it said.
        said: String,
    },
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
    /// A pattern of the settings that finds nothing.
    #[error("{path}: `{search}` occurs nowhere")]
    NothingToEdit {
        /// The file, or the pattern of files.
        path: String,
        /// The expression.
        search: String,
    },
    /// A pattern of the settings that is none.
    #[error("`{pattern}` is not a pattern: {message}")]
    BadPattern {
        /// The pattern.
        pattern: String,
        /// The parser's words.
        message: String,
    },
}

impl Refusal {
    /// What to do about it, with the command to run.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Dirty(_) => {
                "commit them, or put them away with `git stash --include-untracked`".to_owned()
            }
            Self::Detached { .. } => {
                "check out the branch to release from: `git switch main`".to_owned()
            }
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
            Self::NoVersionFile(path) => {
                format!("create {path}, or name another file in `[release] version_file`")
            }
            Self::NoFragments { folder } => {
                format!(
                    "add one, such as {}, or leave the step out: `[release] without = [\"changelog\"]`",
                    folder.join("123.fix.md")
                )
            }
            Self::StaleLocks(_) => "`cargo xtask generate-lockfiles`, then commit".to_owned(),
            Self::RemoteMovedOn { remote, branch } => {
                format!("`git pull --rebase {remote} {branch}`")
            }
            Self::NoPush { remote, .. } => {
                format!("`git push --dry-run {remote}` shows the same; ask for the right to push")
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

fn indented(text: &str) -> String {
    text.trim()
        .lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What speaks against beginning a release.
pub(super) fn before_start(planner: &Planner<'_>) -> Vec<Refusal> {
    let tag = planner.settings.tag_of(&planner.request.version);
    let mut refusals = about_head(planner);
    refusals.extend(about_tag(planner, &tag));
    refusals.extend(about_own_branch(planner));
    refusals.extend(about_order(planner));
    refusals.extend(about_locks(planner));
    refusals
}

/// What speaks against releasing from what is checked out.
pub(super) fn about_head(planner: &Planner<'_>) -> Vec<Refusal> {
    let facts = planner.facts;
    let mut refusals = Vec::new();
    if !facts.dirty.is_empty() {
        refusals.push(Refusal::Dirty(facts.dirty.clone()));
    }
    match &facts.head.branch {
        None => refusals.push(Refusal::Detached {
            commit: facts.head.commit.clone(),
        }),
        Some(branch) => {
            let version = &planner.request.version;
            let patterns = planner.settings.branches.iter();
            let allowed: Vec<String> = patterns.map(|pattern| fill(pattern, version)).collect();
            if !allowed.iter().any(|pattern| matches(pattern, branch)) {
                refusals.push(Refusal::WrongBranch {
                    version: version.clone(),
                    branch: branch.clone(),
                    allowed,
                });
            }
        }
    }
    refusals.extend(about_remote(planner));
    refusals
}

fn matches(pattern: &str, branch: &str) -> bool {
    pattern == branch
        || Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(branch))
}

fn about_remote(planner: &Planner<'_>) -> Vec<Refusal> {
    let pushes = planner.request.push == Pushing::Yes;
    let Some(remote) = &planner.facts.remote else {
        let missing = Refusal::NoRemote(planner.settings.remote.clone());
        return if pushes { vec![missing] } else { Vec::new() };
    };
    let mut refusals = Vec::new();
    if let (RemoteBranch::MovedOn, Some(branch)) = (remote.branch, &planner.facts.head.branch) {
        refusals.push(Refusal::RemoteMovedOn {
            remote: remote.name.clone(),
            branch: branch.clone(),
        });
    } else if let Some(said) = remote.refuses_push.as_ref().filter(|_| pushes) {
        refusals.push(Refusal::NoPush {
            remote: remote.name.clone(),
            said: said.clone(),
        });
    }
    refusals
}

/// What speaks against making the tag.
pub(super) fn about_tag(planner: &Planner<'_>, tag: &str) -> Vec<Refusal> {
    let known = planner.facts.tags.iter().find(|known| known.name == tag);
    if let Some(known) = known {
        return vec![Refusal::TagExists {
            tag: tag.to_owned(),
            commit: known.commit.clone(),
        }];
    }
    let remote = planner.facts.remote.as_ref();
    let on_remote = remote.and_then(|remote| Some((&remote.name, remote.tag.as_ref()?)));
    let refusal = on_remote.map(|(remote, commit)| Refusal::TagOnRemote {
        tag: tag.to_owned(),
        remote: remote.clone(),
        commit: commit.clone(),
    });
    refusal.into_iter().collect()
}

/// What speaks against pushing a tag that is here already.
pub(super) fn about_remote_tag(planner: &Planner<'_>, tag: &TagFact) -> Vec<Refusal> {
    let mut refusals = about_remote(planner);
    let remote = planner.facts.remote.as_ref();
    let other = remote.and_then(|remote| {
        let commit = remote
            .tag
            .as_ref()
            .filter(|commit| **commit != tag.commit)?;
        Some((&remote.name, commit))
    });
    refusals.extend(other.map(|(remote, commit)| Refusal::TagOnRemote {
        tag: tag.name.clone(),
        remote: remote.clone(),
        commit: commit.clone(),
    }));
    refusals
}

fn about_own_branch(planner: &Planner<'_>) -> Option<Refusal> {
    let CommitOn::Branch(pattern) = &planner.settings.commit_on else {
        return None;
    };
    let branch = fill(pattern, &planner.request.version);
    let exists = planner.facts.branches.contains(&branch);
    exists.then_some(Refusal::BranchExists(branch))
}

fn about_order(planner: &Planner<'_>) -> Option<Refusal> {
    let version = &planner.request.version;
    let file = &planner.settings.version_file;
    let written = planner
        .facts
        .version_file
        .as_deref()
        .and_then(|text| text.parse().ok());
    let written = written.map(|last: ReleaseVersion| (last, format!("{file} holds")));
    let tags = planner.facts.tags.iter().filter_map(|tag| {
        let last = planner.settings.version_of(&tag.name)?;
        let counts = tag.in_head || last.series() == version.series();
        counts.then(|| (last, format!("the tag `{}` names", tag.name)))
    });
    let (last, place) = written
        .into_iter()
        .chain(tags)
        .max_by(|a, b| a.0.cmp(&b.0))?;
    (*version < last).then(|| Refusal::NotHigher {
        version: version.clone(),
        last,
        place,
    })
}

fn about_locks(planner: &Planner<'_>) -> Option<Refusal> {
    match &planner.facts.locks {
        Locks::Stale(said) if planner.does(StepKind::Locks) => {
            Some(Refusal::StaleLocks(said.clone()))
        }
        _ => None,
    }
}
