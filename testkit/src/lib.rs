//! What tests need: packages in memory, a package index and a cache on 127.0.0.1 that can
//! misbehave, throw-away monorepos in which the real binary runs, data to compare with, and visible
//! skips.
//!
//! It is used by tests only, so a mistake in a fixture panics. Nothing here uses another machine.

mod archive;
mod cache_server;
mod facts;
mod fault;
mod filter;
mod forge;
mod github_cache;
mod http;
mod index;
mod listing;
mod package;
mod real_server;
mod repo;
mod schema;
mod skip;
mod tls;
mod upload_index;

pub use archive::PackageFile;
pub use cache_server::{CacheFault, CacheServer, CacheState};
pub use facts::{PublicRepository, cases, shared};
pub use fault::{Fault, When};
pub use filter::Filter;
pub use forge::{ForgeState, LoopbackForge};
pub use github_cache::{GithubCache, GithubCacheState};
pub use index::{IndexBuilder, LoopbackIndex, ServedRequest};
pub use package::Package;
pub use real_server::{RealServer, RealServerKind};
pub use repo::{Output, Repo, Running};
pub use schema::schemas;
pub use skip::{peer, python, skip};
pub use tls::TlsServer;
pub use upload_index::{UploadFault, UploadIndex, UploadState};
