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
    ///
    /// Of two commits, as in `main..topic` or `main...topic`, those that differ between them: the
    /// work tree does not count then.
    pub(super) fn of(session: &Session, since: &str) -> Result<Self, GoalError> {
        let git = Git::at(session.root());
        if let Some(range) = CommitRange::parse(since) {
            return range.changes(&git);
        }
        let base = base(&git, since, "HEAD")?;
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
        Ok(Self {
            files: changed_files(difference),
            base,
        })
    }
}

fn changed_files(difference: TreeDifference) -> ChangedFiles {
    let texts = |paths: std::collections::BTreeSet<Utf8PathBuf>| {
        paths.into_iter().map(Utf8PathBuf::into_string).collect()
    };
    ChangedFiles {
        edited: texts(difference.edited),
        deleted: texts(difference.deleted),
    }
}

/// Two commits, as git's commands take them.
struct CommitRange<'s> {
    from: &'s str,
    to: &'s str,
    /// Whether what came to `from` since the two parted is left out: `...`.
    since_fork: bool,
}

impl<'s> CommitRange<'s> {
    fn parse(text: &'s str) -> Option<Self> {
        let (dots, since_fork) = match text.contains("...") {
            true => ("...", true),
            false => ("..", false),
        };
        let (from, to) = text.split_once(dots)?;
        let or_head = |name: &'s str| if name.is_empty() { "HEAD" } else { name };
        Some(Self {
            from: or_head(from),
            to: or_head(to),
            since_fork,
        })
    }

    fn changes(&self, git: &Git) -> Result<ChangesSince, GoalError> {
        let base = match self.since_fork {
            true => base(git, self.from, self.to)?,
            false => commit(git, self.from)?,
        };
        let to = commit(git, self.to)?;
        Ok(ChangesSince {
            files: changed_files(git.difference(&format!("{base}..{to}"))?),
            base,
        })
    }
}

/// The hash of a commit that the user named.
fn commit(git: &Git, named: &str) -> Result<String, GoalError> {
    match git.commit(named)? {
        Some(commit) => Ok(commit),
        // The error says what may be wrong.
        None => base(git, named, "HEAD"),
    }
}

/// The commit at which `work` left a revision.
fn base(git: &Git, since: &str, work: &str) -> Result<String, GoalError> {
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
    git.text(&["merge-base", since, work]).map_err(|error| {
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
