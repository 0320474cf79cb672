//! Every setting: its section, key, type and default. A new setting is one line here.

use std::collections::BTreeMap;

use ::release::settings::{FileEdit, FinalNewline, Hook, Profile, StepKind, TagKind};
use camino::Utf8PathBuf;
use model::{
    InterpreterConstraints, Override, PackageName, PackageSet, Platform, PrereleasePolicy,
};
use targets::{Ambiguity, Behavior, InitFiles};
use wheel::MetadataVersion;
use wheel::rules::{LicenseStyle, RequiresPythonRule};

use super::cutoff::Cutoff;
use super::kinds::{FirstPartyRequirements, Setting};
use super::release::PublishIndex;
use super::tree::{SettingMistake, SettingNode};

/// In `[python-repos] indexes`: the index that this machine's pip is configured for.
pub const PIP_INDEX: &str = "<pip>";

/// A section of settings, such as `[python]`.
pub trait Section {
    /// The keys that are read.
    fn keys(&self) -> &'static [&'static str];

    /// Whether `key` is on or off, so that a flag without a value turns it on.
    fn is_switch(&self, key: &str) -> bool;

    /// Takes one key's value; `None` if there is no such key.
    fn update(&mut self, key: &str, node: &SettingNode) -> Option<Result<(), SettingMistake>>;
}

macro_rules! section {
    ($(#[$doc:meta])* $Name:ident {
        $($(#[$key_doc:meta])* $key:ident: $Type:ty = $default:expr,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        #[allow(dead_code, reason = "a section is read whole; commands use what they need")]
        pub struct $Name {
            $($(#[$key_doc])* pub $key: $Type,)+
        }

        impl Default for $Name {
            fn default() -> Self {
                Self { $($key: $default,)+ }
            }
        }

        impl Section for $Name {
            fn keys(&self) -> &'static [&'static str] {
                &[$(stringify!($key)),+]
            }

            fn is_switch(&self, key: &str) -> bool {
                match key {
                    $(stringify!($key) => <$Type as Setting>::SWITCH,)+
                    _ => false,
                }
            }

            fn update(&mut self, key: &str, node: &SettingNode) -> Option<Result<(), SettingMistake>> {
                match key {
                    $(stringify!($key) => Some(self.$key.update(node)),)+
                    _ => None,
                }
            }
        }
    };
}

macro_rules! sections {
    ($($(#[$doc:meta])* $name:literal => $field:ident: $Type:ident,)+) => {
        /// All sections with fixed keys.
        #[derive(Debug, Clone, Default)]
        #[allow(dead_code, reason = "a section is read whole; commands use what they need")]
        pub struct Sections {
            $($(#[$doc])* pub $field: $Type,)+
        }

        impl Sections {
            /// The names, as files have them.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The section of this name.
            pub fn get_mut(&mut self, name: &str) -> Option<&mut dyn Section> {
                match name {
                    $($name => Some(&mut self.$field),)+
                    _ => None,
                }
            }
        }
    };
}

sections! {
    /// `[GLOBAL]`
    "GLOBAL" => global: Global,
    /// `[source]`
    "source" => source: Source,
    /// `[python]`
    "python" => python: Python,
    /// `[python-repos]`
    "python-repos" => python_repos: PythonRepos,
    /// `[python-infer]`
    "python-infer" => python_infer: PythonInfer,
    /// `[python-bootstrap]`
    "python-bootstrap" => python_bootstrap: PythonBootstrap,
    /// `[index]`, ours
    "index" => index: Index,
    /// `[package]`, ours
    "package" => package: Package,
    /// `[release]`, ours
    "release" => release: Release,
}

section! {
    /// Which files are seen, and how BUILD files are read.
    Global {
        /// Pants' backends; those that are not its own may define target types.
        backend_packages: Vec<String> = Vec::new(),
        /// The version of Pants that the repository is for.
        pants_version: Option<String> = None,
        /// Patterns as in `.gitignore` of what is not seen.
        pants_ignore: Vec<String> = strings(&[".*/", "/dist/", "__pycache__"]),
        /// Whether `.gitignore` counts too.
        pants_ignore_use_gitignore: bool = true,
        /// Names of BUILD files.
        build_patterns: Vec<String> = strings(&["BUILD", "BUILD.*"]),
        /// Patterns as in `.gitignore` of BUILD files that are not read.
        build_ignore: Vec<String> = Vec::new(),
        /// Globs of files whose functions every BUILD file can call.
        build_file_prelude_globs: Vec<String> = Vec::new(),
        /// What to do about a glob in a BUILD file that matches nothing.
        unmatched_build_file_globs: Behavior = Behavior::Warn,
    }
}

section! {
    /// Where imports start.
    Source {
        /// Patterns of source roots; with a leading `/` they are anchored.
        root_patterns: Vec<String> = strings(&[
            "/", "src", "src/python", "src/py", "src/thrift", "src/protobuf", "src/protos",
            "src/scala", "src/java",
        ]),
        /// Names of files whose folders are source roots.
        marker_filenames: Vec<String> = Vec::new(),
    }
}

section! {
    /// Interpreters and resolves. Keys of a table are resolves; `__default__` stands for the rest.
    Python {
        /// The Pythons of a resolve that has no constraints of its own.
        interpreter_constraints: Option<InterpreterConstraints> = None,
        /// Whether resolves and lockfiles are used at all.
        enable_resolves: bool = false,
        /// Whether there are targets for lockfiles.
        enable_lockfile_targets: bool = true,
        /// The resolve of a target that names none.
        default_resolve: String = "python-default".to_owned(),
        /// Resolve to lockfile, relative to the root.
        resolves: BTreeMap<String, Utf8PathBuf> = BTreeMap::new(),
        /// Resolve to its Pythons.
        resolves_to_interpreter_constraints: BTreeMap<String, InterpreterConstraints> =
            BTreeMap::new(),
        /// Resolve to a constraints file, relative to the root.
        resolves_to_constraints_file: BTreeMap<String, Utf8PathBuf> = BTreeMap::new(),
        /// Resolve to requirements that stand in for those of packages.
        resolves_to_overrides: BTreeMap<String, Vec<Override>> = BTreeMap::new(),
        /// Resolve to projects that no package's requirement brings in.
        resolves_to_excludes: BTreeMap<String, Vec<PackageName>> = BTreeMap::new(),
        /// Resolve to packages used from source only; `:all:` for every one.
        resolves_to_no_binary: BTreeMap<String, PackageSet> = BTreeMap::new(),
        /// Resolve to packages used as wheels only; `:all:` for every one.
        resolves_to_only_binary: BTreeMap<String, PackageSet> = BTreeMap::new(),
        /// Resolve to the platforms it must support. Ours.
        resolves_to_platforms: BTreeMap<String, Vec<Platform>> = BTreeMap::new(),
        /// Resolve to when it may hold a pre-release. Ours.
        resolves_to_prereleases: BTreeMap<String, PrereleasePolicy> = BTreeMap::new(),
        /// Files uploaded later are not seen. Ours.
        exclude_newer: Option<Cutoff> = None,
        /// Whether every package must have a wheel for each platform. Ours.
        require_wheels: bool = false,
    }
}

section! {
    /// Where packages come from.
    PythonRepos {
        /// URLs by priority; [`PIP_INDEX`] for what pip is configured for.
        indexes: Vec<String> = strings(&[PIP_INDEX]),
        /// Folders and pages with files.
        find_links: Vec<String> = Vec::new(),
    }
}

section! {
    /// What is inferred from sources.
    PythonInfer {
        /// Dependencies from imports.
        imports: bool = true,
        /// Dependencies from strings that look like modules.
        string_imports: bool = false,
        /// How many dots such a string has at least.
        string_imports_min_dots: usize = 2,
        /// Dependencies from strings that look like files.
        assets: bool = false,
        /// How many slashes such a string has at least.
        assets_min_slashes: usize = 1,
        /// Dependencies on `__init__.py`.
        init_files: InitFiles = InitFiles::ContentOnly,
        /// Dependencies of tests on `conftest.py`.
        conftests: bool = true,
        /// Dependencies from entry points.
        entry_points: bool = true,
        /// What to do about an import that nothing owns.
        unowned_dependency_behavior: Behavior = Behavior::Warn,
        /// Modules for which nothing is said.
        ignored_unowned_imports: Vec<String> = Vec::new(),
        /// How an import with several owners is decided.
        ambiguity_resolution: Ambiguity = Ambiguity::None,
    }
}

section! {
    /// Where interpreters are found.
    PythonBootstrap {
        /// Folders, and `<PATH>`, `<PYENV>`, `<PYENV_LOCAL>`, `<ASDF>`, `<ASDF_LOCAL>`,
        /// `<MISE>`, `<UV>`, `<STANDARD>`.
        search_path: Vec<String> =
            strings(&["<PYENV>", "<PATH>", "<ASDF>", "<MISE>", "<UV>", "<STANDARD>"]),
        /// File names of interpreters.
        names: Vec<String> = strings(&["python", "python3"]),
    }
}

section! {
    /// How indexes are asked.
    Index {
        /// Packages that may come from an index after the first one that has them.
        first_index_exceptions: Vec<PackageName> = Vec::new(),
        /// How long an answer without cache headers is used without asking again.
        freshness_seconds: u64 = 600,
        /// How long a server may be silent before the request is tried again.
        timeout_seconds: u64 = 30,
    }
}

section! {
    /// What holds for every distribution, in place of a set-up plug-in.
    Package {
        /// The version of core metadata.
        metadata_version: MetadataVersion = MetadataVersion::V2_4,
        /// What every distribution's name must start with.
        name_prefix: Option<String> = None,
        /// The file with the version of distributions that give none, relative to the root.
        version_file: Utf8PathBuf = "VERSION".into(),
        /// Names of readme files beside the BUILD file, the first that is there counts; none where empty.
        readmes: Vec<String> = Vec::new(),
        /// `Home-page`.
        home_page: Option<String> = None,
        /// Label to URL.
        project_urls: BTreeMap<String, String> = BTreeMap::new(),
        /// `Author`.
        author: Option<String> = None,
        /// `Author-email`.
        author_email: Option<String> = None,
        /// Classifiers that come first.
        classifiers: Vec<String> = Vec::new(),
        /// Whether the version decides about `Development Status ::`.
        development_status: bool = false,
        /// Whether the interpreter constraints decide about `Programming Language :: Python :: 3.X`.
        python_classifiers: bool = false,
        /// How `Requires-Python` follows from the interpreter constraints.
        requires_python: RequiresPythonRule = RequiresPythonRule::AsWritten,
        /// How licences are declared.
        license_style: LicenseStyle = LicenseStyle::Expression,
        /// Licence, as BUILD files name it, to expression or classifier.
        licenses: BTreeMap<String, String> = BTreeMap::new(),
        /// Licence files: beside the BUILD file, else at the root.
        license_files: Vec<String> = Vec::new(),
        /// Fields of `provides` that must be given: `description`, `license`.
        required_fields: Vec<String> = Vec::new(),
        /// How a distribution requires another of the repository.
        first_party_requirements: FirstPartyRequirements = FirstPartyRequirements::Exact,
        /// Platform to the platform tag of its wheels.
        platform_tags: BTreeMap<String, String> = platform_tags(),
        /// Distribution to its own platform tags.
        distribution_platform_tags: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new(),
        /// Whether wheels have the files that setuptools adds: `top_level.txt` and the like.
        setuptools_files: bool = true,
        /// Whether wheels have a bill of materials (PEP 770).
        bill_of_materials: bool = true,
    }
}

section! {
    /// How releases are made. Texts may have the placeholders `{version}`, `{normalized}` (by
    /// PEP 440) and `{series}` (the first two numbers).
    Release {
        /// The habits that the other keys change; without it those of the repository's changelogs.
        profile: Option<Profile> = None,
        /// Whether the version file ends with a line end.
        final_newline: Option<FinalNewline> = None,
        /// The news file, where it is not the one of towncrier's settings.
        news_file: Option<String> = None,
        /// The name of a tag.
        tag_name: Option<String> = None,
        /// The kind of tag.
        tag: Option<TagKind> = None,
        /// The branches from which a release may be made.
        branches: Option<Vec<String>> = None,
        /// The branch that a release's commit goes to; empty for the one that is checked out.
        release_branch: Option<String> = None,
        /// The commit's message.
        commit_message: Option<String> = None,
        /// The remote that is compared with and pushed to.
        remote: Option<String> = None,
        /// Commands around a release.
        hooks: Vec<Hook> = Vec::new(),
        /// Further files that name the version.
        files: Vec<FileEdit> = Vec::new(),
        /// Steps that are left out.
        without: Vec<StepKind> = Vec::new(),
        /// The index to publish to: a name of `indexes` or of `~/.pypirc`, or a URL.
        index: Option<String> = None,
        /// Name to index.
        indexes: BTreeMap<String, PublishIndex> = BTreeMap::new(),
    }
}

fn platform_tags() -> BTreeMap<String, String> {
    [
        ("linux_arm64", "manylinux2014_aarch64"),
        ("linux_x86_64", "manylinux2014_x86_64"),
        ("macos_arm64", "macosx_11_0_arm64"),
        ("macos_x86_64", "macosx_11_0_x86_64"),
        ("windows_x86_64", "win_amd64"),
    ]
    .map(|(platform, tag)| (platform.to_owned(), tag.to_owned()))
    .into()
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}
