//! A server's list of the files of a package, in the order and the words of the server.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A server's answer.
#[derive(Debug, Default)]
pub(crate) struct ListingPage<'a> {
    pub(crate) files: Vec<PageFile<'a>>,
}

/// One file as a server lists it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct PageFile<'a> {
    pub(crate) filename: Cow<'a, str>,
    /// Absolute, or relative to the page.
    pub(crate) url: Cow<'a, str>,
    pub(crate) sha256: Option<[u8; 32]>,
    pub(crate) size: Option<u64>,
    /// Microseconds since 1970.
    pub(crate) uploaded: Option<i64>,
    pub(crate) requires_python: Option<Cow<'a, str>>,
    pub(crate) yanked: Option<Cow<'a, str>>,
    pub(crate) core_metadata: MetadataFile,
}

/// Whether a wheel has a metadata file beside it (PEP 658, PEP 714).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MetadataFile {
    /// It has none.
    #[default]
    Absent,
    /// It has one without a listed hash.
    Unhashed,
    /// It has one with this hash.
    Hashed([u8; 32]),
}
