//! Package indexes: which files a package has, what a release requires, and the files themselves.
//!
//! [`Index`] is a blocking interface to an asynchronous core. The resolver is a synchronous loop:
//! it asks, and announces what it will ask next. The core fetches in the background what was
//! announced; two questions for the same thing make one request. The runtime and the HTTP client
//! are started for the first request, so that a run that finds everything in the cache pays for
//! neither.
//!
//! From the outside to the inside: `index` is the interface; `listing` and `metadata` say what a
//! question means; `fetch`, `find_links`, `download`, `direct` and `record` answer it with what
//! `core` holds; `simple_api`, with `json` and `html`, reads the answers of servers; `encode`,
//! `compact`, `stored` and `cache` keep them; `pip` finds the servers. `git` gets repositories, and
//! `upload` sends files.

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
pub use archive::folder_metadata;
pub use choose::FilePolicy;
pub use error::{IndexError, REPLACED_FILE_HINT};
pub use foresee::Forecast;
pub use git::GitCheckout;
pub use index::{Index, Statistics};
pub use listing::{ListedFile, ListedRelease, ListedVersion, Listing, ReleaseFile, RequiresPython};
pub use options::{FindLinks, IndexOptions, IndexRule, Locations};
pub use pip::{PublicIndex, locations as pip_locations, public_indexes};
