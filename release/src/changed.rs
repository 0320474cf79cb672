//! Finds the distributions whose contents a release changes.
//!
//! All distributions of a monorepo get the version of the release. Which of them have new contents
//! follows from the files that changed: those that a distribution ships, and what its requirements
//! are computed from.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use camino::Utf8PathBuf;
use model::PackageName;

/// A distribution of the repository.
#[derive(Debug, Clone)]
pub struct DistributionFiles {
    /// Its name.
    pub name: PackageName,
    /// The files that it ships or whose contents shape its metadata, relative to the root.
    pub files: BTreeSet<Utf8PathBuf>,
    /// The distributions of this repository that it requires.
    pub requires: BTreeSet<PackageName>,
}

/// Why a distribution changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeCause {
    /// Files of its own changed.
    Contents(Vec<Utf8PathBuf>),
    /// A distribution that it requires changes; the chain from it to the one with new contents.
    Requires(Vec<PackageName>),
}

/// The distributions that change, by name, with the shortest reason.
pub fn changed_distributions(
    distributions: &[DistributionFiles],
    changed: &BTreeSet<Utf8PathBuf>,
) -> BTreeMap<PackageName, ChangeCause> {
    let mut changes = BTreeMap::new();
    let mut queue: VecDeque<Vec<PackageName>> = VecDeque::new();
    for distribution in distributions {
        let files: Vec<Utf8PathBuf> = distribution.files.intersection(changed).cloned().collect();
        if !files.is_empty() {
            changes.insert(distribution.name.clone(), ChangeCause::Contents(files));
            queue.push_back(vec![distribution.name.clone()]);
        }
    }
    while let Some(chain) = queue.pop_front() {
        let requiring = distributions
            .iter()
            .filter(|distribution| distribution.requires.contains(&chain[0]));
        for distribution in requiring {
            if changes.contains_key(&distribution.name) {
                continue;
            }
            changes.insert(
                distribution.name.clone(),
                ChangeCause::Requires(chain.clone()),
            );
            let longer = [std::slice::from_ref(&distribution.name), &chain].concat();
            queue.push_back(longer);
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distributions as `name: files > requires`.
    fn check(distributions: &[&str], changed: &[&str], expect: &str) {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let parse = |line: &&str| {
            let (name, rest) = line.split_once(':').unwrap();
            let (files, requires) = rest.split_once('>').unwrap_or((rest, ""));
            DistributionFiles {
                name: name.parse().unwrap(),
                files: words(files).into_iter().map(Utf8PathBuf::from).collect(),
                requires: words(requires)
                    .iter()
                    .map(|name| name.parse().unwrap())
                    .collect(),
            }
        };
        let distributions: Vec<DistributionFiles> = distributions.iter().map(parse).collect();
        let changed = changed.iter().map(Utf8PathBuf::from).collect();
        let line = |(name, change): (&PackageName, &ChangeCause)| match change {
            ChangeCause::Contents(files) => format!(
                "{name}: {}",
                files
                    .iter()
                    .map(|file| file.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            ),
            ChangeCause::Requires(chain) => format!(
                "{name} > {}",
                chain
                    .iter()
                    .map(PackageName::as_str)
                    .collect::<Vec<_>>()
                    .join(" > ")
            ),
        };
        let found = changed_distributions(&distributions, &changed);
        assert_eq!(
            found.iter().map(line).collect::<Vec<_>>().join("; "),
            expect
        );
    }

    #[test]
    fn by_contents_and_by_requirements() {
        let all = [
            "a: a.py > b",
            "b: b.py shared.py > c",
            "c: c.py shared.py",
            "d: d.py > a",
        ];
        check(&all, &["c.py"], "a > b > c; b > c; c: c.py; d > a > b > c");
        check(
            &all,
            &["shared.py"],
            "a > b; b: shared.py; c: shared.py; d > a > b",
        );
        check(&all, &["README.md"], "");
        check(&["a: a.py > b", "b: b.py > a"], &["a.py"], "a: a.py; b > a");
    }
}
