//! Why a source cannot be built.

use std::error::Error;
use std::fmt;
use std::io;

use camino::Utf8PathBuf;
use model::{FilenameError, MetadataError, RequirementError};

use super::unpack_sdist::UnpackError;
use crate::environment::EnvironmentError;
use crate::store::WheelError;

/// A source that cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot build {source_name}: {problem}")]
pub struct BuildError {
    /// The file or folder.
    pub source_name: String,
    /// Why not.
    pub problem: Box<BuildProblem>,
}

/// Why a source cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildProblem {
    /// The file is not the one that is wanted.
    #[error("its sha256 is {found}, not {expected}")]
    Hash {
        /// What the lock or the index says.
        expected: model::Sha256,
        /// What the file has.
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
    /// The requirements of the build cannot be had.
    #[error("what its build requires ({requirements}) cannot be had: {reason}")]
    Provide {
        /// The requirements.
        requirements: String,
        /// Why not.
        reason: Box<dyn Error + Send + Sync>,
    },
    /// A wheel of the build's requirements is refused.
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
    /// The backend lacks a hook that it must have for this.
    #[error("its backend `{backend}` has no hook `{hook}`")]
    NoHook {
        /// The hook (PEP 517).
        hook: &'static str,
        /// The backend.
        backend: String,
    },
    /// A hook returned something that it must not.
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
    /// The metadata that were built cannot be read.
    #[error("the metadata that were built cannot be read: {0}")]
    Metadata(#[from] MetadataError),
    /// The wheel that was built has no wheel's name.
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
