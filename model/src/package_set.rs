//! A set of packages as `--no-binary` and `--only-binary` name one: some by name, or all.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::name::{NameError, PackageName};

/// Some packages, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageSet {
    /// Every package: `:all:`.
    All,
    /// These packages.
    Names(BTreeSet<PackageName>),
}

impl PackageSet {
    /// Whether the package is in the set.
    #[must_use]
    pub fn contains(&self, name: &PackageName) -> bool {
        match self {
            Self::All => true,
            Self::Names(names) => names.contains(name),
        }
    }

    /// Whether no package is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Names(names) if names.is_empty())
    }

    /// The packages that are in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        match (self, other) {
            (Self::Names(mut names), Self::Names(others)) => {
                names.extend(others);
                Self::Names(names)
            }
            (Self::All, _) | (_, Self::All) => Self::All,
        }
    }

    /// The set as settings and locks list it: `:all:`, or the names, sorted.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        let (all, names) = match self {
            Self::All => (Some(":all:"), None),
            Self::Names(names) => (None, Some(names)),
        };
        let names = names.into_iter().flatten().map(PackageName::as_str);
        all.into_iter().chain(names)
    }
}

impl Default for PackageSet {
    fn default() -> Self {
        Self::Names(BTreeSet::new())
    }
}

impl FromIterator<Self> for PackageSet {
    fn from_iter<I: IntoIterator<Item = Self>>(sets: I) -> Self {
        sets.into_iter().fold(Self::default(), Self::union)
    }
}

/// Reads the set as pip does: names separated by commas, `:all:`, or `:none:`, which adds nothing.
///
/// Source: <https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-no-binary>.
impl FromStr for PackageSet {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let entries = text.split(',').map(str::trim).filter(|e| !e.is_empty());
        entries
            .map(|entry| match entry {
                ":all:" => Ok(Self::All),
                ":none:" => Ok(Self::default()),
                name => Ok(Self::Names(BTreeSet::from([name.parse()?]))),
            })
            .collect()
    }
}

impl fmt::Display for PackageSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, entry) in self.entries().enumerate() {
            write!(f, "{}{entry}", if at > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let set: PackageSet = text.parse().unwrap();
        assert_eq!(set.to_string(), expect);
        assert_eq!(set.to_string().parse::<PackageSet>().unwrap(), set);
    }

    #[test]
    fn names_all_and_none() {
        check("b, A_a,b", "a-a, b");
        check("a,:all:", ":all:");
        check(":none:", "");
        check("", "");
        assert!("a b".parse::<PackageSet>().is_err());
    }

    #[test]
    fn members() {
        let name = |name: &str| name.parse::<PackageName>().unwrap();
        let set: PackageSet = "Foo_Bar".parse().unwrap();
        assert!(set.contains(&name("foo-bar")) && !set.contains(&name("b")));
        assert!(PackageSet::All.contains(&name("b")) && !PackageSet::All.is_empty());
        assert!(PackageSet::default().is_empty());
    }
}
