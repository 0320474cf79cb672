//! Why a source cannot be built.

use std::error::Error;
use std::fmt;
use std::io;

use camino::Utf8PathBuf;
use model::{FilenameError, MetadataError, RequirementError};

use super::unpack_sdist::UnpackError;
use crate::environment::EnvironmentError;
use crate::store::WheelError;

/// A source cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot build {source_name}: {problem}")]
pub struct BuildError {
    /// The file or folder.
    pub source_name: String,
    /// Why it cannot be built.
    pub problem: Box<BuildProblem>,
}

impl BuildError {
    /// The module that the build lacks, where its output says so.
    #[must_use]
    pub fn missing_module(&self) -> Option<&str> {
        let BuildProblem::Hook { tail, .. } = &*self.problem else {
            return None;
        };
        tail.iter().rev().find_map(|line| {
            let (_, rest) = line.split_once("No module named ")?;
            let name = rest.trim_start_matches(['\'', '"']);
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = &name[..end.unwrap_or(name.len())];
            (!name.is_empty()).then_some(name)
        })
    }
}

/// Why a source cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildProblem {
    /// The file has another hash than expected.
    #[error("its sha256 is {found}, not {expected}")]
    Hash {
        /// The hash in the lock or on the index.
        expected: model::Sha256,
        /// The hash of the file.
        found: model::Sha256,
    },
    /// The archive cannot be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// There is neither `pyproject.toml` nor `setup.py`.
    #[error("it has neither `pyproject.toml` nor `setup.py`")]
    NoProject,
    /// `pyproject.toml` cannot be used.
    #[error("its `pyproject.toml` cannot be used: {0}")]
    Project(String),
    /// A requirement of the build cannot be read.
    #[error("a requirement of its build cannot be read: {0}")]
    Requirement(#[from] RequirementError),
    /// The requirements of the build are not available.
    #[error("what its build requires ({requirements}) cannot be had: {reason}")]
    Provide {
        /// The requirements.
        requirements: String,
        /// Why they are not available.
        reason: Box<dyn Error + Send + Sync>,
    },
    /// A wheel of the build's requirements was refused.
    #[error(transparent)]
    Wheel(#[from] WheelError),
    /// The environment of the build cannot be made.
    #[error("the environment of its build cannot be made: {0}")]
    Environment(#[from] EnvironmentError),
    /// A hook of the backend failed.
    #[error(
        "the hook `{hook}` of its backend `{backend}` failed; the whole output is in {log}\n{}",
        Tail(tail)
    )]
    Hook {
        /// The hook (PEP 517).
        hook: &'static str,
        /// The backend.
        backend: String,
        /// The last lines of the output.
        tail: Vec<String>,
        /// The file with the whole output.
        log: Utf8PathBuf,
    },
    /// The backend does not have a required hook.
    #[error("its backend `{backend}` has no hook `{hook}`")]
    NoHook {
        /// The hook (PEP 517).
        hook: &'static str,
        /// The backend.
        backend: String,
    },
    /// A hook returned something that is not valid.
    #[error(
        "the hook `{hook}` of its backend `{backend}` returned something else than it must: {found}"
    )]
    Answer {
        /// The hook (PEP 517).
        hook: &'static str,
        /// The backend.
        backend: String,
        /// What it returned, as JSON.
        found: String,
    },
    /// The built metadata cannot be read.
    #[error("the metadata that were built cannot be read: {0}")]
    Metadata(#[from] MetadataError),
    /// The name of the built file is not that of a wheel.
    #[error(transparent)]
    Filename(#[from] FilenameError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The last lines of an output, indented.
struct Tail<'a>(&'a [String]);

impl fmt::Display for Tail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "  {line}")?;
        }
        Ok(())
    }
}
