//! A cache without a server, in a bucket of S3, of a server like it, or in the cache of GitHub Actions.
//!
//! The layout is that of a shared folder, and what is read is checked as there. The library that speaks to
//! such places is behind the feature `object-storage`, which locking does not need.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use camino::Utf8Path;
use opendal::services::{Ghac, S3};
use opendal::{ErrorKind, HttpTransporter, OperationContext, Operator};
use opendal_http_transport_reqwest::ReqwestTransport;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use transport::HttpOptions;

use crate::blob::{Blob, BlobTransfer, Download, checked, in_file};
use crate::digest::Digest;
use crate::error::{RemoteCall, RemoteCallError, RemoteError, RemoteProblem};
use crate::folder;
use crate::headers;
use crate::messages::ActionResult;
use crate::options::{RemoteLimits, RemoteOptions, RemoteProvider};

/// What an entry is that cannot be made, since it is there.
const THERE: &str = "AlreadyExists";

/// A bucket, or what is like one.
pub(crate) struct ObjectStorage {
    operator: Operator,
    address: String,
    limits: RemoteLimits,
    permits: Semaphore,
    /// The number of calls, those that were tried again included.
    pub(crate) calls: AtomicU64,
    /// Grows with each answer.
    pub(crate) moved: AtomicU64,
}

impl ObjectStorage {
    /// The place that the options name. Nothing is connected before the first call.
    ///
    /// # Errors
    /// Where the address or a setting of it cannot be used.
    pub(crate) fn open(options: &RemoteOptions, address: &str) -> Result<Arc<Self>, RemoteError> {
        let wrong = |reason: String| RemoteError::Setting {
            setting: "remote_store_address",
            value: address.to_owned(),
            reason,
        };
        let operator = match options.provider {
            RemoteProvider::GithubActionsCache => github_actions(options, address)?,
            _ => bucket(options, address).map_err(wrong)?,
        };
        let operator = operator.map_err(|error| wrong(reason(&error)))?;
        let context = OperationContext::new().with_http_transport(transporter(options)?);
        Ok(Arc::new(Self {
            operator: operator.with_context(context),
            address: address.to_owned(),
            limits: options.limits.clone(),
            permits: Semaphore::new(options.limits.store_concurrency.max(1)),
            calls: AtomicU64::new(0),
            moved: AtomicU64::new(0),
        }))
    }

    fn error(&self, call: RemoteCall, problem: RemoteProblem, attempts: u32) -> RemoteCallError {
        RemoteCallError {
            call,
            server: self.address.clone(),
            problem,
            attempts,
        }
    }

    /// Makes a call, again where that may help.
    async fn call<T, Attempt>(
        &self,
        call: RemoteCall,
        limit: Duration,
        attempt: impl Fn() -> Attempt + Send,
    ) -> Result<Option<T>, RemoteCallError>
    where
        Attempt: Future<Output = opendal::Result<T>> + Send,
    {
        let mut attempts = 0;
        loop {
            attempts += 1;
            // It is never closed, so there is always a permit.
            let _permit = self.permits.acquire().await.ok();
            self.calls.fetch_add(1, Ordering::Relaxed);
            let Ok(answer) = tokio::time::timeout(limit, attempt()).await else {
                return Err(self.error(call, RemoteProblem::Timeout(limit), attempts));
            };
            self.moved.fetch_add(1, Ordering::Relaxed);
            let error = match answer {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) => error,
            };
            if is_miss(&error) {
                return Ok(None);
            }
            if !error.is_temporary() || attempts > self.limits.retries {
                return Err(self.error(call, problem(&error), attempts));
            }
            let pause = self.limits.back_off * 2u32.saturating_pow(attempts.min(6) - 1);
            tokio::time::sleep(pause).await;
        }
    }

    async fn get(
        &self,
        (call, limit): (RemoteCall, Duration),
        key: &str,
    ) -> Result<Option<Vec<u8>>, RemoteCallError> {
        let read = self.call(call, limit, || self.operator.read(key)).await?;
        Ok(read.map(|bytes| bytes.to_vec()))
    }

    async fn put(
        &self,
        call: RemoteCall,
        key: &str,
        bytes: Vec<u8>,
    ) -> Result<(), RemoteCallError> {
        let limit = self.limits.store_timeout;
        let bytes = opendal::Buffer::from(bytes);
        let written = self.call(call, limit, || self.operator.write(key, bytes.clone()));
        match written.await {
            Ok(Some(_)) => Ok(()),
            // Entries of GitHub's cache never change: another machine was quicker.
            Err(RemoteCallError {
                problem: RemoteProblem::Status { code: THERE, .. },
                ..
            }) => Ok(()),
            Err(error) => Err(error),
            Ok(None) => {
                let problem = RemoteProblem::Unsupported("there is no such place".into());
                Err(self.error(call, problem, 1))
            }
        }
    }

    async fn contains(&self, digest: Digest) -> Result<bool, RemoteCallError> {
        let call = RemoteCall::FindMissing(1);
        let limit = self.limits.store_timeout;
        let key = key("blobs", digest);
        let stat = self.call(call, limit, || self.operator.stat(&key)).await?;
        Ok(stat.is_some_and(|stat| stat.content_length() == digest.size()))
    }

    /// Which of these are missing.
    ///
    /// # Errors
    /// Where it does not answer.
    pub(crate) async fn missing(
        self: &Arc<Self>,
        digests: &[Digest],
    ) -> Result<Vec<Digest>, RemoteCallError> {
        let mut asked = JoinSet::new();
        for digest in digests.iter().copied() {
            let storage = self.clone();
            asked.spawn(async move { Ok((digest, storage.contains(digest).await?)) });
        }
        let mut missing = Vec::new();
        while let Some(answer) = asked.join_next().await {
            let (digest, is_there) = self.joined(answer)?;
            if !is_there {
                missing.push(digest);
            }
        }
        Ok(missing)
    }

    /// A blob.
    ///
    /// # Errors
    /// Where it does not answer, lacks it, or has other bytes.
    pub(crate) async fn read(&self, digest: Digest) -> Result<Vec<u8>, RemoteCallError> {
        let call = RemoteCall::Read(digest);
        let limit = self.limits.store_timeout;
        let bytes = self.get((call, limit), &key("blobs", digest)).await?;
        let bytes = bytes.ok_or(RemoteProblem::Forgotten(digest));
        bytes
            .and_then(|bytes| checked(digest, bytes))
            .map_err(|problem| self.error(call, problem, 1))
    }

    /// Reads blobs into files. Where it fails, some of the files are there.
    ///
    /// # Errors
    /// Where one cannot be read or written.
    pub(crate) async fn download(
        self: &Arc<Self>,
        wanted: &[Download],
    ) -> Result<(), RemoteCallError> {
        let mut tasks = JoinSet::new();
        for Download { digest, path } in wanted.iter().cloned() {
            let storage = self.clone();
            tasks.spawn(async move {
                let bytes = storage.read(digest).await?;
                let written = fs_err::write(&path, bytes);
                let call = RemoteCall::Read(digest);
                written.map_err(|e| storage.error(call, in_file(&path, &e), 1))
            });
        }
        while let Some(done) = tasks.join_next().await {
            self.joined(done)?;
        }
        Ok(())
    }

    /// Stores what is missing.
    ///
    /// # Errors
    /// Where it does not answer or refuses one, or a file here has other bytes.
    pub(crate) async fn upload(
        self: &Arc<Self>,
        blobs: &[Blob],
    ) -> Result<BlobTransfer, RemoteCallError> {
        let digests: Vec<_> = blobs.iter().map(|blob| blob.digest).collect();
        let missing = self.missing(&digests).await?;
        let mut tasks = JoinSet::new();
        for blob in blobs.iter().filter(|blob| missing.contains(&blob.digest)) {
            let (storage, blob) = (self.clone(), blob.clone());
            tasks.spawn(async move {
                let call = RemoteCall::Write(blob.digest);
                let bytes = blob
                    .bytes()
                    .map_err(|problem| storage.error(call, problem, 1))?;
                storage.put(call, &key("blobs", blob.digest), bytes).await
            });
        }
        while let Some(done) = tasks.join_next().await {
            self.joined(done)?;
        }
        Ok(BlobTransfer::of(missing))
    }

    /// The result of an action, if there is one. One that is damaged counts as none.
    ///
    /// # Errors
    /// Where it does not answer.
    pub(crate) async fn action_result(
        &self,
        action: Digest,
    ) -> Result<Option<ActionResult>, RemoteCallError> {
        let call = RemoteCall::GetActionResult(action);
        let limit = self.limits.cache_timeout;
        let bytes = self.get((call, limit), &key("actions", action)).await?;
        Ok(bytes.as_deref().and_then(folder::parse))
    }

    /// Stores the result of an action.
    ///
    /// # Errors
    /// Where it does not answer or refuses it.
    pub(crate) async fn update_action_result(
        &self,
        action: Digest,
        result: &ActionResult,
    ) -> Result<(), RemoteCallError> {
        let call = RemoteCall::UpdateActionResult(action);
        let bytes = folder::with_digest(result);
        self.put(call, &key("actions", action), bytes).await
    }

    fn joined<T>(
        &self,
        joined: Result<Result<T, RemoteCallError>, tokio::task::JoinError>,
    ) -> Result<T, RemoteCallError> {
        joined.unwrap_or_else(|error| {
            let problem = RemoteProblem::BadAnswer(error.to_string());
            Err(self.error(RemoteCall::Capabilities, problem, 1))
        })
    }
}

/// Where something lies: as in a shared folder.
fn key(kind: &str, digest: Digest) -> String {
    let hex = digest.hex();
    format!("{kind}/{}/{hex}", &hex[..2])
}

/// `s3://BUCKET/FOLDER?region=…&endpoint=…&anonymous=true`; what it does not say, and who we are, is where Amazon's own tools
/// look for it: in `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `~/.aws`, the machine's role.
fn bucket(options: &RemoteOptions, address: &str) -> Result<opendal::Result<Operator>, String> {
    let rest = address.strip_prefix("s3://").unwrap_or_default();
    let (place, settings) = rest.split_once('?').unwrap_or((rest, ""));
    let (bucket, folder) = place.split_once('/').unwrap_or((place, ""));
    if bucket.is_empty() {
        return Err("it names no bucket: `s3://BUCKET/FOLDER`".into());
    }
    let root = Utf8Path::new("/").join(folder).join(&options.instance_name);
    let mut builder = S3::default().bucket(bucket).root(root.as_str());
    for setting in settings.split('&').filter(|setting| !setting.is_empty()) {
        builder = match setting.split_once('=') {
            Some(("region", region)) => builder.region(region),
            Some(("endpoint", endpoint)) => builder.endpoint(endpoint),
            Some(("anonymous", "true")) => builder.skip_signature(),
            _ => {
                let known = "known are `region=`, `endpoint=` and `anonymous=true`";
                return Err(format!("`{setting}` says nothing here: {known}"));
            }
        };
    }
    Ok(Operator::new(builder))
}

/// The cache of the GitHub Actions that this process is part of: its address and token are what the runner
/// says, unless the settings do.
fn github_actions(
    options: &RemoteOptions,
    address: &str,
) -> Result<opendal::Result<Operator>, RemoteError> {
    let root = Utf8Path::new("/").join(&options.instance_name);
    let mut builder = Ghac::default()
        .root(root.as_str())
        .version("cargo-xtask")
        .endpoint(address);
    if let Some(token) = &options.token {
        builder = builder.runtime_token(&headers::token(token)?.1);
    }
    Ok(Operator::new(builder))
}

/// What makes requests: the one client, with the one trust store.
fn transporter(options: &RemoteOptions) -> Result<HttpTransporter, RemoteError> {
    let authority = options.certificates.authority.clone();
    let http = HttpOptions {
        certificates: authority.map(|path| ("[GLOBAL] remote_ca_certs_path".to_owned(), path)),
        ..HttpOptions::default()
    };
    let client = transport::plain_client(&http).map_err(|error| RemoteError::Setting {
        setting: "remote_ca_certs_path",
        value: options
            .certificates
            .authority
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        reason: transport::root_cause(&error),
    })?;
    Ok(HttpTransporter::new(ReqwestTransport::new(client)))
}

/// A bucket that is not there is none either, but for whoever looks up a result.
fn is_miss(error: &opendal::Error) -> bool {
    error.kind() == ErrorKind::NotFound && !error.to_string().contains("NoSuchBucket")
}

fn problem(error: &opendal::Error) -> RemoteProblem {
    let message = reason(error);
    // GitHub's cache answers so where the token is none.
    let is_unauthorized = error.to_string().contains("status: 401");
    match error.kind() {
        _ if is_unauthorized => RemoteProblem::Unauthorized {
            message,
            sent: true,
        },
        ErrorKind::PermissionDenied => RemoteProblem::Unauthorized {
            message,
            sent: true,
        },
        ErrorKind::RateLimited => RemoteProblem::Exhausted(message),
        ErrorKind::ConfigInvalid | ErrorKind::Unsupported => RemoteProblem::Unsupported(message),
        _ if std::error::Error::source(error).is_some() => RemoteProblem::Unreachable(message),
        kind => RemoteProblem::Status {
            code: kind.into_static(),
            message,
        },
    }
}

/// The innermost cause, in a line.
fn reason(error: &opendal::Error) -> String {
    let text = match std::error::Error::source(error) {
        Some(source) => transport::root_cause(source),
        None => error.message().to_owned(),
    };
    let line = text.lines().next().unwrap_or_default().trim();
    match in_words(line) {
        // What has no body has a kind at least.
        words if words.is_empty() => error.kind().to_string(),
        words => words.chars().take(200).collect(),
    }
}

/// What a bucket says, without the number of the request: `CODE: MESSAGE`.
fn in_words(line: &str) -> String {
    let field = |name: &str| {
        let (_, rest) = line.split_once(&format!("{name}: \""))?;
        rest.split('"').next()
    };
    match (
        line.starts_with("S3Error {"),
        field("code"),
        field("message"),
    ) {
        (true, Some(code), Some(message)) => format!("{code}: {message}"),
        _ => line.to_owned(),
    }
}
