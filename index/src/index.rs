//! The blocking interface. It asks the cache on the caller's thread, and starts the asynchronous
//! core only if a request is necessary.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use camino::{Utf8Path, Utf8PathBuf};
use model::{DistFile, Metadata, PackageName, Requirement, Sha256, Version};
use rustc_hash::FxHashSet;
use tokio::runtime::Runtime;
use transport::{Flight, FlightOutcome, TransportError};
use url::Url;

use crate::archive::{self, ArchiveMetadata};
use crate::choose::FilePolicy;
use crate::core::{Core, DirectArchive};
use crate::error::IndexError;
use crate::fetch::RequestPolicy;
use crate::foresee::{Forecast, Walk};
use crate::git::{self, GitCheckout};
use crate::listing::Listing;
use crate::metadata::{chosen, release};
use crate::options::{IndexOptions, Locations};
use crate::stored;

/// Package indexes with a cache. All methods may be called from several threads, but not from an
/// asynchronous task.
pub struct Index {
    pub(crate) core: Arc<Core>,
    runtime: OnceLock<Result<Runtime, String>>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// The number of requests sent, retries included.
    pub requests: u64,
    /// The number of bytes of answers received, after decompression.
    pub bytes: u64,
    /// The number of answers from the cache.
    pub cached: u64,
}

impl Index {
    /// Makes an index. Nothing is read or requested yet.
    #[must_use]
    pub fn new(options: IndexOptions) -> Self {
        Self {
            core: Arc::new(Core::new(options)),
            runtime: OnceLock::new(),
        }
    }

    /// The indexes and `find_links` in use: those of the options, or else those of pip's
    /// configuration.
    ///
    /// # Errors
    /// Where there are none, or pip's configuration cannot be used.
    pub fn locations(&self) -> Result<&Locations, IndexError> {
        self.core.locations()
    }

    /// The versions and files of `name`.
    ///
    /// # Errors
    /// Where no index has the package, or an index gives no usable answer.
    pub fn listing(&self, name: &PackageName) -> Result<Arc<Listing>, IndexError> {
        let claim = match self.core.listings.ask(name.clone()) {
            Flight::Joined(answer) => return self.wait(&answer),
            Flight::Led(claim) => claim,
        };
        let answer = claim.answer();
        match without_waiting(self.core.find_listing(name, RequestPolicy::None)) {
            Some(Ok(Some(listing))) => claim.settle(Ok(listing)),
            Some(Err(error)) => claim.settle(Err(error)),
            Some(Ok(None)) | None => {
                let (core, name) = (self.core.clone(), name.clone());
                self.spawn(async move {
                    claim.settle(core.fetch_listing(&name, RequestPolicy::Made).await);
                })?;
            }
        }
        self.wait(&answer)
    }

    /// Forgets the listings that came from the cache without a request, so that the servers are
    /// asked when they are asked for again: what was not found may be there by now. Gives whether
    /// there were any.
    #[must_use]
    pub fn forget_recalled(&self) -> bool {
        let core = &self.core;
        if core.is_offline() {
            return false;
        }
        let taken = |names: &Mutex<FxHashSet<PackageName>>| {
            std::mem::take(&mut *names.lock().unwrap_or_else(PoisonError::into_inner))
        };
        let recalled = taken(&core.recalled);
        core.listings.forget(|name| recalled.contains(name));
        core.metadata.forget(|(name, ..)| recalled.contains(name));
        let found = !recalled.is_empty();
        let mut forgotten = core
            .forgotten
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        forgotten.extend(recalled);
        found
    }

    /// What the indexes after the first one list of `name`, each for itself. A package comes from
    /// the first index that has it, so they usually do not count.
    ///
    /// # Errors
    /// Those of [`Index::listing`].
    pub fn listings_elsewhere(&self, name: &PackageName) -> Result<Vec<Arc<Listing>>, IndexError> {
        let (core, name) = (self.core.clone(), name.clone());
        let answer = FlightOutcome::default();
        let place = answer.clone();
        self.spawn(async move {
            let _ = place.set(core.listings_elsewhere(&name).await);
        })?;
        self.wait(&answer)
    }

    /// Announces that the listing of `name` will be asked for. This never fails and never waits.
    pub fn prefetch_listing(&self, name: &PackageName) {
        let core = &self.core;
        if core.is_offline() || core.listings.knows(name) || core.has_fresh_listing(name) {
            return;
        }
        if let Flight::Led(claim) = core.listings.ask(name.clone()) {
            let (core, name) = (core.clone(), name.clone());
            // If the runtime does not start, the later question gives the error.
            let _ = self.spawn(async move {
                claim.settle(core.fetch_listing(&name, RequestPolicy::Made).await);
            });
        }
    }

    /// Announces a resolution: what it will most likely ask for is fetched in the background. This
    /// never fails and never waits.
    ///
    /// If the cache has fresh listings of all direct requirements, nothing is done: it then most
    /// likely has the rest as well.
    pub fn foresee(&self, forecast: Forecast) {
        let core = &self.core;
        let known = |r: &Requirement| core.has_fresh_listing(&r.name);
        if core.is_offline() || forecast.requirements.iter().all(known) {
            return;
        }
        let walk = Walk::new(core.clone(), forecast);
        // If the runtime does not start, the later question gives the error.
        let _ = self.spawn(async move { walk.start() });
    }

    /// The listing of `name`, if it is here already.
    #[must_use]
    pub fn fetched_listing(&self, name: &PackageName) -> Option<Arc<Listing>> {
        self.core.listings.peek(name)
    }

    /// The metadata of `version` of `name`. It is read from the best file that `policy` admits.
    ///
    /// # Errors
    /// [`IndexError::NeedsBuild`] if only a build can tell: the caller then builds it and gives the
    /// metadata to [`Index::store_built_metadata`]. Other errors are those of [`Index::listing`].
    pub fn metadata(
        &self,
        name: &PackageName,
        version: &Version,
        policy: FilePolicy,
    ) -> Result<Arc<Metadata>, IndexError> {
        let key = (name.clone(), version.clone(), policy);
        let claim = match self.core.metadata.ask(key) {
            Flight::Joined(answer) => return self.wait(&answer),
            Flight::Led(claim) => claim,
        };
        let answer = claim.answer();
        match self.metadata_here(name, version, policy) {
            Ok(Some(metadata)) => claim.settle(Ok(metadata)),
            Err(error) => claim.settle(Err(error)),
            Ok(None) => {
                let (core, name, version) = (self.core.clone(), name.clone(), version.clone());
                self.spawn(async move {
                    claim.settle(core.fetch_metadata(&name, &version, policy).await);
                })?;
            }
        }
        self.wait(&answer)
    }

    /// Announces the same call of [`Index::metadata`]. This never fails and never waits.
    pub fn prefetch_metadata(&self, name: &PackageName, version: &Version, policy: FilePolicy) {
        let core = &self.core;
        let key = (name.clone(), version.clone(), policy);
        if core.is_offline() || core.metadata.knows(&key) || self.has_metadata(&key) {
            return;
        }
        if let Flight::Led(claim) = core.metadata.ask(key) {
            let (core, name, version) = (core.clone(), name.clone(), version.clone());
            // If the runtime does not start, the later question gives the error.
            let _ = self.spawn(async move {
                claim.settle(core.fetch_metadata(&name, &version, policy).await);
            });
        }
    }

    /// The metadata, if it is here already.
    #[must_use]
    pub fn fetched_metadata(
        &self,
        name: &PackageName,
        version: &Version,
        policy: FilePolicy,
    ) -> Option<Arc<Metadata>> {
        let key = (name.clone(), version.clone(), policy);
        self.core.metadata.peek(&key)
    }

    /// Keeps the metadata that a build of a source distribution gave, for this run and later ones.
    /// Its key is the hash in [`IndexError::NeedsBuild`].
    ///
    /// # Errors
    /// Where the cache cannot be written.
    pub fn store_built_metadata(
        &self,
        sha256: Sha256,
        metadata: Metadata,
    ) -> Result<(), IndexError> {
        let path = self.core.cache.metadata(&sha256.to_string());
        stored::write(&path, &metadata)?;
        let (name, version) = (metadata.name.clone(), metadata.version.clone());
        let metadata = Arc::new(metadata);
        for policy in [FilePolicy::Any, FilePolicy::NoBinary] {
            let key = (name.clone(), version.clone(), policy);
            if self.core.metadata.failed(&key) {
                self.core.metadata.put(key, metadata.clone());
            }
        }
        Ok(())
    }

    /// The metadata that [`Index::store_built_metadata`] keeps under this hash.
    #[must_use]
    pub fn built_metadata(&self, sha256: Sha256) -> Option<Arc<Metadata>> {
        let path = self.core.cache.metadata(&sha256.to_string());
        stored::read(&path, &self.core.interner).map(Arc::new)
    }

    /// The path of a file of a lock or a release in the cache. Its hash was checked.
    ///
    /// # Errors
    /// Where the index does not list the file, lists another hash, or sends a file with another
    /// one.
    pub fn download(
        &self,
        name: &PackageName,
        version: &Version,
        file: &DistFile,
    ) -> Result<Utf8PathBuf, IndexError> {
        match self.start_download(name, version, file, Haste::Waited)? {
            Download::Here(path) => Ok(path),
            Download::UnderWay(answer) => self.wait(&answer),
        }
    }

    /// Announces the same call of [`Index::download`]. This never fails and never waits.
    pub fn prefetch_download(&self, name: &PackageName, version: &Version, file: &DistFile) {
        // An error occurs again in the later call.
        let _ = self.start_download(name, version, file, Haste::Hinted);
    }

    /// Downloads files. Gives each, with its position in `wanted`, as soon as it is there, in any
    /// order. Errors are those of [`Index::download`].
    pub fn downloads<'w>(
        &self,
        wanted: impl IntoIterator<Item = (&'w PackageName, &'w Version, &'w DistFile)>,
    ) -> impl Iterator<Item = (usize, Result<Utf8PathBuf, IndexError>)> {
        let (there, arrivals) = std::sync::mpsc::channel();
        for (at, (name, version, file)) in wanted.into_iter().enumerate() {
            let known = match self.start_download(name, version, file, Haste::Hinted) {
                Ok(Download::Here(path)) => Some(Ok(path)),
                Err(error) => Some(Err(error)),
                Ok(Download::UnderWay(answer)) => {
                    let there = there.clone();
                    let waits = self.spawn(async move {
                        let _ = there.send((at, answer.wait().await.clone()));
                    });
                    waits.err().map(Err)
                }
            };
            if let Some(outcome) = known {
                // This fails only if the receiver is gone.
                let _ = there.send((at, outcome));
            }
        }
        arrivals.into_iter()
    }

    fn start_download(
        &self,
        name: &PackageName,
        version: &Version,
        file: &DistFile,
        haste: Haste,
    ) -> Result<Download, IndexError> {
        let known = file.sha256.map(|sha256| sha256.to_string());
        if let Some(key) = &known
            && let Some(path) = self.core.cached_file(key, &file.filename)
        {
            return Ok(Download::Here(path));
        }
        let key = known.unwrap_or_else(|| format!("{name} {}", file.filename));
        Ok(match self.core.files.ask(format!("locked {key}")) {
            Flight::Joined(answer) => Download::UnderWay(answer),
            Flight::Led(claim) => {
                let answer = claim.answer();
                let core = self.core.clone();
                let (name, version, file) = (name.clone(), version.clone(), file.clone());
                self.spawn(async move {
                    let _turn = match haste {
                        Haste::Waited => None,
                        Haste::Hinted => core.turn_of_hint().await,
                    };
                    claim.settle(core.fetch_locked(&name, &version, &file).await);
                })?;
                Download::UnderWay(answer)
            }
        })
    }

    /// Gets the archive at `url` into the cache. If `expected` is given, it must have this hash.
    ///
    /// # Errors
    /// Where the archive cannot be downloaded, or its hash differs.
    pub fn direct_archive(
        &self,
        url: &Url,
        expected: Option<Sha256>,
    ) -> Result<Arc<DirectArchive>, IndexError> {
        let (core, url) = (self.core.clone(), url.clone());
        let answer = FlightOutcome::default();
        let place = answer.clone();
        self.spawn(async move {
            let _ = place.set(core.fetch_archive(&url, expected).await);
        })?;
        self.wait(&answer)
    }

    /// Checks out the repository at `url` at `revision`. `None` means the default branch.
    ///
    /// # Errors
    /// Where git cannot get the revision.
    pub fn git(&self, url: &Url, revision: Option<&str>) -> Result<GitCheckout, IndexError> {
        let access = self.core.options.http.access;
        git::checkout(&self.core.cache, url, revision, access)
    }

    /// Reads the metadata of the archive at `path` (a wheel or a source distribution); `None` if
    /// only a build can tell it.
    ///
    /// # Errors
    /// Where the archive cannot be read.
    pub fn archive_metadata(&self, path: &Utf8Path) -> Result<Option<Metadata>, IndexError> {
        Ok(match archive::read(path)? {
            ArchiveMetadata::Static(metadata) => Some(*metadata),
            ArchiveMetadata::Dynamic => None,
        })
    }

    /// What this run did so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let http = self.core.http_if_made();
        Statistics {
            requests: http.map_or(0, |http| http.sent.load(Ordering::Relaxed)),
            bytes: http.map_or(0, |http| http.bytes.load(Ordering::Relaxed)),
            cached: self.core.cached.load(Ordering::Relaxed),
        }
    }

    /// The metadata from the cache; `None` if a request is necessary.
    fn metadata_here(
        &self,
        name: &PackageName,
        version: &Version,
        policy: FilePolicy,
    ) -> Result<Option<Arc<Metadata>>, IndexError> {
        if self.core.listings.peek(name).is_none() && !self.core.is_offline() {
            // The listing may need a request. The task then asks for both.
            if !self.core.has_fresh_listing(name) {
                return Ok(None);
            }
        }
        let release = release(self.listing(name)?.release(version)?, name, version)?;
        let file = chosen(&release, name, policy)?;
        Ok(self.core.cached_metadata(file))
    }

    fn has_metadata(&self, key: &(PackageName, Version, FilePolicy)) -> bool {
        let (name, version, policy) = key;
        let Some(listing) = self.core.listings.peek(name) else {
            return false;
        };
        let Ok(Some(release)) = listing.release(version) else {
            return false;
        };
        chosen(&release, name, *policy)
            .is_ok_and(|file| self.core.cache.metadata(&file.key()).exists())
    }

    fn runtime(&self) -> Result<&Runtime, IndexError> {
        let runtime = self.runtime.get_or_init(|| {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .thread_name("index")
                .enable_all()
                .build()
                .map_err(|e| e.to_string())
        });
        Ok(runtime.as_ref().map_err(|reason| TransportError::Setting {
            setting: "the number of threads".to_owned(),
            value: "2".to_owned(),
            reason: reason.clone(),
        })?)
    }

    pub(crate) fn spawn(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), IndexError> {
        self.runtime()?.spawn(task);
        Ok(())
    }

    fn wait<V: Clone>(&self, answer: &FlightOutcome<V, IndexError>) -> Result<V, IndexError> {
        match answer.get() {
            Some(answer) => answer.clone(),
            None => self.runtime()?.block_on(answer.wait()).clone(),
        }
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        if let Some(Ok(runtime)) = self.runtime.take() {
            // Work that was announced and never asked for is abandoned.
            runtime.shutdown_background();
        }
    }
}

/// How urgent a download is.
#[derive(Debug, Clone, Copy)]
enum Haste {
    Waited,
    Hinted,
}

enum Download {
    Here(Utf8PathBuf),
    UnderWay(FlightOutcome<Utf8PathBuf, IndexError>),
}

/// The result of `future` if it is available without waiting.
fn without_waiting<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}
