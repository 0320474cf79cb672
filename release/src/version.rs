//! Versions of releases: kept as they are written, compared as PEP 440 says.
//!
//! Calendar versions have zeros in front (`24.09.0`) that PEP 440 drops (`24.9.0`). The written
//! form goes into `VERSION`, the tag, the changelog and the commit; the normalised one into
//! metadata and file names. Two versions are the same release when they are equal by PEP 440.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use model::Version;
use pep440_rs::PrereleaseKind;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The version of a release.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseVersion {
    written: String,
    /// What `written` parses to; has no local part.
    version: Version,
}

/// Why a text is not the version of a release.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReleaseVersionError {
    /// Not PEP 440.
    #[error("`{0}` is not a version (PEP 440)")]
    NotPep440(String),
    /// It has a local part. Only local builds may have one, and indexes refuse it.
    #[error("`{0}` has a local part, which no release may have")]
    Local(String),
    /// It has no two numbers that name a series.
    #[error("`{0}` has one number only; a release has at least two, as in `24.09`")]
    Short(String),
}

/// What kind of release a version is (PEP 440).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ReleaseKind {
    /// `1.0.dev1`, also of another kind.
    Dev,
    /// `1.0a1`
    Alpha,
    /// `1.0b1`
    Beta,
    /// `1.0rc1`
    Candidate,
    /// `1.0`
    Final,
    /// `1.0.post1`
    Post,
}

/// The line of releases that share their first two numbers, such as `24.09`.
#[derive(Debug, Clone)]
pub struct Series {
    written: String,
    /// Epoch, then the numbers.
    key: (u64, u64, u64),
}

impl ReleaseVersion {
    /// As it is written: `24.09.0`.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// As metadata and file names have it: `24.9.0`.
    pub fn normalized(&self) -> String {
        self.version.to_string()
    }

    /// The kind of release.
    pub fn kind(&self) -> ReleaseKind {
        match self.version.pre().map(|pre| pre.kind) {
            _ if self.version.is_dev() => ReleaseKind::Dev,
            Some(PrereleaseKind::Alpha) => ReleaseKind::Alpha,
            Some(PrereleaseKind::Beta) => ReleaseKind::Beta,
            Some(PrereleaseKind::Rc) => ReleaseKind::Candidate,
            None if self.version.is_post() => ReleaseKind::Post,
            None => ReleaseKind::Final,
        }
    }

    /// Whether this is a pre-release of that final release.
    pub fn is_prerelease_of(&self, release: &Self) -> bool {
        self.is_prerelease()
            && self.version.epoch() == release.version.epoch()
            && Version::new(self.version.release()) == Version::new(release.version.release())
    }

    /// The number of a pre-release; 0 where it is none.
    pub(crate) fn pre_number(&self) -> u64 {
        self.version.pre().map_or(0, |pre| pre.number)
    }

    /// Whether it is for testing only: a development or pre-release.
    pub fn is_prerelease(&self) -> bool {
        self.kind() < ReleaseKind::Final
    }

    /// The series, written as in this version.
    pub fn series(&self) -> Series {
        let release = self.version.release();
        let numbers = self.written.rsplit('!').next().unwrap_or("");
        let numbers = numbers.trim_start_matches(['v', 'V']);
        let end = numbers
            .match_indices('.')
            .nth(1)
            .map_or(numbers.len(), |(at, _)| at);
        // `24.09rc1` has its series end where the second number ends.
        let digits = numbers[..end]
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(end);
        Series {
            written: numbers[..digits].to_owned(),
            key: (self.version.epoch(), release[0], release[1]),
        }
    }
}

impl FromStr for ReleaseVersion {
    type Err = ReleaseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let written = text.trim().to_owned();
        let Ok(version) = Version::from_str(&written) else {
            return Err(ReleaseVersionError::NotPep440(written));
        };
        if version.is_local() {
            return Err(ReleaseVersionError::Local(written));
        }
        if version.release().len() < 2 {
            return Err(ReleaseVersionError::Short(written));
        }
        Ok(Self { written, version })
    }
}

impl TryFrom<String> for ReleaseVersion {
    type Error = ReleaseVersionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ReleaseVersion> for String {
    fn from(version: ReleaseVersion) -> Self {
        version.written
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl PartialEq for ReleaseVersion {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

impl Eq for ReleaseVersion {}

impl PartialOrd for ReleaseVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ReleaseVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.version.cmp(&other.version)
    }
}

impl Series {
    /// As it is written: `24.09`.
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Series {}

impl PartialOrd for Series {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Series {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let shown = match text.parse::<ReleaseVersion>() {
            Ok(v) => format!("{v} {} {} {:?}", v.normalized(), v.series(), v.kind()),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expect);
    }

    #[test]
    fn versions() {
        check("24.09.0", "24.09.0 24.9.0 24.09 Final");
        check("24.09.0rc1\n", "24.09.0rc1 24.9.0rc1 24.09 Candidate");
        check("23.09.8.rc1", "23.09.8.rc1 23.9.8rc1 23.09 Candidate");
        check("22.03.11.post1", "22.03.11.post1 22.3.11.post1 22.03 Post");
        check("24.03.0dev5", "24.03.0dev5 24.3.0.dev5 24.03 Dev");
        check("24.03b1", "24.03b1 24.3b1 24.03 Beta");
        check("1!2.3.4a1", "1!2.3.4a1 1!2.3.4a1 2.3 Alpha");
        check("1.0.post1.dev2", "1.0.post1.dev2 1.0.post1.dev2 1.0 Dev");
    }

    #[test]
    fn refusals() {
        check("next", "`next` is not a version (PEP 440)");
        check(
            "1.0+cpu",
            "`1.0+cpu` has a local part, which no release may have",
        );
        check(
            "7",
            "`7` has one number only; a release has at least two, as in `24.09`",
        );
    }

    #[test]
    fn order_is_pep_440s() {
        let ordered = [
            "24.03.9",
            "24.03.10rc1",
            "24.03.10",
            "24.03.10.post1",
            "24.09.0.dev1",
            "24.09.0a1",
            "24.9.0",
        ];
        let versions: Vec<ReleaseVersion> = ordered.iter().map(|v| v.parse().unwrap()).collect();
        assert!(versions.is_sorted());
        assert_eq!("24.09.0".parse::<ReleaseVersion>(), "24.9.0".parse());
    }
}
