//! State that all requests to one host share: its addresses, and the first connection to it.
//!
//! A run with an empty cache asks one host for hundreds of things at once. Without this module,
//! each request would look up the name and open a connection, before the first connection could
//! show that it carries all requests (HTTP/2). A name server drops so many questions at once, and
//! is asked again only after seconds.

use std::collections::hash_map::Entry;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustc_hash::FxHashMap;
use tokio::sync::{OnceCell, SetOnce};
use url::Url;

/// The longest time that requests wait for the answer to the first one, which may be slow.
const PATIENCE: Duration = Duration::from_secs(1);

/// Looks up each host name once.
pub(crate) struct Names {
    lookup: Lookup,
    known: Mutex<FxHashMap<String, Arc<OnceCell<Vec<SocketAddr>>>>>,
}

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
type Lookup = fn(String) -> Found;

impl Names {
    /// Looks names up as the system does.
    pub(crate) fn of_system() -> Self {
        Self::new(|name| {
            Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
        })
    }

    fn new(lookup: Lookup) -> Self {
        Self {
            lookup,
            known: Mutex::default(),
        }
    }

    fn find(&self, name: &str) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + use<> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = known.entry(name.to_owned()).or_default().clone();
        let (lookup, name) = (self.lookup, name.to_owned());
        async move { cell.get_or_try_init(|| lookup(name)).await.cloned() }
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.find(name.as_str());
        Box::pin(async move { Ok(Box::new(found.await?.into_iter()) as Addrs) })
    }
}

/// Lets the first request to each host go ahead. The others wait until it is answered or has
/// failed.
#[derive(Default)]
pub(crate) struct Doors(Mutex<FxHashMap<String, Arc<SetOnce<()>>>>);

/// The first request to a host holds this while the others wait.
pub(crate) struct First(Arc<SetOnce<()>>);

impl Doors {
    /// Waits while another request to this host is the first and is not answered yet. Gives `Some`
    /// if this request is the first.
    pub(crate) async fn enter(&self, url: &Url) -> Option<First> {
        let opened = match self.door(url) {
            Ok(first) => return Some(first),
            Err(opened) => opened,
        };
        let _ = tokio::time::timeout(PATIENCE, opened.wait()).await;
        None
    }

    fn door(&self, url: &Url) -> Result<First, Arc<SetOnce<()>>> {
        let host = url[..url::Position::BeforePath].to_owned();
        let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match doors.entry(host) {
            Entry::Occupied(door) => Err(door.get().clone()),
            Entry::Vacant(place) => Ok(First(place.insert(Arc::default()).clone())),
        }
    }
}

impl Drop for First {
    fn drop(&mut self) {
        // Only the one holder sets it.
        let _ = self.0.set(());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn a_name_is_looked_up_once_and_again_after_a_failure() {
        static LOOKUPS: AtomicUsize = AtomicUsize::new(0);
        let names = Names::new(|_| {
            Box::pin(async {
                let before = LOOKUPS.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                match before {
                    0 => Err(io::ErrorKind::TimedOut.into()),
                    _ => Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))]),
                }
            })
        });
        run(async {
            let (a, b, c) = tokio::join!(
                names.find("index.example"),
                names.find("index.example"),
                names.find("index.example")
            );
            assert!(a.is_err());
            assert_eq!(b.unwrap(), c.unwrap());
        });
        assert_eq!(LOOKUPS.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn others_wait_for_the_first_request_to_their_host() {
        let [a, b, other] = [
            "http://index.example/a",
            "http://index.example/b",
            "http://other.example/",
        ]
        .map(|url| url.parse::<Url>().unwrap());
        run(async {
            let doors = Doors::default();
            let first = doors.enter(&a).await;
            assert!(first.is_some());
            assert!(doors.enter(&other).await.is_some());
            let second = async {
                assert!(doors.enter(&b).await.is_none());
                "second"
            };
            let answered = async {
                tokio::task::yield_now().await;
                drop(first);
                "answered"
            };
            tokio::pin!(second, answered);
            let ahead = tokio::select! {
                biased;
                who = &mut second => who,
                who = &mut answered => who,
            };
            assert_eq!(ahead, "answered");
            assert_eq!(second.await, "second");
            assert!(doors.enter(&b).await.is_none());
        });
    }
}
