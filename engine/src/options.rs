//! How an engine works: what settings and flags say.

use std::time::Duration;

use camino::Utf8PathBuf;
use remote::RemoteOptions;

use crate::action::CacheUse;

/// The folder of this format of the cache.
pub(crate) const FORMAT: &str = "v1";

/// How an engine works.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// The folder of the cache (Pants: `local_store_dir`).
    pub cache: Utf8PathBuf,
    /// The folder of the sandboxes, if it is not in the cache (Pants: `local_execution_root_dir`).
    pub sandboxes: Option<Utf8PathBuf>,
    /// How many programs run at one time (Pants: `process_execution_local_parallelism`).
    pub jobs: usize,
    /// Which sandboxes are left for their user to look at (Pants: `keep_sandboxes`).
    pub keep: SandboxKeeping,
    /// Whether results are kept on this machine and used again (Pants: `local_cache`). A team's cache is used all
    /// the same.
    pub local_cache: bool,
    /// What the caches are asked, for all actions.
    pub cache_use: CacheUse,
    /// How long programs have for their own clean-up after Ctrl+C, and after their time is over.
    pub grace: Duration,
    /// How many bytes a program may write to each of its streams before it is ended.
    pub output_limit: u64,
    /// Whether it is said why an action is not in the cache.
    pub explain: bool,
    /// The cache of the team, and the server that runs actions.
    pub remote: RemoteOptions,
}

impl EngineOptions {
    /// The defaults: as many programs as there are cores, a grace period of three seconds.
    #[must_use]
    pub fn new(cache: Utf8PathBuf) -> Self {
        Self {
            cache,
            sandboxes: None,
            jobs: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            keep: SandboxKeeping::Never,
            local_cache: true,
            cache_use: CacheUse::ReadWrite,
            grace: Duration::from_secs(3),
            output_limit: 1 << 30,
            explain: false,
            remote: RemoteOptions::default(),
        }
    }
}

/// Which sandboxes are left for their user to look at, as Pants' `keep_sandboxes` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SandboxKeeping {
    /// None.
    #[default]
    Never,
    /// Those of actions that did not end well.
    OnFailure,
    /// All.
    Always,
}
