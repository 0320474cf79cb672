//! Which repository references such as `#12` in messages are of.

use git::Git;
use release::backport::{Backport, repository_name, repository_of};

/// The remote that is, by custom, the project of which one's own remote is a fork.
const UPSTREAM: &str = "upstream";

/// Whose `#12` is meant, if it is not that of the repository to which the branch belongs: there,
/// `#12` alone says the same. `named` is the remote of the settings.
pub fn references(
    git: &Git,
    job: &Backport,
    named: &str,
    repository: Option<String>,
) -> Option<String> {
    let home = url_of(git, named);
    let target = target(git, job).or_else(|| home.clone());
    if let Some(source) = repository {
        let target = repository_of(&target.unwrap_or_default());
        let is_same = target.is_some_and(|target| target.eq_ignore_ascii_case(&source));
        return (!is_same).then_some(source);
    }
    // Forks and mirrors of a project have its name, and their branches are for its pull requests.
    let home = home?;
    let is_of_home =
        |url: &String| repository_name(url).eq_ignore_ascii_case(repository_name(&home));
    if target.as_ref().is_none_or(is_of_home) {
        return None;
    }
    let upstream = url_of(git, UPSTREAM).filter(is_of_home);
    repository_of(upstream.as_ref().unwrap_or(&home))
}

/// The URL of the remote that a branch belongs to, as far as git knows.
fn target(git: &Git, job: &Backport) -> Option<String> {
    let onto = job.onto.as_str();
    let upstream = git.text(&["config", "--get", &format!("branch.{onto}.remote")]);
    // The remote of a branch that is not here yet.
    let has_branch = |remote: &str| {
        let tail = onto.strip_prefix(&format!("{remote}/")).unwrap_or(onto);
        let full = format!("refs/remotes/{remote}/{tail}");
        git.commit(&full).is_ok_and(|commit| commit.is_some())
    };
    let remotes = git.remotes().unwrap_or_default();
    let with_branch = remotes.into_iter().find(|remote| has_branch(remote));
    let places = [upstream.ok(), job.remote.clone(), with_branch];
    places
        .into_iter()
        .flatten()
        .find_map(|remote| url_of(git, &remote))
}

/// The URL of a remote. Branches may also name a URL, and `.`, the repository itself, has none.
fn url_of(git: &Git, remote: &str) -> Option<String> {
    if remote.is_empty() || remote == "." {
        return None;
    }
    let is_url = || remote.contains(['/', ':']).then(|| remote.to_owned());
    git.text(&["remote", "get-url", "--", remote])
        .ok()
        .or_else(is_url)
}
