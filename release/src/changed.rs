//! Finds the distributions whose contents a release changes.
//!
//! All distributions of a monorepo get the version of the release. Which of them have new contents
//! is seen by building each from both trees with one version; then come those that require them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::PackageName;

/// A distribution of the repository, built from two trees.
#[derive(Debug, Clone)]
pub struct ComparedDistribution {
    /// Its name.
    pub name: PackageName,
    /// Where the archives differ: files of the repository, and fields of the metadata.
    pub differences: Vec<String>,
    /// The distributions of this repository that it requires.
    pub requires: BTreeSet<PackageName>,
}

/// Why a distribution changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeCause {
    /// Its own contents differ, in these places.
    Contents(Vec<String>),
    /// A distribution that it requires changes; the chain from it to the one with new contents.
    Requires(Vec<PackageName>),
}

/// The distributions that change, by name, with the shortest reason.
pub fn changed_distributions(
    distributions: &[ComparedDistribution],
) -> BTreeMap<PackageName, ChangeCause> {
    let mut changes = BTreeMap::new();
    let mut queue: VecDeque<Vec<PackageName>> = VecDeque::new();
    for distribution in distributions {
        if !distribution.differences.is_empty() {
            let cause = ChangeCause::Contents(distribution.differences.clone());
            changes.insert(distribution.name.clone(), cause);
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

    /// Distributions as `name: differences > requires`.
    fn check(distributions: &[&str], expect: &str) {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let parse = |line: &&str| {
            let (name, rest) = line.split_once(':').unwrap();
            let (differences, requires) = rest.split_once('>').unwrap_or((rest, ""));
            let requires = words(requires);
            ComparedDistribution {
                name: name.parse().unwrap(),
                differences: words(differences),
                requires: requires.iter().map(|name| name.parse().unwrap()).collect(),
            }
        };
        let distributions: Vec<ComparedDistribution> = distributions.iter().map(parse).collect();
        let line = |(name, change): (&PackageName, &ChangeCause)| match change {
            ChangeCause::Contents(differences) => format!("{name}: {}", differences.join(" ")),
            ChangeCause::Requires(chain) => {
                let chain: Vec<&str> = chain.iter().map(PackageName::as_str).collect();
                format!("{name} > {}", chain.join(" > "))
            }
        };
        let found = changed_distributions(&distributions);
        let lines: Vec<String> = found.iter().map(line).collect();
        assert_eq!(lines.join("; "), expect);
    }

    #[test]
    fn by_contents_and_by_requirements() {
        check(
            &["a: > b", "b: > c", "c: c.py", "d: > a"],
            "a > b > c; b > c; c: c.py; d > a > b > c",
        );
        check(
            &["a: > b", "b: shared.py > c", "c: shared.py", "d: > a"],
            "a > b; b: shared.py; c: shared.py; d > a > b",
        );
        check(&["a: > b", "b:"], "");
        check(&["a: a.py > b", "b: > a"], "a: a.py; b > a");
    }
}
