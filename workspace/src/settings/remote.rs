//! The cache of the team, as `[GLOBAL]` describes it in Pants' words.

use std::time::Duration;

use ::remote::{BearerToken, RemoteCertificates, RemoteLimits, RemoteOptions};

use super::Settings;
use super::keys::Global;

impl Settings {
    /// What the repository says of its shared cache. Files are relative to the root.
    pub fn remote_options(&self) -> RemoteOptions {
        let global = &self.global;
        let file = |path: &camino::Utf8PathBuf| self.root.join(path);
        let token = match &global.remote_oauth_bearer_token {
            Some(BearerToken::File(path)) => Some(BearerToken::File(file(path))),
            Some(text) => Some(text.clone()),
            None => {
                let path = global.remote_oauth_bearer_token_path.as_ref();
                path.map(|path| BearerToken::File(file(path)))
            }
        };
        RemoteOptions {
            provider: global.remote_provider,
            store_address: global.remote_store_address.clone(),
            execution_address: global.remote_execution_address.clone(),
            cache_read: global.remote_cache_read,
            cache_write: global.remote_cache_write,
            execution: global.remote_execution,
            instance_name: global.remote_instance_name.clone().unwrap_or_default(),
            store_headers: global.remote_store_headers.clone(),
            execution_headers: global.remote_execution_headers.clone(),
            token,
            certificates: RemoteCertificates {
                authority: global.remote_ca_certs_path.as_ref().map(file),
                client: global.remote_client_certs_path.as_ref().map(file),
                client_key: global.remote_client_key_path.as_ref().map(file),
            },
            limits: limits(global),
            warnings: global.remote_cache_warnings,
            content: global.cache_content_behavior,
            parallelism: global.process_execution_remote_parallelism,
            platform_properties: global.remote_execution_extra_platform_properties.clone(),
        }
    }
}

fn limits(global: &Global) -> RemoteLimits {
    RemoteLimits {
        chunk_bytes: global.remote_store_chunk_bytes,
        batch_bytes: global.remote_store_batch_api_size_limit,
        batch_load: global.remote_store_batch_load_enabled,
        retries: global.remote_store_rpc_retries,
        store_concurrency: global.remote_store_rpc_concurrency,
        store_timeout: Duration::from_millis(global.remote_store_rpc_timeout_millis),
        cache_concurrency: global.remote_cache_rpc_concurrency,
        cache_timeout: Duration::from_millis(global.remote_cache_rpc_timeout_millis),
        execution_concurrency: global.remote_execution_rpc_concurrency,
        execution_deadline: Duration::from_secs(global.remote_execution_overall_deadline_secs),
        calls_per_second: global.remote_store_rpc_per_second,
        look_up_patience: Duration::from_millis(global.remote_cache_patience_millis),
        upload_patience: global.session_end_tasks_timeout,
        ..RemoteLimits::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ::remote::{CacheContentBehavior, RemoteCacheWarnings, RemoteProvider};
    use camino::Utf8Path;

    use super::*;
    use crate::settings::document::SettingsDocument;
    use crate::settings::reader::{RepositorySettings, read};

    fn options(global: &str, variables: &[(&str, &str)]) -> Result<RemoteOptions, String> {
        let document = SettingsDocument::parse("pants.toml".into(), format!("[GLOBAL]\n{global}"));
        let files =
            RepositorySettings::new(Utf8Path::new("/repo"), Some(document.unwrap()), None).unwrap();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment: BTreeMap<_, _> = variables.iter().map(owned).collect();
        let settings = read(&files, environment, &[]).map_err(|error| error.to_string())?;
        assert!(settings.ignored.is_empty(), "{:?}", settings.ignored);
        Ok(settings.remote_options())
    }

    #[test]
    fn without_settings_nothing_is_shared() {
        let options = options("", &[]).unwrap();
        assert_eq!(options, RemoteOptions::default());
        assert!(!options.is_used());
    }

    #[test]
    fn a_server_is_described_in_the_words_of_pants() {
        let options = options(
            r#"
            remote_cache_read = true
            remote_cache_write = true
            remote_execution = true
            remote_store_address = "grpcs://cache.example:443"
            remote_execution_address = "grpcs://workers.example:443"
            remote_instance_name = "main"
            remote_store_headers = { x-team = "jobs" }
            remote_execution_headers = { x-pool = "large" }
            remote_oauth_bearer_token = "@secret/token"
            remote_ca_certs_path = "/etc/ssl/own.pem"
            remote_client_certs_path = "tls/client.pem"
            remote_client_key_path = "tls/client.key"
            remote_cache_warnings = "first_only"
            cache_content_behavior = "validate"
            remote_cache_rpc_concurrency = 3
            remote_cache_rpc_timeout_millis = 250
            remote_cache_patience_millis = 40
            remote_store_chunk_bytes = 65536
            remote_store_batch_api_size_limit = 100000
            remote_store_batch_load_enabled = false
            remote_store_rpc_retries = 5
            remote_store_rpc_concurrency = 7
            remote_store_rpc_timeout_millis = 1000
            remote_store_rpc_per_second = 20
            remote_execution_rpc_concurrency = 9
            remote_execution_overall_deadline_secs = 60
            remote_execution_extra_platform_properties = ["OSFamily=linux"]
            process_execution_remote_parallelism = 11
            session_end_tasks_timeout = 2.5
            "#,
            &[],
        );
        let options = options.unwrap();
        let expected = RemoteOptions {
            provider: RemoteProvider::Reapi,
            store_address: Some("grpcs://cache.example:443".into()),
            execution_address: Some("grpcs://workers.example:443".into()),
            cache_read: true,
            cache_write: true,
            execution: true,
            instance_name: "main".into(),
            store_headers: [("x-team".into(), "jobs".into())].into(),
            execution_headers: [("x-pool".into(), "large".into())].into(),
            token: Some(BearerToken::File("/repo/secret/token".into())),
            certificates: RemoteCertificates {
                authority: Some("/etc/ssl/own.pem".into()),
                client: Some("/repo/tls/client.pem".into()),
                client_key: Some("/repo/tls/client.key".into()),
            },
            limits: RemoteLimits {
                chunk_bytes: 65536,
                batch_bytes: 100_000,
                batch_load: false,
                retries: 5,
                store_concurrency: 7,
                store_timeout: Duration::from_secs(1),
                cache_concurrency: 3,
                cache_timeout: Duration::from_millis(250),
                execution_concurrency: 9,
                execution_deadline: Duration::from_secs(60),
                calls_per_second: Some(20),
                look_up_patience: Duration::from_millis(40),
                upload_patience: Some(Duration::from_millis(2500)),
                ..RemoteLimits::default()
            },
            warnings: RemoteCacheWarnings::FirstOnly,
            content: CacheContentBehavior::Validate,
            parallelism: 11,
            platform_properties: vec!["OSFamily=linux".into()],
        };
        assert_eq!(options, expected);
    }

    #[test]
    fn a_job_of_ci_sets_variables() {
        let options = options(
            "remote_provider = 'file'\nremote_store_address = 'file:///srv/cache'",
            &[
                ("PANTS_REMOTE_CACHE_READ", "true"),
                ("PANTS_REMOTE_CACHE_WRITE", "false"),
                ("PANTS_REMOTE_OAUTH_BEARER_TOKEN", "hush"),
                ("PANTS_REMOTE_STORE_HEADERS", "{'x-run': '7'}"),
                ("PANTS_REMOTE_CACHE_RPC_TIMEOUT_MILLIS", "100"),
                ("PANTS_SESSION_END_TASKS_TIMEOUT", "1"),
            ],
        );
        let options = options.unwrap();
        assert_eq!(options.provider, RemoteProvider::File);
        assert!(options.cache_read && !options.cache_write);
        assert_eq!(options.token, Some(BearerToken::Text("hush".into())));
        assert_eq!(options.store_headers["x-run"], "7");
        assert_eq!(options.limits.cache_timeout, Duration::from_millis(100));
        assert_eq!(options.limits.upload_patience, Some(Duration::from_secs(1)));
    }

    #[test]
    fn variables_count_without_a_pants_toml_too() {
        let table =
            "[workspace.metadata.xtask.GLOBAL]\nremote_store_address = 'grpc://a.example:1'";
        let document = SettingsDocument::parse("Cargo.toml".into(), table.to_owned()).unwrap();
        let files = RepositorySettings::new(Utf8Path::new("/repo"), None, Some(document)).unwrap();
        let variables = [
            ("PANTS_REMOTE_CACHE_WRITE", "true"),
            ("PANTS_BUILD_PATTERNS", "[]"),
        ];
        let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = read(&files, environment.into(), &[]).unwrap();
        let options = settings.remote_options();
        assert!(options.cache_write && options.store_address.is_some());
        assert!(!settings.global.build_patterns.is_empty());
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let refused = |text: &str| options(text, &[]).unwrap_err();
        insta::assert_snapshot!(refused("remote_provider = 'gcs'"), @"`[GLOBAL] remote_provider`: `gcs` is not one of `reapi` `file` `experimental-file` `s3` `github-actions-cache` `experimental-github-actions-cache`");
        insta::assert_snapshot!(refused("remote_cache_warnings = 'never'"), @"`[GLOBAL] remote_cache_warnings`: `never` is not one of `ignore` `first_only` `backoff` `always`");
        insta::assert_snapshot!(refused("remote_store_rpc_retries = -1"), @"`[GLOBAL] remote_store_rpc_retries`: must not be negative");
        insta::assert_snapshot!(refused("remote_cache_read = 'yes'"), @"`[GLOBAL] remote_cache_read` must be `true` or `false`, not a string");
        insta::assert_snapshot!(refused("remote_store_address = 1"), @"`[GLOBAL] remote_store_address` must be a string, not a number");
        insta::assert_snapshot!(refused("session_end_tasks_timeout = 'soon'"), @"`[GLOBAL] session_end_tasks_timeout` must be a number of seconds, not a string");
        insta::assert_snapshot!(refused("session_end_tasks_timeout = -0.5"), @"`[GLOBAL] session_end_tasks_timeout`: -0.5 seconds are no time");
        insta::assert_snapshot!(refused("remote_store_headers = ['a']"), @"`[GLOBAL] remote_store_headers` must be a table, not a list");
    }
}
