//! Listings: from the cache where it is fresh, else from the servers, in order of priority.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use camino::Utf8PathBuf;
use model::{IndexRole, Metadata, PackageName, Version};
use rustc_hash::FxHashSet;
use tokio::sync::{Semaphore, SemaphorePermit};
use transport::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED,
};
use transport::{
    Activity, Answer, Asked, EnvironmentVariables, Flights, Get, Http, HttpOptions, StatusCode,
    TransportError, What, redacted,
};
use url::Url;

use crate::cache::{self, Cache};
use crate::choose::FilePolicy;
use crate::compact::{self, Compact, Origin};
use crate::direct::DirectArchive;
use crate::encode::{Page, encode};
use crate::error::Error;
use crate::find_links::Links;
use crate::listing::{Listing, Part};
use crate::options::{Access, IndexRule, Locations, Options};
use crate::stored::Interner;
use crate::{html, json, pip};

/// As pip asks: JSON rather than HTML.
const ACCEPTED: &str = "application/vnd.pypi.simple.v1+json, \
     application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// What tasks share.
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) cache: Cache,
    locations: OnceLock<Result<Places, Error>>,
    http: OnceLock<Result<Http, Error>>,
    pub(crate) links: Links,
    pub(crate) listings: Flights<PackageName, Arc<Listing>, Error>,
    pub(crate) metadata: Flights<(PackageName, Version, FilePolicy), Arc<Metadata>, Error>,
    pub(crate) files: Flights<String, Utf8PathBuf, Error>,
    pub(crate) archives: Flights<Url, Arc<DirectArchive>, Error>,
    pub(crate) interner: Interner,
    /// Hosts that do not answer range requests.
    pub(crate) rangeless: Mutex<FxHashSet<String>>,
    pub(crate) cached: AtomicU64,
    /// Downloads that are hinted leave some room to those that are waited for.
    hints: Semaphore,
}

/// The locations, with what is derived from them once.
struct Places {
    locations: Locations,
    /// For each index, its folder in the cache.
    keys: Vec<String>,
}

/// What is known of a package in one index.
enum Known {
    /// Recent enough, or all there is when offline.
    Fresh(Compact),
    /// The server must be asked whether it still holds.
    Stale(Compact),
    /// Nothing.
    Nothing,
}

impl Core {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            cache: Cache::new(options.cache.clone()),
            locations: OnceLock::new(),
            http: OnceLock::new(),
            links: Links::default(),
            listings: Flights::default(),
            metadata: Flights::default(),
            files: Flights::default(),
            archives: Flights::default(),
            interner: Interner::default(),
            rangeless: Mutex::default(),
            cached: AtomicU64::new(0),
            hints: Semaphore::new(options.http.limits.downloads.saturating_sub(2).max(1)),
            options,
        }
    }

    /// The indexes and `find_links` places of this run.
    pub(crate) fn locations(&self) -> Result<&Locations, Error> {
        Ok(&self.places()?.locations)
    }

    fn places(&self) -> Result<&Places, Error> {
        let places = self.locations.get_or_init(|| {
            let locations = match &self.options.locations {
                Some(locations) => locations.clone(),
                None => pip::locations(&EnvironmentVariables::of_process(), self.cache.root())?,
            };
            Ok(Places {
                keys: locations.indexes.iter().map(cache::url_key).collect(),
                locations,
            })
        });
        places.as_ref().map_err(Clone::clone)
    }

    /// The client, made for the first request.
    pub(crate) fn http(&self) -> Result<&Http, Error> {
        let http = self.http.get_or_init(|| {
            let indexes = self.locations()?.indexes.clone();
            let options = HttpOptions {
                indexes,
                ..self.options.http.clone()
            };
            Ok(Http::new(options)?)
        });
        http.as_ref().map_err(Clone::clone)
    }

    /// The client, where one was made.
    pub(crate) fn http_if_made(&self) -> Option<&Http> {
        self.http.get()?.as_ref().ok()
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.options.access == Access::Offline
    }

    /// The listing; `None` where that takes a request and `requests` says not to make one.
    ///
    /// Without requests this never waits.
    pub(crate) async fn find_listing(
        &self,
        name: &PackageName,
        requests: Requests,
    ) -> Result<Option<Arc<Listing>>, Error> {
        let places = self.places()?;
        let indexes = &places.locations.indexes;
        let rule = self.options.rules.get(name);
        let mut parts = Vec::new();
        for (at, index) in indexes.iter().enumerate() {
            let role = role(at);
            if matches!(rule, Some(IndexRule::Only(only)) if *only != role) {
                continue;
            }
            let path = self.cache.listing(&places.keys[at], name);
            let compact = match (self.known(&path), requests) {
                (Known::Fresh(compact), Requests::Anew) if !self.is_offline() => {
                    self.ask(index, name, &path, Some(compact)).await?
                }
                (Known::Fresh(compact), _) => {
                    self.cached.fetch_add(1, Ordering::Relaxed);
                    compact
                }
                (Known::Stale(_) | Known::Nothing, _) if self.is_offline() => {
                    let what = listing_of(name);
                    return Err(TransportError::Offline { what }.into());
                }
                (_, Requests::None) => return Ok(None),
                (Known::Stale(compact), _) => self.ask(index, name, &path, Some(compact)).await?,
                (Known::Nothing, _) => self.ask(index, name, &path, None).await?,
            };
            if !compact.origin.absent {
                parts.push(Part { role, compact });
                if rule != Some(&IndexRule::Every) {
                    break;
                }
            }
        }
        let find_links = &places.locations.find_links;
        if !matches!(rule, Some(IndexRule::Only(only)) if *only != IndexRole::FindLinks) {
            for place in find_links {
                match self.links.of(self, place, name, requests).await? {
                    None => return Ok(None),
                    Some(compact) if compact.len() == 0 => {}
                    Some(compact) => parts.push(Part {
                        role: IndexRole::FindLinks,
                        compact,
                    }),
                }
            }
        }
        if parts.is_empty() {
            return Err(Error::NoSuchPackage {
                name: name.clone(),
                looked_in: self.looked_in(),
            });
        }
        let listing = Listing::new(name.clone(), parts, self.options.exclude_newer);
        self.warn_of_times(&listing);
        Ok(Some(Arc::new(listing)))
    }

    /// The listing, by whoever asks first; for tasks.
    pub(crate) async fn listing(&self, name: &PackageName) -> Result<Arc<Listing>, Error> {
        match self.listings.ask(name.clone()) {
            Asked::Shared(answer) => answer.wait().await.clone(),
            Asked::Mine(claim) => {
                let found = self.fetch_listing(name, Requests::Made).await;
                claim.settle(found.clone());
                found
            }
        }
    }

    /// The listing, by requests where it takes them.
    pub(crate) async fn fetch_listing(
        &self,
        name: &PackageName,
        requests: Requests,
    ) -> Result<Arc<Listing>, Error> {
        let found = self.find_listing(name, requests).await?;
        // Only without requests there may be no answer.
        Ok(found.ok_or(TransportError::Interrupted)?)
    }

    /// The turn of a download that was hinted, with the listing that it needs.
    pub(crate) async fn turn_of_hint(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.hints.acquire().await.ok()
    }

    fn looked_in(&self) -> Vec<String> {
        let Ok(locations) = self.locations() else {
            return Vec::new();
        };
        let links = locations.find_links.iter().map(ToString::to_string);
        locations
            .indexes
            .iter()
            .map(redacted)
            .chain(links)
            .collect()
    }

    fn warn_of_times(&self, listing: &Listing) {
        if self.options.exclude_newer.is_some()
            && listing.files_without_time() > 0
            && listing.versions().next().is_none()
        {
            self.options.http.observer.warning(&format!(
                "the index lists no upload times for `{}`, so that `exclude-newer` hides all its \
                 files",
                listing.name()
            ));
        }
    }

    fn known(&self, path: &camino::Utf8Path) -> Known {
        match Compact::open(path) {
            None => Known::Nothing,
            Some(compact)
                if self.is_offline() || cache::since(compact.written) < self.options.freshness =>
            {
                Known::Fresh(compact)
            }
            Some(compact) => Known::Stale(compact),
        }
    }

    /// Whether a listing can be had without a request, as far as that is cheap to know.
    pub(crate) fn has_fresh_listing(&self, name: &PackageName) -> bool {
        let Ok(places) = self.places() else {
            return true;
        };
        places.keys.first().is_some_and(|key| {
            cache::age(&self.cache.listing(key, name))
                .is_some_and(|age| age < self.options.freshness)
        })
    }

    async fn ask(
        &self,
        index: &Url,
        name: &PackageName,
        path: &camino::Utf8Path,
        stale: Option<Compact>,
    ) -> Result<Compact, Error> {
        let what = listing_of(name);
        let url = page_url(index, name);
        let get = Get {
            what: &what,
            url: &url,
            headers: conditions(stale.as_ref()),
            resume: None,
        };
        let answer = self.http()?.fetch(&get).await?;
        if let (StatusCode::NOT_MODIFIED, Some(compact)) = (answer.status, stale) {
            cache::confirm(path);
            return Ok(compact);
        }
        let bytes = encoded(name, &what, &answer)?;
        drop(answer);
        compact::store(path, bytes)
    }
}

/// Whether a question may be answered by requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Requests {
    /// Only what is here counts.
    None,
    /// They are made where the cache has no fresh answer.
    Made,
    /// They are made even then: what is looked for may be newer.
    Anew,
}

/// The role of the index at this place in the order.
fn role(at: usize) -> IndexRole {
    match u8::try_from(at + 1) {
        Ok(1) => IndexRole::Primary,
        Ok(number) => IndexRole::Further(number),
        Err(_) => IndexRole::Further(u8::MAX),
    }
}

pub(crate) fn listing_of(name: &PackageName) -> What {
    What {
        activity: Activity::Listing,
        subject: name.to_string(),
    }
}

fn page_url(index: &Url, name: &PackageName) -> Url {
    let mut url = index.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend([name.as_str(), ""]);
    }
    url
}

fn conditions(stale: Option<&Compact>) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![(ACCEPT, HeaderValue::from_static(ACCEPTED))];
    if let Some(origin) = stale.map(|compact| &compact.origin) {
        for (name, value) in [
            (IF_NONE_MATCH, &origin.etag),
            (IF_MODIFIED_SINCE, &origin.last_modified),
        ] {
            let value = value.as_ref().and_then(|v| v.parse().ok());
            headers.extend(value.map(|value| (name, value)));
        }
    }
    headers
}

/// The compact form of a server's answer.
fn encoded(name: &PackageName, what: &What, answer: &Answer) -> Result<Vec<u8>, Error> {
    let mut base = answer.url.clone();
    let _ = base.set_username("");
    let _ = base.set_password(None);
    let mut origin = Origin {
        base: base.to_string(),
        etag: text(&answer.headers, ETAG),
        last_modified: text(&answer.headers, LAST_MODIFIED),
        absent: matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE),
    };
    if origin.absent {
        // Nothing to revalidate: the next question is asked in full.
        origin.etag = None;
        origin.last_modified = None;
        return Ok(encode(name, &Page::default(), origin));
    }
    let page = read_page(answer).map_err(|reason| TransportError::BadAnswer {
        what: what.clone(),
        url: redacted(&answer.url),
        reason,
    })?;
    Ok(encode(name, &page, origin))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The files on a page, JSON or HTML by its content type.
pub(crate) fn read_page(answer: &Answer) -> Result<Page<'_>, String> {
    let kind = text(&answer.headers, CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if answer.status != StatusCode::OK {
        return Err(format!("the status is {}", answer.status.as_u16()));
    }
    match kind.to_ascii_lowercase().as_str() {
        "application/json" | "application/vnd.pypi.simple.v1+json" => json::parse(&answer.body),
        "text/html" | "application/vnd.pypi.simple.v1+html" => Ok(html::parse(
            &String::from_utf8_lossy(&answer.body),
            &answer.url,
        )),
        "" => Err("it has no content type, so it is neither JSON nor HTML".to_owned()),
        kind => Err(format!(
            "its content type is `{kind}`, neither JSON nor HTML of an index"
        )),
    }
}
