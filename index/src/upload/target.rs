//! The index that files are uploaded to, and what it has.

use transport::WrittenLogin;
use url::Url;

/// The index that files are uploaded to.
#[derive(Debug, Clone)]
pub struct UploadTarget {
    /// The URL for uploads.
    pub url: Url,
    /// The URL of the listing (PEP 503, PEP 691) of the same index; `None` if it is to be found by
    /// `url`.
    pub listing: Option<Url>,
    /// The login in `.pypirc`.
    pub login: WrittenLogin,
}

/// Whether an index has a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It does not have it.
    Absent,
    /// It has the file with the same hash.
    Present,
}
