//! A distribution as data: everything that packaging needs about a `python_distribution` target.

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
    /// The place of its declaration.
    pub place: Place,
    /// The values of `provides`.
    pub artifact: Artifact,
    /// The text and content type of a readme that is written in `provides`.
    pub long_description: Option<wheel::Description>,
    /// The licence files in `provides`, which replace those of the settings.
    pub license_files: Option<Vec<String>>,
    /// The readme that `long_description_path` names, relative to the root.
    pub long_description_path: Option<String>,
    /// Entry points of the target and of `provides`.
    pub entry_points: EntryPoints,
    /// The place of their declaration.
    pub entry_points_place: Place,
    /// The archives to build.
    pub formats: Formats,
    /// The folder for its files below the output folder; empty for the output folder itself.
    pub output_path: String,
    /// The Python tag that `wheel_config_settings` asks for.
    pub python_tag: Option<String>,
    /// The interpreter constraints of its code.
    pub interpreter_constraints: Option<InterpreterConstraints>,
    /// The resolve of its code.
    pub resolve: Option<String>,
    /// Direct requirements of owned code on other projects.
    pub requirements: Vec<RequiresDist>,
    /// The addresses of the distributions that own what its code reaches.
    pub first_party: Vec<String>,
    /// What it ships.
    pub files: PackagedFiles,
    /// Patterns of its resources that match no file.
    pub unmatched: Vec<UnmatchedGlobs>,
    /// The inputs of its own build backend, if it has one.
    pub own_backend: Option<OwnBackend>,
    /// What its code imports unconditionally; empty if it was not asked for.
    pub imports: Vec<wheel::MemberImport>,
    /// The modules that the requirements in its closure provide; empty if they were not asked for.
    pub provided: BTreeSet<String>,
}

/// The inputs of a distribution's own build backend.
#[derive(Debug, Clone)]
pub struct OwnBackend {
    /// The project's folder, relative to the source root.
    pub folder: String,
    /// All files of the repository that it reaches.
    pub sources: Vec<OwnedFile>,
}

/// The archives to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// Whether to build a wheel.
    pub wheel: bool,
    /// Whether to build a source distribution.
    pub sdist: bool,
}

/// The files of a distribution.
#[derive(Debug, Clone)]
pub enum PackagedFiles {
    /// The same files on every platform.
    Any(Vec<OwnedFile>),
    /// Different files for each platform that it has resources for.
    ByPlatform(BTreeMap<Platform, Vec<OwnedFile>>),
}

/// A file of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnedFile {
    /// The path relative to the root.
    pub path: String,
    /// The path in the archive, which is relative to the source root.
    pub member: String,
}

impl PackagedDistribution {
    /// The modules and packages in its files on any platform, with dots.
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
    /// Its files on any platform, which are those of its source distribution.
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
