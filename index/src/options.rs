//! What a run says about its indexes. Everything has a default but the cache folder.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use camino::Utf8PathBuf;
use jiff::Timestamp;
use model::{IndexRole, PackageName};
use url::Url;

use transport::{HttpOptions, redacted};

/// How to reach and use the indexes.
#[derive(Clone)]
pub struct IndexOptions {
    /// The folder of the cache; made where it is missing.
    pub cache: Utf8PathBuf,
    /// The indexes and `find_links` places; where `None`, those that pip is configured for.
    pub locations: Option<Locations>,
    /// How long a listing is used without asking the server again.
    pub freshness: Duration,
    /// Files uploaded after this moment, and files of unknown upload time, are not seen.
    pub exclude_newer: Option<Timestamp>,
    /// Packages that do not simply come from the first index that has them.
    pub rules: BTreeMap<PackageName, IndexRule>,
    /// How to reach servers; the indexes of the locations are added to its places.
    pub http: HttpOptions,
}

impl IndexOptions {
    /// The defaults, with the cache in `cache`.
    #[must_use]
    pub fn new(cache: impl Into<Utf8PathBuf>) -> Self {
        Self {
            cache: cache.into(),
            locations: None,
            freshness: Duration::from_secs(600),
            exclude_newer: None,
            rules: BTreeMap::new(),
            http: HttpOptions::default(),
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

/// Where a package comes from, if not from the first index that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexRule {
    /// From this index only.
    Only(IndexRole),
    /// From every index: all their versions are seen.
    Every,
}
