//! Why a wheel does not get into the store.

use std::io;

use wheel::{WheelProblem, ZipError};

/// A wheel that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {wheel}: {problem}")]
pub struct WheelError {
    /// The wheel's file name.
    pub wheel: String,
    /// What is wrong with it.
    pub problem: UnpackProblem,
}

/// Why a wheel cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackProblem {
    /// The file is not the one that is wanted.
    #[error("its sha256 is {found}, not {expected}")]
    Hash {
        /// What the lock or the index says.
        expected: model::Sha256,
        /// What the file has.
        found: model::Sha256,
    },
    /// It does not agree with itself.
    #[error(transparent)]
    Wheel(#[from] WheelProblem),
    /// A member would replace what makes the environment.
    #[error("its member `{0}` would replace a file of the environment itself")]
    Environment(String),
    /// The file or the cache cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<ZipError> for UnpackProblem {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) => Self::Io(error),
            error => Self::Wheel(WheelProblem::Zip(error)),
        }
    }
}
