//! Where files are uploaded, and what is there.

use transport::WrittenLogin;
use url::Url;

/// Where files are uploaded.
#[derive(Debug, Clone)]
pub struct UploadTarget {
    /// Where files are sent.
    pub url: Url,
    /// The listing (PEP 503, PEP 691) of the same index; `None` to look for it below `url`.
    pub listing: Option<Url>,
    /// The login that `.pypirc` has for it.
    pub login: WrittenLogin,
}

/// What an index has of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Nothing.
    Absent,
    /// The file, with the same hash.
    Present,
}
