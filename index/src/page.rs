//! What a server lists of a package: its files, in the order and the words of the server.

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

/// Whether a wheel's metadata lies beside it (PEP 658, PEP 714).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MetadataFile {
    /// It does not.
    #[default]
    Absent,
    /// It does; its digest is not listed.
    Unhashed,
    /// It does, with this digest.
    Hashed([u8; 32]),
}
