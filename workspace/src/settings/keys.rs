//! Every setting: its section, key, type and default. A new setting is one line here.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use ::pytest::{CoverageReport, OutputPolicy};
use ::release::next::NextVersion;
use ::release::settings::{
    CandidateNotes, FileEdit, FinalNewline, FragmentPolicy, Hook, OwnRelease, Profile, StepKind,
    TagKind,
};
use ::remote::{
    BearerToken, CacheContentBehavior, RemoteCacheWarnings, RemoteLimits, RemoteOptions,
    RemoteProvider,
};
use camino::Utf8PathBuf;
use checks::{BuildFileFormatter, CheckTool};
use engine::SandboxKeeping;
use install::environment::LinkMode;
use model::{
    ExtraName, ForkStrategy, InterpreterConstraints, MetadataOverride, Override, PackageName,
    PackageSet, Platform, PrereleasePolicy, Requirement,
};
use targets::kinds::TypeDeclaration;
use targets::query::Dependents;
use targets::{Ambiguity, Behavior, InitFiles};
use wheel::MetadataVersion;
use wheel::RequiresPythonRule;
use wheel::rules::LicenseStyle;

use super::cutoff::Cutoff;
use super::description::{SettingDescription, shown};
use super::kinds::{FirstPartyRequirements, Percentage, RepositoryFile, Setting, ToolArguments};
use super::level::MessageLevel;
use super::limits::{MemorySize, Parallelism};
use super::release::{PublishIndex, TagTemplate, VersionedText};
use super::tree::{SettingMistake, SettingNode};

/// The entry of `[python-repos] indexes` that stands for the index of this machine's pip
/// configuration.
pub const PIP_INDEX: &str = "<pip>";

/// About how many modules share a process, as in Pants.
const SHARED_MODULES: NonZeroUsize = NonZeroUsize::new(128).unwrap();

/// A section of settings, such as `[python]`.
pub trait Section {
    /// The keys of the section.
    fn keys(&self) -> &'static [&'static str];

    /// Whether `key` is a switch: a flag without a value then turns it on.
    fn is_switch(&self, key: &str) -> bool;

    /// Sets the value of a key; `None` if there is no such key.
    fn update(&mut self, key: &str, node: &SettingNode) -> Option<Result<(), SettingMistake>>;

    /// What the section is about, as lines.
    fn about(&self) -> &'static [&'static str];

    /// What is known of each key.
    fn descriptions(&self) -> Vec<SettingDescription>;
}

macro_rules! section {
    ($(#[doc = $doc:literal])* $Name:ident {
        $($(#[doc = $key_doc:literal])* $key:ident: $Type:ty = $default:expr,)+
    }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone)]
        #[allow(dead_code, reason = "a section is read whole; commands use what they need")]
        pub struct $Name {
            $($(#[doc = $key_doc])* pub $key: $Type,)+
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

            fn about(&self) -> &'static [&'static str] {
                &[$($doc),*]
            }

            fn descriptions(&self) -> Vec<SettingDescription> {
                let default = Self::default();
                vec![$(SettingDescription {
                    key: stringify!($key),
                    about: &[$($key_doc),*],
                    kind: stringify!($Type),
                    default: shown(&default.$key),
                    value: shown(&self.$key),
                },)+]
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
            /// The names of the sections, as in files.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The section with this name.
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
    /// `[cli]`
    "cli" => cli: Cli,
    /// `[changed]`
    "changed" => changed: Changed,
    /// `[filter]`
    "filter" => filter: Filter,
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
    /// `[export]`
    "export" => export: Export,
    /// `[setup-py-generation]`
    "setup-py-generation" => setup_py_generation: SetupPyGeneration,
    /// `[test]`
    "test" => test: Test,
    /// `[pytest]`
    "pytest" => pytest: Pytest,
    /// `[coverage-py]`
    "coverage-py" => coverage_py: CoveragePy,
    /// `[debug-adapter]`
    "debug-adapter" => debug_adapter: DebugAdapter,
    /// `[subprocess-environment]`
    "subprocess-environment" => subprocess_environment: SubprocessEnvironment,
    /// `[index]`, ours
    "index" => index: Index,
    /// `[targets]`, ours
    "targets" => targets: TargetSettings,
    /// `[build]`, ours
    "build" => build: Build,
    /// `[package]`, ours
    "package" => package: Package,
    /// `[release]`, ours
    "release" => release: Release,
    /// `[lint]`
    "lint" => lint: Lint,
    /// `[fmt]`
    "fmt" => fmt: Fmt,
    /// `[fix]`
    "fix" => fix: Fix,
    /// `[check]`
    "check" => check: Check,
    /// `[tailor]`
    "tailor" => tailor: Tailor,
    /// `[update-build-files]`
    "update-build-files" => update_build_files: UpdateBuildFiles,
    /// `[shell-setup]`
    "shell-setup" => shell_setup: ShellSetup,
    /// `[docker]`
    "docker" => docker: DockerSettings,
    /// `[protoc]`
    "protoc" => protoc: Protoc,
    /// `[checks]`, ours
    "checks" => checks: Checks,
}

section! {
    /// The section of a linter, formatter, fixer or type checker, such as `[black]`.
    ToolOptions {
        /// The resolve that has it.
        install_from_resolve: Option<String> = None,
        /// What of the resolve it is installed with, or what is locked for it where it names no
        /// resolve: requirements, or addresses of `python_requirement` targets.
        requirements: Vec<String> = Vec::new(),
        /// More requirements, such as its plug-ins.
        extra_requirements: Vec<String> = Vec::new(),
        /// Its version, as `black==24.10.0` or `24.10.0`, where it names no resolve.
        version: Option<String> = None,
        /// Arguments of each of its processes.
        args: ToolArguments = ToolArguments::default(),
        /// Its configuration file, relative to the root.
        config: Option<Utf8PathBuf> = None,
        /// Whether it looks for its configuration itself.
        config_discovery: bool = true,
        /// Whether no goal runs it.
        skip: bool = false,
        /// Targets with code of the repository that it imports, such as plug-ins.
        source_plugins: Vec<String> = Vec::new(),
        /// Requirements with types that a type checker needs, and nothing that runs.
        extra_type_stubs: Vec<String> = Vec::new(),
    }
}

section! {
    /// The command line.
    Cli {
        /// Words that stand for others: `green = "fmt lint check test"`.
        alias: BTreeMap<String, String> = BTreeMap::new(),
    }
}

section! {
    /// Which targets are selected by what changed.
    Changed {
        /// Those that changed since this commit.
        since: Option<String> = None,
        /// Those that changed in this commit, or between two.
        diffspec: Option<String> = None,
        /// Whether targets that depend on them are selected too.
        dependents: Dependents = Dependents::None,
    }
}

section! {
    /// Which targets are left out.
    Filter {
        /// Only targets of one of these types, `-a,b` for none of them.
        target_type: Vec<String> = Vec::new(),
        /// Only targets whose address one of these regular expressions matches, `-a,b` for none.
        address_regex: Vec<String> = Vec::new(),
        /// Only targets with a tag that one of these regular expressions matches, `-a,b` for none.
        tag_regex: Vec<String> = Vec::new(),
    }
}

section! {
    /// What `lint` runs.
    Lint {
        /// Only the tools with these names.
        only: Vec<String> = Vec::new(),
        /// Whether formatters are left out.
        skip_formatters: bool = false,
        /// Whether fixers are left out.
        skip_fixers: bool = false,
    }
}

section! {
    /// What `fmt` runs.
    Fmt {
        /// Only the tools with these names.
        only: Vec<String> = Vec::new(),
    }
}

section! {
    /// What `fix` runs.
    Fix {
        /// Only the tools with these names.
        only: Vec<String> = Vec::new(),
        /// Whether formatters are left out.
        skip_formatters: bool = false,
    }
}

section! {
    /// What `check` runs.
    Check {
        /// Only the tools with these names.
        only: Vec<String> = Vec::new(),
        /// Whether what was clean before is checked again although nothing changed.
        force: bool = false,
    }
}

section! {
    /// How `tailor` writes to BUILD files, and what it leaves out.
    Tailor {
        /// Whether nothing is written, and what would be is a failure.
        check: bool = false,
        /// The name of BUILD files that are made.
        build_file_name: String = "BUILD".to_owned(),
        /// The text at the top of BUILD files that are made.
        build_file_header: Option<String> = None,
        /// How arguments of targets are indented.
        build_file_indent: String = "    ".to_owned(),
        /// What is called in place of target types.
        alias_mapping: BTreeMap<String, String> = BTreeMap::new(),
        /// Globs of BUILD files that are neither made nor changed.
        ignore_paths: Vec<String> = Vec::new(),
        /// Addresses of targets that are not added.
        ignore_adding_targets: Vec<String> = Vec::new(),
    }
}

section! {
    /// What `update-build-files` does.
    UpdateBuildFiles {
        /// Whether nothing is written, and what would be is a failure.
        check: bool = false,
        /// Whether BUILD files are formatted.
        fmt: bool = true,
        /// What formats them.
        formatter: BuildFileFormatter = BuildFileFormatter::Black,
        /// Whether old names of target types and fields are replaced.
        fix_safe_deprecations: bool = true,
    }
}

section! {
    /// Scripts of a shell.
    ShellSetup {
        /// Whether `tailor` adds `shell_sources`.
        tailor_sources: bool = true,
        /// Whether `tailor` adds `shunit2_tests`.
        tailor_shunit2_tests: bool = true,
    }
}

section! {
    /// Images of containers.
    DockerSettings {
        /// Whether `tailor` adds `docker_image`.
        tailor: bool = true,
    }
}

section! {
    /// Protocol buffers.
    Protoc {
        /// Whether `tailor` adds `protobuf_sources`.
        tailor: bool = true,
    }
}

section! {
    /// Linters, formatters, fixers and type checkers.
    Checks {
        /// Tools to run beside those that `backend_packages` brings, by their names.
        tools: Vec<String> = Vec::new(),
        /// Tools of the team, by name, with the keys of `checks/src/tools.toml`. They run beside the
        /// others; one with the name of a tool that is shipped replaces it.
        own: BTreeMap<String, CheckTool> = BTreeMap::new(),
        /// Folders in which tools are looked for that no resolve has, `<PATH>` for those of the
        /// variable; without any they are locked and kept in the cache.
        search_path: Vec<String> = Vec::new(),
    }
}

section! {
    /// Which files are read, and how BUILD files are read.
    Global {
        /// The backends of Pants. Backends that are not part of Pants may define target types.
        backend_packages: Vec<String> = Vec::new(),
        /// The settings files, of which a later one counts more; a text adds one. No file sets this.
        pants_config_files: Vec<Utf8PathBuf> = vec!["pants.toml".into()],
        /// Whether `pantsrc_files` are read. No file sets this.
        pantsrc: bool = true,
        /// Settings files of the user and the machine, which need not be there. No file sets this.
        pantsrc_files: Vec<Utf8PathBuf> =
            vec!["/etc/pantsrc".into(), "~/.pants.rc".into(), ".pants.rc".into()],
        /// How much is told: `error`, `warn`, `info`, `debug` or `trace`.
        level: MessageLevel = MessageLevel::Info,
        /// Whether there are colours; without it, on terminals.
        colors: Option<bool> = None,
        /// Whether a line on the terminal tells what is happening.
        dynamic_ui: bool = true,
        /// Only targets with one of these tags, `-a,b` for none of them.
        tag: Vec<String> = Vec::new(),
        /// Files with further specs, one a line.
        spec_files: Vec<Utf8PathBuf> = Vec::new(),
        /// The version of Pants that the repository is written for.
        pants_version: Option<String> = None,
        /// Patterns, as in `.gitignore`, of files that are ignored.
        pants_ignore: Vec<String> = strings(&[".*/", "/dist/", "__pycache__"]),
        /// Whether files that `.gitignore` names are ignored too.
        pants_ignore_use_gitignore: bool = true,
        /// Names of BUILD files, as patterns.
        build_patterns: Vec<String> = strings(&["BUILD", "BUILD.*"]),
        /// Whether targets follow from `pyproject.toml` and its like where no BUILD file is. Pants does not have
        /// this setting.
        infer_projects: bool = true,
        /// Patterns, as in `.gitignore`, of BUILD files that are not read.
        build_ignore: Vec<String> = Vec::new(),
        /// Folders with plug-ins of Pants: none is loaded, but a target type that one of them names is no misspelling.
        pythonpath: Vec<String> = Vec::new(),
        /// Globs of files with functions that every BUILD file can call.
        build_file_prelude_globs: Vec<String> = Vec::new(),
        /// What to do if a glob in a BUILD file matches nothing.
        unmatched_build_file_globs: Behavior = Behavior::Warn,
        /// What kind of thing the cache of the team is. Pants has no `s3`.
        remote_provider: RemoteProvider = RemoteProvider::Reapi,
        /// Where the cache is: `grpc://`, `grpcs://`, `file://`, `s3://`, `https://`.
        remote_store_address: Option<String> = None,
        /// Where actions are run by a server.
        remote_execution_address: Option<String> = None,
        /// Whether results are looked up in the cache.
        remote_cache_read: bool = false,
        /// Whether results of this machine are put into the cache.
        remote_cache_write: bool = false,
        /// Whether actions are run by a server.
        remote_execution: bool = false,
        /// Which of a server's caches is meant.
        remote_instance_name: Option<String> = None,
        /// Headers of calls to the cache.
        remote_store_headers: BTreeMap<String, String> = BTreeMap::new(),
        /// Headers of calls to the server that runs actions.
        remote_execution_headers: BTreeMap<String, String> = BTreeMap::new(),
        /// The token of `authorization: Bearer`; `@FILE` for the one in a file.
        remote_oauth_bearer_token: Option<BearerToken> = None,
        /// The file with the token, as older versions of Pants have it.
        remote_oauth_bearer_token_path: Option<Utf8PathBuf> = None,
        /// The certificates that vouch for servers, as PEM, in place of the system's.
        remote_ca_certs_path: Option<Utf8PathBuf> = None,
        /// Our certificate, as PEM.
        remote_client_certs_path: Option<Utf8PathBuf> = None,
        /// Its key, as PEM.
        remote_client_key_path: Option<Utf8PathBuf> = None,
        /// How often a failure of the cache is told: `ignore`, `first_only`, `backoff`, `always`.
        remote_cache_warnings: RemoteCacheWarnings = RemoteCacheWarnings::Backoff,
        /// When outputs of a result are fetched: `fetch`, `validate`, `defer`.
        cache_content_behavior: CacheContentBehavior = CacheContentBehavior::Fetch,
        /// The number of look-ups at the same time.
        remote_cache_rpc_concurrency: usize = RemoteLimits::default().cache_concurrency,
        /// The longest time for a look-up.
        remote_cache_rpc_timeout_millis: u64 = millis(RemoteLimits::default().cache_timeout),
        /// How long a run may wait in vain for look-ups in a cache that gives no sign of life, beside a
        /// fiftieth of its time. Pants does not have this setting.
        remote_cache_patience_millis: u64 = millis(RemoteLimits::default().look_up_patience),
        /// The largest part of a stream.
        remote_store_chunk_bytes: usize = RemoteLimits::default().chunk_bytes,
        /// The largest sum of the blobs of one call.
        remote_store_batch_api_size_limit: u64 = RemoteLimits::default().batch_bytes,
        /// Whether several blobs are read by one call.
        remote_store_batch_load_enabled: bool = RemoteLimits::default().batch_load,
        /// How often a call is tried again.
        remote_store_rpc_retries: u32 = RemoteLimits::default().retries,
        /// The number of calls of the store at the same time.
        remote_store_rpc_concurrency: usize = RemoteLimits::default().store_concurrency,
        /// The longest time for an answer of the store.
        remote_store_rpc_timeout_millis: u64 = millis(RemoteLimits::default().store_timeout),
        /// The number of calls in a second. Pants does not have this setting.
        remote_store_rpc_per_second: Option<u32> = None,
        /// The number of calls that start an action at the same time.
        remote_execution_rpc_concurrency: usize = RemoteLimits::default().execution_concurrency,
        /// The longest time from handing in an action to its result.
        remote_execution_overall_deadline_secs: u64 =
            RemoteLimits::default().execution_deadline.as_secs(),
        /// What a server is told of the machine that is wanted: `name=value`.
        remote_execution_extra_platform_properties: Vec<String> = Vec::new(),
        /// The number of actions that a server runs at the same time.
        process_execution_remote_parallelism: usize = RemoteOptions::default().parallelism,
        /// The seconds that a run waits at its end for what is still being sent to the cache.
        session_end_tasks_timeout: Option<Duration> = None,
        /// Whether results of actions are kept on this machine and used again.
        local_cache: bool = true,
        /// How many programs run at one time; as many as there are cores without it.
        process_execution_local_parallelism: Option<Parallelism> = None,
        /// Which sandboxes are left for their user to look at.
        keep_sandboxes: SandboxKeeping = SandboxKeeping::Never,
        /// The folder that sandboxes are made in, if it is not in the cache.
        local_execution_root_dir: Option<Utf8PathBuf> = None,
        /// How many seconds programs have for their own clean-up after Ctrl+C and after their time. Tests have 30
        /// without it, in which fixtures end containers, and other programs 3.
        process_execution_graceful_shutdown_timeout: Option<u64> = None,
        /// How much memory programs that run at one time may have together, with which there are
        /// fewer of them.
        process_total_child_memory_usage: Option<MemorySize> = None,
        /// How much memory one of them needs.
        process_per_child_memory_usage: MemorySize = MemorySize::mebibytes(512),
        /// How large the cache of results may grow before what was used longest ago is removed.
        local_store_files_max_size_bytes: u64 = 20 << 30,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or_default()
}

section! {
    /// What plug-ins of Pants add to BUILD files.
    TargetSettings {
        /// Target types of plug-ins: what they own, and their fields.
        types: BTreeMap<String, TypeDeclaration> = BTreeMap::new(),
    }
}

section! {
    /// The source roots: the folders at which imports start.
    Source {
        /// Patterns of source roots. A leading `/` means the root of the repository.
        root_patterns: Vec<String> = strings(&[
            "/", "src", "src/python", "src/py", "src/thrift", "src/protobuf", "src/protos",
            "src/scala", "src/java",
        ]),
        /// Names of files. A folder that has one is a source root.
        marker_filenames: Vec<String> = Vec::new(),
    }
}

section! {
    /// Interpreters and resolves. The keys of tables are names of resolves; `__default__` stands
    /// for all others.
    Python {
        /// The Pythons of a resolve that has no constraints of its own.
        interpreter_constraints: Option<InterpreterConstraints> = None,
        /// Whether resolves and lockfiles are used at all.
        enable_resolves: bool = false,
        /// Whether every lockfile has a target.
        enable_lockfile_targets: bool = true,
        /// The resolve of a target that does not name one.
        default_resolve: String = "python-default".to_owned(),
        /// The lockfile of each resolve, relative to the root.
        resolves: BTreeMap<String, RepositoryFile> = BTreeMap::new(),
        /// The Pythons of each resolve.
        resolves_to_interpreter_constraints: BTreeMap<String, InterpreterConstraints> =
            BTreeMap::new(),
        /// A file with constraints for each resolve, relative to the root.
        resolves_to_constraints_file: BTreeMap<String, RepositoryFile> = BTreeMap::new(),
        /// Requirements for each resolve that replace those of packages.
        resolves_to_overrides: BTreeMap<String, Vec<Override>> = BTreeMap::new(),
        /// Projects for each resolve that are left out although packages require them.
        resolves_to_excludes: BTreeMap<String, Vec<PackageName>> = BTreeMap::new(),
        /// Packages for each resolve that may not be used as wheels; `:all:` for every package.
        resolves_to_no_binary: BTreeMap<String, PackageSet> = BTreeMap::new(),
        /// Packages for each resolve that may not be used as source distributions; `:all:` for
        /// every package.
        resolves_to_only_binary: BTreeMap<String, PackageSet> = BTreeMap::new(),
        /// The platforms of each resolve. Pants does not have this setting.
        resolves_to_platforms: BTreeMap<String, Vec<Platform>> = BTreeMap::new(),
        /// When pre-releases may be locked, for each resolve. Pants does not have this setting.
        resolves_to_prereleases: BTreeMap<String, PrereleasePolicy> = BTreeMap::new(),
        /// Ignores files that were uploaded after this time. Pants does not have this setting.
        exclude_newer: Option<Cutoff> = None,
        /// Whether every package must have a wheel for each platform. Pants does not have this
        /// setting.
        require_wheels: bool = false,
        /// When a project gets several versions: `requires-python`, where an older Python would keep
        /// it from its newest version on the others, or `fewest`, where no version serves all.
        /// Pants does not have this setting.
        fork_strategy: ForkStrategy = ForkStrategy::RequiresPython,
        /// Whether `tailor` adds `python_sources`, `python_tests` and `python_test_utils`.
        tailor_source_targets: bool = true,
        /// Whether `tailor` adds nothing for an empty `__init__.py` that is alone.
        tailor_ignore_empty_init_files: bool = true,
        /// Whether `tailor` adds targets for files with requirements.
        tailor_requirements_targets: bool = true,
        /// Whether `tailor` adds `pex_binary` for what can be started.
        tailor_pex_binary_targets: bool = false,
        /// Whether `tailor` adds `resource` for `py.typed`.
        tailor_py_typed_targets: bool = true,
        /// The names of files that are tests for `tailor`.
        tailor_test_file_globs: Vec<String> = strings(&["test_*.py", "*_test.py", "tests.py"]),
        /// The names of files that only tests use, for `tailor`.
        tailor_testutils_file_globs: Vec<String> =
            strings(&["conftest.py", "test_*.pyi", "*_test.pyi", "tests.pyi"]),
    }
}

section! {
    /// The indexes and folders that packages come from.
    PythonRepos {
        /// URLs of indexes, the most important first. [`PIP_INDEX`] stands for the index of pip's
        /// configuration.
        indexes: Vec<String> = strings(&[PIP_INDEX]),
        /// Folders and pages with files of packages.
        find_links: Vec<String> = Vec::new(),
    }
}

section! {
    /// Which dependencies of sources are inferred.
    PythonInfer {
        /// Whether imports are dependencies.
        imports: bool = true,
        /// Whether strings that look like modules are dependencies.
        string_imports: bool = false,
        /// The number of dots that such a string must have.
        string_imports_min_dots: usize = 2,
        /// Whether strings that look like file names are dependencies.
        assets: bool = false,
        /// The number of slashes that such a string must have.
        assets_min_slashes: usize = 1,
        /// Which `__init__.py` files sources depend on.
        init_files: InitFiles = InitFiles::ContentOnly,
        /// Whether tests depend on `conftest.py` files.
        conftests: bool = true,
        /// Whether distributions and binaries depend on the sources of their entry points.
        entry_points: bool = true,
        /// What to do about an import that no target and no requirement provides.
        unowned_dependency_behavior: Behavior = Behavior::Warn,
        /// Modules without a warning if nothing provides them.
        ignored_unowned_imports: Vec<String> = Vec::new(),
        /// What to do about an import that several targets provide. `by_project` is `by_source_root`,
        /// and takes any of the requirements of one project; Pants does not have it.
        ambiguity_resolution: Ambiguity = Ambiguity::None,
    }
}

section! {
    /// Where interpreters are looked for.
    PythonBootstrap {
        /// Folders, and `<PATH>`, `<PYENV>`, `<PYENV_LOCAL>`, `<ASDF>`, `<ASDF_LOCAL>`, `<MISE>`,
        /// `<UV>` or `<STANDARD>`.
        search_path: Vec<String> =
            strings(&["<PYENV>", "<PATH>", "<ASDF>", "<MISE>", "<UV>", "<STANDARD>"]),
        /// File names of interpreters.
        names: Vec<String> = strings(&["python", "python3"]),
    }
}

section! {
    /// What `export` makes.
    Export {
        /// The resolves that are exported if none is named; the default one if the list is empty.
        resolve: Vec<String> = Vec::new(),
        /// Tools and console scripts that are put into `dist/export/bin`.
        bin: Vec<String> = Vec::new(),
        /// The resolves whose environments have the repository's own distributions; without it all
        /// but those of tools.
        py_editable_in_resolve: Option<Vec<String>> = None,
        /// The distributions of the repository that environments have as editable installs; without it
        /// all. Pants does not have this setting.
        editables: Option<Vec<PackageName>> = None,
        /// The dependency groups that the environment of a resolve has where no option names any
        /// (`default-groups` of uv); without an entry all. Pants does not have this setting.
        default_groups: BTreeMap<String, Vec<ExtraName>> = BTreeMap::new(),
        /// The resolves whose environments have code that targets generate.
        py_generated_sources_in_resolve: Vec<String> = Vec::new(),
        /// Whether environments have pip beside their lock, and setuptools and wheel before Python 3.12.
        /// Pants does not have this setting.
        seed: bool = false,
        /// How files come from the cache. Pants does not have this setting.
        link_mode: LinkMode = LinkMode::Hardlink,
        /// Whether a wheel is refused if its RECORD does not list exactly its files. Pants does not
        /// have this setting.
        strict_records: bool = false,
    }
}

section! {
    /// How tests run, whatever runs them.
    Test {
        /// Whether each test module runs alone on the terminal.
        debug: bool = false,
        /// The same, and each waits for an editor's debugger.
        debug_adapter: bool = false,
        /// Whether tests run although the cache has their result.
        force: bool = false,
        /// Of which tests the output is printed.
        output: OutputPolicy = OutputPolicy::Failed,
        /// Whether coverage is measured.
        use_coverage: bool = false,
        /// Whether the pages of a coverage report are opened in a browser.
        open_coverage: bool = false,
        /// A commit: it is said which lines that changed since are covered. Pants does not have this setting.
        coverage_changed_since: Option<String> = None,
        /// Whether junit reports are written.
        report: bool = false,
        /// The folder of junit reports, relative to the root.
        report_dir: String = "dist/test/reports".to_owned(),
        /// Which part of the tests runs: `k/N`.
        shard: Option<String> = None,
        /// A file with the times of tests, by which shards are balanced. Pants does not have this
        /// setting.
        times: Option<Utf8PathBuf> = None,
        /// Whether tests have time limits.
        timeouts: bool = true,
        /// The limit in seconds of a test that has none of its own.
        timeout_default: Option<u64> = None,
        /// The largest limit.
        timeout_maximum: Option<u64> = None,
        /// How often a test may run until it passes.
        attempts_default: NonZeroUsize = NonZeroUsize::MIN,
        /// About how many modules one process runs that may share it.
        batch_size: NonZeroUsize = SHARED_MODULES,
        /// Whether the summary names all modules of a process.
        show_all_batch_targets: bool = false,
        /// Whether a command is printed that runs what failed; without it where `CI` is set.
        show_rerun_command: Option<bool> = None,
        /// Variables of tests: `NAME=value`, `NAME` or a glob of names.
        extra_env_vars: Vec<String> = Vec::new(),
        /// Whether modules run in forks of a process that has imported what they share. Pants does not
        /// have this setting.
        fork: bool = true,
    }
}

section! {
    /// pytest.
    Pytest {
        /// Its arguments, split as a shell does.
        args: ToolArguments = ToolArguments::default(),
        /// What is required where no resolve is named, or the requirements of the resolve that is
        /// named; all of it if the list is empty.
        requirements: Vec<String> = Vec::new(),
        /// pytest itself where neither names it: `pytest==8.4`.
        version: Option<String> = None,
        /// More requirements beside it, such as plug-ins.
        extra_requirements: Vec<String> = Vec::new(),
        /// Its configuration file, relative to the root.
        config: Option<Utf8PathBuf> = None,
        /// Whether configuration files are looked for.
        config_discovery: bool = true,
        /// Whether pytest-xdist runs the tests of a module in parallel.
        xdist_enabled: bool = false,
        /// A variable that has the number of the place in which a test runs, from 1.
        execution_slot_var: Option<String> = None,
        /// The dialect of junit reports.
        junit_family: String = "xunit2".to_owned(),
        /// Whether a module without tests is no failure.
        allow_empty_test_collection: bool = false,
        /// Whether pytest is left out.
        skip: bool = false,
    }
}

section! {
    /// coverage.py.
    CoveragePy {
        /// Which reports are made.
        report: Vec<CoverageReport> = vec![CoverageReport::Console],
        /// The folder of reports, relative to the root.
        output_dir: String = "dist/coverage/python".to_owned(),
        /// The configuration file, relative to the root.
        config: Option<Utf8PathBuf> = None,
        /// Whether a configuration file is looked for.
        config_discovery: bool = true,
        /// What is measured: folders and modules; without it the source roots of the tests.
        filter: Vec<String> = Vec::new(),
        /// Whether files count that no test reaches.
        global_report: bool = false,
        /// The percentage below which the run fails.
        fail_under: Option<Percentage> = None,
        /// The percentage of changed lines below which a run with `--coverage-changed-since` fails. Pants does not
        /// have this setting.
        changed_fail_under: Option<Percentage> = None,
    }
}

section! {
    /// Where tests wait for an editor's debugger.
    DebugAdapter {
        /// The address.
        host: String = "127.0.0.1".to_owned(),
        /// The port.
        port: usize = 5678,
    }
}

impl Test {
    /// Whether tests run one after another, on the terminal.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.debug || self.debug_adapter
    }

    /// Whether coverage is measured: on the terminal it is not.
    #[must_use]
    pub fn measures_coverage(&self) -> bool {
        (self.use_coverage || self.coverage_changed_since.is_some()) && !self.is_interactive()
    }
}

section! {
    /// What programs see that this tool starts.
    SubprocessEnvironment {
        /// Variables of all: `NAME=value`, `NAME` or a glob of names.
        env_vars: Vec<String> =
            strings(&["LANG", "LC_CTYPE", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR"]),
    }
}

section! {
    /// How indexes are used.
    Index {
        /// Packages that may come from a later index than the first one that has them.
        first_index_exceptions: Vec<PackageName> = Vec::new(),
        /// The index, by its URL, that a package comes from; other packages do not come from there
        /// unless `[python-repos] indexes` has it too.
        packages: BTreeMap<PackageName, String> = BTreeMap::new(),
        /// The time for which a listing without cache headers is used without a new request.
        freshness_seconds: u64 = 600,
        /// The time without an answer after which a request is tried again.
        timeout_seconds: u64 = 30,
    }
}

section! {
    /// How source distributions of others are built.
    Build {
        /// What builds of a project require in addition to what it says (`extra-build-dependencies`
        /// of uv).
        extra_dependencies: BTreeMap<PackageName, Vec<Requirement>> = BTreeMap::new(),
        /// Metadata in place of those of releases, which are then not built for them
        /// (`dependency-metadata` of uv): tables with `name`, `version` (of every release without
        /// it), `requires_dist`, `requires_python` and `provides_extra`.
        dependency_metadata: Vec<MetadataOverride> = Vec::new(),
    }
}

section! {
    /// Metadata of every distribution, in place of a set-up plug-in of Pants.
    Package {
        /// The version of core metadata.
        metadata_version: MetadataVersion = MetadataVersion::V2_4,
        /// The start that every distribution's name must have.
        name_prefix: Option<String> = None,
        /// The file with the version of distributions that declare none, relative to the root: alone,
        /// or as a Python module assigns it to `__version__` or `VERSION`.
        version_file: Utf8PathBuf = "VERSION".into(),
        /// Names of readme files beside the BUILD file. The first one that exists is used; none if
        /// the list is empty.
        readmes: Vec<String> = Vec::new(),
        /// Whether a distribution without any of these readme files is an error.
        readme_required: bool = true,
        /// Files, relative to the root, that together are the description of a distribution that has
        /// no other.
        long_description: Vec<Utf8PathBuf> = Vec::new(),
        /// The licence of a distribution that names none.
        license: Option<String> = None,
        /// `Home-page`.
        home_page: Option<String> = None,
        /// The URL for each label.
        project_urls: BTreeMap<String, String> = BTreeMap::new(),
        /// `Author`.
        author: Option<String> = None,
        /// `Author-email`.
        author_email: Option<String> = None,
        /// Classifiers that every distribution has, before its own.
        classifiers: Vec<String> = Vec::new(),
        /// Whether a classifier `Development Status ::` is derived from the version.
        development_status: bool = false,
        /// Whether classifiers `Programming Language :: Python :: 3.X` are derived from the
        /// interpreter constraints.
        python_classifiers: bool = false,
        /// How `Requires-Python` is derived from the interpreter constraints.
        requires_python: RequiresPythonRule = RequiresPythonRule::AsWritten,
        /// How licences are written to the metadata.
        license_style: LicenseStyle = LicenseStyle::Expression,
        /// The licence expression or classifier for each licence name in BUILD files.
        licenses: BTreeMap<String, String> = BTreeMap::new(),
        /// Names and patterns of licence files. They are looked for beside the BUILD file, then at
        /// the root. Without it, those beside the BUILD file that setuptools takes for licences.
        license_files: Option<Vec<String>> = None,
        /// Fields of `provides` that every distribution must have: `description`, `license`.
        required_fields: Vec<String> = Vec::new(),
        /// How the requirement of a distribution on another one of the repository is written, if
        /// not as Pants' setting says.
        first_party_requirements: Option<FirstPartyRequirements> = None,
        /// For keywords of `provides` that are not setuptools': the keyword that they stand for, or
        /// `ignore`.
        provides_fields: BTreeMap<String, String> = BTreeMap::new(),
        /// Whether wheels may have only names that Windows can have; without it, those that can be
        /// installed there.
        portable_names: Option<bool> = None,
        /// The Python that `--verify` tries the wheels of a platform with, where it is not this
        /// machine's.
        verify_pythons: BTreeMap<String, Utf8PathBuf> = BTreeMap::new(),
        /// Patterns of binaries in wheels that do not run on the wheel's own platform, such as files
        /// for containers: they are not held against its platform tag.
        foreign_binaries: Vec<String> = Vec::new(),
        /// The wheel's platform tag for each platform.
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
    /// How distributions are built.
    SetupPyGeneration {
        /// Whether the set-up of distributions is generated that do not say so themselves.
        generate_setup_default: bool = true,
        /// How a distribution requires another one of the repository.
        first_party_dependency_version_scheme: FirstPartyRequirements = FirstPartyRequirements::Exact,
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
        news_file: Option<VersionedText> = None,
        /// The name of a tag.
        tag_name: Option<TagTemplate> = None,
        /// The kind of tag.
        tag: Option<TagKind> = None,
        /// The branches from which a release may be made.
        branches: Option<Vec<VersionedText>> = None,
        /// The branch that a release's commit goes to; empty for the one that is checked out.
        release_branch: Option<VersionedText> = None,
        /// The commit's message.
        commit_message: Option<VersionedText> = None,
        /// The remote that is compared with and pushed to; where it is missing, the only one that there is.
        remote: Option<String> = None,
        /// Commands around a release.
        hooks: Vec<Hook> = Vec::new(),
        /// Further files that name the version.
        files: Vec<FileEdit> = Vec::new(),
        /// Whether a release without news fragments is refused.
        fragments: FragmentPolicy = FragmentPolicy::Optional,
        /// What becomes of the notes of candidates in the final release.
        candidates: CandidateNotes = CandidateNotes::Kept,
        /// Which version fragments of a type ask for (`--next fragments`); of others, a patch.
        bumps: BTreeMap<String, NextVersion> = default_bumps(),
        /// Distributions with a version and a tag of their own.
        distributions: BTreeMap<String, OwnRelease> = BTreeMap::new(),
        /// Steps that are left out.
        without: Vec<StepKind> = Vec::new(),
        /// The index to publish to: a name of `indexes` or of `~/.pypirc`, `pypi`, `testpypi`, or a URL.
        index: Option<String> = None,
        /// Name to index.
        indexes: BTreeMap<String, PublishIndex> = BTreeMap::new(),
    }
}

fn default_bumps() -> BTreeMap<String, NextVersion> {
    [
        ("breaking", NextVersion::Major),
        ("deprecation", NextVersion::Minor),
        ("feature", NextVersion::Minor),
        ("removal", NextVersion::Minor),
    ]
    .map(|(kind, next)| (kind.to_owned(), next))
    .into()
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
