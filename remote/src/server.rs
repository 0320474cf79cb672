//! One server: its connection, and how a call to it is made. Calls are counted, paced, tried again
//! where that may help, and bounded in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::capabilities::Capabilities;
use crate::error::{RemoteCall, RemoteCallError, RemoteError, RemoteProblem};
use crate::headers::Headers;
use crate::options::{RemoteCertificates, RemoteLimits};
use crate::pace::Pace;
use crate::status;

/// What clients of services are made of.
pub(crate) type Connection = InterceptedService<Channel, Headers>;

/// The longest time for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// What a server is reached with.
pub(crate) struct ServerAccess<'a> {
    /// `grpc://HOST:PORT`, or `grpcs://`.
    pub(crate) address: &'a str,
    /// The setting that has it.
    pub(crate) setting: &'static str,
    pub(crate) instance: &'a str,
    pub(crate) headers: Headers,
    pub(crate) certificates: &'a RemoteCertificates,
    pub(crate) limits: &'a RemoteLimits,
    pub(crate) concurrency: usize,
}

/// A server with the Remote Execution API.
pub(crate) struct RemoteServer {
    /// The address as it is set.
    pub(crate) address: String,
    pub(crate) instance: String,
    pub(crate) connection: Connection,
    pub(crate) limits: RemoteLimits,
    pub(crate) capabilities: OnceCell<Capabilities>,
    /// The number of calls, those that were tried again included.
    pub(crate) calls: AtomicU64,
    /// Grows with each answer, and each part of a stream that is taken.
    pub(crate) progress: Arc<AtomicU64>,
    /// The answers so far, and how long they took in all, in microseconds.
    answers: AtomicU64,
    answer_micros: AtomicU64,
    permits: Semaphore,
    pace: Pace,
    has_login: bool,
}

impl RemoteServer {
    /// Nothing is connected before the first call. Must be called inside a runtime.
    ///
    /// # Errors
    /// Where the address or a file of certificates cannot be used.
    pub(crate) fn new(options: ServerAccess<'_>) -> Result<Arc<Self>, RemoteError> {
        let endpoint = endpoint(&options)?;
        let has_login = options.headers.have_login();
        Ok(Arc::new(Self {
            address: options.address.to_owned(),
            instance: options.instance.to_owned(),
            connection: InterceptedService::new(endpoint.connect_lazy(), options.headers),
            limits: options.limits.clone(),
            capabilities: OnceCell::new(),
            calls: AtomicU64::new(0),
            progress: Arc::default(),
            answers: AtomicU64::new(0),
            answer_micros: AtomicU64::new(0),
            permits: Semaphore::new(options.concurrency.max(1)),
            pace: Pace::new(options.limits.calls_per_second),
            has_login,
        }))
    }

    /// Makes a call, again where that may help. `attempt` makes it once.
    ///
    /// # Errors
    /// What the last attempt failed with.
    pub(crate) async fn call<T, Attempt>(
        &self,
        call: RemoteCall,
        limit: Duration,
        attempt: impl Fn() -> Attempt + Send,
    ) -> Result<T, RemoteCallError>
    where
        Attempt: Future<Output = Result<T, tonic::Status>> + Send,
    {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (problem, pause) = match self.once(limit, attempt()).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Some(pause) = pause.filter(|_| attempts <= self.limits.retries) else {
                return Err(self.error(call, problem, attempts));
            };
            tokio::time::sleep(pause.max(self.back_off(attempts))).await;
        }
    }

    /// One attempt. A failure comes with the pause after which it may be tried again, if it may.
    pub(crate) async fn once<T>(
        &self,
        limit: Duration,
        attempt: impl Future<Output = Result<T, tonic::Status>> + Send,
    ) -> Result<T, (RemoteProblem, Option<Duration>)> {
        let _permit = self.permit().await;
        let start = Instant::now();
        match tokio::time::timeout(limit, attempt).await {
            Ok(Ok(answer)) => {
                let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or_default();
                self.answer_micros.fetch_add(micros, Ordering::Relaxed);
                self.answers.fetch_add(1, Ordering::Relaxed);
                self.progress.fetch_add(1, Ordering::Relaxed);
                Ok(answer)
            }
            Ok(Err(status)) => Err(self.judge(&status)),
            // Who is that slow once will be so again.
            Err(_) => Err((RemoteProblem::Timeout(limit), None)),
        }
    }

    /// How long an answer took, on average; `None` as long as there was none.
    pub(crate) fn pace(&self) -> Option<Duration> {
        let micros = self.answer_micros.load(Ordering::Relaxed);
        let mean = micros.checked_div(self.answers.load(Ordering::Relaxed))?;
        Some(Duration::from_micros(mean))
    }

    /// The right to make one call now.
    pub(crate) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed, so there is always a permit.
        let permit = self.permits.acquire().await.ok();
        self.pace.wait().await;
        self.calls.fetch_add(1, Ordering::Relaxed);
        permit
    }

    /// What a status means, and when the call may be tried again.
    pub(crate) fn judge(&self, status: &tonic::Status) -> (RemoteProblem, Option<Duration>) {
        (
            status::problem(status, self.has_login),
            status::pause(status),
        )
    }

    /// The pause after so many attempts.
    pub(crate) fn back_off(&self, attempts: u32) -> Duration {
        self.limits.back_off * 2u32.saturating_pow(attempts.saturating_sub(1).min(6))
    }

    pub(crate) fn error(
        &self,
        call: RemoteCall,
        problem: RemoteProblem,
        attempts: u32,
    ) -> RemoteCallError {
        RemoteCallError {
            call,
            server: self.address.clone(),
            problem,
            attempts,
        }
    }

    /// `INSTANCE/`, or nothing: what names of resources begin with.
    pub(crate) fn prefix(&self) -> String {
        match self.instance.as_str() {
            "" => String::new(),
            instance => format!("{instance}/"),
        }
    }

    /// The largest message that is accepted: a batch with what is around its blobs.
    pub(crate) fn message_limit(&self) -> usize {
        let batch = usize::try_from(self.limits.batch_bytes).unwrap_or(1 << 30);
        2 * batch.max(self.limits.chunk_bytes) + (4 << 20)
    }
}

fn endpoint(options: &ServerAccess<'_>) -> Result<Endpoint, RemoteError> {
    let wrong = |reason: String| RemoteError::Setting {
        setting: options.setting,
        value: options.address.to_owned(),
        reason,
    };
    let (scheme, rest) = options.address.split_once("://").unwrap_or_default();
    let secure = scheme == "grpcs";
    let uri = format!("{}://{rest}", if secure { "https" } else { "http" });
    let endpoint = Endpoint::from_shared(uri).map_err(|e| wrong(transport::root_cause(&e)))?;
    let endpoint = endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(8 << 20);
    let endpoint = endpoint
        .user_agent(concat!("cargo-xtask/", env!("CARGO_PKG_VERSION")))
        .map_err(|e| wrong(transport::root_cause(&e)))?;
    if !secure {
        return Ok(endpoint);
    }
    endpoint
        .tls_config(tls(options.certificates)?)
        .map_err(|e| wrong(transport::root_cause(&e)))
}

/// The system's authorities, or the one that is set, and our certificate.
fn tls(files: &RemoteCertificates) -> Result<ClientTlsConfig, RemoteError> {
    let read = |setting, path: &camino::Utf8PathBuf| {
        fs_err::read(path).map_err(|e| RemoteError::Setting {
            setting,
            value: path.to_string(),
            reason: transport::root_cause(&e),
        })
    };
    let mut tls = ClientTlsConfig::new();
    tls = match &files.authority {
        Some(path) => {
            tls.ca_certificate(Certificate::from_pem(read("remote_ca_certs_path", path)?))
        }
        None => tls.with_native_roots(),
    };
    if let (Some(certificates), Some(key)) = (&files.client, &files.client_key) {
        let certificates = read("remote_client_certs_path", certificates)?;
        let key = read("remote_client_key_path", key)?;
        tls = tls.identity(Identity::from_pem(certificates, key));
    }
    Ok(tls)
}
