//! Gets the metadata of a release: from the cache, from the metadata file beside a wheel, from the
//! necessary bytes of the wheel, or from a source distribution without building it.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use model::{FileKind, Metadata, PackageName, Sha256, Version};
use transport::{HttpRequest, RequestKind, RequestPurpose, StatusCode, TransportError, redacted};
use url::Url;

use crate::archive::{self, ArchiveMetadata, parse_wheel_metadata};
use crate::cache;
use crate::choose::{FilePolicy, choose};
use crate::core::Core;
use crate::error::IndexError;
use crate::listing::{ListedRelease, ReleaseFile};
use crate::page::MetadataFile;
use crate::remote_zip::{self, Refusal, RemoteArchive};
use crate::stored;

impl ReleaseFile {
    /// The key of the file in the cache.
    pub(crate) fn key(&self) -> String {
        match &self.file.sha256 {
            Some(sha256) => sha256.to_string(),
            None => {
                let place = format!("{}{}", self.base, self.url);
                format!("url-{}", cache::sha256(place.as_bytes()))
            }
        }
    }

    /// The present URL of the file, without a login.
    #[must_use]
    pub fn absolute_url(&self) -> Option<Url> {
        match Url::parse(&self.url) {
            Ok(url) => Some(url),
            Err(_) => Url::parse(&self.base).ok()?.join(&self.url).ok(),
        }
    }
}

impl Core {
    /// The metadata in the cache, if it is there.
    pub(crate) fn cached_metadata(&self, file: &ReleaseFile) -> Option<Arc<Metadata>> {
        let path = self.cache.metadata(&file.key());
        let metadata = stored::read(&path, &self.interner)?;
        self.cached.fetch_add(1, Ordering::Relaxed);
        Some(Arc::new(metadata))
    }

    /// Gets the metadata, with requests if necessary.
    pub(crate) async fn fetch_metadata(
        &self,
        name: &PackageName,
        version: &Version,
        policy: FilePolicy,
    ) -> Result<Arc<Metadata>, IndexError> {
        let listing = self.listing(name).await?;
        let release = release(listing.release(version)?, name, version)?;
        let file = chosen(&release, name, policy)?;
        if let Some(metadata) = self.cached_metadata(file) {
            return Ok(metadata);
        }
        let what = RequestPurpose {
            kind: RequestKind::Metadata,
            subject: file.file.filename.clone(),
        };
        let metadata = match &file.kind {
            FileKind::Wheel(_) => self.wheel_metadata(name, file, &what).await?,
            FileKind::Sdist(_) => self.sdist_metadata(name, version, file).await?,
        };
        if &metadata.name != name {
            return Err(IndexError::Metadata {
                filename: file.file.filename.clone(),
                reason: format!("it is the metadata of `{}`", metadata.name),
            });
        }
        // A wheel of another version than its name says cannot be installed.
        let is_wheel = matches!(file.kind, FileKind::Wheel(_));
        let said = &metadata.version;
        if is_wheel && said != version && *said != version.clone().without_local() {
            return Err(IndexError::Metadata {
                filename: file.file.filename.clone(),
                reason: format!("it is the metadata of version {said}"),
            });
        }
        stored::write(&self.cache.metadata(&file.key()), &metadata)?;
        Ok(Arc::new(metadata))
    }

    async fn wheel_metadata(
        &self,
        name: &PackageName,
        file: &ReleaseFile,
        what: &RequestPurpose,
    ) -> Result<Metadata, IndexError> {
        let filename = &file.file.filename;
        let url = file
            .absolute_url()
            .ok_or_else(|| TransportError::BadAnswer {
                what: what.clone(),
                url: file.url.clone(),
                reason: "the index lists a file under something that is no URL".to_owned(),
            })?;
        if self.cached_file(&file.key(), filename).is_none() && url.scheme() != "file" {
            if self.is_offline() {
                return Err(TransportError::Offline { what: what.clone() }.into());
            }
            if let Some(bytes) = self.metadata_beside(file, &url, what).await? {
                return parse_wheel_metadata(&bytes, filename);
            }
            if let Some(bytes) = self.metadata_by_range(file, &url, what).await? {
                return parse_wheel_metadata(&bytes, filename);
            }
        }
        let path = self.file_of(name, file).await?;
        match archive::read(&path)? {
            ArchiveMetadata::Static(metadata) => Ok(*metadata),
            ArchiveMetadata::Dynamic => Err(IndexError::Metadata {
                filename: filename.clone(),
                reason: "it has no METADATA".to_owned(),
            }),
        }
    }

    /// Gets the metadata file (PEP 658): the URL of the wheel with `.metadata` appended.
    async fn metadata_beside(
        &self,
        file: &ReleaseFile,
        url: &Url,
        what: &RequestPurpose,
    ) -> Result<Option<Vec<u8>>, IndexError> {
        let expected = match file.core_metadata {
            MetadataFile::Absent => return Ok(None),
            MetadataFile::Unhashed => None,
            MetadataFile::Hashed(digest) => Some(Sha256(digest)),
        };
        let mut beside = url.clone();
        beside.set_path(&format!("{}.metadata", url.path()));
        let get = HttpRequest::new(what, &beside);
        let answer = self.http()?.fetch(&get).await?;
        if answer.status != StatusCode::OK {
            return Ok(None);
        }
        let actual = cache::sha256(&answer.body);
        match expected {
            Some(expected) if expected != actual => Err(IndexError::Hash {
                filename: format!("{}.metadata", file.file.filename),
                url: redacted(&beside),
                expected,
                actual,
            }),
            _ => Ok(Some(answer.body)),
        }
    }

    async fn metadata_by_range(
        &self,
        file: &ReleaseFile,
        url: &Url,
        what: &RequestPurpose,
    ) -> Result<Option<Vec<u8>>, IndexError> {
        let host = url.origin().ascii_serialization();
        let rangeless = || {
            self.rangeless
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if rangeless().contains(&host) {
            return Ok(None);
        }
        let remote = RemoteArchive {
            http: self.http()?,
            what,
            url,
            size: file.file.size,
        };
        match remote_zip::read_member(remote, archive::is_wheel_metadata).await? {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Refusal::Unreadable) => Ok(None),
            Err(Refusal::NoRanges) => {
                rangeless().insert(host);
                Ok(None)
            }
        }
    }

    async fn sdist_metadata(
        &self,
        name: &PackageName,
        version: &Version,
        file: &ReleaseFile,
    ) -> Result<Metadata, IndexError> {
        let path = self.file_of(name, file).await?;
        match archive::read(&path)? {
            ArchiveMetadata::Static(metadata) => Ok(*metadata),
            ArchiveMetadata::Dynamic => Err(IndexError::NeedsBuild {
                name: name.clone(),
                version: version.clone(),
                file: Box::new(file.file.clone()),
                sha256: match file.file.sha256 {
                    Some(sha256) => sha256,
                    None => cache::sha256_of_file(&path)?,
                },
                path,
            }),
        }
    }
}

/// The release, or the error that there is none.
pub(crate) fn release(
    found: Option<Arc<ListedRelease>>,
    name: &PackageName,
    version: &Version,
) -> Result<Arc<ListedRelease>, IndexError> {
    found.ok_or_else(|| IndexError::NoSuchVersion {
        name: name.clone(),
        version: version.clone(),
    })
}

/// The file to read the metadata from, or the error that there is none.
pub(crate) fn chosen<'r>(
    release: &'r ListedRelease,
    name: &PackageName,
    policy: FilePolicy,
) -> Result<&'r ReleaseFile, IndexError> {
    choose(release, policy).ok_or_else(|| IndexError::NoUsableFile {
        name: name.clone(),
        version: release.version.clone(),
        wanted: policy.wanted(),
    })
}
