//! Which files changed since a commit, submodules included.

use camino::{Utf8Path, Utf8PathBuf};
use git::{Git, GitError, TreeDifference};
use targets::query::ChangedFiles;

use crate::error::GoalError;
use crate::session::Session;

/// The files that differ from a commit, and which commit that is.
#[derive(Debug)]
pub(super) struct ChangesSince {
    /// The files.
    pub(super) files: ChangedFiles,
    /// The commit at which the work left the revision that was named.
    pub(super) base: String,
}

impl ChangesSince {
    /// The files that differ from the commit at which the work left `since`, untracked files
    /// included.
    pub(super) fn of(session: &Session, since: &str) -> Result<Self, GoalError> {
        let git = Git::at(session.root());
        let base = base(&git, since)?;
        let mut difference = git.difference(&base)?;
        difference.edited.extend(git.untracked()?);
        for folder in git.submodules()? {
            let of_folder = in_submodule(&git, &base, &folder)?;
            difference.edited.remove(&folder);
            let below = |path: Utf8PathBuf| folder.join(path);
            difference
                .edited
                .extend(of_folder.edited.into_iter().map(below));
            difference
                .deleted
                .extend(of_folder.deleted.into_iter().map(below));
        }
        let texts = |paths: std::collections::BTreeSet<Utf8PathBuf>| {
            paths.into_iter().map(Utf8PathBuf::into_string).collect()
        };
        Ok(Self {
            files: ChangedFiles {
                edited: texts(difference.edited),
                deleted: texts(difference.deleted),
            },
            base,
        })
    }
}

/// The commit at which the work left a revision.
fn base(git: &Git, since: &str) -> Result<String, GoalError> {
    if git.maybe(&["rev-parse", "--git-dir"])?.is_none() {
        let message =
            format!("cannot tell what changed since `{since}`: this is no git repository");
        return Err(GoalError::failure(message).hint(
            "`--changed-since` compares with a commit of git; specs name targets without it",
        ));
    }
    let is_shallow = git.is_shallow().unwrap_or(false);
    let deepen =
        "this clone is shallow: `git fetch --unshallow`, or `--deepen N`, brings older commits";
    if git.commit(since)?.is_none() {
        let error = GoalError::failure(format!("there is no commit `{since}`"));
        return Err(match (is_shallow, git.commit("HEAD")?) {
            (_, None) => error.hint("nothing is committed yet"),
            (true, _) => error.hint(deepen),
            (false, _) => error.hint(
                "`--changed-since` takes a branch, tag or commit, such as `main` or `HEAD~3`",
            ),
        });
    }
    git.text(&["merge-base", since, "HEAD"]).map_err(|error| {
        let message = format!("`{since}` and this branch have no commit in common");
        let failure = GoalError::failure(message);
        match (is_shallow, error) {
            (true, _) => failure.hint(deepen),
            (false, GitError::Failed { .. }) => {
                failure.hint("`git fetch` may bring the history that they share")
            }
            (false, error) => error.into(),
        }
    })
}

/// How the files of a submodule differ from what the commit had; paths are relative to it.
fn in_submodule(git: &Git, base: &str, folder: &Utf8Path) -> Result<TreeDifference, GoalError> {
    let inside = Git::at(git.root().join(folder));
    let was = git.maybe(&[
        "rev-parse",
        "--verify",
        "--quiet",
        &format!("{base}:./{folder}"),
    ])?;
    let was = match was {
        Some(commit) => inside.commit(&commit)?,
        None => None,
    };
    let mut difference = match was {
        Some(commit) => inside.difference(&commit)?,
        // A submodule that is new, or whose commit of then is not here.
        None => TreeDifference {
            edited: git::paths(&inside.text(&["ls-files", "-z"])?).collect(),
            ..TreeDifference::default()
        },
    };
    difference.edited.extend(inside.untracked()?);
    Ok(difference)
}
