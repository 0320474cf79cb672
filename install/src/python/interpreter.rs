//! One interpreter, as it describes itself.

use camino::{Utf8Path, Utf8PathBuf};
use model::{MarkerEnvironment, MarkerEnvironmentBuilder, MarkerValueString, Version};
use serde::{Deserialize, Serialize};

/// A Python interpreter that was asked and has answered.
#[derive(Debug, Clone)]
pub struct Interpreter {
    // Invariant: `marker_environment` and `version` were read from `facts`.
    facts: InterpreterFacts,
    marker_environment: MarkerEnvironment,
    version: Version,
}

/// What an interpreter prints when it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InterpreterFacts {
    executable: Utf8PathBuf,
    base_executable: Utf8PathBuf,
    prefix: Utf8PathBuf,
    base_prefix: Utf8PathBuf,
    marker_environment: MarkerFacts,
    scheme: Scheme,
    pub(crate) build: BuildFacts,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct MarkerFacts {
    implementation_name: String,
    implementation_version: String,
    os_name: String,
    platform_machine: String,
    platform_python_implementation: String,
    platform_release: String,
    platform_system: String,
    platform_version: String,
    python_full_version: String,
    python_version: String,
    sys_platform: String,
}

/// How the interpreter was built and what it runs on, as far as wheel tags depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BuildFacts {
    pub(crate) pointer_bits: u8,
    pub(crate) platform: String,
    pub(crate) ext_suffix: Option<String>,
    pub(crate) gil_disabled: bool,
    pub(crate) debug: bool,
    pub(crate) pymalloc: bool,
    pub(crate) glibc: Option<String>,
    pub(crate) musl: Option<String>,
    pub(crate) macos: Option<String>,
}

/// Where an environment of this interpreter keeps its files, relative to its root.
///
/// Source: `sysconfig`'s scheme `venv`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheme {
    /// Pure Python modules, as in `lib/python3.12/site-packages`.
    pub purelib: Utf8PathBuf,
    /// Modules of one platform; mostly the same folder.
    pub platlib: Utf8PathBuf,
    /// Console scripts: `bin` or `Scripts`.
    pub scripts: Utf8PathBuf,
    /// The root itself, `.`.
    pub data: Utf8PathBuf,
}

/// Facts that make no interpreter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterpreterFactsError {
    /// The answer is not the JSON that was asked for.
    #[error("its answer cannot be read: {0}")]
    Unreadable(String),
    /// The version is none of PEP 440.
    #[error("its version `{0}` is not valid (PEP 440)")]
    Version(String),
}

impl Interpreter {
    /// The interpreter with these facts, JSON as `facts.py` prints it.
    ///
    /// # Errors
    /// Where the JSON or a version in it cannot be read.
    pub fn from_facts(json: &str) -> Result<Self, InterpreterFactsError> {
        let facts: InterpreterFacts = serde_json::from_str(json)
            .map_err(|e| InterpreterFactsError::Unreadable(e.to_string()))?;
        Self::new(facts)
    }

    pub(crate) fn new(facts: InterpreterFacts) -> Result<Self, InterpreterFactsError> {
        let m = &facts.marker_environment;
        let marker_environment = MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
            implementation_name: &m.implementation_name,
            implementation_version: &m.implementation_version,
            os_name: &m.os_name,
            platform_machine: &m.platform_machine,
            platform_python_implementation: &m.platform_python_implementation,
            platform_release: &m.platform_release,
            platform_system: &m.platform_system,
            platform_version: &m.platform_version,
            python_full_version: &m.python_full_version,
            python_version: &m.python_version,
            sys_platform: &m.sys_platform,
        })
        .map_err(|_| InterpreterFactsError::Version(m.python_full_version.clone()))?;
        let version = m
            .python_full_version
            .parse()
            .map_err(|_| InterpreterFactsError::Version(m.python_full_version.clone()))?;
        Ok(Self {
            marker_environment,
            version,
            facts,
        })
    }

    pub(crate) fn facts(&self) -> &InterpreterFacts {
        &self.facts
    }

    /// The full version, as in `3.12.1`.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The version as `major.minor`.
    #[must_use]
    pub fn major_minor(&self) -> (u64, u64) {
        let release = self.version.release();
        let part = |at: usize| release.get(at).copied().unwrap_or(0);
        (part(0), part(1))
    }

    /// `CPython` or `PyPy`, as `platform_python_implementation` spells it.
    #[must_use]
    pub fn implementation(&self) -> &str {
        &self.facts.marker_environment.platform_python_implementation
    }

    /// `linux`, `darwin`, `win32`.
    #[must_use]
    pub fn sys_platform(&self) -> &str {
        self.marker_environment
            .get_string(&MarkerValueString::SysPlatform)
    }

    /// The values of the environment markers (PEP 508).
    #[must_use]
    pub fn marker_environment(&self) -> &MarkerEnvironment {
        &self.marker_environment
    }

    /// The executable, as `sys.executable`.
    #[must_use]
    pub fn executable(&self) -> &Utf8Path {
        &self.facts.executable
    }

    /// The executable of the installation that this is, or is a virtual environment of.
    #[must_use]
    pub fn base_executable(&self) -> &Utf8Path {
        &self.facts.base_executable
    }

    /// The folder of the installation, `sys.base_prefix`.
    #[must_use]
    pub fn base_prefix(&self) -> &Utf8Path {
        &self.facts.base_prefix
    }

    /// Whether this is the interpreter of a virtual environment.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        self.facts.prefix != self.facts.base_prefix
    }

    /// Where its environments keep their files.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.facts.scheme
    }

    /// The C library that its extension modules are linked with, and its version: another machine has another one.
    #[must_use]
    pub fn c_library(&self) -> String {
        let build = &self.facts.build;
        let versions = [
            ("glibc", &build.glibc),
            ("musl", &build.musl),
            ("macOS", &build.macos),
        ];
        let mut known = versions.iter().filter_map(|(name, version)| {
            let version = version.as_deref()?;
            Some(format!("{name} {version}"))
        });
        known.next().unwrap_or_default()
    }

    /// A short text that differs between interpreters for which a build differs: the
    /// implementation, version, ABI and platform.
    #[must_use]
    pub fn build_key(&self) -> String {
        let marker = &self.facts.marker_environment;
        let threads = if self.facts.build.gil_disabled {
            "t"
        } else {
            ""
        };
        format!(
            "{}-{}{threads}-{}",
            marker.implementation_name,
            self.version,
            self.facts.build.platform.replace(['/', ' '], "_")
        )
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Facts of an invented interpreter on Linux; `edit` changes what a test is about.
    pub(crate) fn invented(edit: impl FnOnce(&mut serde_json::Value)) -> Interpreter {
        let mut facts = serde_json::json!({
            "executable": "/python/bin/python3.12",
            "base_executable": "/python/bin/python3.12",
            "prefix": "/python",
            "base_prefix": "/python",
            "marker_environment": {
                "implementation_name": "cpython",
                "implementation_version": "3.12.1",
                "os_name": "posix",
                "platform_machine": "x86_64",
                "platform_python_implementation": "CPython",
                "platform_release": "6.1",
                "platform_system": "Linux",
                "platform_version": "#1",
                "python_full_version": "3.12.1",
                "python_version": "3.12",
                "sys_platform": "linux",
            },
            "scheme": {
                "purelib": "lib/python3.12/site-packages",
                "platlib": "lib/python3.12/site-packages",
                "scripts": "bin",
                "data": ".",
            },
            "build": {
                "pointer_bits": 64,
                "platform": "linux-x86_64",
                "ext_suffix": ".cpython-312-x86_64-linux-gnu.so",
                "gil_disabled": false,
                "debug": false,
                "pymalloc": true,
                "glibc": "2.36",
                "musl": null,
                "macos": null,
            },
        });
        edit(&mut facts);
        Interpreter::from_facts(&facts.to_string()).unwrap()
    }

    #[test]
    fn facts_become_an_interpreter() {
        let python = invented(|_| ());
        assert_eq!(python.major_minor(), (3, 12));
        assert_eq!(python.build_key(), "cpython-3.12.1-linux-x86_64");
        assert!(!python.is_virtual());
    }

    #[test]
    fn an_answer_that_is_none() {
        let error = Interpreter::from_facts("hello").unwrap_err();
        insta::assert_snapshot!(error, @"its answer cannot be read: expected value at line 1 column 1");
    }
}
