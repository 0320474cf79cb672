//! State that all tasks of an index share: options, cache, client, and answers under way.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use camino::Utf8PathBuf;
use model::{Metadata, PackageName, Sha256, Version};
use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::{Semaphore, SemaphorePermit};
use transport::{
    EnvironmentVariables, Flights, HttpClient, LoginPlace, LoginVariables, NetworkAccess,
    WrittenLogin, redacted,
};
use url::Url;

use crate::cache::{self, Cache};
use crate::choose::FilePolicy;
use crate::error::IndexError;
use crate::listing::Listing;
use crate::options::{FindLinks, IndexOptions, Locations};
use crate::page::PageFile;
use crate::pip;
use crate::stored::Interner;

/// State that all tasks share.
pub(crate) struct Core {
    pub(crate) options: IndexOptions,
    pub(crate) cache: Cache,
    locations: OnceLock<Result<KeyedLocations, IndexError>>,
    http: OnceLock<Result<HttpClient, IndexError>>,
    /// All files of each `find_links` folder or page, read once in a run.
    pub(crate) links: tokio::sync::Mutex<FxHashMap<FindLinks, Arc<[PageFile<'static>]>>>,
    pub(crate) listings: Flights<PackageName, Arc<Listing>, IndexError>,
    pub(crate) metadata: Flights<(PackageName, Version, FilePolicy), Arc<Metadata>, IndexError>,
    pub(crate) files: Flights<String, Utf8PathBuf, IndexError>,
    pub(crate) archives: Flights<Url, Arc<DirectArchive>, IndexError>,
    pub(crate) interner: Interner,
    /// The packages with a listing that the cache gave without a request.
    pub(crate) recalled: Mutex<FxHashSet<PackageName>>,
    /// The packages whose listings are asked for again, in addition to those of the options.
    pub(crate) forgotten: Mutex<FxHashSet<PackageName>>,
    /// Hosts that do not answer range requests.
    pub(crate) rangeless: Mutex<FxHashSet<String>>,
    pub(crate) cached: AtomicU64,
    /// Limits downloads that were only announced, so that those that someone waits for are not
    /// slowed down.
    hints: Semaphore,
}

/// A downloaded archive of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectArchive {
    /// The path of the archive on this machine.
    pub path: Utf8PathBuf,
    /// The last part of the URL's path.
    pub filename: String,
    /// Its hash.
    pub sha256: Sha256,
    /// Its length in bytes.
    pub size: u64,
}

/// The indexes and `find_links`, with values that are computed from them once.
pub(crate) struct KeyedLocations {
    pub(crate) locations: Locations,
    /// The name of each index's folder in the cache.
    pub(crate) keys: Vec<String>,
}

impl Core {
    pub(crate) fn new(options: IndexOptions) -> Self {
        Self {
            cache: Cache::new(options.cache.clone()),
            locations: OnceLock::new(),
            http: OnceLock::new(),
            links: tokio::sync::Mutex::default(),
            listings: Flights::default(),
            metadata: Flights::default(),
            files: Flights::default(),
            archives: Flights::default(),
            interner: Interner::default(),
            recalled: Mutex::default(),
            forgotten: Mutex::default(),
            rangeless: Mutex::default(),
            cached: AtomicU64::new(0),
            hints: Semaphore::new(options.http.limits.downloads.saturating_sub(2).max(1)),
            options,
        }
    }

    /// The indexes and `find_links` of this run.
    pub(crate) fn locations(&self) -> Result<&Locations, IndexError> {
        Ok(&self.keyed_locations()?.locations)
    }

    pub(crate) fn keyed_locations(&self) -> Result<&KeyedLocations, IndexError> {
        let locations = self.locations.get_or_init(|| {
            let locations = match &self.options.locations {
                Some(locations) => locations.clone(),
                None => pip::locations(&EnvironmentVariables::of_process(), self.cache.root())?,
            };
            Ok(KeyedLocations {
                keys: locations.indexes.iter().map(cache::url_key).collect(),
                locations,
            })
        });
        locations.as_ref().map_err(Clone::clone)
    }

    /// The client, which is made for the first request.
    pub(crate) fn http(&self) -> Result<&HttpClient, IndexError> {
        let http = self.http.get_or_init(|| {
            let indexes = self.locations()?.indexes.iter().enumerate();
            let mut options = self.options.http.clone();
            options.places.extend(indexes.map(|(at, url)| LoginPlace {
                url: url.clone(),
                variables: LoginVariables::of_index(at),
                variables_of_others: Vec::new(),
                written: WrittenLogin::default(),
            }));
            Ok(HttpClient::new(options)?)
        });
        http.as_ref().map_err(Clone::clone)
    }

    /// The client, if there was a request.
    pub(crate) fn http_if_made(&self) -> Option<&HttpClient> {
        self.http.get()?.as_ref().ok()
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.options.http.access == NetworkAccess::Offline
    }

    /// Whether the server is asked for the listing of `name`, however fresh that of the cache is.
    pub(crate) fn is_asked_anew(&self, name: &PackageName) -> bool {
        let forgotten = || {
            self.forgotten
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        self.options.refresh.contains(name) || forgotten().contains(name)
    }

    /// Waits until an announced download may begin, and gets the listing that it needs.
    pub(crate) async fn turn_of_hint(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.hints.acquire().await.ok()
    }

    /// The URLs and folders that are asked, redacted.
    pub(crate) fn looked_in(&self) -> Vec<String> {
        let Ok(locations) = self.locations() else {
            return Vec::new();
        };
        let links = locations.find_links.iter().map(ToString::to_string);
        let indexes = locations.indexes.iter().map(redacted);
        indexes.chain(links).collect()
    }
}
