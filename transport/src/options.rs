//! The options of the HTTP client. Everything has a default.

use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;

use crate::environment::EnvironmentVariables;
use crate::error::RequestPurpose;
use crate::login::LoginPlace;

/// The options of the HTTP client.
#[derive(Clone)]
pub struct HttpOptions {
    /// The indexes and upload URLs of the settings, in order, for their logins.
    pub places: Vec<LoginPlace>,
    /// Whether requests may be made.
    pub access: NetworkAccess,
    /// Limits on connections, retries and times.
    pub limits: HttpLimits,
    /// Whether the `keyring` command is asked for passwords.
    pub keyring: KeyringProvider,
    /// The environment variables that may name certificates and logins.
    pub environment: EnvironmentVariables,
    /// Variables that name a file of certificates. The first one that is set is used.
    pub certificate_variables: &'static [&'static str],
    /// A file of certificates that a setting names, and where the setting is.
    pub certificates: Option<(String, Utf8PathBuf)>,
    /// Variables that name a file with the certificate of this machine and its key. The first one
    /// that is set is used.
    pub client_certificate_variables: &'static [&'static str],
    /// Such a file that a setting names, and where the setting is.
    pub client_certificate: Option<(String, Utf8PathBuf)>,
    /// Is told about progress.
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
            certificate_variables: &["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
            certificates: None,
            client_certificate_variables: &["SSL_CLIENT_CERT"],
            client_certificate: None,
            observer: Arc::new(Silent),
        }
    }
}

/// Whether requests may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkAccess {
    /// Requests may be made.
    Online,
    /// Only data on this machine is used, however old.
    Offline,
}

/// Whether the `keyring` command is asked for passwords, in the words of pip's `keyring-provider`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyringProvider {
    /// It is not asked.
    Disabled,
    /// `keyring get URL USER` is run if a user name is known and no password.
    Subprocess,
}

/// Limits on connections, retries and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// The largest number of requests for listings and metadata at the same time.
    pub requests: usize,
    /// The largest number of downloads at the same time.
    pub downloads: usize,
    /// The number of retries of a request.
    pub retries: u32,
    /// The longest time for opening a connection.
    pub connect_timeout: Duration,
    /// The longest time without data from the server.
    pub read_timeout: Duration,
    /// The longest time in which nothing of a body that is sent moves, nor its answer comes.
    pub send_timeout: Duration,
    /// The pause before the first retry. It doubles each time.
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
            send_timeout: Duration::from_secs(600),
            back_off: Duration::from_millis(250),
        }
    }
}

/// Is told about progress, from any thread.
pub trait RequestObserver: Send + Sync {
    /// A request begins.
    fn started(&self, _purpose: &RequestPurpose) {}
    /// So many bytes of its body were handed over, of so many.
    fn sent(&self, _purpose: &RequestPurpose, _bytes: u64, _of: u64) {}
    /// So many bytes of its answer arrived.
    fn received(&self, _purpose: &RequestPurpose, _bytes: u64) {}
    /// The request has ended, successfully or not.
    fn finished(&self, _purpose: &RequestPurpose) {}
    /// The request failed and will be tried again.
    fn retrying(&self, _purpose: &RequestPurpose, _cause: &str) {}
    /// Something that the user should know, although nothing failed.
    fn warning(&self, _message: &str) {}
}

struct Silent;

impl RequestObserver for Silent {}
