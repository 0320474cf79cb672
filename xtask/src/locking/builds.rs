//! Packages whose metadata has to be fetched or built: direct references, and source
//! distributions that do not tell it.

use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use index::Index;
use model::{DistFile, Metadata, PackageName, PackageSource, RequirementSource, Sha256, Version};
use resolve::Direct;
use rustc_hash::FxHashMap;

use crate::error::CommandError;
use crate::session::Session;

/// Fetches and builds, each thing once.
pub(crate) struct Builds<'a> {
    session: &'a Session,
    index: &'a Index,
    kept: Vec<PackageSource>,
    fetched: Mutex<FxHashMap<RequirementSource, Fetched>>,
}

/// What a direct reference gives.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    /// The version with its metadata.
    pub(crate) direct: Arc<Direct>,
    /// The archive; a repository or a folder has none.
    pub(crate) file: Option<DistFile>,
}

/// A source distribution in the cache.
pub(crate) struct Sdist<'a> {
    pub(crate) name: &'a PackageName,
    pub(crate) version: &'a Version,
    pub(crate) file: &'a DistFile,
    pub(crate) path: &'a Utf8Path,
    pub(crate) sha256: Sha256,
}

impl<'a> Builds<'a> {
    /// Builds with packages of `index`; `kept` are the direct references of the lock before,
    /// whose commits are kept.
    pub(crate) fn new(session: &'a Session, index: &'a Index, kept: Vec<PackageSource>) -> Self {
        Self {
            session,
            index,
            kept,
            fetched: Mutex::default(),
        }
    }

    /// The metadata of a source distribution, built.
    pub(crate) fn metadata(&self, sdist: &Sdist<'_>) -> Result<Arc<Metadata>, CommandError> {
        let _ = (sdist.name, sdist.version, sdist.path, sdist.sha256);
        Err(CommandError::failure(format!(
            "cannot build {}",
            sdist.file.filename
        )))
    }

    /// What a direct reference gives.
    pub(crate) fn direct(&self, source: &RequirementSource) -> Result<Arc<Direct>, CommandError> {
        if let Some(known) = self.known().get(source) {
            return Ok(Arc::clone(&known.direct));
        }
        let fetched = self.fetch(source)?;
        let direct = Arc::clone(&fetched.direct);
        self.known().insert(source.clone(), fetched);
        Ok(direct)
    }

    /// What was fetched for a package of a resolution.
    pub(crate) fn fetched(&self, source: &PackageSource) -> Option<Fetched> {
        let known = self.known();
        known
            .values()
            .find(|fetched| fetched.direct.source == *source)
            .cloned()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, FxHashMap<RequirementSource, Fetched>> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetch(&self, source: &RequirementSource) -> Result<Fetched, CommandError> {
        match source {
            RequirementSource::Index(_) => {
                Err(CommandError::failure("a direct reference was expected"))
            }
            RequirementSource::Url { url, subdirectory } => {
                let archive = self.index.direct_archive(url, None)?;
                let file = DistFile {
                    filename: archive.filename.clone(),
                    sha256: Some(archive.sha256),
                    size: Some(archive.size),
                    upload_time: None,
                    requires_python: None,
                    yanked: None,
                };
                let place = PackageSource::Url {
                    url: url.clone(),
                    subdirectory: subdirectory.clone(),
                };
                let metadata =
                    self.of_archive(&archive.path, Some(archive.sha256), subdirectory.as_deref())?;
                Ok(fetched(metadata, place, Some(file)))
            }
            RequirementSource::Git {
                url,
                revision,
                subdirectory,
            } => {
                let commit = self.kept_commit(source).or(revision.as_deref());
                let checkout = self.index.git(url, commit)?;
                let place = PackageSource::Git {
                    url: url.clone(),
                    commit: checkout.commit.clone(),
                    revision: revision.clone(),
                    subdirectory: subdirectory.clone(),
                };
                let metadata = self.of_folder(&within(&checkout.path, subdirectory.as_deref()))?;
                Ok(fetched(metadata, place, None))
            }
            RequirementSource::Path { path } => {
                let place = PackageSource::Path { path: path.clone() };
                let absolute = self.session.root().join(path);
                let metadata = if absolute.is_dir() {
                    self.of_folder(&absolute)?
                } else {
                    self.of_archive(&absolute, None, None)?
                };
                Ok(fetched(metadata, place, None))
            }
        }
    }

    /// The commit that the lock before holds for the same repository and revision.
    fn kept_commit(&self, source: &RequirementSource) -> Option<&str> {
        let RequirementSource::Git { url, revision, .. } = source else {
            return None;
        };
        self.kept.iter().find_map(|kept| match kept {
            PackageSource::Git {
                url: kept_url,
                commit,
                revision: kept_revision,
                ..
            } if kept_url == url && kept_revision == revision => Some(commit.as_str()),
            _ => None,
        })
    }

    fn of_archive(
        &self,
        path: &Utf8Path,
        sha256: Option<Sha256>,
        subdirectory: Option<&str>,
    ) -> Result<Metadata, CommandError> {
        let _ = (sha256, subdirectory);
        match self.index.archive_metadata(path)? {
            Some(metadata) => Ok(metadata),
            None => Err(CommandError::failure(format!("cannot build {path}"))),
        }
    }

    fn of_folder(&self, folder: &Utf8Path) -> Result<Metadata, CommandError> {
        match self.index.folder_metadata(folder) {
            Some(metadata) => Ok(metadata),
            None => Err(CommandError::failure(format!("cannot build {folder}"))),
        }
    }
}

fn within(folder: &Utf8Path, subdirectory: Option<&str>) -> Utf8PathBuf {
    match subdirectory {
        Some(subdirectory) => folder.join(subdirectory),
        None => folder.to_owned(),
    }
}

fn fetched(metadata: Metadata, source: PackageSource, file: Option<DistFile>) -> Fetched {
    Fetched {
        direct: Arc::new(Direct {
            version: metadata.version.clone(),
            source,
            metadata: Arc::new(metadata),
        }),
        file,
    }
}
