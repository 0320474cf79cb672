//! A distribution as data: everything that packaging needs to know of one
//! `python_distribution` target.

use std::collections::{BTreeMap, BTreeSet};

use model::{InterpreterConstraints, Platform};
use targets::Unmatched;
use wheel::EntryPoints;
use wheel::rules::Artifact;

use crate::error::Place;

/// One `python_distribution`.
#[derive(Debug, Clone)]
pub(crate) struct Distribution {
    /// `src/acme/jobs/runner:dist`
    pub(crate) address: String,
    /// The folder of its BUILD file, relative to the root; empty for the root.
    pub(crate) folder: String,
    /// Where it is declared.
    pub(crate) place: Place,
    /// What `provides` says.
    pub(crate) artifact: Artifact,
    /// The text and content type of a readme that `provides` holds itself.
    pub(crate) long_description: Option<wheel::Description>,
    /// The licence files that `provides` names, in place of those of the settings.
    pub(crate) license_files: Option<Vec<String>>,
    /// The readme that `long_description_path` names, relative to the root.
    pub(crate) long_description_path: Option<String>,
    /// Entry points of the target and of `provides`.
    pub(crate) entry_points: EntryPoints,
    /// Where they are declared.
    pub(crate) entry_points_place: Place,
    /// What is built of it.
    pub(crate) formats: Formats,
    /// The folder below the output folder that its files go to; empty for that folder itself.
    pub(crate) output_path: String,
    /// The Python tag that `wheel_config_settings` asks for.
    pub(crate) python_tag: Option<String>,
    /// The Pythons that its code is for.
    pub(crate) interpreter_constraints: Option<InterpreterConstraints>,
    /// The resolve of its code.
    pub(crate) resolve: Option<String>,
    /// Direct requirements of owned code on other projects, as they are written.
    pub(crate) requirements: Vec<String>,
    /// Addresses of the distributions that own what its code reaches.
    pub(crate) first_party: Vec<String>,
    /// What it ships.
    pub(crate) files: Files,
    /// Patterns of its resources that match no file.
    pub(crate) unmatched: Vec<Unmatched>,
    /// Where it has a build backend of its own.
    pub(crate) own_backend: Option<OwnBackend>,
    /// What its code imports unconditionally; empty where nobody asked for it.
    pub(crate) imports: Vec<wheel::Import>,
    /// Modules that the requirements in its closure provide; empty where nobody asked for them.
    pub(crate) provided: BTreeSet<String>,
}

/// What a distribution's own build backend works on.
#[derive(Debug, Clone)]
pub(crate) struct OwnBackend {
    /// The project's folder, relative to the source root.
    pub(crate) folder: String,
    /// Everything of the repository that it reaches.
    pub(crate) sources: Vec<OwnedFile>,
}

/// Which archives are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Formats {
    pub(crate) wheel: bool,
    pub(crate) sdist: bool,
}

/// What a distribution ships.
#[derive(Debug, Clone)]
pub(crate) enum Files {
    /// The same on every platform.
    Any(Vec<OwnedFile>),
    /// Something else on each platform that it has resources for.
    ByPlatform(BTreeMap<Platform, Vec<OwnedFile>>),
}

/// A file that a distribution ships.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OwnedFile {
    /// Relative to the root.
    pub(crate) path: String,
    /// In the archive: relative to the source root.
    pub(crate) member: String,
}

impl Distribution {
    /// The modules and packages that it ships on some platform, dotted.
    pub(crate) fn modules(&self) -> BTreeSet<String> {
        let mut modules = BTreeSet::new();
        for file in self.files.of_all_platforms() {
            let stem = file.member.trim_end_matches(".pyi").trim_end_matches(".py");
            modules.insert(stem.trim_end_matches("/__init__").replace('/', "."));
        }
        modules
    }
}

impl Files {
    /// Every file that some platform ships: what a source distribution holds.
    pub(crate) fn of_all_platforms(&self) -> Vec<OwnedFile> {
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
