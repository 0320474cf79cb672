//! Gets listings: from the cache if they are fresh, otherwise from the servers, in order of
//! priority.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use model::{IndexRole, PackageName};
use transport::header::{
    ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use transport::{
    Flight, HttpRequest, HttpResponse, RequestPurpose, StatusCode, TransportError, redacted,
};
use url::Url;

use crate::cache;
use crate::compact::{self, Compact, PageOrigin};
use crate::core::Core;
use crate::encode::encode;
use crate::error::IndexError;
use crate::listing::{Listing, ListingPart};
use crate::options::{IndexRule, role_at};
use crate::page::ListingPage;
use crate::simple_api;

/// What the cache has about a package in one index.
enum Known {
    /// A recent answer, or any answer when offline.
    Fresh(Compact),
    /// An answer of which the server must be asked whether it is still right.
    Stale(Compact),
    /// No answer.
    Nothing,
}

impl Core {
    /// Finds a listing; `None` if that needs a request and `requests` does not allow one.
    ///
    /// If requests are not allowed, this never waits.
    pub(crate) async fn find_listing(
        &self,
        name: &PackageName,
        requests: RequestPolicy,
    ) -> Result<Option<Arc<Listing>>, IndexError> {
        if let Some(address) = self.options.own.get(name) {
            return Err(IndexError::OwnDistribution {
                name: name.clone(),
                address: address.clone(),
            });
        }
        let rule = self.options.rules.get(name);
        self.find_listing_by(rule, name, requests).await
    }

    /// The same, with the indexes of a rule.
    async fn find_listing_by(
        &self,
        rule: Option<&IndexRule>,
        name: &PackageName,
        requests: RequestPolicy,
    ) -> Result<Option<Arc<Listing>>, IndexError> {
        let places = self.keyed_locations()?;
        let indexes = &places.locations.indexes;
        let mut parts = Vec::new();
        for (at, index) in indexes.iter().enumerate() {
            let role = role(at)?;
            let is_assigned = at + places.locations.assigned >= indexes.len();
            let is_wanted = match rule {
                Some(IndexRule::Only(only)) => *only == role,
                Some(IndexRule::Every) | None => !is_assigned,
            };
            if !is_wanted {
                continue;
            }
            let path = self.cache.listing(&places.keys[at], name);
            let compact = match (self.known(&path, name), requests) {
                (Known::Fresh(compact), RequestPolicy::Anew) if !self.is_offline() => {
                    self.ask(index, name, &path, Some(compact)).await?
                }
                (Known::Fresh(compact), _) => {
                    self.cached.fetch_add(1, Ordering::Relaxed);
                    self.recall(name);
                    compact
                }
                (Known::Stale(_) | Known::Nothing, _) if self.is_offline() => {
                    let what = simple_api::purpose(name);
                    return Err(TransportError::Offline { what }.into());
                }
                (_, RequestPolicy::None) => return Ok(None),
                (Known::Stale(compact), _) => self.ask(index, name, &path, Some(compact)).await?,
                (Known::Nothing, _) => self.ask(index, name, &path, None).await?,
            };
            if !compact.origin.absent {
                parts.push(ListingPart { role, compact });
                if rule != Some(&IndexRule::Every) {
                    break;
                }
            }
        }
        let find_links = &places.locations.find_links;
        if !matches!(rule, Some(IndexRule::Only(only)) if *only != IndexRole::FindLinks) {
            for place in find_links {
                match self.links_of(place, name, requests).await? {
                    None => return Ok(None),
                    Some(compact) if compact.len() == 0 => {}
                    Some(compact) => parts.push(ListingPart {
                        role: IndexRole::FindLinks,
                        compact,
                    }),
                }
            }
        }
        if parts.is_empty() {
            return Err(IndexError::NoSuchPackage {
                name: name.clone(),
                looked_in: self.looked_in(),
            });
        }
        let listing = Listing::new(name.clone(), parts, self.options.exclude_newer);
        self.warn_of_times(&listing);
        Ok(Some(Arc::new(listing)))
    }

    /// The listings of the indexes after the first one, for a package that comes from there alone.
    pub(crate) async fn listings_elsewhere(
        &self,
        name: &PackageName,
    ) -> Result<Vec<Arc<Listing>>, IndexError> {
        let mut found = Vec::new();
        let locations = self.locations()?;
        for at in 1..locations.indexes.len().saturating_sub(locations.assigned) {
            let rule = IndexRule::Only(role(at)?);
            let listing = self.find_listing_by(Some(&rule), name, RequestPolicy::Made);
            match listing.await {
                Ok(listing) => found.extend(listing),
                Err(IndexError::NoSuchPackage { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    fn recall(&self, name: &PackageName) {
        let mut recalled = self.recalled.lock().unwrap_or_else(PoisonError::into_inner);
        recalled.insert(name.clone());
    }

    /// Gets a listing; for tasks. The first caller does the work.
    pub(crate) async fn listing(&self, name: &PackageName) -> Result<Arc<Listing>, IndexError> {
        match self.listings.ask(name.clone()) {
            Flight::Joined(answer) => answer.wait().await.clone(),
            Flight::Led(claim) => {
                let found = self.fetch_listing(name, RequestPolicy::Made).await;
                claim.settle(found.clone());
                found
            }
        }
    }

    /// Gets a listing, with requests if necessary.
    pub(crate) async fn fetch_listing(
        &self,
        name: &PackageName,
        requests: RequestPolicy,
    ) -> Result<Arc<Listing>, IndexError> {
        let found = self.find_listing(name, requests).await?;
        // It is `None` only if no requests are allowed.
        Ok(found.ok_or(TransportError::Interrupted)?)
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

    fn known(&self, path: &camino::Utf8Path, name: &PackageName) -> Known {
        let is_fresh = |compact: &Compact| {
            cache::since(compact.written) < self.options.freshness && !self.is_asked_anew(name)
        };
        match Compact::open(path) {
            None => Known::Nothing,
            Some(compact) if self.is_offline() || is_fresh(&compact) => Known::Fresh(compact),
            Some(compact) => Known::Stale(compact),
        }
    }

    /// Whether a listing needs no request, as far as that can be said cheaply.
    pub(crate) fn has_fresh_listing(&self, name: &PackageName) -> bool {
        let Ok(places) = self.keyed_locations() else {
            return true;
        };
        !self.is_asked_anew(name)
            && places.keys.first().is_some_and(|key| {
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
    ) -> Result<Compact, IndexError> {
        let what = simple_api::purpose(name);
        let url = simple_api::page_url(index, name);
        let request = HttpRequest {
            headers: conditions(stale.as_ref()),
            ..HttpRequest::new(&what, &url)
        };
        let answer = self.http()?.fetch(&request).await?;
        if let (StatusCode::NOT_MODIFIED, Some(compact)) = (answer.status, stale) {
            cache::confirm(path);
            return Ok(compact);
        }
        let bytes = encoded(name, &what, &answer)?;
        drop(answer);
        let compact = compact::store(path, bytes)?;
        if compact.origin.absent {
            // What is not there yet may be there at any time. Only an offline run believes this.
            cache::expire(path);
        }
        Ok(compact)
    }
}

/// Whether requests may be made for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestPolicy {
    /// None: only data on this machine is used.
    None,
    /// If the cache has no fresh answer.
    Made,
    /// Even if the cache has a fresh answer: a newer one may have what is looked for.
    Anew,
}

/// The role of the index at this position in the order.
fn role(at: usize) -> Result<IndexRole, IndexError> {
    role_at(at).ok_or(IndexError::TooManyIndexes)
}

fn conditions(stale: Option<&Compact>) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![simple_api::accepted()];
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
fn encoded(
    name: &PackageName,
    what: &RequestPurpose,
    answer: &HttpResponse,
) -> Result<Vec<u8>, IndexError> {
    let mut base = answer.url.clone();
    let _ = base.set_username("");
    let _ = base.set_password(None);
    let mut origin = PageOrigin {
        base: base.to_string(),
        etag: text(&answer.headers, ETAG),
        last_modified: text(&answer.headers, LAST_MODIFIED),
        absent: simple_api::is_absent(answer),
    };
    if origin.absent {
        // The server does not have the package, so the next request need not be conditional.
        origin.etag = None;
        origin.last_modified = None;
        let nothing = encode(name, &ListingPage::default(), origin);
        return nothing.map_err(|_| too_long(what, answer));
    }
    let page = simple_api::read_page(what, answer)?;
    encode(name, &page, origin).map_err(|_| too_long(what, answer))
}

fn too_long(what: &RequestPurpose, answer: &HttpResponse) -> IndexError {
    IndexError::from(TransportError::BadAnswer {
        what: what.clone(),
        url: redacted(&answer.url),
        reason: "it is longer than 4 GiB".to_owned(),
    })
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
