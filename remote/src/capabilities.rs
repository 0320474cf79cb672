//! What a server can do, as it says itself.

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;

/// What a server can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// The largest sum of the blobs of one call, as the server says; 0 is no limit.
    pub max_batch_total_size_bytes: u64,
    /// Whether results may be stored by clients.
    pub update_enabled: bool,
    /// Whether actions are run.
    pub exec_enabled: bool,
    /// The largest blob, if there is a limit.
    pub max_blob_size_bytes: Option<u64>,
}

impl Capabilities {
    /// What an answer says.
    ///
    /// # Errors
    /// Says what is missing.
    pub(crate) fn read(answer: &api::ServerCapabilities) -> Result<Self, &'static str> {
        let sha256 = api::digest_function::Value::Sha256 as i32;
        let cache = answer.cache_capabilities.as_ref();
        if let Some(cache) = cache
            && !cache.digest_functions.is_empty()
            && !cache.digest_functions.contains(&sha256)
        {
            return Err("it does not know blobs by SHA-256");
        }
        let number = |value: i64| u64::try_from(value).unwrap_or_default();
        let update = cache.and_then(|cache| cache.action_cache_update_capabilities.as_ref());
        let largest = cache.map_or(0, |cache| number(cache.max_cas_blob_size_bytes));
        Ok(Self {
            max_batch_total_size_bytes: cache.map_or(0, |c| number(c.max_batch_total_size_bytes)),
            update_enabled: update.is_some_and(|update| update.update_enabled),
            exec_enabled: answer
                .execution_capabilities
                .as_ref()
                .is_some_and(|execution| execution.exec_enabled),
            max_blob_size_bytes: (largest > 0).then_some(largest),
        })
    }
}
