//! Gets the RECORD of wheels: from the necessary bytes of a wheel if the server supports ranges,
//! and once for each wheel.
//!
//! Source: <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>.

use std::sync::mpsc;

use model::{DistFile, PackageName, Version};
use transport::{RequestKind, RequestPurpose};

use crate::archive;
use crate::cache;
use crate::core::Core;
use crate::error::IndexError;
use crate::index::Index;
use crate::remote_zip::{self, RemoteArchive};

impl Index {
    /// The RECORD of each wheel, in the given order.
    #[must_use]
    pub fn records(
        &self,
        wheels: &[(PackageName, Version, DistFile)],
    ) -> Vec<Result<String, IndexError>> {
        let mut answers = Vec::with_capacity(wheels.len());
        for (name, version, file) in wheels {
            let (sender, receiver) = mpsc::sync_channel(1);
            let (core, name, version, file) = (
                self.core.clone(),
                name.clone(),
                version.clone(),
                file.clone(),
            );
            let started = self.spawn(async move {
                // If the receiver is gone, nobody waits.
                let _ = sender.send(core.record(&name, &version, &file).await);
            });
            answers.push(started.map(|()| receiver));
        }
        answers
            .into_iter()
            .zip(wheels)
            .map(|(answer, (name, version, file))| {
                answer?.recv().unwrap_or_else(|_| {
                    Err(IndexError::NoSuchFile {
                        name: name.clone(),
                        version: version.clone(),
                        filename: file.filename.clone(),
                    })
                })
            })
            .collect()
    }
}

impl Core {
    async fn record(
        &self,
        name: &PackageName,
        version: &Version,
        file: &DistFile,
    ) -> Result<String, IndexError> {
        let key = file.sha256.map(|sha256| sha256.to_string());
        let cached = key
            .as_ref()
            .map(|key| self.cache.root().join("records-1").join(key));
        if let Some(text) = cached
            .as_ref()
            .and_then(|path| fs_err::read_to_string(path).ok())
        {
            return Ok(text);
        }
        let bytes = match self.record_by_range(name, version, file).await? {
            Some(bytes) => bytes,
            None => archive::record(&self.fetch_locked(name, version, file).await?)?,
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(path) = cached {
            cache::write(&path, &[text.as_bytes()])?;
        }
        Ok(text)
    }

    async fn record_by_range(
        &self,
        name: &PackageName,
        version: &Version,
        file: &DistFile,
    ) -> Result<Option<Vec<u8>>, IndexError> {
        let key = file
            .sha256
            .map(|sha256| sha256.to_string())
            .unwrap_or_default();
        if self.is_offline() || self.cached_file(&key, &file.filename).is_some() {
            return Ok(None);
        }
        let found = self.listing(name).await?.locate(version, &file.filename)?;
        let Some(url) = found.as_ref().and_then(crate::ReleaseFile::absolute_url) else {
            return Ok(None);
        };
        if url.scheme() == "file" {
            return Ok(None);
        }
        let what = RequestPurpose {
            kind: RequestKind::Metadata,
            subject: file.filename.clone(),
        };
        let remote = RemoteArchive {
            http: self.http()?,
            what: &what,
            url: &url,
            size: file.size,
        };
        let answer = remote_zip::read_member(remote, archive::is_record);
        Ok(answer.await?.ok())
    }
}
