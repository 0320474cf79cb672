//! What a run says about its indexes. Everything has a default but the cache folder.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;
use jiff::Timestamp;
use model::{IndexRole, PackageName};
use url::Url;

use crate::error::{What, redacted};

/// How to reach and use the indexes.
#[derive(Clone)]
pub struct Options {
    /// The folder of the cache; made where it is missing.
    pub cache: Utf8PathBuf,
    /// The indexes and `find_links` places; where `None`, those that pip is configured for.
    pub locations: Option<Locations>,
    /// Whether requests may be made.
    pub access: Access,
    /// How long a listing is used without asking the server again.
    pub freshness: Duration,
    /// Files uploaded after this moment, and files of unknown upload time, are not seen.
    pub exclude_newer: Option<Timestamp>,
    /// Packages that do not simply come from the first index that has them.
    pub rules: BTreeMap<PackageName, IndexRule>,
    /// Numbers: connections, retries, time-outs.
    pub limits: Limits,
    /// Whether to ask the `keyring` command for passwords.
    pub keyring: Keyring,
    /// Who hears of progress.
    pub observer: Arc<dyn Observer>,
}

impl Options {
    /// The defaults, with the cache in `cache`.
    #[must_use]
    pub fn new(cache: impl Into<Utf8PathBuf>) -> Self {
        Self {
            cache: cache.into(),
            locations: None,
            access: Access::Online,
            freshness: Duration::from_secs(600),
            exclude_newer: None,
            rules: BTreeMap::new(),
            limits: Limits::default(),
            keyring: Keyring::Never,
            observer: Arc::new(Silent),
        }
    }
}

/// Where packages come from, in order of priority.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locations {
    /// The indexes: the first is [`IndexRole::Primary`], the next `Further(2)`.
    pub indexes: Vec<Url>,
    /// Places whose files are seen beside the index's.
    pub find_links: Vec<FindLinks>,
}

/// A place with files of many packages.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FindLinks {
    /// A folder on this machine; a missing one holds nothing.
    Folder(Utf8PathBuf),
    /// An HTML page with links.
    Page(Url),
}

impl fmt::Display for FindLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.fmt(f),
            Self::Page(url) => f.write_str(&redacted(url)),
        }
    }
}

/// Whether requests may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// They may.
    Online,
    /// Only the cache is used, however old.
    Offline,
}

/// Where a package comes from, if not from the first index that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexRule {
    /// From this index only.
    Only(IndexRole),
    /// From every index: all their versions are seen.
    Every,
}

/// Whether to ask the `keyring` command for passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// It is not asked.
    Never,
    /// `keyring get INDEX_URL USER` is run where a user name is known and no password.
    Command,
}

/// Numbers for the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests for listings and metadata at once.
    pub requests: usize,
    /// Downloads at once.
    pub downloads: usize,
    /// How often a request is tried again.
    pub retries: u32,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a server may be silent.
    pub read_timeout: Duration,
    /// The first pause before trying again; it doubles each time.
    pub back_off: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 50,
            downloads: 32,
            retries: 3,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            back_off: Duration::from_millis(250),
        }
    }
}

/// Hears of progress, from any thread.
pub trait Observer: Send + Sync {
    /// A request leaves.
    fn started(&self, _what: &What) {}
    /// Bytes of its answer arrived.
    fn received(&self, _what: &What, _bytes: u64) {}
    /// The request is over, well or not.
    fn finished(&self, _what: &What) {}
    /// The request failed and will be tried again.
    fn retrying(&self, _what: &What, _cause: &str) {}
    /// Something that the user should know, and that stops nothing.
    fn warning(&self, _message: &str) {}
}

struct Silent;

impl Observer for Silent {}
