//! State that all requests to one host share: its addresses, or why it has none, and the first
//! connection to it.
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

/// The longest time for one look-up of a name.
const LOOKUP: Duration = Duration::from_secs(4);
/// The number of look-ups of a name, and the pause between two: a name server may drop a question.
const LOOKUPS: u32 = 2;
const PAUSE: Duration = Duration::from_millis(250);

/// Looks up each host name once: what is found out holds for every request of a run. Otherwise, a
/// name that does not exist would cost each request its retries.
pub(crate) struct Names {
    lookup: Lookup,
    known: Mutex<FxHashMap<String, Arc<OnceCell<Answer>>>>,
}

/// The addresses of a host.
type Answer = Result<Vec<SocketAddr>, UnknownHost>;

/// A host whose name has no address.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the name of its host, `{host}`, cannot be looked up: {reason}")]
pub(crate) struct UnknownHost {
    host: String,
    reason: String,
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

    fn find(&self, name: &str) -> impl Future<Output = Answer> + use<> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = known.entry(name.to_owned()).or_default().clone();
        let (lookup, name) = (self.lookup, name.to_owned());
        async move { cell.get_or_init(|| decide(lookup, name)).await.clone() }
    }
}

async fn decide(lookup: Lookup, host: String) -> Answer {
    let mut reason = String::new();
    for nth in 0..LOOKUPS {
        if nth > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        match tokio::time::timeout(LOOKUP, lookup(host.clone())).await {
            Ok(Ok(found)) if !found.is_empty() => return Ok(found),
            Ok(Ok(_)) => "it has no address".clone_into(&mut reason),
            Ok(Err(error)) => reason = error.to_string(),
            Err(_) => "no name server answers in time".clone_into(&mut reason),
        }
    }
    Err(UnknownHost { host, reason })
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
    fn a_name_is_looked_up_once_and_once_more_after_a_failure() {
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
            let a = a.unwrap();
            assert_eq!(a, b.unwrap());
            assert_eq!(a, c.unwrap());
        });
        assert_eq!(LOOKUPS.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_name_that_does_not_exist_is_not_looked_up_for_each_request() {
        static LOOKUPS: AtomicUsize = AtomicUsize::new(0);
        let names = Names::new(|_| {
            LOOKUPS.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Err(io::Error::other("unknown")) })
        });
        for _ in 0..5 {
            let answer = run(names.find("index.example"));
            insta::allow_duplicates! {
                insta::assert_snapshot!(
                    answer.unwrap_err(),
                    @"the name of its host, `index.example`, cannot be looked up: unknown"
                );
            }
        }
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
