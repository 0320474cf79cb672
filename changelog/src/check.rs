//! Checks whether a branch has a news fragment.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::fragment::Fragment;
use super::settings::ChangelogSettings;

/// The answer to `changelog --check`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BranchCheck {
    /// Nothing changed, so no fragment is necessary.
    NoChanges,
    /// The news file itself was changed: a release, or a correction.
    NewsFileChanged(Utf8PathBuf),
    /// These fragments came with the branch.
    Found(Vec<Utf8PathBuf>),
    /// No fragment came with the branch, or only ones whose type does not count (`check = false`).
    Missing {
        /// Fragments of types that do not count.
        unchecked: Vec<Utf8PathBuf>,
    },
}

/// Looks for fragments among the files that a branch changed (paths relative to the root).
/// `news_files` are those into which a release may write.
pub fn check_branch(
    settings: &ChangelogSettings,
    fragments: &[Fragment],
    changed: &BTreeSet<Utf8PathBuf>,
    news_files: &BTreeSet<Utf8PathBuf>,
) -> BranchCheck {
    if changed.is_empty() {
        return BranchCheck::NoChanges;
    }
    if let Some(path) = changed.intersection(news_files).next() {
        return BranchCheck::NewsFileChanged(path.clone());
    }
    let own = fragments
        .iter()
        .filter(|fragment| changed.contains(&fragment.path));
    let counts = |fragment: &&Fragment| {
        settings
            .type_named(&fragment.kind)
            .is_some_and(|kind| kind.check)
    };
    let (counted, unchecked): (Vec<_>, Vec<_>) = own.partition(counts);
    let paths = |fragments: Vec<&Fragment>| {
        fragments
            .into_iter()
            .map(|found| found.path.clone())
            .collect()
    };
    match counted.is_empty() {
        false => BranchCheck::Found(paths(counted)),
        true => BranchCheck::Missing {
            unchecked: paths(unchecked),
        },
    }
}
