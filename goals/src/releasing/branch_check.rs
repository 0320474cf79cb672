//! What `changelog --check` looks at: the files that a branch changes, and what it is compared with.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use changelog::{ChangelogSource, ReleaseHeading};
use git::Git;

use crate::error::GoalError;
use crate::session::Session;

/// The branch that a branch is compared with: the default one of the remote of the settings or, if
/// there is no such remote, of the only one; without a remote the one that is here.
///
/// # Errors
/// There is none of these.
pub fn default_branch(session: &Session) -> Result<String, GoalError> {
    let git = Git::at(session.root());
    // Outside of a repository this says so.
    let remote = git.remote_or_only(&super::settings(session).remote)?;
    let mut candidates = Vec::new();
    if let Some(remote) = remote {
        let head = format!("refs/remotes/{remote}/HEAD");
        candidates.extend(git.maybe(&["symbolic-ref", "--quiet", "--short", &head])?);
        candidates.extend(["main", "master"].map(|branch| format!("{remote}/{branch}")));
    }
    candidates.extend(["main", "master"].map(str::to_owned));
    for candidate in &candidates {
        if git.commit(candidate)?.is_some() {
            return Ok(candidate.clone());
        }
    }
    Err(
        GoalError::failure("cannot tell which branch this one is compared with")
            .because(format!("there is none of {}", candidates.join(", ")))
            .hint("fetch it, `git fetch origin`, or name one: `--since REF`"),
    )
}

/// The files into which a release of the written version puts its notes.
///
/// # Errors
/// A pattern of the settings cannot be filled in.
pub fn news_files(
    session: &Session,
    source: &ChangelogSource,
) -> Result<BTreeSet<Utf8PathBuf>, GoalError> {
    let mut files = BTreeSet::from([Utf8PathBuf::from(&source.settings.filename)]);
    let Ok(version) = super::written_version(session) else {
        return Ok(files);
    };
    let release = ReleaseHeading {
        version: version.as_str(),
        date: "",
    };
    files.insert(source.settings.news_file(&release)?);
    files.extend(super::settings(session).news_file_of(&version));
    Ok(files)
}

/// The files that differ between here and the commit at which the branch left `since`.
///
/// # Errors
/// `since` is no commit that this branch comes from.
pub fn changed_since(session: &Session, since: &str) -> Result<BTreeSet<Utf8PathBuf>, GoalError> {
    let git = Git::at(session.root());
    git.text(&["rev-parse", "--git-dir"])?;
    let base = git.text(&["merge-base", since, "HEAD"]).map_err(|_| {
        GoalError::failure(format!(
            "`{since}` names no commit that this branch comes from"
        ))
        .hint("fetch it first: `git fetch origin`, or name another: `--since REF`")
    })?;
    let mut changed = git.difference(&base)?.into_paths();
    changed.extend(git.untracked()?);
    Ok(changed)
}
