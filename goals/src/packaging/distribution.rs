//! A distribution as data: everything that packaging needs to know of one
//! `python_distribution` target.

use std::collections::{BTreeMap, BTreeSet};

use model::{InterpreterConstraints, Platform, RequiresDist};
use targets::UnmatchedGlobs;
use wheel::EntryPoints;
use wheel::rules::Artifact;

use model::Place;

/// One `python_distribution`.
#[derive(Debug, Clone)]
pub struct PackagedDistribution {
    /// `src/acme/jobs/runner:dist`
    pub address: String,
    /// The folder of its BUILD file, relative to the root; empty for the root.
    pub folder: String,
    /// Where it is declared.
    pub place: Place,
    /// What `provides` says.
    pub artifact: Artifact,
    /// The text and content type of a readme that `provides` holds itself.
    pub long_description: Option<wheel::Description>,
    /// The licence files that `provides` names, in place of those of the settings.
    pub license_files: Option<Vec<String>>,
    /// The readme that `long_description_path` names, relative to the root.
    pub long_description_path: Option<String>,
    /// Entry points of the target and of `provides`.
    pub entry_points: EntryPoints,
    /// Where they are declared.
    pub entry_points_place: Place,
    /// What is built of it.
    pub formats: Formats,
    /// The folder below the output folder that its files go to; empty for that folder itself.
    pub output_path: String,
    /// The Python tag that `wheel_config_settings` asks for.
    pub python_tag: Option<String>,
    /// The Pythons that its code is for.
    pub interpreter_constraints: Option<InterpreterConstraints>,
    /// The resolve of its code.
    pub resolve: Option<String>,
    /// Direct requirements of owned code on other projects.
    pub requirements: Vec<RequiresDist>,
    /// Addresses of the distributions that own what its code reaches.
    pub first_party: Vec<String>,
    /// What it ships.
    pub files: PackagedFiles,
    /// Patterns of its resources that match no file.
    pub unmatched: Vec<UnmatchedGlobs>,
    /// Where it has a build backend of its own.
    pub own_backend: Option<OwnBackend>,
    /// What its code imports unconditionally; empty where nobody asked for it.
    pub imports: Vec<wheel::MemberImport>,
    /// Modules that the requirements in its closure provide; empty where nobody asked for them.
    pub provided: BTreeSet<String>,
}

/// What a distribution's own build backend works on.
#[derive(Debug, Clone)]
pub struct OwnBackend {
    /// The project's folder, relative to the source root.
    pub folder: String,
    /// Everything of the repository that it reaches.
    pub sources: Vec<OwnedFile>,
}

/// Which archives are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// Whether a wheel is.
    pub wheel: bool,
    /// Whether a source distribution is.
    pub sdist: bool,
}

/// What a distribution ships.
#[derive(Debug, Clone)]
pub enum PackagedFiles {
    /// The same on every platform.
    Any(Vec<OwnedFile>),
    /// Something else on each platform that it has resources for.
    ByPlatform(BTreeMap<Platform, Vec<OwnedFile>>),
}

/// A file that a distribution ships.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnedFile {
    /// Relative to the root.
    pub path: String,
    /// In the archive: relative to the source root.
    pub member: String,
}

impl PackagedDistribution {
    /// The modules and packages that it ships on some platform, dotted.
    pub fn modules(&self) -> BTreeSet<String> {
        let mut modules = BTreeSet::new();
        for file in self.files.of_all_platforms() {
            let stem = file.member.trim_end_matches(".pyi").trim_end_matches(".py");
            modules.insert(stem.trim_end_matches("/__init__").replace('/', "."));
        }
        modules
    }
}

impl PackagedFiles {
    /// Every file that some platform ships: what a source distribution holds.
    pub fn of_all_platforms(&self) -> Vec<OwnedFile> {
        match self {
            Self::Any(files) => files.clone(),
            Self::ByPlatform(platforms) => {
                let mut all: Vec<OwnedFile> = platforms.values().flatten().cloned().collect();
                all.sort();
                all.dedup();
                all
            }
        }
    }
}
