//! The version that comes after another one.
//!
//! Numbers keep their width, as calendar versions have it: after 24.09.0 comes 24.09.1, and after
//! 24.09.9 comes 24.10.0 as the next minor one.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::version::{ReleaseKind, ReleaseVersion};

/// Which version is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NextVersion {
    /// The third number goes up; of a pre-release, the release that it is for.
    Patch,
    /// The second number goes up.
    Minor,
    /// The first number goes up.
    Major,
    /// The next release candidate.
    Candidate,
    /// The release that a pre-release is for.
    Final,
    /// The first development version of the next patch.
    Development,
}

/// Why there is no next version.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NextVersionError {
    /// It is for no release.
    #[error("{0} is no pre-release, so it has no final release")]
    NoPrerelease(ReleaseVersion),
    /// What comes next is no version of a release.
    #[error("what comes after {0} cannot be told")]
    Unknown(ReleaseVersion),
}

impl NextVersion {
    /// The largest step that fragments of these types ask for: `bumps` says what each type asks for,
    /// and every other asks for a patch.
    pub fn of_fragments<'a>(
        types: impl IntoIterator<Item = &'a str>,
        bumps: &BTreeMap<String, NextVersion>,
    ) -> Self {
        let asked = types
            .into_iter()
            .filter_map(|kind| bumps.get(kind).copied());
        asked.max().unwrap_or(Self::Patch)
    }
}

impl ReleaseVersion {
    /// The version that comes after this one.
    ///
    /// # Errors
    /// A final release of what is no pre-release.
    pub fn next(&self, next: NextVersion) -> Result<Self, NextVersionError> {
        let written = self.as_str();
        let (epoch, rest) = match written.split_once('!') {
            Some((epoch, rest)) => (format!("{epoch}!"), rest),
            None => (String::new(), written),
        };
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let mut numbers: Vec<&str> = rest[..end].trim_end_matches('.').split('.').collect();
        while numbers.len() < 3 && next != NextVersion::Final {
            numbers.push("0");
        }
        let value = |at: usize| numbers[at].parse::<u64>().unwrap_or(0);
        let is_pre = self.is_prerelease();
        let base = |numbers: Vec<String>| format!("{epoch}{}", numbers.join("."));
        let same = || base(numbers.iter().map(|&number| number.to_owned()).collect());
        let raised = |at: usize| {
            let up = format!("{:0width$}", value(at) + 1, width = numbers[at].len());
            let zero = |number: &&str| match number.starts_with('0') {
                true => "0".repeat(number.len()),
                false => "0".to_owned(),
            };
            let head = numbers[..at].iter().map(|&number| number.to_owned());
            base(
                head.chain([up])
                    .chain(numbers[at + 1..].iter().map(zero))
                    .collect(),
            )
        };
        let zero_from = |at: usize| (at..numbers.len()).all(|at| value(at) == 0);
        let text = match next {
            NextVersion::Patch if is_pre => same(),
            NextVersion::Patch => raised(2),
            NextVersion::Minor if is_pre && zero_from(2) => same(),
            NextVersion::Minor => raised(1),
            NextVersion::Major if is_pre && zero_from(1) => same(),
            NextVersion::Major => raised(0),
            NextVersion::Final if !is_pre => {
                return Err(NextVersionError::NoPrerelease(self.clone()));
            }
            NextVersion::Final => same(),
            NextVersion::Candidate if self.kind() == ReleaseKind::Candidate => {
                format!("{}rc{}", same(), self.pre_number() + 1)
            }
            NextVersion::Candidate if is_pre => format!("{}rc1", same()),
            NextVersion::Candidate => format!("{}rc1", raised(2)),
            NextVersion::Development if is_pre => format!("{}.dev0", same()),
            NextVersion::Development => format!("{}.dev0", raised(2)),
        };
        text.parse()
            .map_err(|_| NextVersionError::Unknown(self.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(version: &str, expect: [&str; 6]) {
        let version: ReleaseVersion = version.parse().unwrap();
        let all = [
            NextVersion::Patch,
            NextVersion::Minor,
            NextVersion::Major,
            NextVersion::Candidate,
            NextVersion::Final,
            NextVersion::Development,
        ];
        let found = all.map(|next| match version.next(next) {
            Ok(version) => version.to_string(),
            Err(_) => "-".to_owned(),
        });
        assert_eq!(found, expect);
    }

    #[test]
    fn next_versions() {
        check(
            "24.09.0",
            [
                "24.09.1",
                "24.10.0",
                "25.00.0",
                "24.09.1rc1",
                "-",
                "24.09.1.dev0",
            ],
        );
        check(
            "24.09.0rc1",
            [
                "24.09.0",
                "24.09.0",
                "25.00.0",
                "24.09.0rc2",
                "24.09.0",
                "24.09.0.dev0",
            ],
        );
        check(
            "24.09.1.dev0",
            [
                "24.09.1",
                "24.10.0",
                "25.00.0",
                "24.09.1rc1",
                "24.09.1",
                "24.09.1.dev0",
            ],
        );
        check(
            "24.03.10",
            [
                "24.03.11",
                "24.04.0",
                "25.00.0",
                "24.03.11rc1",
                "-",
                "24.03.11.dev0",
            ],
        );
        check(
            "1.2.9",
            ["1.2.10", "1.3.0", "2.0.0", "1.2.10rc1", "-", "1.2.10.dev0"],
        );
        check(
            "2.0.0b3",
            ["2.0.0", "2.0.0", "2.0.0", "2.0.0rc1", "2.0.0", "2.0.0.dev0"],
        );
        check(
            "1!1.9",
            [
                "1!1.9.1",
                "1!1.10.0",
                "1!2.0.0",
                "1!1.9.1rc1",
                "-",
                "1!1.9.1.dev0",
            ],
        );
        check(
            "1.0.post1",
            ["1.0.1", "1.1.0", "2.0.0", "1.0.1rc1", "-", "1.0.1.dev0"],
        );
        check(
            "24.09.9.rc2",
            [
                "24.09.9",
                "24.10.0",
                "25.00.0",
                "24.09.9rc3",
                "24.09.9",
                "24.09.9.dev0",
            ],
        );
    }

    #[test]
    fn of_fragments() {
        let bumps = [
            ("feature", NextVersion::Minor),
            ("breaking", NextVersion::Major),
        ];
        let bumps = bumps
            .map(|(kind, next)| (kind.to_owned(), next))
            .into_iter()
            .collect();
        let check = |types: &[&str], expect| {
            assert_eq!(
                NextVersion::of_fragments(types.iter().copied(), &bumps),
                expect
            );
        };
        check(&["fix", "misc"], NextVersion::Patch);
        check(&["fix", "feature"], NextVersion::Minor);
        check(&["feature", "breaking"], NextVersion::Major);
        check(&[], NextVersion::Patch);
    }
}
