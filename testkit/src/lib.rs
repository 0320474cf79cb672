//! What tests are made of: packages in memory, a package index on 127.0.0.1 that misbehaves on
//! demand, throw-away monorepos in which the real binary runs, facts to judge by, and skips that are seen.
//!
//! For tests only, so a mistake in a fixture panics. Nothing here reaches beyond this machine.

mod archive;
mod facts;
mod fault;
mod filter;
mod http;
mod index;
mod listing;
mod package;
mod repo;
mod skip;
mod tls;
mod upload_index;

pub use facts::{backend_ai, cases, shared};
pub use fault::{Fault, When};
pub use filter::Filter;
pub use index::{Index, IndexBuilder, Served};
pub use package::{Package, PackageFile};
pub use repo::{Output, Repo, Running};
pub use skip::{peer, python, skip};
pub use tls::TlsServer;
pub use upload_index::{UploadFault, UploadIndex, UploadState};
