//! What runs builds in the place of this process alone: a cache, here or of a team.

use camino::{Utf8Path, Utf8PathBuf};

use super::error::BuildProblem;
use super::source::ProjectSource;

/// What runs builds of sources that stay as they are, and keeps what comes of them.
pub trait BuildExecutor: Sync {
    /// The file that a build makes, if it makes one: from a cache, or by its work.
    ///
    /// # Errors
    /// Those of the work, or where what comes of it cannot be kept.
    fn execute(&self, build: &BuildTask<'_>) -> Result<Option<MadeFile>, BuildProblem>;
}

/// A build of a source that stays as it is.
pub struct BuildTask<'a> {
    /// The source.
    pub source: &'a ProjectSource,
    /// What is made: `wheel` or `metadata`.
    pub product: &'static str,
    /// What it is made with: the interpreter, the machine's C library, and the hashes of what the build requires.
    pub made_with: Vec<String>,
    /// Writes the file into a folder, if the build makes one.
    pub work: &'a (dyn Fn(&Utf8Path) -> Result<BuildOrigin, BuildProblem> + Sync),
}

/// What something that was built follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildOrigin {
    /// From what the build says it is made with.
    Declared,
    /// From more than that: the backend required it when it was called.
    Further,
}

/// A file that a build made, wherever it is kept.
#[derive(Debug)]
pub struct MadeFile {
    /// The name that the backend gave it.
    pub name: String,
    /// Where it is.
    pub path: Utf8PathBuf,
}
