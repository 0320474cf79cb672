//! Package indexes: which files a package has, what a release requires, and the files themselves.
//!
//! [`Index`] is a blocking face over an asynchronous core. The resolver is a synchronous loop: it
//! asks, and hints what it will ask next; the core fetches what is hinted in the background, and
//! asking twice for one thing makes one request. The runtime and the HTTP client start with the
//! first request, so that a run answered from the cache pays for neither.
//!
//! From the outside in: `index` (the face), `listing` and `metadata` (what a question means),
//! `fetch`, `find_links`, `download`, `direct` and `record` (how it is answered, on what `core`
//! holds), `simple_api` with `json` and `html` (how servers answer), `encode`, `compact`, `stored`
//! and `cache` (how we keep the answer), `pip` (which servers), `git`, `upload` (the other way).

mod archive;
mod cache;
mod choose;
mod compact;
mod core;
mod direct;
mod download;
mod encode;
mod error;
mod fetch;
mod find_links;
mod foresee;
mod git;
mod html;
mod index;
mod json;
mod listing;
mod metadata;
mod options;
mod page;
mod pip;
mod record;
mod remote_zip;
mod simple_api;
mod stored;
pub mod upload;

pub use self::core::DirectArchive;
pub use choose::FilePolicy;
pub use error::IndexError;
pub use foresee::Forecast;
pub use git::GitCheckout;
pub use index::{Index, Statistics};
pub use listing::{ListedRelease, ListedVersion, Listing, ReleaseFile, RequiresPython};
pub use options::{FindLinks, IndexOptions, IndexRule, Locations};
pub use pip::locations as pip_locations;
