//! What a run says about the network. Everything has a default.

use std::sync::Arc;
use std::time::Duration;

use crate::environment::EnvironmentVariables;
use crate::error::RequestPurpose;
use crate::login::LoginPlace;

/// How to reach servers.
#[derive(Clone)]
pub struct HttpOptions {
    /// The configured indexes and upload places, in order.
    pub places: Vec<LoginPlace>,
    /// Whether requests may be made.
    pub access: NetworkAccess,
    /// Numbers: connections, retries, time-outs.
    pub limits: HttpLimits,
    /// Whether to ask the `keyring` command for passwords.
    pub keyring: KeyringProvider,
    /// Where certificates and logins may be named.
    pub environment: EnvironmentVariables,
    /// Who hears of progress.
    pub observer: Arc<dyn RequestObserver>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            access: NetworkAccess::Online,
            limits: HttpLimits::default(),
            keyring: KeyringProvider::Disabled,
            environment: EnvironmentVariables::of_process(),
            observer: Arc::new(Silent),
        }
    }
}

/// Whether requests may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkAccess {
    /// They may.
    Online,
    /// Only what is on this machine is used, however old.
    Offline,
}

/// Whether to ask the `keyring` command for passwords, in the words of pip's `keyring-provider`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyringProvider {
    /// It is not asked.
    Disabled,
    /// `keyring get PLACE_URL USER` is run where a user name is known and no password.
    Subprocess,
}

/// Numbers for the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
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

impl Default for HttpLimits {
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
pub trait RequestObserver: Send + Sync {
    /// A request leaves.
    fn started(&self, _purpose: &RequestPurpose) {}
    /// Bytes of its answer arrived.
    fn received(&self, _purpose: &RequestPurpose, _bytes: u64) {}
    /// The request is over, well or not.
    fn finished(&self, _purpose: &RequestPurpose) {}
    /// The request failed and will be tried again.
    fn retrying(&self, _purpose: &RequestPurpose, _cause: &str) {}
    /// Something that the user should know, and that stops nothing.
    fn warning(&self, _message: &str) {}
}

struct Silent;

impl RequestObserver for Silent {}
