//! What can be built: an archive, a repository at a commit, or a folder.

use std::io::BufReader;

use camino::{Utf8Path, Utf8PathBuf};
use model::Sha256;

use super::error::{BuildError, BuildProblem};
use super::unpack_sdist::unpack_sdist;
use crate::files;

/// Something that can be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSource {
    /// The archive, the repository's folder, or the project's.
    pub path: Utf8PathBuf,
    /// What it is, wherever it lies.
    pub identity: SourceIdentity,
}

/// What a source is: what is built of two sources with one identity is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceIdentity {
    /// A source distribution or another archive of a project.
    Archive {
        /// Its hash.
        sha256: Sha256,
        /// The project's folder in it, where it is not the top.
        subdirectory: Option<String>,
    },
    /// A repository at a commit, built in place.
    Commit {
        /// The commit.
        commit: String,
        /// The project's folder in it, where it is not the top.
        subdirectory: Option<String>,
    },
    /// A folder that may change at any time, built in place: nothing of it is kept.
    Folder,
}

impl ProjectSource {
    pub(crate) fn error(&self, problem: BuildProblem) -> BuildError {
        BuildError {
            source_name: self.name(),
            problem: Box::new(problem),
        }
    }

    /// What its file or folder is called.
    #[must_use]
    pub fn name(&self) -> String {
        let folder = match &self.identity {
            SourceIdentity::Commit { subdirectory, .. } => subdirectory.as_deref(),
            SourceIdentity::Archive { .. } | SourceIdentity::Folder => None,
        };
        let last = folder.and_then(|folder| Utf8Path::new(folder).file_name());
        let last = last.or(self.path.file_name());
        last.unwrap_or("the project").to_owned()
    }

    /// The project's folder, where it needs no unpacking and does not lie outside of its source.
    #[must_use]
    pub fn folder(&self) -> Option<Utf8PathBuf> {
        match &self.identity {
            SourceIdentity::Archive { .. } => None,
            SourceIdentity::Folder => Some(self.path.clone()),
            SourceIdentity::Commit { subdirectory, .. } => {
                within(&self.path, subdirectory.as_deref()).ok()
            }
        }
    }

    /// The project's folder; an archive is checked and unpacked below `place`.
    pub(crate) fn project(&self, place: &Utf8Path) -> Result<Utf8PathBuf, BuildProblem> {
        let (sha256, subdirectory) = match &self.identity {
            SourceIdentity::Folder => return Ok(self.path.clone()),
            SourceIdentity::Commit { subdirectory, .. } => {
                return within(&self.path, subdirectory.as_deref());
            }
            SourceIdentity::Archive {
                sha256,
                subdirectory,
            } => (sha256, subdirectory),
        };
        let found = files::sha256(&self.path)?;
        if found != *sha256 {
            return Err(BuildProblem::Hash {
                expected: *sha256,
                found,
            });
        }
        let top = unpack_sdist(open(&self.path)?, &self.name(), place)?;
        within(&top, subdirectory.as_deref())
    }
}

/// A folder below `top`.
fn within(top: &Utf8Path, subdirectory: Option<&str>) -> Result<Utf8PathBuf, BuildProblem> {
    let Some(folder) = subdirectory else {
        return Ok(top.to_owned());
    };
    wheel::check_contained(folder)
        .map(|()| top.join(folder))
        .map_err(|problem| {
            BuildProblem::Project(format!("its folder `{folder}` cannot be used: {problem}"))
        })
}

impl SourceIdentity {
    /// A file name for what is built of this; `None` where it may change at any time.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        let (state, subdirectory) = match self {
            Self::Folder => return None,
            Self::Archive {
                sha256,
                subdirectory,
            } => (sha256.to_string(), subdirectory),
            Self::Commit {
                commit,
                subdirectory,
            } => (format!("commit-{commit}"), subdirectory),
        };
        Some(match subdirectory {
            None => state,
            // A folder's name may hold anything; `a/b` and `a_b` are two folders.
            Some(folder) => format!(
                "{state}-{}",
                &Sha256::of(folder.as_bytes()).to_string()[..16]
            ),
        })
    }
}

pub(crate) fn open(path: &Utf8Path) -> std::io::Result<BufReader<fs_err::File>> {
    fs_err::File::open(path).map(BufReader::new)
}
