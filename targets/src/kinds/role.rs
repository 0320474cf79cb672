//! What target types do in the graph.

use super::field::{FieldType, texts};
use super::values::Values;

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
    /// Owns the files that `sources` matches.
    Sources {
        /// Sources where the field is not set.
        default: &'static [&'static str],
    },
    /// Declares third-party requirements.
    Requirement,
    /// Generates a `python_requirement` for each entry of a file.
    Requirements {
        /// The file where the field `source` is not set.
        file: &'static str,
        /// Its format.
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
    /// A function for a cloud, with a handler.
    Function,
    /// Generates binaries.
    Binaries,
    /// Picks dependencies by platform.
    PlatformResources,
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
    /// Definitions of messages, of which Python modules are generated.
    Protobuf,
    /// Definitions of Thrift, of which Python modules are generated.
    Thrift,
    /// What a container image is made of.
    Dockerfile,
    /// Anything else.
    Other,
}

/// The format of a file that requirements are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequirementsFormat {
    /// That of pip, or a `pyproject.toml` by PEP 621 and PEP 735.
    Standard,
    /// A `Pipfile.lock`.
    Pipenv,
    /// A `pyproject.toml` with `[tool.poetry]`.
    Poetry,
    /// A `pyproject.toml` with `[tool.uv]`.
    Uv,
}

/// Types that other versions of Pants have or plug-ins that we know define, by name only.
pub(super) const OPEN: &[&str] = &[
    "clojure_source",
    "clojure_sources",
    "experimental_run_shell_command",
    "experimental_shell_command",
    "platform_resources",
    "scie_binary",
    "semgrep_rule_source",
    "semgrep_rule_sources",
    "workspace_environment",
    "wsdl_source",
    "wsdl_sources",
    "yaml_source",
    "yaml_sources",
];

/// Types that mean more than files and dependencies.
const SPECIAL: &[(&str, Role)] = &[
    ("_generator_sources_helper", Role::RequirementsFile),
    ("_lockfile", Role::Lockfile),
    ("_lockfiles", Role::Lockfile),
    ("pants_requirements", Role::PantsRequirements),
    ("pex_binaries", Role::Binaries),
    ("pex_binary", Role::Binary),
    (
        "pipenv_requirements",
        Role::Requirements {
            file: "Pipfile.lock",
            format: RequirementsFormat::Pipenv,
        },
    ),
    ("platform_resources", Role::PlatformResources),
    (
        "poetry_requirements",
        Role::Requirements {
            file: "pyproject.toml",
            format: RequirementsFormat::Poetry,
        },
    ),
    ("python_aws_lambda_function", Role::Function),
    ("python_aws_lambda_layer", Role::Function),
    ("python_awslambda", Role::Function),
    ("python_distribution", Role::Distribution),
    ("python_google_cloud_function", Role::Function),
    ("python_requirement", Role::Requirement),
    (
        "python_requirements",
        Role::Requirements {
            file: "requirements.txt",
            format: RequirementsFormat::Standard,
        },
    ),
    ("scie_binary", Role::Binary),
    (
        "uv_requirements",
        Role::Requirements {
            file: "pyproject.toml",
            format: RequirementsFormat::Uv,
        },
    ),
];

/// What the files of a type are.
const CONTENTS: &[(&str, Content)] = &[
    ("docker_image", Content::Dockerfile),
    ("file", Content::File),
    ("files", Content::File),
    ("protobuf_source", Content::Protobuf),
    ("protobuf_sources", Content::Protobuf),
    ("python_source", Content::Python),
    ("python_sources", Content::Python),
    ("python_test", Content::Test),
    ("python_test_utils", Content::TestUtil),
    ("python_tests", Content::Test),
    ("resource", Content::Resource),
    ("resources", Content::Resource),
    ("thrift_source", Content::Thrift),
    ("thrift_sources", Content::Thrift),
];

/// What the names of files must end in, by the type that owns them, as in Pants; any for others.
const EXTENSIONS: &[(&str, &[&str])] = &[
    ("avro_source", &["avdl", "avpr", "avsc"]),
    ("avro_sources", &["avdl", "avpr", "avsc"]),
    ("java_source", &["java"]),
    ("java_sources", &["java"]),
    ("junit_test", &["java"]),
    ("junit_tests", &["java"]),
    ("kotlin_source", &["kt"]),
    ("kotlin_sources", &["kt"]),
    ("protobuf_source", &["proto"]),
    ("protobuf_sources", &["proto"]),
    ("scala_source", &["scala"]),
    ("scala_sources", &["scala"]),
    ("thrift_source", &["thrift"]),
    ("thrift_sources", &["thrift"]),
    ("wsdl_source", &["wsdl"]),
    ("wsdl_sources", &["wsdl"]),
];

/// What the names of the files of a target type must end in; `None` if anything will do.
pub(crate) fn extensions_of(kind: &str) -> Option<&'static [&'static str]> {
    let mut all = EXTENSIONS.iter();
    all.find(|(name, _)| *name == kind)
        .map(|(_, extensions)| *extensions)
}

impl Role {
    /// The role of a type that generates and has these.
    pub(super) fn of(name: &str, generates: Option<&'static str>, fields: &[FieldType]) -> Self {
        if let Some((_, role)) = SPECIAL.iter().find(|(special, _)| *special == name) {
            return *role;
        }
        let content = CONTENTS.iter().find(|(have, _)| *have == name);
        let content = content.map_or(Content::Other, |(_, content)| *content);
        let of_values = |values| fields.iter().rev().find(|field| field.values == values);
        match (
            of_values(Values::Patterns),
            of_values(Values::File),
            generates,
        ) {
            (Some(sources), _, Some(generates)) => Self::Files {
                generates,
                default: patterns(sources),
                content,
            },
            (Some(sources), _, None) => Self::Sources {
                default: patterns(sources),
            },
            (None, Some(file), _) => Self::File {
                field: file.name,
                content,
            },
            (None, None, _) => Self::Plain,
        }
    }
}

fn patterns(sources: &FieldType) -> &'static [&'static str] {
    Vec::leak(sources.default.map(texts).unwrap_or_default())
}
