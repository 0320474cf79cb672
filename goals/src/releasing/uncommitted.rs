//! Files that a release writes or removes, and that its commit would not have: what git keeps no track of cannot be
//! tagged, and an abort could not have it again.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use git::{Git, GitError};
use release::facts::{NoCommitReason, ReleaseFacts};

use super::links::{LastLink, followed};

/// Those files among the ones that `facts` name, and why no commit would have them.
pub(super) fn uncommitted(
    git: &Git,
    facts: &ReleaseFacts,
    version_file: &Utf8Path,
) -> Result<BTreeMap<Utf8PathBuf, NoCommitReason>, GitError> {
    let news = facts.news_file.iter().map(|news| news.path.as_path());
    let files = facts.files.keys().map(Utf8PathBuf::as_path);
    let written = [version_file].into_iter().chain(news).chain(files);
    let written = written.map(|path| (path, LastLink::Followed));
    let fragments = facts.changelog.iter().flat_map(|source| &source.fragments);
    let removed = fragments.map(|fragment| (fragment.path.as_path(), LastLink::Kept));
    let mut found = BTreeMap::new();
    let mut committed = Vec::new();
    for (path, last) in written.chain(removed) {
        // A link that is written through is staged too.
        let places = [LastLink::Kept, last].map(|last| followed(git.root(), path, last));
        let [Some(known), Some(target)] = places else {
            found.insert(path.to_owned(), NoCommitReason::LinkedOut);
            continue;
        };
        match submodule(&facts.tracked, &target) {
            Some(submodule) => {
                found.insert(path.to_owned(), NoCommitReason::InSubmodule(submodule));
            }
            None => committed.extend([known, target].map(|place| (path.to_owned(), place))),
        }
    }
    let places: BTreeSet<&Utf8Path> = committed.iter().map(|(_, at)| at.as_path()).collect();
    let ignored = ignored(git, &facts.tracked, &places)?;
    let hidden = not_looked_at(git)?;
    for (path, place) in committed {
        if ignored.contains(&place) {
            found.insert(path, NoCommitReason::Ignored(place));
        } else if hidden.contains(&place) {
            found.insert(path, NoCommitReason::NotLookedAt(place));
        }
    }
    Ok(found)
}

/// The submodule that a file is in: what git knows as one thing has nothing in it otherwise.
fn submodule(tracked: &BTreeSet<Utf8PathBuf>, path: &Utf8Path) -> Option<Utf8PathBuf> {
    let mut folders = path.ancestors().skip(1);
    folders
        .find(|folder| tracked.contains(*folder))
        .map(Utf8Path::to_owned)
}

/// The files that git ignores, whether they are there or not.
fn ignored(
    git: &Git,
    tracked: &BTreeSet<Utf8PathBuf>,
    places: &BTreeSet<&Utf8Path>,
) -> Result<BTreeSet<Utf8PathBuf>, GitError> {
    let new = places.iter().filter(|path| !tracked.contains(**path));
    let asked: String = new.map(|path| format!("{path}\0")).collect();
    if asked.is_empty() {
        return Ok(BTreeSet::new());
    }
    match git.feed(&["check-ignore", "-z", "--stdin"], asked.as_bytes()) {
        Ok(listed) => Ok(git::paths(&String::from_utf8_lossy(&listed)).collect()),
        // It fails where it ignores none of them.
        Err(GitError::Failed { .. }) => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

/// The files whose changes git was told not to see. Their letters are those of `git ls-files -v`:
/// small for `assume-unchanged`, `S` for `skip-worktree`.
fn not_looked_at(git: &Git) -> Result<BTreeSet<Utf8PathBuf>, GitError> {
    let listed = git.text(&["ls-files", "-v", "-z"])?;
    let hidden = |entry: Utf8PathBuf| {
        let (letter, path) = entry.as_str().split_once(' ')?;
        let is_hidden = letter == "S" || letter.chars().all(char::is_lowercase);
        is_hidden.then(|| Utf8PathBuf::from(path))
    };
    Ok(git::paths(&listed).filter_map(hidden).collect())
}
