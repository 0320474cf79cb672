//! Downloads files. They are received in pieces, so that a broken connection or a killed run can be
//! resumed, and checked before they get their name.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use model::{DistFile, PackageName, Sha256, Version};
use sha2::{Digest as _, Sha256 as Sha256Hasher};
use transport::header::{ACCEPT_ENCODING, CONTENT_RANGE, HeaderMap, HeaderName, HeaderValue};
use transport::{
    Flight, HttpRequest, RequestFailure, RequestKind, RequestPurpose, TransportError, redacted,
};
use transport::{Response, StatusCode};
use url::Url;

use crate::cache;
use crate::core::Core;
use crate::encode::is_plain;
use crate::error::IndexError;
use crate::fetch::RequestPolicy;
use crate::listing::ReleaseFile;

impl Core {
    /// The file in the cache, if it is there.
    pub(crate) fn cached_file(&self, key: &str, filename: &str) -> Option<Utf8PathBuf> {
        let path = self.cache.files(key).join(filename);
        (is_plain(filename) && path.exists()).then_some(path)
    }

    /// Gets a file of a lock. The lock has no URL, so the index is asked for it.
    pub(crate) async fn fetch_locked(
        &self,
        name: &PackageName,
        version: &Version,
        file: &DistFile,
    ) -> Result<Utf8PathBuf, IndexError> {
        let filename = &file.filename;
        let mut found = self.listing(name).await?.locate(version, filename)?;
        if found.is_none() && !self.is_offline() {
            // The lock may be newer than the cached listing.
            let listing = self.fetch_listing(name, RequestPolicy::Anew).await?;
            found = listing.locate(version, filename)?;
        }
        let mut found = found.ok_or_else(|| IndexError::NoSuchFile {
            name: name.clone(),
            version: version.clone(),
            filename: filename.clone(),
        })?;
        match (file.sha256, found.file.sha256) {
            (Some(expected), Some(actual)) if expected != actual => Err(IndexError::Hash {
                filename: filename.clone(),
                url: found
                    .absolute_url()
                    .as_ref()
                    .map_or_else(String::new, redacted),
                expected,
                actual,
            }),
            (expected, listed) => {
                found.file.sha256 = expected.or(listed);
                self.file_of(name, &found).await
            }
        }
    }

    /// Gets a listed file. The first caller downloads it.
    pub(crate) async fn file_of(
        &self,
        name: &PackageName,
        file: &ReleaseFile,
    ) -> Result<Utf8PathBuf, IndexError> {
        let key = file.key();
        let filename = &file.file.filename;
        if let Some(path) = self.cached_file(&key, filename) {
            return Ok(path);
        }
        match self.files.ask(format!("file {key}")) {
            Flight::Joined(answer) => answer.wait().await.clone(),
            Flight::Led(claim) => {
                let path = self.fetch_file(name, file).await;
                claim.settle(path.clone());
                path
            }
        }
    }

    async fn fetch_file(
        &self,
        name: &PackageName,
        file: &ReleaseFile,
    ) -> Result<Utf8PathBuf, IndexError> {
        let filename = &file.file.filename;
        let what = RequestPurpose {
            kind: RequestKind::Download,
            subject: filename.clone(),
        };
        let url = file
            .absolute_url()
            .ok_or_else(|| TransportError::BadAnswer {
                what: what.clone(),
                url: file.url.clone(),
                reason: format!(
                    "the index lists a file of `{name}` under something that is no URL"
                ),
            })?;
        if url.scheme() == "file" {
            return local_file(&url, file);
        }
        let Some(expected) = file.file.sha256 else {
            return Ok(self.fetch_archive(&url, None).await?.path.clone());
        };
        if self.is_offline() {
            return Err(TransportError::Offline { what }.into());
        }
        let transfer = Transfer {
            what: &what,
            url: &url,
            headers: Vec::new(),
            expected: Some(expected),
        };
        let key = expected.to_string();
        match self.transfer(transfer, &key, filename).await? {
            TransferResult::Done { path, .. } => Ok(path),
            TransferResult::Unchanged => Err(TransportError::Interrupted.into()),
        }
    }

    /// Downloads a file to the cache. It gets its name only after its hash was checked.
    pub(crate) async fn transfer(
        &self,
        transfer: Transfer<'_>,
        key: &str,
        filename: &str,
    ) -> Result<TransferResult, IndexError> {
        let mut partial = Partial::lock(self.cache.partial(key)).await?;
        if let Some(expected) = transfer.expected
            && let Some(path) = self.cached_file(key, filename)
        {
            // Another run downloaded it in the meantime.
            return Ok(TransferResult::of_file(path, expected));
        }
        let begun_by_another_run = match transfer.expected {
            Some(_) => partial.take_up()? > 0,
            None => {
                partial.restart()?;
                false
            }
        };
        let mut answer = self.receive(&transfer, &mut partial).await?;
        let mut actual = partial.digest();
        if begun_by_another_run && transfer.expected != Some(actual) {
            partial.restart()?;
            answer = self.receive(&transfer, &mut partial).await?;
            actual = partial.digest();
        }
        let Some(headers) = answer else {
            return Ok(TransferResult::Unchanged);
        };
        if let Some(expected) = transfer.expected.filter(|expected| *expected != actual) {
            partial.restart()?;
            return Err(IndexError::Hash {
                filename: filename.to_owned(),
                url: redacted(transfer.url),
                expected,
                actual,
            });
        }
        let path = self.cache.files(&actual.to_string()).join(filename);
        let size = partial.received.load(Ordering::Relaxed);
        partial.persist(&path)?;
        Ok(TransferResult::Done {
            path,
            sha256: actual,
            size,
            headers,
        })
    }

    /// Receives the body into `partial`; `None` if the server says that the file did not change.
    async fn receive(
        &self,
        transfer: &Transfer<'_>,
        partial: &mut Partial,
    ) -> Result<Option<HeaderMap>, IndexError> {
        let received = partial.received.clone();
        let mut headers = transfer.headers.clone();
        // A compressed body would not have the listed length and hash.
        headers.push((ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        let get = HttpRequest {
            headers,
            resume: Some(&received),
            ..HttpRequest::new(transfer.what, transfer.url)
        };
        let mut tries = self.http()?.tries(&get);
        loop {
            match self.receive_once(&get, partial).await {
                Ok(headers) => return Ok(headers),
                Err(failure) => tries.after(failure).await?,
            }
        }
    }

    async fn receive_once(
        &self,
        get: &HttpRequest<'_>,
        partial: &mut Partial,
    ) -> Result<Option<HeaderMap>, RequestFailure<IndexError>> {
        let http = self.http()?;
        let mut sent = http.send(get).await.map_err(RequestFailure::widen)?;
        match sent.response.status() {
            StatusCode::NOT_MODIFIED => {
                http.done(get.what);
                return Ok(None);
            }
            StatusCode::PARTIAL_CONTENT if continues(&sent.response, partial) => {}
            StatusCode::OK => partial.restart()?,
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                partial.restart()?;
                return Err(RequestFailure::Broken(
                    "the server mistook the range".to_owned(),
                ));
            }
            status => {
                return Err(RequestFailure::from(IndexError::from(
                    TransportError::Status {
                        what: get.what.clone(),
                        url: redacted(get.url),
                        status: status.as_u16(),
                        attempts: 1,
                    },
                )));
            }
        }
        let headers = sent.response.headers().clone();
        while let Some(chunk) = http
            .chunk(get.what, &mut sent.response)
            .await
            .map_err(RequestFailure::widen)?
        {
            partial.write(&chunk)?;
        }
        http.done(get.what);
        Ok(Some(headers))
    }
}

fn continues(response: &Response, partial: &Partial) -> bool {
    let expected = format!("bytes {}-", partial.received.load(Ordering::Relaxed));
    let range = response.headers().get(CONTENT_RANGE);
    range.is_some_and(|range| range.as_bytes().starts_with(expected.as_bytes()))
}

fn local_file(url: &Url, file: &ReleaseFile) -> Result<Utf8PathBuf, IndexError> {
    let path = url
        .to_file_path()
        .ok()
        .and_then(|path| Utf8PathBuf::from_path_buf(path).ok())
        .ok_or(TransportError::Interrupted)?;
    let actual = cache::sha256_of_file(&path)?;
    match file.file.sha256 {
        Some(expected) if expected != actual => Err(IndexError::Hash {
            filename: file.file.filename.clone(),
            url: url.to_string(),
            expected,
            actual,
        }),
        _ => Ok(path),
    }
}

/// A file to download.
pub(crate) struct Transfer<'a> {
    pub(crate) what: &'a RequestPurpose,
    pub(crate) url: &'a Url,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) expected: Option<Sha256>,
}

/// The result of a download.
pub(crate) enum TransferResult {
    /// The server says that the file did not change.
    Unchanged,
    /// The file is in the cache, and its hash is right.
    Done {
        path: Utf8PathBuf,
        sha256: Sha256,
        size: u64,
        headers: HeaderMap,
    },
}

impl TransferResult {
    fn of_file(path: Utf8PathBuf, sha256: Sha256) -> Self {
        Self::Done {
            size: fs_err::metadata(&path).map_or(0, |meta| meta.len()),
            sha256,
            path,
            headers: HeaderMap::new(),
        }
    }
}

/// An unfinished download. Its file is locked, so that two processes do not write to it.
struct Partial {
    file: fs_err::File,
    path: Utf8PathBuf,
    hasher: Sha256Hasher,
    received: std::sync::Arc<AtomicU64>,
}

impl Partial {
    async fn lock(path: Utf8PathBuf) -> Result<Self, IndexError> {
        let error = |source| IndexError::file("write the cache file", &path)(source);
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder).map_err(error)?;
        }
        let file = fs_err::OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(error)?;
        // Another process may hold the lock for long, so a worker of the runtime must not wait for
        // it.
        let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
        let file = locked
            .map_err(|_| TransportError::Interrupted)?
            .map_err(error)?;
        Ok(Self {
            file,
            path,
            hasher: Sha256Hasher::new(),
            received: std::sync::Arc::default(),
        })
    }

    /// Continues the download of an earlier run. Gives the number of bytes that it received.
    fn take_up(&mut self) -> Result<u64, IndexError> {
        let error = IndexError::file("read the cache file", &self.path);
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes).map_err(error)?;
        self.hasher.update(&bytes);
        let length = bytes.len() as u64;
        self.received.store(length, Ordering::Relaxed);
        Ok(length)
    }

    fn restart(&mut self) -> Result<(), IndexError> {
        self.hasher = Sha256Hasher::new();
        self.received.store(0, Ordering::Relaxed);
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .map_err(IndexError::file("write the cache file", &self.path))?;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), IndexError> {
        self.file
            .write_all(bytes)
            .map_err(IndexError::file("write the cache file", &self.path))?;
        self.hasher.update(bytes);
        self.received
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn digest(&self) -> Sha256 {
        Sha256(self.hasher.clone().finalize().into())
    }

    fn persist(self, path: &Utf8Path) -> Result<(), IndexError> {
        let error = |source| IndexError::file("write the cache file", path)(source);
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder).map_err(error)?;
        }
        fs_err::rename(&self.path, path).map_err(error)
    }
}
