//! `--upgrade` and `--upgrade-package`: which pins not to keep.

use std::str::FromStr;

use model::{PackageName, PackageSet, Requirement, RequirementSource};

use crate::error::GoalError;

/// Which pins are not kept.
#[derive(Debug, Clone, Default)]
pub struct Upgrade {
    everything: bool,
    packages: Vec<Requirement>,
}

impl Upgrade {
    /// The options of the command line.
    pub fn new(everything: bool, packages: &[String]) -> Result<Self, GoalError> {
        let packages = packages
            .iter()
            .map(|text| package(text))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            everything,
            packages,
        })
    }

    /// Whether a pin is kept.
    pub fn keeps(&self, name: &PackageName) -> bool {
        !self.everything && !self.packages.iter().any(|package| package.name == *name)
    }

    /// Whether anything is to be upgraded.
    pub fn is_none(&self) -> bool {
        !self.everything && self.packages.is_empty()
    }

    /// The packages of which newer versions are looked for.
    pub fn set(&self) -> PackageSet {
        match self.everything {
            true => PackageSet::All,
            false => PackageSet::Names(self.packages().cloned().collect()),
        }
    }

    /// The packages named.
    pub fn packages(&self) -> impl Iterator<Item = &PackageName> {
        self.packages.iter().map(|package| &package.name)
    }

    /// The bounds of the named packages, for this run only.
    pub fn bounds(&self) -> impl Iterator<Item = &Requirement> {
        self.packages
            .iter()
            .filter(|package| package.specifiers().is_some_and(|s| !s.is_empty()))
    }
}

fn package(text: &str) -> Result<Requirement, GoalError> {
    let misuse = |reason: String| {
        GoalError::misuse(format!("cannot read `--upgrade-package {text}`"))
            .because(reason)
            .hint("write a name, or a name with a bound: `--upgrade-package 'NAME<3'`")
    };
    let requirement = Requirement::from_str(text).map_err(|error| misuse(error.reason))?;
    if !matches!(requirement.source, RequirementSource::Index(_)) {
        return Err(misuse("a direct reference is no bound".to_owned()));
    }
    Ok(requirement)
}
