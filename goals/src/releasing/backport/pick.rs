//! Applies one commit, by git's own cherry-pick.
//!
//! Where folders have other names on the branch, what is picked is the commit as if its folders had
//! those names: git then finds renames and conflicts as it does elsewhere.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use git::{Git, GitError};
use release::backport::Backport;

use super::error::BackportError;

/// How a commit was applied.
pub(super) enum CherryPick {
    Clean,
    Conflict(Vec<Utf8PathBuf>),
}

/// Applies a commit to the work tree and the index. Of a merge, its difference to the first parent
/// is applied.
pub(super) fn pick(git: &Git, job: &Backport, commit: &str) -> Result<CherryPick, BackportError> {
    let picked = Pickable::of(git, job, commit)?;
    let command = [
        "cherry-pick",
        "--no-commit",
        "--allow-empty",
        &picked.commit,
    ];
    let problem = match git.text(&command) {
        Ok(_) => return Ok(CherryPick::Clean),
        Err(GitError::Failed { message, .. }) => message,
        Err(error) => return Err(error.into()),
    };
    let files = unmerged(git)?;
    if !files.is_empty() {
        return Ok(CherryPick::Conflict(files));
    }
    // The tree was clean before. A half-applied commit is undone.
    git.text(&["reset", "--quiet", "--merge", "HEAD"])?;
    Err(BackportError::DoesNotApply {
        commit: commit.to_owned(),
        onto: job.onto.clone(),
        message: problem,
    })
}

/// The files that have conflicts.
pub(super) fn unmerged(git: &Git) -> Result<Vec<Utf8PathBuf>, GitError> {
    let listed = git.text(&["diff", "--name-only", "--diff-filter=U", "-z"])?;
    Ok(git::paths(&listed).collect())
}

/// Makes what conflicts a cherry-pick for git: `git commit` then keeps author, date and message.
pub(super) fn prepare_for_git(
    git: &Git,
    job: &Backport,
    commit: &str,
) -> Result<(), BackportError> {
    fs_err::write(message_file(git)?, message(git, job, commit)?)?;
    git.text(&["update-ref", "CHERRY_PICK_HEAD", commit])?;
    Ok(())
}

/// Takes back what [`prepare_for_git`] did, if it is still there.
pub(super) fn forget(git: &Git) -> Result<(), GitError> {
    let picked = ["rev-parse", "--quiet", "--verify", "CHERRY_PICK_HEAD"];
    if git.maybe(&picked)?.is_some() {
        git.text(&["update-ref", "-d", "CHERRY_PICK_HEAD"])?;
    }
    let _gone = fs_err::remove_file(message_file(git)?);
    Ok(())
}

fn message_file(git: &Git) -> Result<Utf8PathBuf, GitError> {
    let path = git.text(&["rev-parse", "--git-path", "MERGE_MSG"])?;
    Ok(git.root().join(path))
}

fn message(git: &Git, job: &Backport, commit: &str) -> Result<String, GitError> {
    let message = git.text(&["log", "-1", "--format=%B", commit])?;
    Ok(job.message(&message, commit))
}

/// Commits what was applied; `None` when nothing changed. A message that waits for `git commit`
/// may have been edited, and counts.
pub(super) fn record(
    git: &Git,
    job: &Backport,
    commit: &str,
) -> Result<Option<String>, BackportError> {
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
    let stopped = ["rev-parse", "--quiet", "--verify", "CHERRY_PICK_HEAD"];
    let message = match git.maybe(&stopped)? {
        Some(_) => fs_err::read_to_string(message_file(git)?)?,
        None => message(git, job, commit)?,
    };
    git.feed(
        &["commit", "--quiet", &author, &date, "--file=-"],
        message.as_bytes(),
    )?;
    Ok(Some(git.text(&["rev-parse", "HEAD"])?))
}

/// A commit with one parent, which has the difference that is to be applied.
struct Pickable {
    commit: String,
}

impl Pickable {
    fn of(git: &Git, job: &Backport, commit: &str) -> Result<Self, BackportError> {
        let parents = git.text(&["log", "-1", "--format=%P", commit])?;
        let parents: Vec<&str> = parents.split_whitespace().collect();
        if job.folders.is_empty() && parents.len() == 1 {
            return Ok(Self {
                commit: commit.to_owned(),
            });
        }
        let folder = tempfile::tempdir()?;
        let index = Utf8Path::from_path(folder.path()).unwrap_or(Utf8Path::new("."));
        let tree = |revision: Option<&&str>| mapped_tree(git, job, revision, &index.join("index"));
        let before = tree(parents.first())?;
        let parent = git.text(&["commit-tree", "--no-gpg-sign", "-m", "before", &before])?;
        let after = tree(Some(&commit))?;
        let subject = git.text(&["log", "-1", "--format=%s", commit])?;
        let command = ["commit-tree", "--no-gpg-sign", "-m", &subject];
        let arguments = [&command[..], &["-p", &parent, &after]].concat();
        Ok(Self {
            commit: git.text(&arguments)?,
        })
    }
}

/// The tree of a commit with the folders as they are called on the branch; without a commit the
/// empty tree.
fn mapped_tree(
    git: &Git,
    job: &Backport,
    revision: Option<&&str>,
    index: &Utf8Path,
) -> Result<String, BackportError> {
    if index.exists() {
        fs_err::remove_file(index)?;
    }
    let apart = git.clone().with_index(index);
    let listed = match revision {
        Some(revision) => git.bytes(&["ls-tree", "-r", "-z", "--full-tree", revision])?,
        None => Vec::new(),
    };
    // A file of a folder that has another name there comes last: it is the one that counts.
    let (mut unchanged, mut moved) = (Vec::new(), Vec::new());
    for entry in listed
        .split(|byte| *byte == 0)
        .filter(|entry| !entry.is_empty())
    {
        let Some(tab) = entry.iter().position(|byte| *byte == b'\t') else {
            continue;
        };
        let path = std::str::from_utf8(&entry[tab + 1..]).ok();
        match path.and_then(|path| job.moved(path)) {
            Some(path) => {
                moved.extend_from_slice(&entry[..=tab]);
                write!(moved, "{path}\0")?;
            }
            None => {
                unchanged.extend_from_slice(entry);
                unchanged.push(0);
            }
        }
    }
    unchanged.extend(moved);
    apart.feed(
        &["update-index", "-z", "--replace", "--index-info"],
        &unchanged,
    )?;
    Ok(apart.text(&["write-tree"])?)
}
