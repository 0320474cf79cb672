//! What a run says about the network. Everything has a default.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::error::What;

/// How to reach servers.
#[derive(Clone)]
pub struct HttpOptions {
    /// The configured indexes in order: each lends its login to its origin.
    pub indexes: Vec<Url>,
    /// Numbers: connections, retries, time-outs.
    pub limits: Limits,
    /// Whether to ask the `keyring` command for passwords.
    pub keyring: Keyring,
    /// Who hears of progress.
    pub observer: Arc<dyn Observer>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            indexes: Vec::new(),
            limits: Limits::default(),
            keyring: Keyring::Never,
            observer: Arc::new(Silent),
        }
    }
}

/// Whether to ask the `keyring` command for passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// It is not asked.
    Never,
    /// `keyring get INDEX_URL USER` is run where a user name is known and no password.
    Command,
}

/// Numbers for the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests for listings and metadata at once.
    pub requests: usize,
    /// Downloads at once.
    pub downloads: usize,
    /// How often a request is tried again.
    pub retries: u32,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a server may be silent.
    pub read_timeout: Duration,
    /// The first pause before trying again; it doubles each time.
    pub back_off: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 50,
            downloads: 32,
            retries: 3,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            back_off: Duration::from_millis(250),
        }
    }
}

/// Hears of progress, from any thread.
pub trait Observer: Send + Sync {
    /// A request leaves.
    fn started(&self, _what: &What) {}
    /// Bytes of its answer arrived.
    fn received(&self, _what: &What, _bytes: u64) {}
    /// The request is over, well or not.
    fn finished(&self, _what: &What) {}
    /// The request failed and will be tried again.
    fn retrying(&self, _what: &What, _cause: &str) {}
    /// Something that the user should know, and that stops nothing.
    fn warning(&self, _message: &str) {}
}

struct Silent;

impl Observer for Silent {}
