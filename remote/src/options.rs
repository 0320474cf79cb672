//! What a repository says of its shared cache, in the words of Pants' settings, and whether that
//! makes sense.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;

/// Everything that can be set. The default reads and writes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteOptions {
    /// What kind of thing the cache is.
    pub provider: RemoteProvider,
    /// Where the cache is: `grpc://HOST:PORT`, `file:///FOLDER`, `s3://BUCKET/FOLDER`.
    pub store_address: Option<String>,
    /// Where actions are run.
    pub execution_address: Option<String>,
    /// Whether results are looked up.
    pub cache_read: bool,
    /// Whether results of this machine are shared.
    pub cache_write: bool,
    /// Whether actions are run by a server.
    pub execution: bool,
    /// Which of a server's caches is meant; empty for its only one.
    pub instance_name: String,
    /// Headers of every call to the cache.
    pub store_headers: BTreeMap<String, String>,
    /// Headers of every call to the server that runs actions.
    pub execution_headers: BTreeMap<String, String>,
    /// What `authorization: Bearer` has.
    pub token: Option<BearerToken>,
    /// Files that say who is who.
    pub certificates: RemoteCertificates,
    /// Limits of calls.
    pub limits: RemoteLimits,
    /// How often a failure of the cache is told.
    pub warnings: RemoteCacheWarnings,
    /// When the outputs of a result are fetched.
    pub content: CacheContentBehavior,
    /// The largest number of actions that a server runs at the same time.
    pub parallelism: usize,
    /// What a server that runs actions is told of the machine that is wanted: `name=value`.
    pub platform_properties: Vec<String>,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self {
            provider: RemoteProvider::Reapi,
            store_address: None,
            execution_address: None,
            cache_read: false,
            cache_write: false,
            execution: false,
            instance_name: String::new(),
            store_headers: BTreeMap::new(),
            execution_headers: BTreeMap::new(),
            token: None,
            certificates: RemoteCertificates::default(),
            limits: RemoteLimits::default(),
            warnings: RemoteCacheWarnings::Backoff,
            content: CacheContentBehavior::Fetch,
            parallelism: 128,
            platform_properties: Vec::new(),
        }
    }
}

/// The kinds of caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteProvider {
    /// A server with the Remote Execution API.
    Reapi,
    /// A folder that several machines or users see.
    File,
    /// A bucket of S3, or of a server like it.
    S3,
    /// The cache of GitHub Actions.
    GithubActionsCache,
}

impl RemoteProvider {
    const ALL: [Self; 4] = [Self::Reapi, Self::File, Self::S3, Self::GithubActionsCache];

    /// The name in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reapi => "reapi",
            Self::File => "file",
            Self::S3 => "s3",
            Self::GithubActionsCache => "experimental-github-actions-cache",
        }
    }

    /// What its addresses begin with.
    #[must_use]
    pub fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Reapi => &["grpc://", "grpcs://"],
            Self::File => &["file://"],
            Self::S3 => &["s3://"],
            Self::GithubActionsCache => &["http://", "https://"],
        }
    }

    fn takes(self, address: &str) -> bool {
        self.schemes()
            .iter()
            .any(|scheme| address.starts_with(scheme))
    }
}

/// A token, or the file that has it.
#[derive(Clone, PartialEq, Eq)]
pub enum BearerToken {
    /// The token itself.
    Text(String),
    /// A file with the token alone in it.
    File(Utf8PathBuf),
}

/// Without the token: what is shown ends in logs.
impl std::fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(…)"),
            Self::File(path) => write!(f, "File({path})"),
        }
    }
}

/// Files of certificates, as PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteCertificates {
    /// Those that servers are checked against, in place of the system's.
    pub authority: Option<Utf8PathBuf>,
    /// Ours, with those that vouch for it.
    pub client: Option<Utf8PathBuf>,
    /// The key of ours.
    pub client_key: Option<Utf8PathBuf>,
}

/// Limits of calls. Where Pants has a setting, its default is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteLimits {
    /// The largest size of one part of a stream, in bytes.
    pub chunk_bytes: usize,
    /// The largest sum of the blobs of one call, in bytes; a server may set a lower one.
    pub batch_bytes: u64,
    /// Whether several blobs are read by one call.
    pub batch_load: bool,
    /// How often a call of the store is tried again.
    pub retries: u32,
    /// The pause before a call is tried again. It doubles each time.
    pub back_off: Duration,
    /// The number of calls of the store at the same time.
    pub store_concurrency: usize,
    /// The longest time for an answer of the store.
    pub store_timeout: Duration,
    /// The number of look-ups at the same time.
    pub cache_concurrency: usize,
    /// The longest time for a look-up.
    pub cache_timeout: Duration,
    /// The number of calls that start an action at the same time.
    pub execution_concurrency: usize,
    /// The longest time from handing in an action to its result.
    pub execution_deadline: Duration,
    /// The number of calls in a second; `None` for any number.
    pub calls_per_second: Option<u32>,
    /// How long a run may wait in vain for a server that gives no sign of life, beside a fiftieth of the time
    /// that it took so far.
    pub look_up_patience: Duration,
    /// How long a run that is done waits for what is still to be sent; `None` for as long as it moves.
    pub upload_patience: Option<Duration>,
}

impl Default for RemoteLimits {
    fn default() -> Self {
        Self {
            chunk_bytes: 1024 * 1024,
            batch_bytes: 4_194_304,
            batch_load: true,
            retries: 2,
            back_off: Duration::from_millis(100),
            store_concurrency: 128,
            store_timeout: Duration::from_secs(30),
            cache_concurrency: 128,
            cache_timeout: Duration::from_millis(1500),
            execution_concurrency: 128,
            execution_deadline: Duration::from_secs(60 * 60),
            calls_per_second: None,
            look_up_patience: Duration::from_millis(50),
            upload_patience: None,
        }
    }
}

/// How often a failure of the cache is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteCacheWarnings {
    /// Never.
    Ignore,
    /// The first of each kind.
    FirstOnly,
    /// The first of each kind, the tenth, the hundredth and so on.
    Backoff,
    /// Each.
    Always,
}

impl RemoteCacheWarnings {
    /// Whether the `nth` failure of a kind, counted from 1, is told.
    #[must_use]
    pub fn tells(self, nth: u64) -> bool {
        match self {
            Self::Ignore => false,
            Self::FirstOnly => nth == 1,
            Self::Backoff => nth
                .checked_ilog10()
                .is_some_and(|log| nth == 10_u64.pow(log)),
            Self::Always => true,
        }
    }
}

/// When the outputs of a result that was found are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheContentBehavior {
    /// Before the result counts as found.
    Fetch,
    /// When something needs them; that the cache has them is asked before the result counts.
    Validate,
    /// When something needs them.
    Defer,
}

/// Settings that do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsConflict {
    /// Something is switched on, and nothing says where it is.
    #[error("`[GLOBAL] {wants}` is on, and `[GLOBAL] {lacks}` is not set")]
    NoAddress {
        /// The setting that needs the other.
        wants: &'static str,
        /// The setting that is missing.
        lacks: &'static str,
    },
    /// The address is one of another provider.
    #[error(
        "`[GLOBAL] {setting}` is `{address}`, which is no address of the provider `{provider}`"
    )]
    OtherProvider {
        /// The setting with the address.
        setting: &'static str,
        /// Its value.
        address: String,
        /// The provider in use.
        provider: &'static str,
        /// The addresses that it takes.
        schemes: &'static [&'static str],
        /// The provider whose address it is.
        meant: Option<&'static str>,
    },
    /// Only servers run actions.
    #[error("`[GLOBAL] remote_execution` is on, and the provider `{provider}` runs nothing")]
    NoExecution {
        /// The provider in use.
        provider: &'static str,
    },
    /// A certificate without its key, or a key without its certificate.
    #[error("`[GLOBAL] {set}` is set, and `[GLOBAL] {lacks}` is not")]
    HalfIdentity {
        /// The setting that is set.
        set: &'static str,
        /// The other one.
        lacks: &'static str,
    },
    /// This build has no such provider.
    #[error("`[GLOBAL] remote_provider` is `{provider}`, which this build leaves out")]
    NoProvider {
        /// The provider.
        provider: &'static str,
    },
}

impl OptionsConflict {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoAddress { wants, lacks } => format!("set `{lacks}`, or turn `{wants}` off"),
            Self::OtherProvider { schemes, meant, .. } => {
                let schemes = schemes.join("` or `");
                match meant {
                    Some(meant) => format!(
                        "set `remote_provider = \"{meant}\"`, or an address that begins with `{schemes}`"
                    ),
                    None => format!("its addresses begin with `{schemes}`"),
                }
            }
            Self::NoExecution { .. } => {
                "turn `remote_execution` off, or set `remote_provider = \"reapi\"`".into()
            }
            Self::HalfIdentity { set, lacks } => {
                format!("set `{lacks}` too, or neither of both with `{set}`")
            }
            Self::NoProvider { .. } => {
                "prebuilt binaries have it, and `cargo build --package xtask --features object-storage` makes one"
                    .into()
            }
        }
    }
}

impl RemoteOptions {
    /// Whether anything is shared at all.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.cache_read || self.cache_write || self.execution
    }

    /// The address of the cache, if the settings go together.
    ///
    /// # Errors
    /// Where something is on without an address, or an address belongs to another provider.
    pub fn checked_store_address(&self) -> Result<&str, OptionsConflict> {
        let switches = [
            (self.cache_read, "remote_cache_read"),
            (self.cache_write, "remote_cache_write"),
            (self.execution, "remote_execution"),
        ];
        let on = switches.iter().find(|(on, _)| *on);
        let address = self.store_address.as_deref();
        let address = address.ok_or(OptionsConflict::NoAddress {
            wants: on.map_or("remote_cache_read", |(_, name)| name),
            lacks: "remote_store_address",
        })?;
        self.check_provider("remote_store_address", address)?;
        let files = &self.certificates;
        let (certificates, key) = ("remote_client_certs_path", "remote_client_key_path");
        let half = |set, lacks| Err(OptionsConflict::HalfIdentity { set, lacks });
        match (&files.client, &files.client_key) {
            (Some(_), None) => half(certificates, key),
            (None, Some(_)) => half(key, certificates),
            _ => Ok(address),
        }
    }

    /// The address of the server that runs actions, if the settings go together.
    ///
    /// # Errors
    /// Where there is none, or it is not one of a server.
    pub fn checked_execution_address(&self) -> Result<&str, OptionsConflict> {
        if self.provider != RemoteProvider::Reapi {
            let provider = self.provider.name();
            return Err(OptionsConflict::NoExecution { provider });
        }
        let address = self.execution_address.as_deref();
        let address = address.ok_or(OptionsConflict::NoAddress {
            wants: "remote_execution",
            lacks: "remote_execution_address",
        })?;
        self.check_provider("remote_execution_address", address)?;
        Ok(address)
    }

    fn check_provider(&self, setting: &'static str, address: &str) -> Result<(), OptionsConflict> {
        if self.provider.takes(address) {
            return Ok(());
        }
        let meant = RemoteProvider::ALL.into_iter().find(|p| p.takes(address));
        Err(OptionsConflict::OtherProvider {
            setting,
            address: address.to_owned(),
            provider: self.provider.name(),
            schemes: self.provider.schemes(),
            meant: meant.map(RemoteProvider::name),
        })
    }
}
