//! What a remote has under names that a release pushes.
//!
//! `git ls-remote` takes patterns: asked for `24.09.0`, it answers with `client/24.09.0` too.

use std::collections::BTreeMap;

use git::{Git, GitError};

/// The commits that these full names stand for on a remote, as far as it has them; of an annotated tag, the commit that it
/// marks.
pub(super) fn tips<'a>(
    git: &Git,
    remote: &str,
    names: impl IntoIterator<Item = &'a String>,
) -> Result<BTreeMap<String, String>, GitError> {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let marked: Vec<String> = names.iter().map(|name| format!("{name}^{{}}")).collect();
    let mut arguments = vec!["ls-remote", remote];
    arguments.extend(&names);
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

/// Gets the commits of a branch of a remote, and changes no name here.
pub(super) fn fetch(git: &Git, remote: &str, branch: &str) -> Result<(), GitError> {
    let quietly = [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--refmap=",
    ];
    git.text(&[&quietly[..], &[remote, branch]].concat())?;
    Ok(())
}
