//! The known target types: their fields, what they generate, and their default sources.
//!
//! Taken from the documentation of Pants 2.16 to 2.30. A type whose fields are not listed
//! accepts any: only its name is known.

/// What is known of one target type.
#[derive(Debug, PartialEq, Eq)]
pub struct TargetType {
    /// Its name in BUILD files.
    pub name: &'static str,
    /// Its own fields besides the common ones; empty if any are accepted.
    pub fields: &'static [&'static str],
    /// What it does.
    pub role: Role,
}

/// What a target type does in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Owns one file, named by the field.
    File {
        /// The field that names the file.
        field: &'static str,
        /// What the file is.
        content: Content,
    },
    /// Generates one target per file.
    Files {
        /// The type of the targets generated.
        generates: &'static str,
        /// Sources where the field is not set.
        default: &'static [&'static str],
        /// What the files are.
        content: Content,
    },
    /// Declares third-party requirements.
    Requirement,
    /// Generates a `python_requirement` for each entry of a file.
    Requirements {
        /// The file where the field `source` is not set.
        file: &'static str,
        /// Whether its format can be read.
        format: RequirementsFormat,
    },
    /// Stands for the file that requirements are read from.
    RequirementsFile,
    /// Generates `python_requirement` targets for Pants' own packages.
    PantsRequirements,
    /// A distribution.
    Distribution,
    /// A binary with an entry point.
    Binary,
    /// Generates binaries.
    Binaries,
    /// Picks dependencies by platform.
    PlatformResources,
    /// Copies files elsewhere: depends on `files_targets`.
    Relocated,
    /// Packs files: depends on `files` and `packages`.
    Archive,
    /// Stands for the lockfile of a resolve, or generates such a target.
    Lockfile,
    /// Only has dependencies.
    Plain,
    /// A type that is known by name only.
    Opaque,
}

/// What a source file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Python code.
    Python,
    /// Python tests.
    Test,
    /// Python code that only tests use.
    TestUtil,
    /// A file that is loaded through a package.
    Resource,
    /// A file that is opened by its path.
    File,
    /// A shell script.
    Shell,
}

/// The format of a file that requirements are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequirementsFormat {
    /// That of pip, or a `pyproject.toml` by PEP 621.
    Standard,
    /// One of another tool, which is not read yet.
    Foreign,
}

/// Fields of every target type; `name` is not a field.
pub const COMMON: &[&str] = &["tags", "description"];

const PYTHON: &[&str] = &[
    "dependencies",
    "interpreter_constraints",
    "resolve",
    "restartable",
    "run_goal_use_sandbox",
    "source",
];
const PYTHONS: &[&str] = &[
    "dependencies",
    "interpreter_constraints",
    "overrides",
    "resolve",
    "restartable",
    "run_goal_use_sandbox",
    "sources",
];
const TEST: &[&str] = &[
    "batch_compatibility_tag",
    "dependencies",
    "environment",
    "extra_env_vars",
    "interpreter_constraints",
    "resolve",
    "run_goal_use_sandbox",
    "runtime_package_dependencies",
    "skip_tests",
    "source",
    "stevedore_namespaces",
    "stream",
    "timeout",
    "xdist_concurrency",
];
const TESTS: &[&str] = &[
    "batch_compatibility_tag",
    "dependencies",
    "environment",
    "extra_env_vars",
    "interpreter_constraints",
    "overrides",
    "resolve",
    "run_goal_use_sandbox",
    "runtime_package_dependencies",
    "skip_tests",
    "sources",
    "stevedore_namespaces",
    "stream",
    "timeout",
    "xdist_concurrency",
];
const REQUIREMENTS: &[&str] = &[
    "dependencies",
    "find_links",
    "module_mapping",
    "overrides",
    "resolve",
    "source",
    "type_stubs_module_mapping",
];

const PEX: &[&str] = &[
    "args",
    "check",
    "complete_platforms",
    "dependencies",
    "emit_warnings",
    "entry_point",
    "env",
    "environment",
    "executable",
    "execution_mode",
    "extra_build_args",
    "ignore_errors",
    "include_requirements",
    "include_sources",
    "include_tools",
    "inherit_path",
    "interpreter_constraints",
    "layout",
    "output_path",
    "platforms",
    "resolve",
    "resolve_local_platforms",
    "restartable",
    "scie",
    "scie_busybox",
    "scie_hash_alg",
    "scie_load_dotenv",
    "scie_name_style",
    "scie_pbs_debug",
    "scie_pbs_free_threaded",
    "scie_pbs_release",
    "scie_pbs_stripped",
    "scie_pex_entrypoint_env_passthrough",
    "scie_platform",
    "scie_pypy_release",
    "scie_python_version",
    "script",
    "sh_boot",
    "shebang",
    "strip_pex_env",
    "venv_hermetic_scripts",
    "venv_site_packages_copies",
];
const PEXES: &[&str] = &[
    "check",
    "complete_platforms",
    "dependencies",
    "emit_warnings",
    "entry_points",
    "environment",
    "execution_mode",
    "extra_build_args",
    "ignore_errors",
    "include_requirements",
    "include_sources",
    "include_tools",
    "inherit_path",
    "interpreter_constraints",
    "layout",
    "output_path",
    "overrides",
    "platforms",
    "resolve",
    "resolve_local_platforms",
    "restartable",
    "scie",
    "scie_busybox",
    "scie_hash_alg",
    "scie_load_dotenv",
    "scie_name_style",
    "scie_pbs_debug",
    "scie_pbs_free_threaded",
    "scie_pbs_release",
    "scie_pbs_stripped",
    "scie_pex_entrypoint_env_passthrough",
    "scie_platform",
    "scie_pypy_release",
    "scie_python_version",
    "sh_boot",
    "shebang",
    "strip_pex_env",
    "venv_hermetic_scripts",
    "venv_site_packages_copies",
];

/// The known types, sorted by name.
pub const TYPES: &[TargetType] = &[
    open_with("_generator_sources_helper", Role::RequirementsFile),
    open_with("_lockfile", Role::Lockfile),
    open_with("_lockfiles", Role::Lockfile),
    open("adhoc_tool"),
    kind(
        "archive",
        &["files", "format", "output_path", "packages"],
        Role::Archive,
    ),
    open("avro_source"),
    open("avro_sources"),
    open("cc_source"),
    open("cc_sources"),
    open("clojure_source"),
    open("clojure_sources"),
    open("code_quality_tool"),
    open("deploy_jar"),
    open("docker_environment"),
    open("docker_image"),
    open("experimental_run_shell_command"),
    open("experimental_shell_command"),
    open("experimental_test_shell_command"),
    open("experimental_workspace_environment"),
    open("experimental_wrap_as_python_sources"),
    open("experimental_wrap_as_resources"),
    kind(
        "file",
        &["dependencies", "source"],
        Role::File {
            field: "source",
            content: Content::File,
        },
    ),
    kind(
        "files",
        &["dependencies", "overrides", "sources"],
        Role::Files {
            generates: "file",
            default: &[],
            content: Content::File,
        },
    ),
    open("go_binary"),
    open("go_mod"),
    open("go_package"),
    open("go_third_party_package"),
    open("helm_artifact"),
    open("helm_artifacts"),
    open("helm_chart"),
    open("helm_deployment"),
    open("helm_unittest_test"),
    open("helm_unittest_tests"),
    open("java_source"),
    open("java_sources"),
    open("javascript_source"),
    open("javascript_sources"),
    open("javascript_test"),
    open("javascript_tests"),
    open("jsx_source"),
    open("jsx_sources"),
    open("jsx_test"),
    open("jsx_tests"),
    open("junit_test"),
    open("junit_tests"),
    open("jvm_artifact"),
    open("jvm_artifacts"),
    open("jvm_war"),
    open("kotlin_junit_test"),
    open("kotlin_junit_tests"),
    open("kotlin_source"),
    open("kotlin_sources"),
    open("kotlinc_plugin"),
    open("local_environment"),
    open("makeself_archive"),
    open("nfpm_apk_package"),
    open("nfpm_archlinux_package"),
    open("nfpm_content_dir"),
    open("nfpm_content_dirs"),
    open("nfpm_content_file"),
    open("nfpm_content_files"),
    open("nfpm_content_symlink"),
    open("nfpm_content_symlinks"),
    open("nfpm_deb_package"),
    open("nfpm_rpm_package"),
    open("node_package"),
    open("node_third_party_package"),
    open("openapi_document"),
    open("openapi_documents"),
    open("openapi_source"),
    open("openapi_sources"),
    open("package_json"),
    kind(
        "pants_requirements",
        &["resolve", "testutil"],
        Role::PantsRequirements,
    ),
    kind("pex_binaries", PEXES, Role::Binaries),
    kind("pex_binary", PEX, Role::Binary),
    kind(
        "pipenv_requirements",
        REQUIREMENTS,
        Role::Requirements {
            file: "Pipfile.lock",
            format: RequirementsFormat::Foreign,
        },
    ),
    open_with("platform_resources", Role::PlatformResources),
    kind(
        "poetry_requirements",
        REQUIREMENTS,
        Role::Requirements {
            file: "pyproject.toml",
            format: RequirementsFormat::Foreign,
        },
    ),
    open("protobuf_source"),
    open("protobuf_sources"),
    open("pyoxidizer_binary"),
    open("python_aws_lambda_function"),
    open("python_aws_lambda_layer"),
    open("python_awslambda"),
    kind(
        "python_distribution",
        &[
            "build_backend_env_vars",
            "dependencies",
            "entry_points",
            "env_vars",
            "environment",
            "generate_setup",
            "interpreter_constraints",
            "long_description_path",
            "output_path",
            "provides",
            "repositories",
            "sdist",
            "sdist_config_settings",
            "skip_twine",
            "uses_mypyc",
            "wheel",
            "wheel_config_settings",
        ],
        Role::Distribution,
    ),
    open("python_google_cloud_function"),
    kind(
        "python_requirement",
        &[
            "dependencies",
            "entry_point",
            "find_links",
            "modules",
            "requirements",
            "resolve",
            "type_stub_modules",
        ],
        Role::Requirement,
    ),
    kind(
        "python_requirements",
        REQUIREMENTS,
        Role::Requirements {
            file: "requirements.txt",
            format: RequirementsFormat::Standard,
        },
    ),
    kind(
        "python_source",
        PYTHON,
        Role::File {
            field: "source",
            content: Content::Python,
        },
    ),
    kind(
        "python_sources",
        PYTHONS,
        Role::Files {
            generates: "python_source",
            default: &[
                "*.py",
                "*.pyi",
                "!test_*.py",
                "!*_test.py",
                "!tests.py",
                "!conftest.py",
                "!test_*.pyi",
                "!*_test.pyi",
                "!tests.pyi",
            ],
            content: Content::Python,
        },
    ),
    kind(
        "python_test",
        TEST,
        Role::File {
            field: "source",
            content: Content::Test,
        },
    ),
    kind(
        "python_test_utils",
        PYTHONS,
        Role::Files {
            generates: "python_source",
            default: &["conftest.py", "test_*.pyi", "*_test.pyi", "tests.pyi"],
            content: Content::TestUtil,
        },
    ),
    kind(
        "python_tests",
        TESTS,
        Role::Files {
            generates: "python_test",
            default: &["test_*.py", "*_test.py", "tests.py"],
            content: Content::Test,
        },
    ),
    kind(
        "relocated_files",
        &["dest", "files_targets", "src"],
        Role::Relocated,
    ),
    open("remote_environment"),
    kind(
        "resource",
        &["dependencies", "source"],
        Role::File {
            field: "source",
            content: Content::Resource,
        },
    ),
    kind(
        "resources",
        &["dependencies", "overrides", "sources"],
        Role::Files {
            generates: "resource",
            default: &[],
            content: Content::Resource,
        },
    ),
    open("run_shell_command"),
    open("scala_artifact"),
    open("scala_junit_test"),
    open("scala_junit_tests"),
    open("scala_source"),
    open("scala_sources"),
    open("scalac_plugin"),
    open("scalatest_test"),
    open("scalatest_tests"),
    open_with("scie_binary", Role::Binary),
    open("semgrep_rule_source"),
    open("semgrep_rule_sources"),
    open("shell_command"),
    kind(
        "shell_source",
        &["dependencies", "run_goal_use_sandbox", "source"],
        Role::File {
            field: "source",
            content: Content::Shell,
        },
    ),
    kind(
        "shell_sources",
        &[
            "dependencies",
            "overrides",
            "run_goal_use_sandbox",
            "sources",
        ],
        Role::Files {
            generates: "shell_source",
            default: &["*.sh", "!*_test.sh", "!test_*.sh", "!tests.sh"],
            content: Content::Shell,
        },
    ),
    open("shunit2_test"),
    open("shunit2_tests"),
    open("sql_source"),
    open("sql_sources"),
    open("swift_source"),
    open("swift_sources"),
    open("system_binary"),
    kind("target", &["dependencies"], Role::Plain),
    open("terraform_backend"),
    open("terraform_deployment"),
    open("terraform_module"),
    open("test_shell_command"),
    open("thrift_source"),
    open("thrift_sources"),
    open("tsx_source"),
    open("tsx_sources"),
    open("tsx_test"),
    open("tsx_tests"),
    open("typescript_source"),
    open("typescript_sources"),
    open("typescript_test"),
    open("typescript_tests"),
    open("uv_requirements"),
    open("vcs_version"),
    open("workspace_environment"),
    open("wsdl_source"),
    open("wsdl_sources"),
    open("yaml_source"),
    open("yaml_sources"),
];

const fn kind(name: &'static str, fields: &'static [&'static str], role: Role) -> TargetType {
    TargetType { name, fields, role }
}

const fn open(name: &'static str) -> TargetType {
    open_with(name, Role::Opaque)
}

const fn open_with(name: &'static str, role: Role) -> TargetType {
    TargetType {
        name,
        fields: &[],
        role,
    }
}

impl TargetType {
    /// The type of that name, if it is known.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let at = TYPES.binary_search_by(|known| known.name.cmp(name)).ok()?;
        Some(&TYPES[at])
    }

    /// Whether the type can have the field.
    #[must_use]
    pub fn accepts(&self, field: &str) -> bool {
        self.fields.is_empty()
            || self.fields.contains(&field)
            || COMMON.contains(&field)
            || SKIPS.contains(&field)
            || field.starts_with("parametrize_")
    }

    /// The fields that it can have; only those of every type where any are accepted.
    pub(crate) fn field_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let names = [COMMON, self.fields, SKIPS].into_iter();
        names.flatten().copied()
    }

    /// Whether its targets belong to a resolve.
    #[must_use]
    pub fn has_resolve(&self) -> bool {
        match self.role {
            Role::Binary | Role::Binaries => true,
            Role::Opaque | Role::PlatformResources | Role::RequirementsFile | Role::Lockfile => {
                false
            }
            _ => self.accepts("resolve"),
        }
    }

    /// Whether it generates targets.
    #[must_use]
    pub fn is_generator(&self) -> bool {
        matches!(
            self.role,
            Role::Files { .. }
                | Role::Requirements { .. }
                | Role::PantsRequirements
                | Role::Binaries
        )
    }

    /// Whether the field goes from the generator to what it generates, rather than being
    /// copied or staying.
    #[must_use]
    pub fn moves(&self, field: &str) -> bool {
        match self.role {
            Role::Files { .. } => {
                !COMMON.contains(&field) && !matches!(field, "sources" | "overrides")
            }
            Role::Requirements { .. } | Role::PantsRequirements => {
                matches!(field, "resolve" | "dependencies")
            }
            Role::Binaries => {
                !COMMON.contains(&field) && !matches!(field, "entry_points" | "overrides")
            }
            _ => false,
        }
    }
}

/// Fields that every type has that owns sources, where the tool is set up; sorted.
pub(crate) const SKIPS: &[&str] = &[
    "skip_add_trailing_comma",
    "skip_autoflake",
    "skip_bandit",
    "skip_black",
    "skip_codespell",
    "skip_docformatter",
    "skip_flake8",
    "skip_isort",
    "skip_mypy",
    "skip_opengrep",
    "skip_pydocstyle",
    "skip_pylint",
    "skip_pyright",
    "skip_pytype",
    "skip_pyupgrade",
    "skip_ruff",
    "skip_ruff_check",
    "skip_ruff_format",
    "skip_semgrep",
    "skip_shellcheck",
    "skip_shfmt",
    "skip_tests",
    "skip_trufflehog",
    "skip_twine",
    "skip_ty",
    "skip_yapf",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_sorted_and_found() {
        assert!(TYPES.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(TargetType::find("python_sources").unwrap().is_generator());
        assert!(TargetType::find("pyton_sources").is_none());
    }
}
