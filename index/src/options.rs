//! The options of an index. All but the cache folder have a default.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use camino::Utf8PathBuf;
use jiff::Timestamp;
use model::{IndexRole, PackageName, PackageSet};
use url::Url;

use transport::{HttpOptions, redacted};

/// The options of an index.
#[derive(Clone)]
pub struct IndexOptions {
    /// The folder of the cache. It is made if it is missing.
    pub cache: Utf8PathBuf,
    /// The indexes and `find_links`; `None` means those of pip's configuration.
    pub locations: Option<Locations>,
    /// How long a listing is used without asking the server again.
    pub freshness: Duration,
    /// The packages whose listings are asked for although the cache has fresh ones.
    pub refresh: PackageSet,
    /// Files that were uploaded after this moment, or at an unknown time, are left out.
    pub exclude_newer: Option<Timestamp>,
    /// The distributions of the repository itself, which no index is asked for, each with the address
    /// of what makes it: whoever publishes one under such a name would otherwise be let in.
    pub own: BTreeMap<PackageName, String>,
    /// Packages that do not come from the first index that has them.
    pub rules: BTreeMap<PackageName, IndexRule>,
    /// Options of the HTTP client. The indexes of `locations` are added to its places.
    pub http: HttpOptions,
}

impl IndexOptions {
    /// The defaults, with `cache` as the cache folder.
    #[must_use]
    pub fn new(cache: impl Into<Utf8PathBuf>) -> Self {
        Self {
            cache: cache.into(),
            locations: None,
            freshness: Duration::from_secs(600),
            refresh: PackageSet::default(),
            exclude_newer: None,
            own: BTreeMap::new(),
            rules: BTreeMap::new(),
            http: HttpOptions::default(),
        }
    }
}

/// Where packages come from, in order of priority.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locations {
    /// The URLs of the indexes. The first is [`IndexRole::Primary`], the next `Further(2)`.
    pub indexes: Vec<Url>,
    /// Folders and pages whose files are added to those of the index.
    pub find_links: Vec<FindLinks>,
    /// How many of the indexes, the last ones, only serve packages that a rule assigns to them.
    pub assigned: usize,
}

impl Locations {
    /// The role of an index, if it is one of these.
    #[must_use]
    pub fn role_of(&self, url: &Url) -> Option<IndexRole> {
        let at = self.indexes.iter().position(|have| have == url)?;
        role_at(at)
    }
}

/// The role of the index at this position in the order; `None` where there are too many.
pub(crate) fn role_at(at: usize) -> Option<IndexRole> {
    match u8::try_from(at + 1).ok()? {
        1 => Some(IndexRole::Primary),
        number => Some(IndexRole::Further(number)),
    }
}

/// A folder or page with files of many packages, as in pip's `--find-links`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FindLinks {
    /// A folder on this machine. A missing one counts as empty.
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

/// Which indexes a package comes from, if not from the first one that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexRule {
    /// Only this index.
    Only(IndexRole),
    /// All indexes, with all their versions.
    Every,
}
