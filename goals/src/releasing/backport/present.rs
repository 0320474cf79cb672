//! Which commits a branch has already.

use std::collections::{BTreeMap, BTreeSet};

use git::{Git, GitError};
use release::backport::{backported_from, reverted};

/// The commits of `commits` that the branch with this tip contains, or that a message on it names as
/// backported; each with the commit there. One that was reverted there does not count.
pub(super) fn present(
    git: &Git,
    tip: &str,
    commits: &[String],
) -> Result<BTreeMap<String, String>, GitError> {
    let mut present = BTreeMap::new();
    for commit in commits {
        let ancestor = ["merge-base", "--is-ancestor", commit, tip];
        if git.maybe(&ancestor)?.is_some() {
            present.insert(commit.clone(), commit.clone());
        }
    }
    let mut arguments = vec!["log", "-z", "--format=%H%n%B", tip, "--not"];
    arguments.extend(commits.iter().map(String::as_str));
    arguments.push("--");
    let log = git.text(&arguments)?;
    let mut undone = BTreeSet::new();
    // The newest comes first, so what reverts a commit comes before it.
    for entry in log.split('\0') {
        let Some((own, message)) = entry.split_once('\n') else {
            continue;
        };
        undone.extend(reverted(message).map(str::to_owned));
        if undone.contains(own) {
            continue;
        }
        for named in backported_from(message) {
            let full = commits.iter().find(|commit| commit.starts_with(named));
            if let Some(commit) = full {
                present.insert(commit.clone(), own.to_owned());
            }
        }
    }
    Ok(present)
}
