//! From a package to its source on this machine: fetched, its hash checked, and named by what it
//! is. The one way for locking, environments and vendoring.

use camino::{Utf8Path, Utf8PathBuf};
use index::{Index, IndexError};
use install::build::{ProjectSource, SourceIdentity};
use model::{DistFile, FileDigests, LockedPackage, PackageSource, RequirementSource, Sha256, Url};
use workspace::files::sha256_of;

use crate::error::GoalError;

/// The sources of packages.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    root: &'a Utf8Path,
    index: &'a Index,
}

/// What a direct reference leads to.
pub struct DirectSource {
    /// The source on this machine.
    pub source: ProjectSource,
    /// Where it comes from, with a commit that stays.
    pub origin: PackageSource,
    /// The archive of a URL or a path; a repository or a folder has none.
    pub file: Option<DistFile>,
}

impl<'a> Sources<'a> {
    /// Paths count from `root`; everything else comes by way of `index`.
    pub fn new(root: &'a Utf8Path, index: &'a Index) -> Self {
        Self { root, index }
    }

    /// A file of a locked package on this machine, its hash checked. That of a direct reference may
    /// be in a `find_links` folder that `vendor` filled, where its URL is out of reach.
    pub fn file(&self, package: &LockedPackage, file: &DistFile) -> Result<Utf8PathBuf, GoalError> {
        let download = || self.index.download(&package.name, &package.version, file);
        let found: Result<Utf8PathBuf, IndexError> = match &package.source {
            PackageSource::Url { url, .. } => match self.index.direct_archive(url, file.sha256) {
                Ok(archive) => Ok(archive.path.clone()),
                Err(error) if file.sha256.is_some() => download().map_err(|_| error),
                Err(error) => Err(error),
            },
            PackageSource::Index(_) => download(),
            PackageSource::Path { path } => return self.local_file(path, file),
            PackageSource::Git { .. } => {
                return Err(GoalError::failure(format!(
                    "the lock names a file of {}, which comes from a repository",
                    package.name
                )));
            }
        };
        Ok(found?)
    }

    /// The source that a locked package is built of: its source distribution, where it has one.
    pub fn locked(
        &self,
        package: &LockedPackage,
        sdist: Option<&DistFile>,
    ) -> Result<ProjectSource, GoalError> {
        match (&package.source, sdist) {
            (PackageSource::Path { path }, None) => self.path(path),
            (PackageSource::Git { url, commit, .. }, _) => {
                self.repository(url, Some(commit), subdirectory(package))
            }
            (_, Some(file)) => archive(
                self.file(package, file)?,
                file.sha256,
                subdirectory(package),
            ),
            (_, None) => Err(GoalError::failure(format!(
                "the lock names no file of {}",
                package.name
            ))),
        }
    }

    /// The source that a direct reference leads to; of a repository at `kept_commit`, where there is
    /// one.
    pub fn direct(
        &self,
        requirement: &RequirementSource,
        kept_commit: Option<&str>,
    ) -> Result<DirectSource, GoalError> {
        match requirement {
            RequirementSource::Index(_) => {
                Err(GoalError::failure("a direct reference was expected"))
            }
            RequirementSource::Url {
                url,
                subdirectory,
                digests,
            } => {
                let fetched = self.index.direct_archive(url, digests.one_sha256())?;
                check_digests(digests, &fetched.path, &transport::redacted(url))?;
                let file = DistFile {
                    filename: fetched.filename.clone(),
                    sha256: Some(fetched.sha256),
                    size: Some(fetched.size),
                    upload_time: None,
                    requires_python: None,
                    yanked: None,
                };
                Ok(DirectSource {
                    source: archive(
                        fetched.path.clone(),
                        Some(fetched.sha256),
                        subdirectory.clone(),
                    )?,
                    origin: PackageSource::Url {
                        url: url.clone(),
                        subdirectory: subdirectory.clone(),
                    },
                    file: Some(file),
                })
            }
            RequirementSource::Git {
                url,
                revision,
                subdirectory,
            } => {
                let revision_or_kept = kept_commit.or(revision.as_deref());
                let checkout = self.index.git(url, revision_or_kept)?;
                Ok(DirectSource {
                    source: at_commit(checkout.path, &checkout.commit, subdirectory.clone()),
                    origin: PackageSource::Git {
                        url: url.clone(),
                        commit: checkout.commit,
                        revision: revision.clone(),
                        subdirectory: subdirectory.clone(),
                    },
                    file: None,
                })
            }
            RequirementSource::Path { path, digests } => {
                check_digests(digests, &self.root.join(path), path.as_str())?;
                let source = self.path(path)?;
                Ok(DirectSource {
                    file: local_archive(&source)?,
                    source,
                    origin: PackageSource::Path { path: path.clone() },
                })
            }
        }
    }

    fn repository(
        &self,
        url: &Url,
        revision: Option<&str>,
        subdirectory: Option<String>,
    ) -> Result<ProjectSource, GoalError> {
        let checkout = self.index.git(url, revision)?;
        Ok(at_commit(checkout.path, &checkout.commit, subdirectory))
    }

    /// An archive of the repository, which must be the one that was locked.
    fn local_file(&self, path: &Utf8Path, file: &DistFile) -> Result<Utf8PathBuf, GoalError> {
        let absolute = self.root.join(path);
        let actual =
            sha256_of(&absolute).map_err(|error| GoalError::file("read", &absolute, &error))?;
        match file.sha256 {
            Some(expected) if expected != actual => Err(GoalError::failure(format!(
                "{path} is not the file that was locked: expected sha256 {expected}, got {actual}"
            ))
            .hint("lock it again: `cargo xtask generate-lockfiles`")),
            _ => Ok(absolute),
        }
    }

    /// A folder or an archive of the repository.
    fn path(&self, path: &Utf8Path) -> Result<ProjectSource, GoalError> {
        let path = self.root.join(path);
        match path.is_dir() {
            true => Ok(ProjectSource {
                path,
                identity: SourceIdentity::Folder,
            }),
            false => archive(path, None, None),
        }
    }
}

/// What a lock records of a source that is an archive on this machine.
fn local_archive(source: &ProjectSource) -> Result<Option<DistFile>, GoalError> {
    let SourceIdentity::Archive { sha256, .. } = &source.identity else {
        return Ok(None);
    };
    let size = fs_err::metadata(&source.path)
        .map_err(|error| GoalError::file("read", &source.path, &error))?
        .len();
    Ok(Some(DistFile {
        filename: source.path.file_name().unwrap_or_default().to_owned(),
        sha256: Some(*sha256),
        size: Some(size),
        upload_time: None,
        requires_python: None,
        yanked: None,
    }))
}

/// What the source of a locked package is, before anything is fetched; `None` where that may change
/// at any time, or the lock has no hash.
pub fn locked_identity(
    package: &LockedPackage,
    sdist: Option<&DistFile>,
) -> Option<SourceIdentity> {
    match (&package.source, sdist) {
        (PackageSource::Path { .. }, None) => None,
        (PackageSource::Git { commit, .. }, _) => Some(SourceIdentity::Commit {
            commit: commit.clone(),
            subdirectory: subdirectory(package),
        }),
        (_, file) => Some(SourceIdentity::Archive {
            sha256: file?.sha256?,
            subdirectory: subdirectory(package),
        }),
    }
}

/// The project's folder in the source of a package, where it is not the top.
pub fn subdirectory(package: &LockedPackage) -> Option<String> {
    match &package.source {
        PackageSource::Url { subdirectory, .. } | PackageSource::Git { subdirectory, .. } => {
            subdirectory.clone()
        }
        PackageSource::Index(_) | PackageSource::Path { .. } => None,
    }
}

fn at_commit(path: Utf8PathBuf, commit: &str, subdirectory: Option<String>) -> ProjectSource {
    ProjectSource {
        path,
        identity: SourceIdentity::Commit {
            commit: commit.to_owned(),
            subdirectory,
        },
    }
}

/// Whether the file at `path`, which came from `origin`, has the digests that are named for it.
fn check_digests(digests: &FileDigests, path: &Utf8Path, origin: &str) -> Result<(), GoalError> {
    if digests.is_empty() {
        return Ok(());
    }
    if path.is_dir() {
        return Err(GoalError::failure(format!(
            "cannot check the hash of {origin}: it is a folder"
        ))
        .hint("name a wheel or a source distribution, or leave the hash out"));
    }
    let file = fs_err::File::open(path);
    let mismatch = file.and_then(|file| digests.mismatch(file));
    let mismatch = mismatch.map_err(|error| GoalError::file("read", path, &error))?;
    let Some(actual) = mismatch else {
        return Ok(());
    };
    let same = digests
        .iter()
        .filter(|it| it.algorithm() == actual.algorithm());
    let named: Vec<String> = same.map(ToString::to_string).collect();
    Err(GoalError::failure(format!(
        "{origin} has the wrong hash: expected {}, got {actual}",
        named.join(" or ")
    ))
    .hint(index::REPLACED_FILE_HINT))
}

/// An archive; where its hash is not known, what is there is hashed.
fn archive(
    path: Utf8PathBuf,
    sha256: Option<Sha256>,
    subdirectory: Option<String>,
) -> Result<ProjectSource, GoalError> {
    let sha256 = match sha256 {
        Some(sha256) => sha256,
        None => sha256_of(&path).map_err(|error| GoalError::file("read", &path, &error))?,
    };
    Ok(ProjectSource {
        path,
        identity: SourceIdentity::Archive {
            sha256,
            subdirectory,
        },
    })
}
