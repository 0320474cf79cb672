//! A distribution as data: everything that packaging needs about a `python_distribution` target.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use model::{InterpreterConstraints, Platform, RequiresDist};
use targets::UnmatchedGlobs;
use wheel::rules::Artifact;
use wheel::{EntryPoints, WheelTags};

use super::GeneratedFiles;
use super::artifact::ExtensionModule;
use super::package_data::{is_left_out, packages};
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
    /// Files for folders of the environment.
    pub data_files: Vec<DataFile>,
    /// Packages that are namespaces of `pkg_resources`, as far as `provides` names them.
    pub namespace_packages: Vec<String>,
    /// The text and content type of a readme that is written in `provides`.
    pub long_description: Option<wheel::Description>,
    /// The licence files in `provides`, which replace those of the settings.
    pub license_files: Option<Vec<String>>,
    /// Extension modules that setuptools compiles.
    pub(super) extension_modules: Vec<ExtensionModule>,
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
    /// What `wheel_config_settings` asks for.
    pub wheel_options: WheelOptions,
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
    /// Files of it that are not in the tree.
    pub generated: GeneratedFiles,
    /// Files that a build sees and nobody could find where they would be installed.
    pub loose_files: Vec<OwnedFile>,
    /// Patterns of its resources that match no file.
    pub unmatched: Vec<UnmatchedGlobs>,
    /// The inputs of its own build backend, if it has one.
    pub own_backend: Option<OwnBackend>,
    /// What its code imports unconditionally; empty if it was not asked for.
    pub imports: Vec<wheel::MemberImport>,
    /// Modules of its code that do not parse, each with a line and a message; empty if they were
    /// not looked for.
    pub syntax_errors: Vec<(String, usize, String)>,
    /// The modules that the requirements in its closure provide; empty if they were not asked for.
    pub provided: BTreeSet<String>,
}

/// The inputs of a distribution's own build backend.
#[derive(Debug, Clone)]
pub struct OwnBackend {
    /// The project's folder in the tree that is built.
    pub folder: String,
    /// All files of the tree.
    pub sources: Vec<OwnedFile>,
    /// Whether a `setup.py` that follows from the target is added to the project's folder.
    pub adds_setup_py: bool,
    /// The source roots in the tree.
    pub source_roots: Vec<String>,
    /// `wheel_config_settings` as JSON.
    pub wheel_settings: serde_json::Value,
    /// `sdist_config_settings` as JSON.
    pub sdist_settings: serde_json::Value,
    /// Variables that the backend sees, with their values.
    pub variables: Vec<(String, String)>,
    /// Whether only the backend can tell the version.
    pub finds_version: bool,
}

impl OwnBackend {
    /// The folder of its `pyproject.toml` in a repository at `root`; `None` where it has none.
    pub(super) fn project_folder(&self, root: &Utf8Path) -> Option<Utf8PathBuf> {
        let pyproject = Utf8Path::new(&self.folder).join("pyproject.toml");
        let file = (self.sources.iter()).find(|file| *file.member == pyproject)?;
        Utf8Path::new(&file.path)
            .parent()
            .map(|folder| root.join(folder))
    }
}

/// What setuptools' options for wheels ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WheelOptions {
    /// `--python-tag`.
    pub python_tag: Option<String>,
    /// `--plat-name`, as a tag.
    pub platform_tag: Option<String>,
    /// `--build-number`.
    pub build: Option<String>,
}

/// A file for a folder of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// The path relative to the root.
    pub path: String,
    /// The kind of folder, and the path below it: `scripts/tool`, `data/share/x`.
    pub place: String,
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
    /// The tags of its wheel for a platform tag, as far as its options do not say otherwise.
    pub fn wheel_tags(&self, platform: &str) -> WheelTags {
        let options = &self.wheel_options;
        let platform = options
            .platform_tag
            .as_deref()
            .filter(|_| platform == "any")
            .unwrap_or(platform);
        let mut tags = WheelTags::for_platform(platform);
        if let Some(python) = &options.python_tag {
            tags.python.clone_from(python);
        }
        tags.build.clone_from(&options.build);
        tags
    }

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

    /// Leaves out the files that are no code and fit patterns of their package.
    pub(super) fn leave_out(&mut self, excluded: &[(String, Vec<String>)]) {
        let leave_out = |files: &mut Vec<OwnedFile>| {
            let packages = packages(files.iter().map(|file| &file.member));
            files.retain(|file| !is_left_out(&file.member, &packages, excluded));
        };
        match self {
            Self::Any(files) => leave_out(files),
            Self::ByPlatform(platforms) => platforms.values_mut().for_each(leave_out),
        }
    }
}
