//! The settings about the target graph as plain data. They are read in `workspace`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kinds::{PantsVersions, TargetType};
use crate::projects::InferredRepository;

/// Settings that shape the target graph, with Pants' names and defaults.
#[derive(Clone, Debug)]
pub struct GraphOptions {
    /// `[GLOBAL] pants_version`.
    pub pants_version: String,
    /// `[GLOBAL] backend_packages`; empty if none are declared.
    pub backend_packages: Vec<String>,
    /// Types that plug-ins define, as settings declare them.
    pub declared_types: Vec<&'static TargetType>,
    /// `[GLOBAL] pants_ignore`: patterns, as in `.gitignore`, of files that are ignored.
    pub pants_ignore: Vec<String>,
    /// `[GLOBAL] pants_ignore_use_gitignore`.
    pub use_gitignore: UseGitignore,
    /// `[GLOBAL] build_patterns`: names of BUILD files.
    pub build_patterns: Vec<String>,
    /// `[GLOBAL] build_ignore`: gitignore patterns of BUILD files that are not read.
    pub build_ignore: Vec<String>,
    /// The folders of `[GLOBAL] pythonpath` that are in the repository: plug-ins' sources.
    pub plugin_folders: Vec<String>,
    /// `[GLOBAL] build_file_prelude_globs`.
    pub build_file_prelude_globs: Vec<String>,
    /// `[GLOBAL] unmatched_build_file_globs`.
    pub unmatched_build_file_globs: Behavior,
    /// `[source] root_patterns`.
    pub root_patterns: Vec<String>,
    /// `[source] marker_filenames`.
    pub marker_filenames: Vec<String>,
    /// `[python] enable_resolves`.
    pub enable_resolves: Resolves,
    /// `[python] default_resolve`.
    pub default_resolve: String,
    /// `[python.resolves]`: lock paths by resolve.
    pub resolves: BTreeMap<String, String>,
    /// `[python] enable_lockfile_targets`.
    pub lockfile_targets: LockfileTargets,
    /// `[python] interpreter_constraints`.
    pub interpreter_constraints: Vec<String>,
    /// `[python-infer]`.
    pub infer: Infer,
    /// `[setup-py-generation] generate_setup_default`.
    pub generate_setup_default: SetupGeneration,
    /// The platform that `platform_resources` targets pick, such as `linux_x86_64`.
    pub platform: String,
    /// Variables that BUILD files read with `env()` and requirement files with `${…}`.
    pub env: BTreeMap<String, String>,
    /// What follows from the projects of a repository without BUILD files.
    pub inferred: Option<Arc<InferredRepository>>,
}

/// What a distribution is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupGeneration {
    /// A set-up that follows from its target.
    Generated,
    /// That of its own folder: `pyproject.toml`, `setup.py`.
    Own,
}

/// What to do about something that is probably wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behavior {
    /// Say nothing.
    Ignore,
    /// Warn.
    Warn,
    /// Fail.
    Error,
}

/// Whether files that `.gitignore` names are ignored too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseGitignore {
    /// They are.
    Yes,
    /// Only those that `pants_ignore` names are.
    No,
}

/// Whether requirements are grouped into named resolves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolves {
    /// By the `resolve` field.
    Enabled,
    /// There is one group with all requirements.
    Disabled,
}

/// Whether there are synthetic targets for lockfiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockfileTargets {
    /// There are, and requirements depend on them.
    Enabled,
    /// There are none.
    Disabled,
}

/// What is inferred from sources.
#[derive(Clone, Debug)]
pub struct Infer {
    /// Dependencies from imports.
    pub imports: Switch,
    /// Dependencies from texts that look like modules.
    pub string_imports: Switch,
    /// How many dots such a text needs.
    pub string_imports_min_dots: usize,
    /// Dependencies from texts that look like paths of resources and files.
    pub assets: Switch,
    /// How many slashes such a text needs.
    pub assets_min_slashes: usize,
    /// Which ancestor `__init__.py` files are dependencies.
    pub init_files: InitFiles,
    /// Whether tests depend on `conftest.py` files.
    pub conftests: Switch,
    /// Whether distributions and binaries depend on their entry points.
    pub entry_points: Switch,
    /// What to do about imports that nothing provides.
    pub unowned: Behavior,
    /// Modules, and all modules below them, without a warning if nothing provides them.
    pub ignored_unowned: Vec<String>,
    /// What to do about imports that several targets provide.
    pub ambiguity: Ambiguity,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// Which ancestor `__init__.py` files are dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitFiles {
    /// All of them.
    Always,
    /// Those with content.
    ContentOnly,
    /// None.
    Never,
}

/// What to do about imports that several targets provide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ambiguity {
    /// Warn and infer nothing.
    None,
    /// Prefer the target in the same source root.
    BySourceRoot,
    /// The same, and of several requirements of one project in one resolve take any: they are one
    /// package. Pants does not have it.
    ByProject,
}

impl Default for Infer {
    fn default() -> Self {
        Self {
            imports: Switch::On,
            string_imports: Switch::Off,
            string_imports_min_dots: 2,
            assets: Switch::Off,
            assets_min_slashes: 1,
            init_files: InitFiles::ContentOnly,
            conftests: Switch::On,
            entry_points: Switch::On,
            unowned: Behavior::Warn,
            ignored_unowned: Vec::new(),
            ambiguity: Ambiguity::None,
        }
    }
}

impl Default for GraphOptions {
    fn default() -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            pants_version: String::new(),
            backend_packages: Vec::new(),
            declared_types: Vec::new(),
            pants_ignore: texts(&[".*/", "/dist/", "__pycache__"]),
            use_gitignore: UseGitignore::Yes,
            build_patterns: texts(&["BUILD", "BUILD.*"]),
            build_ignore: Vec::new(),
            plugin_folders: Vec::new(),
            build_file_prelude_globs: Vec::new(),
            unmatched_build_file_globs: Behavior::Warn,
            root_patterns: texts(&[
                "/",
                "src",
                "src/python",
                "src/py",
                "src/thrift",
                "src/protobuf",
            ]),
            marker_filenames: Vec::new(),
            enable_resolves: Resolves::Disabled,
            default_resolve: "python-default".to_owned(),
            resolves: BTreeMap::from([(
                "python-default".to_owned(),
                "3rdparty/python/default.lock".to_owned(),
            )]),
            lockfile_targets: LockfileTargets::Enabled,
            interpreter_constraints: Vec::new(),
            infer: Infer::default(),
            generate_setup_default: SetupGeneration::Generated,
            platform: String::new(),
            env: BTreeMap::new(),
            inferred: None,
        }
    }
}

impl GraphOptions {
    /// Whether the repository is for that version of Pants or a newer one.
    #[must_use]
    pub fn is_pants_since(&self, major: u32, minor: u32) -> bool {
        let mut parts = self
            .pants_version
            .split('.')
            .map(|part| part.parse::<u32>().ok());
        let found = parts.next().flatten().zip(parts.next().flatten());
        found.is_some_and(|version| version >= (major, minor))
    }

    /// Whether the repository is for that version of Pants, such as `2.17`.
    pub(crate) fn is_pants(&self, version: &str) -> bool {
        let rest = self.pants_version.strip_prefix(version);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// The target type of that name: one that settings declare, or one that Pants ships.
    #[must_use]
    pub fn target_type(&self, name: &str) -> Option<&'static TargetType> {
        let mut declared = self.declared_types.iter().copied();
        let declared = declared.find(|known| known.name == name);
        declared.or_else(|| TargetType::find(name))
    }

    /// Whether the version of Pants that the repository is for has what these have. Between the
    /// two, and where it is not known, it may have what either has.
    pub(crate) fn has(&self, versions: PantsVersions) -> bool {
        match versions {
            PantsVersions::Both => true,
            PantsVersions::Newer => self.pants_version.is_empty() || self.is_pants_since(2, 18),
            PantsVersions::Older => !self.is_pants_since(2, 34),
        }
    }

    /// Says which version of Pants has what these have, and that of the repository has not.
    pub(crate) fn of_other_version(&self, versions: PantsVersions) -> String {
        let version = &self.pants_version;
        match versions {
            PantsVersions::Older => format!("Pants {version} no longer has it"),
            PantsVersions::Both | PantsVersions::Newer => {
                format!(
                    "Pants {version} does not have it yet; `[GLOBAL] pants_version` says which is meant"
                )
            }
        }
    }

    /// Whether in-repository plugins may define target types that we do not know.
    #[must_use]
    pub fn may_have_plugins(&self) -> bool {
        let own = |name: &String| !name.starts_with("pants.");
        self.backend_packages.is_empty() || self.backend_packages.iter().any(own)
    }
}
