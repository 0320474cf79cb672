//! Overrides: requirements that replace what packages require, and metadata in place of those of
//! releases.

use std::fmt;
use std::str::FromStr;

use pep440_rs::Version;

use crate::{ExtraName, Metadata, PackageName, Requirement, RequirementError, Specifiers};

/// A requirement that replaces every requirement of packages on a project: its extras, its
/// specifiers, its marker, or the project itself.
///
/// Written as pex writes it (`--override`): `cowsay==5.0`, or `cowsay=my-cowsay>2` for another
/// project. What the user requires directly is not overridden.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Override {
    /// The project whose requirements are replaced.
    pub name: PackageName,
    /// What is required instead.
    pub requirement: Requirement,
}

impl FromStr for Override {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        let replaced = text.split_once('=').and_then(|(name, requirement)| {
            let name = name.trim().parse::<PackageName>().ok()?;
            (!requirement.starts_with('=')).then_some((name, requirement))
        });
        let (name, requirement) = match replaced {
            Some((name, requirement)) => (Some(name), requirement.parse::<Requirement>()?),
            None => (None, text.parse::<Requirement>()?),
        };
        Ok(Self {
            name: name.unwrap_or_else(|| requirement.name.clone()),
            requirement,
        })
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name != self.requirement.name {
            write!(f, "{}=", self.name)?;
        }
        self.requirement.fmt(f)
    }
}

/// Metadata that count in place of those of a project's releases: where these are wrong, or a build
/// that would tell them fails (`dependency-metadata` of uv).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetadataOverride {
    /// The project.
    pub name: PackageName,
    /// The version whose metadata they are; that of every release if `None`.
    pub version: Option<Version>,
    /// `Requires-Dist`.
    pub requires_dist: Vec<Requirement>,
    /// `Requires-Python`.
    pub requires_python: Option<Specifiers>,
    /// `Provides-Extra`.
    pub provides_extra: Vec<ExtraName>,
}

impl MetadataOverride {
    /// The metadata that count in place of those of a release: first those of its version.
    #[must_use]
    pub fn find(all: &[Self], name: &PackageName, version: &Version) -> Option<Metadata> {
        let is_meant = |one: &&Self| {
            one.name == *name && one.version.as_ref().is_none_or(|own| own == version)
        };
        let meant = all.iter().filter(is_meant);
        let first = meant.min_by_key(|one| one.version.is_none());
        first.map(|one| one.metadata(version))
    }

    /// The metadata that count in place of those of a direct reference. If its version is not known
    /// before it is built, they must name it, and be the only ones of the project that do.
    #[must_use]
    pub fn of_direct(
        all: &[Self],
        name: &PackageName,
        version: Option<&Version>,
    ) -> Option<Metadata> {
        if let Some(version) = version {
            return Self::find(all, name, version);
        }
        let of_name = all.iter().filter(|one| one.name == *name);
        let mut with_version = of_name.filter_map(|one| Some((one, one.version.as_ref()?)));
        let (one, version) = with_version.next()?;
        with_version.next().is_none().then(|| one.metadata(version))
    }

    /// The same with its lists sorted and without duplicates.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.requires_dist.sort();
        self.requires_dist.dedup();
        self.provides_extra.sort();
        self.provides_extra.dedup();
        self
    }

    /// The metadata of a release.
    #[must_use]
    pub fn metadata(&self, version: &Version) -> Metadata {
        Metadata {
            name: self.name.clone(),
            version: version.clone(),
            requires_dist: self.requires_dist.clone(),
            requires_python: self.requires_python.clone().map(|python| python.0),
            provides_extra: self.provides_extra.clone(),
            dynamic: false,
        }
    }
}

/// As in `a==1.0 requires b>=1, c and Python >=3.8`: for messages and comparisons.
impl fmt::Display for MetadataOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)?;
        if let Some(version) = &self.version {
            write!(f, "=={version}")?;
        }
        if !self.provides_extra.is_empty() {
            let extras: Vec<&str> = self.provides_extra.iter().map(ExtraName::as_str).collect();
            write!(f, "[{}]", extras.join(","))?;
        }
        f.write_str(" requires ")?;
        let mut required: Vec<String> =
            self.requires_dist.iter().map(ToString::to_string).collect();
        let python = self.requires_python.as_ref();
        required.sort();
        required.extend(python.map(|python| format!("Python {python}")));
        match required.is_empty() {
            true => f.write_str("nothing"),
            false => f.write_str(&required.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, requirement: &str) {
        let parsed: Override = text.parse().unwrap();
        assert_eq!(parsed.name.as_str(), name);
        assert_eq!(parsed.requirement.to_string(), requirement);
        assert_eq!(parsed.to_string().parse::<Override>().unwrap(), parsed);
    }

    #[test]
    fn of_a_project_and_by_another() {
        check("cowsay==5.0", "cowsay", "cowsay==5.0");
        check("cowsay===5", "cowsay", "cowsay===5");
        check("cowsay[x]>=5,!=6", "cowsay", "cowsay[x]>=5,!=6");
        check("Cow_Say=my-cowsay>2", "cow-say", "my-cowsay>2");
        check("cowsay=my-cowsay==2", "cowsay", "my-cowsay==2");
        check("cowsay", "cowsay", "cowsay");
        check("cowsay ~= 5.0", "cowsay", "cowsay~=5.0");
        assert!("cowsay=".parse::<Override>().is_err());
    }
}
