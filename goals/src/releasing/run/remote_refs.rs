//! What a remote has under names that a release pushes.
//!
//! `git ls-remote` takes patterns: asked for `24.09.0`, it answers with `client/24.09.0` too. It asks the place that is
//! fetched from, which need not be a place that is pushed to.

use std::collections::BTreeMap;

use git::{Git, GitError};

/// What a name stands for at one place.
pub(super) struct RemoteTip {
    /// The remote, or the URL that it is pushed to.
    pub place: String,
    /// The full name.
    pub name: String,
    /// The commit; of an annotated tag, the one that it marks.
    pub commit: String,
}

/// What these full names stand for where a remote is pushed to, as far as it has them.
pub(super) fn tips<'a>(
    git: &Git,
    remote: &str,
    names: impl IntoIterator<Item = &'a String>,
) -> Result<Vec<RemoteTip>, GitError> {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    let mut found = Vec::new();
    if names.is_empty() {
        return Ok(found);
    }
    for place in places(git, remote)? {
        let tips = tips_at(git, &place, &names)?.into_iter();
        found.extend(tips.map(|(name, commit)| RemoteTip {
            place: place.clone(),
            name,
            commit,
        }));
    }
    Ok(found)
}

/// Where a remote is pushed to: the remote itself, unless it has other URLs for that.
fn places(git: &Git, remote: &str) -> Result<Vec<String>, GitError> {
    let urls = |options: &[&str]| {
        let asked = [&["remote", "get-url"], options, &["--", remote]].concat();
        git.maybe(&asked)
    };
    let (fetched, pushed) = (urls(&[])?, urls(&["--push", "--all"])?);
    Ok(
        match pushed.filter(|pushed| fetched.as_ref() != Some(pushed)) {
            Some(pushed) => pushed.lines().map(str::to_owned).collect(),
            None => vec![remote.to_owned()],
        },
    )
}

fn tips_at(git: &Git, place: &str, names: &[&str]) -> Result<BTreeMap<String, String>, GitError> {
    let marked: Vec<String> = names.iter().map(|name| format!("{name}^{{}}")).collect();
    let mut arguments = vec!["ls-remote", place];
    arguments.extend(names);
    arguments.extend(marked.iter().map(String::as_str));
    let listed = git.text(&arguments)?;
    let mut tips = BTreeMap::new();
    for (object, name) in listed.lines().filter_map(|line| line.split_once('\t')) {
        let tag = name.strip_suffix("^{}");
        if !names.contains(&tag.unwrap_or(name)) {
            continue; // another name that ends like this one
        }
        if tag.is_some() || !tips.contains_key(name) {
            tips.insert(tag.unwrap_or(name).to_owned(), object.to_owned());
        }
    }
    Ok(tips)
}

/// Gets the commits that a branch has there, and changes no name here.
pub(super) fn fetch(git: &Git, tip: &RemoteTip) -> Result<(), GitError> {
    let quietly = [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--refmap=",
    ];
    git.text(&[&quietly[..], &[&tip.place, &tip.name]].concat())?;
    Ok(())
}
