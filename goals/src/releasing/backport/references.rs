//! Which repository references such as `#12` in messages are of.

use git::Git;
use release::backport::{Backport, repository_of};

/// Whose `#12` is meant, if it is not that of the repository to which the branch belongs: there,
/// `#12` alone says the same. `named` is the remote of the settings.
pub fn references(
    git: &Git,
    job: &Backport,
    named: &str,
    repository: Option<String>,
) -> Option<String> {
    let onto = job.onto.as_str();
    let repository_at = |remote: &str| {
        let url = git.text(&["remote", "get-url", remote]).ok()?;
        repository_of(&url)
    };
    let branch = format!("refs/heads/{onto}");
    let upstream = git.text(&["for-each-ref", "--format=%(upstream:remotename)", &branch]);
    let upstream = upstream.ok().filter(|remote| !remote.is_empty());
    let remotes = git.text(&["remote"]).unwrap_or_default();
    // The remote of a branch that is not here yet.
    let of_name = |remote: &&str| {
        let tail = onto.strip_prefix(&format!("{remote}/")).unwrap_or(onto);
        let full = format!("refs/remotes/{remote}/{tail}");
        git.commit(&full).is_ok_and(|commit| commit.is_some())
    };
    let target = upstream
        .or_else(|| job.remote.clone())
        .or_else(|| remotes.lines().find(of_name).map(str::to_owned));
    let target = repository_at(target.as_deref().unwrap_or(named));
    let source = repository;
    let source = source.or_else(|| repository_at(named))?;
    (target.as_ref() != Some(&source)).then_some(source)
}
