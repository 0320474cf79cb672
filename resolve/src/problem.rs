//! What is to be resolved.

use model::{
    InterpreterConstraints, Marker, Override, PackageName, Platform, PrereleasePolicy, Requirement,
};

use crate::pins::Pins;

/// What is to be resolved, and by which policies.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What the user requires. The order does not matter: it is sorted before use.
    pub requirements: Vec<Requirement>,
    /// Constraints: they bound versions and require nothing.
    pub constraints: Vec<Requirement>,
    /// Requirements that stand in for those of packages.
    pub overrides: Vec<Override>,
    /// Projects that no package's requirement brings in.
    pub excludes: Vec<PackageName>,
    /// The Pythons.
    pub interpreter_constraints: InterpreterConstraints,
    /// The platforms that must be served; every platform where empty.
    pub platforms: Vec<Platform>,
    /// The versions to keep where they still satisfy.
    pub pins: Pins,
    /// When a pre-release may be chosen.
    pub prereleases: PrereleasePolicy,
    /// Which kinds of files may be used.
    pub binaries: BinaryPolicy,
}

/// Which kinds of files may be used, by package.
#[derive(Debug, Clone, Default)]
pub struct BinaryPolicy {
    /// Packages that are used from source only; `:all:` for every one.
    pub no_binary: Vec<String>,
    /// Packages that are used as wheels only; `:all:` for every one.
    pub only_binary: Vec<String>,
    /// Whether a wheel is needed for each platform.
    pub require_wheels: bool,
}

impl BinaryPolicy {
    /// Whether wheels of the package may be used.
    #[must_use]
    pub fn wheels(&self, name: &PackageName) -> bool {
        !lists(&self.no_binary, name)
    }

    /// Whether source distributions of the package may be used.
    #[must_use]
    pub fn sdists(&self, name: &PackageName) -> bool {
        !self.require_wheels && !lists(&self.only_binary, name)
    }
}

fn lists(list: &[String], name: &PackageName) -> bool {
    list.iter().any(|entry| {
        entry == ":all:"
            || entry
                .parse::<PackageName>()
                .is_ok_and(|entry| entry == *name)
    })
}

impl Problem {
    /// What a package's requirements come to by the overrides and the excludes.
    pub(crate) fn as_overridden(&self, requirements: Vec<Requirement>) -> Vec<Requirement> {
        if self.overrides.is_empty() && self.excludes.is_empty() {
            return requirements;
        }
        let mut found: Vec<Requirement> = Vec::with_capacity(requirements.len());
        for requirement in requirements {
            if self.excludes.contains(&requirement.name) {
                continue;
            }
            let overrides = self.overrides.iter();
            let mut overrides = overrides.filter(|o| o.name == requirement.name).peekable();
            if overrides.peek().is_none() {
                found.push(requirement);
                continue;
            }
            let all = overrides.map(|o| o.requirement.clone());
            for requirement in all.filter(|r| !self.excludes.contains(&r.name)) {
                if !found.contains(&requirement) {
                    found.push(requirement);
                }
            }
        }
        found
    }

    /// Every environment that the resolution must hold for.
    #[must_use]
    pub fn universe(&self) -> Marker {
        self.interpreter_constraints
            .marker()
            .and(&self.platform_universe())
    }

    /// The same, whatever the implementation of Python: markers in a lock are simplified within
    /// it, so that they read right for another implementation too.
    #[must_use]
    pub fn output_universe(&self) -> Marker {
        self.interpreter_constraints
            .python_marker()
            .and(&self.platform_universe())
    }

    fn platform_universe(&self) -> Marker {
        let known = Marker::known_platforms();
        if self.platforms.is_empty() {
            return known;
        }
        self.platforms
            .iter()
            .map(|platform| platform.marker())
            .fold(Marker::FALSE, |all, one| all.or(&one))
            .and(&known)
    }
}
