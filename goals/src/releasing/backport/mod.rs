//! Backports: commits are applied to another branch, one after the other.
//!
//! Each is a cherry-pick of git's: renames are followed, and what does not fit is a conflict for
//! git's own tools (`pick`). What has been done is kept in the git directory (`state`), so that a
//! backport that stopped goes on or is taken back. What the branch has already is left out
//! (`present`).

mod branch;
mod error;
mod pick;
mod present;
mod references;
mod state;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use git::Git;
use release::backport::Backport;

pub use error::BackportError;
pub use references::references;
pub use state::{PickOutcome, PickedCommit};

use branch::Branch;
use pick::{CherryPick, pick, prepare_for_git, record};
use present::present;
use state::{BackportState, StateFile};

/// The result of a backport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackportReport {
    /// Every commit was looked at.
    Done {
        /// The branch.
        onto: String,
        /// What became of each commit.
        picked: Vec<PickedCommit>,
    },
    /// A commit conflicts. The files are ready for git's tools, the message for `git commit`.
    Conflict {
        /// The branch.
        onto: String,
        /// What became of the commits before it.
        picked: Vec<PickedCommit>,
        /// The commit.
        commit: String,
        /// The files.
        files: Vec<Utf8PathBuf>,
        /// The commits that were not applied yet.
        left: Vec<String>,
    },
}

/// Checks out a branch and applies commits to it. The author and date of each are kept.
///
/// # Errors
/// Another backport is under way; the tree is not clean; a name is unknown; git refuses.
pub fn backport(root: &Utf8Path, job: &Backport) -> Result<BackportReport, BackportError> {
    let git = Git::at(root);
    let file = StateFile::of(&git)?;
    if let Some(state) = file.read()? {
        return Err(BackportError::UnderWay { onto: state.onto });
    }
    if !git
        .text(&["status", "--porcelain", "--untracked-files=no"])?
        .is_empty()
    {
        return Err(BackportError::Dirty);
    }
    let commits = expand(&git, &job.commits)?;
    let branch = Branch::find(&git, job)?;
    let state = BackportState::new(&git, job, &branch, commits)?;
    branch.switch(&git)?;
    file.write(&state)?;
    go(&git, &file, state)
}

/// What a backport would do: each commit, and the commit of the branch that is the same.
///
/// # Errors
/// A name is unknown.
pub fn survey(
    root: &Utf8Path,
    job: &Backport,
) -> Result<Vec<(String, Option<String>)>, BackportError> {
    let git = Git::at(root);
    let commits = expand(&git, &job.commits)?;
    let tip = Branch::find(&git, job)?.tip;
    let known = present(&git, &tip, &commits)?;
    let pair = |commit: String| {
        let same = known.get(&commit).cloned();
        (commit, same)
    };
    Ok(commits.into_iter().map(pair).collect())
}

/// Goes on after a conflict, whose files were edited and staged.
///
/// # Errors
/// No backport is under way; files still have conflicts; another branch is checked out.
pub fn go_on(root: &Utf8Path) -> Result<BackportReport, BackportError> {
    let (git, file, mut state) = under_way(root)?;
    let unmerged = pick::unmerged(&git)?;
    if !unmerged.is_empty() {
        return Err(BackportError::Unresolved(unmerged));
    }
    let head = git.text(&["rev-parse", "HEAD"])?;
    let commit = state.current().map(str::to_owned);
    if let Some(commit) = commit {
        if head != state.tip {
            // The user has committed it.
            let parent = git.maybe(&["rev-parse", "--quiet", "--verify", "HEAD^"])?;
            if parent.as_ref() != Some(&state.tip) {
                return Err(BackportError::HeadMoved { onto: state.onto });
            }
            state.note(PickOutcome::Applied(head));
        } else if state.stopped {
            let changed = git.text(&["diff", "--name-only", "-z"])?;
            let changed: Vec<Utf8PathBuf> = git::paths(&changed).collect();
            if !changed.is_empty() {
                return Err(BackportError::NotStaged(changed));
            }
            let made = record(&git, &state.job(), &commit)?;
            state.note(made.map_or(PickOutcome::Empty, PickOutcome::Applied));
        }
        pick::forget(&git)?;
    }
    state.move_on(&git)?;
    file.write(&state)?;
    go(&git, &file, state)
}

/// Leaves out the commit that conflicts, and goes on.
///
/// # Errors
/// No backport is under way; another branch is checked out.
pub fn skip(root: &Utf8Path) -> Result<BackportReport, BackportError> {
    let (git, file, mut state) = under_way(root)?;
    undo(&git)?;
    if state.current().is_some() {
        state.note(PickOutcome::Skipped);
    }
    state.move_on(&git)?;
    file.write(&state)?;
    go(&git, &file, state)
}

/// Takes a backport back: the branch is what it was, and what was checked out is so again. Gives the
/// branch's name.
///
/// # Errors
/// No backport is under way; another branch is checked out; the user committed something else on
/// the branch.
pub fn abort(root: &Utf8Path) -> Result<String, BackportError> {
    let (git, file, state) = under_way(root)?;
    let head = git.text(&["rev-parse", "HEAD"])?;
    let made: Vec<&str> = state.picked.iter().filter_map(PickedCommit::made).collect();
    let ours = [
        &[state.before.as_str(), state.tip.as_str()],
        made.as_slice(),
    ]
    .concat();
    if !ours.contains(&head.as_str()) {
        return Err(BackportError::HeadMoved { onto: state.onto });
    }
    undo(&git)?;
    git.text(&["reset", "--quiet", "--keep", &state.before])?;
    match &state.origin_branch {
        Some(branch) => git.text(&["switch", "--quiet", branch])?,
        None => git.text(&["switch", "--quiet", "--detach", &state.origin])?,
    };
    if state.made_branch {
        git.text(&["branch", "--quiet", "--delete", "--force", &state.onto])?;
    }
    file.remove()?;
    Ok(state.onto)
}

fn under_way(root: &Utf8Path) -> Result<(Git, StateFile, BackportState), BackportError> {
    let git = Git::at(root);
    let file = StateFile::of(&git)?;
    let state = file.read()?.ok_or(BackportError::NothingUnderWay)?;
    let branch = git.maybe(&["symbolic-ref", "--quiet", "--short", "HEAD"])?;
    match branch.as_ref() == Some(&state.onto) {
        true => Ok((git, file, state)),
        false => Err(BackportError::OtherBranch { onto: state.onto }),
    }
}

/// Takes back what is applied and not committed. Files that git does not know stay, and edits of
/// files that the commit does not touch.
fn undo(git: &Git) -> Result<(), BackportError> {
    git.text(&["reset", "--quiet", "--merge", "HEAD"])?;
    Ok(pick::forget(git)?)
}

/// Applies the commits that are left.
fn go(
    git: &Git,
    file: &StateFile,
    mut state: BackportState,
) -> Result<BackportReport, BackportError> {
    let known = present(git, &state.before, &state.commits)?;
    while let Some(commit) = state.current().map(str::to_owned) {
        if let Some(same) = known.get(&commit) {
            state.note(PickOutcome::Present(same.clone()));
        } else {
            match pick(git, &state.job(), &commit)? {
                CherryPick::Clean => {
                    let made = record(git, &state.job(), &commit)?;
                    state.note(made.map_or(PickOutcome::Empty, PickOutcome::Applied));
                }
                CherryPick::Conflict(files) => {
                    prepare_for_git(git, &state.job(), &commit)?;
                    state.stopped = true;
                    file.write(&state)?;
                    return Ok(BackportReport::Conflict {
                        left: state.commits[state.picked.len() + 1..].to_vec(),
                        onto: state.onto,
                        picked: state.picked,
                        commit,
                        files,
                    });
                }
            }
        }
        state.move_on(git)?;
        file.write(&state)?;
    }
    file.remove()?;
    Ok(BackportReport::Done {
        onto: state.onto,
        picked: state.picked,
    })
}

/// The commits that names and ranges stand for, in the order in which they are applied. Of a range
/// merges are left out, since what they merge is in it.
fn expand(git: &Git, names: &[String]) -> Result<Vec<String>, BackportError> {
    let mut commits = Vec::new();
    for name in names {
        let unknown = || BackportError::NoCommit(name.clone());
        if !name.contains("..") {
            commits.push(git.commit(name)?.ok_or_else(unknown)?);
            continue;
        }
        let command = ["rev-list", "--reverse", "--topo-order", "--no-merges"];
        let arguments = [&command[..], &["--end-of-options", name, "--"]].concat();
        let listed = git.maybe(&arguments)?.ok_or_else(unknown)?;
        if listed.is_empty() {
            return Err(BackportError::EmptyRange(name.clone()));
        }
        commits.extend(listed.lines().map(str::to_owned));
    }
    // What is named twice is applied once.
    let mut seen = BTreeSet::new();
    commits.retain(|commit| seen.insert(commit.clone()));
    Ok(commits)
}
