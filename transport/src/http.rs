//! Sends requests over connections that are kept: bounded concurrency, logins, and retries.
//!
//! Broken connections, time-outs, and the statuses 408, 429 and 5xx are tried again. The pauses
//! double and vary, or are those that the server names (`Retry-After`).

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RANGE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, StatusCode};
use rustls::ClientConfig;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use crate::body::RequestBody;
use crate::connections::{Doors, Names, UnknownHost};
use crate::error::{RequestKind, RequestPurpose, TransportError, redacted, root_cause};
use crate::logins::Logins;
use crate::options::{HttpLimits, HttpOptions, NetworkAccess, RequestObserver};
use crate::tls::{self, TlsSettings};
use crate::trusted_hosts::TrustedHosts;

/// The largest answer that is read into memory. No listing is larger.
const MOST_BYTES: usize = 512 << 20;
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A request.
pub struct HttpRequest<'a> {
    /// What the request is for.
    pub what: &'a RequestPurpose,
    /// The URL.
    pub url: &'a Url,
    /// Headers in addition to those of every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The number of bytes that are here already; only the rest is asked for. It is read for each
    /// attempt.
    pub resume: Option<&'a AtomicU64>,
    /// The login to send.
    pub authorization: Authorization<'a>,
}

impl<'a> HttpRequest<'a> {
    /// A request for everything at `url`, with the login that is known for it.
    #[must_use]
    pub fn new(what: &'a RequestPurpose, url: &'a Url) -> Self {
        Self {
            what,
            url,
            headers: Vec::new(),
            resume: None,
            authorization: Authorization::LookedUp,
        }
    }
}

/// The login that a request sends.
#[derive(Debug, Clone, Copy)]
pub enum Authorization<'a> {
    /// The login that is known for the URL.
    LookedUp,
    /// No login.
    Anonymous,
    /// This bearer token.
    Bearer(&'a str),
}

/// An answer with its whole body.
pub struct HttpResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The URL that answered, after redirects.
    pub url: Url,
    /// The whole body.
    pub body: Vec<u8>,
}

/// The client.
pub struct HttpClient {
    client: Client,
    /// Sends bodies. It follows no redirect, since that would lose the body, and has no limit on
    /// the time of a request, since the body may be large.
    sender: OnceLock<Client>,
    /// Asks hosts that are trusted at one port only, without checking their certificates.
    lenient: OnceLock<Client>,
    tls: TlsSettings,
    trusted: TrustedHosts,
    /// The hosts of which it was said that they are trusted.
    told: Mutex<BTreeSet<String>>,
    /// Finds the login for each request.
    pub logins: Logins,
    /// Limits on concurrency, attempts and times.
    pub limits: HttpLimits,
    access: NetworkAccess,
    requests: Semaphore,
    downloads: Semaphore,
    doors: Doors,
    observer: Arc<dyn RequestObserver>,
    /// The number of requests sent, retries included.
    pub sent: AtomicU64,
    /// The number of bytes of answers received, after decompression.
    pub bytes: AtomicU64,
}

impl HttpClient {
    /// Makes a client. No connection is opened yet.
    ///
    /// # Errors
    /// Where a setting for certificates cannot be used.
    pub fn new(options: HttpOptions) -> Result<Self, TransportError> {
        let limits = options.limits;
        let tls = tls::client_config(&options)?;
        let trusted = TrustedHosts::of_pip(&options.environment)?;
        let client = reader(tls.trusting(trusted.at_each_port()), &limits)?;
        Ok(Self {
            client,
            sender: OnceLock::new(),
            lenient: OnceLock::new(),
            tls,
            trusted,
            told: Mutex::default(),
            logins: Logins::new(
                options.places,
                options.environment,
                options.keyring,
                options.observer.clone(),
            ),
            limits,
            access: options.access,
            requests: Semaphore::new(limits.requests.max(1)),
            downloads: Semaphore::new(limits.downloads.max(1)),
            doors: Doors::default(),
            observer: options.observer,
            sent: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    /// Sends a request, with retries, and gives the answer with its whole body. The status is 2xx,
    /// 304, 404, 410 or 416.
    ///
    /// # Errors
    /// Where the server cannot be reached, refuses the login, or answers with another status.
    pub async fn fetch(&self, get: &HttpRequest<'_>) -> Result<HttpResponse, TransportError> {
        let mut tries = self.tries(get);
        loop {
            match self.fetch_once(get).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => tries.after(failure).await?,
            }
        }
    }

    async fn fetch_once(&self, get: &HttpRequest<'_>) -> Result<HttpResponse, RequestFailure> {
        let ResponseStream { response, _permit } = self.send(get).await?;
        let answer = self.whole(get, response).await?;
        self.done(get.what);
        Ok(answer)
    }

    async fn whole(
        &self,
        get: &HttpRequest<'_>,
        response: Response,
    ) -> Result<HttpResponse, RequestFailure> {
        Ok(HttpResponse {
            status: response.status(),
            headers: response.headers().clone(),
            url: response.url().clone(),
            body: self.body(get, response).await?,
        })
    }

    /// Counts the attempts of one request.
    pub fn tries<'a>(&'a self, get: &'a HttpRequest<'a>) -> Retries<'a> {
        Retries {
            http: self,
            get,
            made: 0,
        }
    }

    /// Sends `body` once and gives the answer, whatever its status. A redirect is not followed.
    /// There is no limit on the time of a body that moves.
    ///
    /// # Errors
    /// Where no answer came, or nothing moved for too long.
    pub async fn post(
        &self,
        request: &HttpRequest<'_>,
        body: RequestBody,
    ) -> Result<HttpResponse, RequestFailure> {
        let builder = self.sender()?.post(without_login(request.url));
        self.sent(request, builder, body).await
    }

    /// Sends `body` once as a change of what is there (PATCH, RFC 5789), as [`HttpClient::post`]
    /// does.
    ///
    /// # Errors
    /// Where no answer came, or nothing moved for too long.
    pub async fn patch(
        &self,
        request: &HttpRequest<'_>,
        body: RequestBody,
    ) -> Result<HttpResponse, RequestFailure> {
        let builder = self.sender()?.patch(without_login(request.url));
        self.sent(request, builder, body).await
    }

    /// Sends `body` once to stand at the URL (PUT), as [`HttpClient::post`] does.
    ///
    /// # Errors
    /// Where no answer came, or nothing moved for too long.
    pub async fn put(
        &self,
        request: &HttpRequest<'_>,
        body: RequestBody,
    ) -> Result<HttpResponse, RequestFailure> {
        let builder = self.sender()?.put(without_login(request.url));
        self.sent(request, builder, body).await
    }

    async fn sent(
        &self,
        request: &HttpRequest<'_>,
        builder: RequestBuilder,
        body: RequestBody,
    ) -> Result<HttpResponse, RequestFailure> {
        let (builder, _) = self.with_headers(request, builder);
        let (body, movement) = body.watched(request.what, &self.observer);
        let exchange = async {
            let (response, _permit) = self.answered(request, builder.body(body)).await?;
            self.whole(request, response).await
        };
        let outcome = tokio::select! {
            outcome = exchange => outcome,
            cause = movement.stops(self.limits.send_timeout) => Err(RequestFailure::Broken(cause)),
        };
        self.observer.finished(request.what);
        outcome
    }

    fn sender(&self) -> Result<&Client, TransportError> {
        if let Some(sender) = self.sender.get() {
            return Ok(sender);
        }
        let builder = builder(self.tls.strict(), &self.limits).redirect(Policy::none());
        // What the server's system has not acknowledged for so long will not arrive any more.
        #[cfg(target_os = "linux")]
        let builder = builder.tcp_user_timeout(self.limits.read_timeout);
        let made = builder.build().map_err(|error| bad_client(&error))?;
        Ok(self.sender.get_or_init(|| made))
    }

    /// Sends the request once.
    ///
    /// # Errors
    /// Where that fails. [`Retries::after`] then waits before the next attempt, or says that there
    /// is none.
    pub async fn send(
        &self,
        request: &HttpRequest<'_>,
    ) -> Result<ResponseStream<'_>, RequestFailure> {
        let bare = without_login(request.url);
        let client = self.reader(request.url)?;
        let (builder, login) = self.with_headers(request, client.get(bare));
        let (response, permit) = self.answered(request, builder).await?;
        Ok(ResponseStream {
            response: self.judge(request, response, login)?,
            _permit: permit,
        })
    }

    /// The client that asks the host of a URL. It is said once of a host whose certificate is not
    /// checked.
    fn reader(&self, url: &Url) -> Result<&Client, TransportError> {
        let Some(place) = self.trusted.place(url) else {
            return Ok(&self.client);
        };
        let host = url.host_str().unwrap_or_default();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(host.to_owned()) {
            let warning = format!("the certificate of `{host}` is not checked, as {place} says");
            self.observer.warning(&warning);
        }
        drop(told);
        if !self.trusted.is_by_port(url) {
            return Ok(&self.client);
        }
        if let Some(client) = self.lenient.get() {
            return Ok(client);
        }
        let made = reader(self.tls.trusting(self.trusted.names()), &self.limits)?;
        Ok(self.lenient.get_or_init(|| made))
    }

    /// The request with its headers, and whether it sends a login.
    fn with_headers(
        &self,
        request: &HttpRequest<'_>,
        mut builder: RequestBuilder,
    ) -> (RequestBuilder, LoginState) {
        let mut state = LoginState::Missing;
        match request.authorization {
            Authorization::Anonymous => {}
            Authorization::Bearer(token) => builder = builder.bearer_auth(token),
            Authorization::LookedUp => {
                if let Some(login) = self.logins.find(request.url) {
                    builder = builder.basic_auth(&login.user, login.password.as_ref());
                    state = LoginState::Sent;
                }
            }
        }
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        match request.resume.map(|bytes| bytes.load(Ordering::Relaxed)) {
            None | Some(0) => {}
            Some(bytes) => builder = builder.header(RANGE, format!("bytes={bytes}-")),
        }
        (builder, state)
    }

    /// Waits for the head of the answer.
    async fn answered(
        &self,
        request: &HttpRequest<'_>,
        builder: RequestBuilder,
    ) -> Result<(Response, Option<SemaphorePermit<'_>>), RequestFailure> {
        if self.access == NetworkAccess::Offline {
            let what = request.what.clone();
            return Err(TransportError::Offline { what }.into());
        }
        let lane = match request.what.kind {
            RequestKind::Download => &self.downloads,
            _ => &self.requests,
        };
        // The semaphores are never closed.
        let permit = lane.acquire().await.ok();
        self.observer.started(request.what);
        self.sent.fetch_add(1, Ordering::Relaxed);
        let first = self.doors.enter(request.url).await;
        let answer = builder.send().await;
        drop(first);
        let response = answer.map_err(|error| RequestFailure::of(request, &error))?;
        Ok((response, permit))
    }

    fn judge(
        &self,
        get: &HttpRequest<'_>,
        response: Response,
        login: LoginState,
    ) -> Result<Response, RequestFailure> {
        let status = response.status();
        match status.as_u16() {
            200..=299 | 304 | 404 | 410 | 416 => Ok(response),
            408 | 429 | 500..=599 => {
                let pause = response.headers().get(RETRY_AFTER).and_then(retry_after);
                Err(RequestFailure::Status(status, pause))
            }
            401 | 403 => Err(RequestFailure::Final(Box::new(
                TransportError::Unauthorized {
                    what: get.what.clone(),
                    url: redacted(get.url),
                    host: get.url.host_str().unwrap_or_default().to_owned(),
                    status: status.as_u16(),
                    sent: login == LoginState::Sent,
                    variables: Box::new(self.logins.variables(get.url)),
                },
            ))),
            status => Err(RequestFailure::Final(Box::new(TransportError::Status {
                what: get.what.clone(),
                url: redacted(get.url),
                status,
                attempts: 1,
            }))),
        }
    }

    async fn body(
        &self,
        get: &HttpRequest<'_>,
        mut response: Response,
    ) -> Result<Vec<u8>, RequestFailure> {
        let announced = response.content_length().unwrap_or(0);
        let announced = usize::try_from(announced).unwrap_or(0).min(64 << 20);
        let mut body = Vec::with_capacity(announced);
        while let Some(chunk) = self.chunk(get.what, &mut response).await? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(RequestFailure::Final(Box::new(TransportError::BadAnswer {
                    what: get.what.clone(),
                    url: redacted(get.url),
                    reason: format!("it is longer than {} MiB", MOST_BYTES >> 20),
                })));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// Tells the user something that stops nothing.
    pub fn warn(&self, message: &str) {
        self.observer.warning(message);
    }

    /// Reports that a request sent by [`HttpClient::send`] has ended successfully.
    pub fn done(&self, what: &RequestPurpose) {
        self.observer.finished(what);
    }

    /// The next piece of a response's body.
    ///
    /// # Errors
    /// Where the connection breaks off.
    pub async fn chunk(
        &self,
        what: &RequestPurpose,
        response: &mut Response,
    ) -> Result<Option<impl std::ops::Deref<Target = [u8]> + use<>>, RequestFailure> {
        let chunk = response
            .chunk()
            .await
            .map_err(|error| RequestFailure::Broken(broken(&error)))?;
        if let Some(chunk) = &chunk {
            let length = chunk.len() as u64;
            self.bytes.fetch_add(length, Ordering::Relaxed);
            self.observer.received(what, length);
        }
        Ok(chunk)
    }
}

impl HttpLimits {
    /// The pause after so many attempts. It doubles each time, and is a random part, at least half,
    /// of that, so that many clients do not come back together.
    #[must_use]
    pub fn pause(&self, attempts: u32) -> Duration {
        let most = self.back_off * 2u32.saturating_pow(attempts - 1);
        let chance = RandomState::new().build_hasher().finish() % 1000;
        most.min(LONGEST_PAUSE)
            .mul_f64(0.5 + chance as f64 / 2000.0)
    }
}

/// A response whose body is still to come. The request counts as running until this is dropped.
pub struct ResponseStream<'a> {
    /// The status, the headers, and the body to come.
    pub response: Response,
    _permit: Option<SemaphorePermit<'a>>,
}

/// The attempts of one request.
pub struct Retries<'a> {
    http: &'a HttpClient,
    get: &'a HttpRequest<'a>,
    made: u32,
}

impl Retries<'_> {
    /// Waits until the next attempt.
    ///
    /// # Errors
    /// Where another attempt is useless, or there were enough of them.
    pub async fn after<E: From<TransportError>>(
        &mut self,
        failure: RequestFailure<E>,
    ) -> Result<(), E> {
        self.made += 1;
        let HttpClient {
            observer, limits, ..
        } = self.http;
        observer.finished(self.get.what);
        let (broken, pause) = match failure {
            RequestFailure::Final(error) => return Err(*error),
            RequestFailure::Broken(cause) => (Broken::Connection(cause), None),
            RequestFailure::Status(status, pause) => (Broken::Status(status), pause),
        };
        if self.made > limits.retries {
            return Err(broken.error(self.get, self.made).into());
        }
        observer.retrying(self.get.what, &broken.to_string());
        let pause = pause.unwrap_or_else(|| limits.pause(self.made));
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// Why one attempt failed.
pub enum RequestFailure<E = TransportError> {
    /// Another attempt would fail too.
    Final(Box<E>),
    /// The connection failed or broke off.
    Broken(String),
    /// The server is not able to answer now; it may say when to come back.
    Status(StatusCode, Option<Duration>),
}

impl RequestFailure {
    /// The same failure, with the error type of the caller.
    pub fn widen<E: From<TransportError>>(self) -> RequestFailure<E> {
        match self {
            Self::Final(error) => RequestFailure::Final(Box::new((*error).into())),
            Self::Broken(cause) => RequestFailure::Broken(cause),
            Self::Status(status, pause) => RequestFailure::Status(status, pause),
        }
    }

    fn of(request: &HttpRequest<'_>, error: &reqwest::Error) -> Self {
        let (what, url) = (request.what.clone(), redacted(request.url));
        if let Some(unknown) = cause_of_type::<UnknownHost>(error) {
            // Whoever else asks is told the same, so another attempt is useless.
            return Self::from(TransportError::Unreachable {
                what,
                url,
                cause: unknown.to_string(),
                attempts: 1,
            });
        }
        match cause_of_type(error) {
            Some(rustls::Error::InvalidCertificate(problem)) => {
                Self::from(TransportError::Certificate {
                    what,
                    url,
                    reason: problem.to_string(),
                })
            }
            _ => Self::Broken(broken(error)),
        }
    }
}

fn broken(error: &reqwest::Error) -> String {
    let cause = root_cause(error);
    if error.is_timeout() {
        "the server did not answer in time".to_owned()
    } else if error.is_connect() {
        format!("no connection: {cause}")
    } else {
        format!("the connection broke: {cause}")
    }
}

/// The cause of this type, where there is one among the causes of an error.
fn cause_of_type<T: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        // An I/O error does not give the error that it was made of as its source.
        let inner = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        let found = match inner {
            Some(inner) => inner.downcast_ref::<T>(),
            None => error.downcast_ref::<T>(),
        };
        if found.is_some() {
            return found;
        }
        cause = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

impl<E: fmt::Display> fmt::Display for RequestFailure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Final(error) => error.fmt(f),
            Self::Broken(cause) => f.write_str(cause),
            Self::Status(status, _) => write!(f, "the server answers {}", status.as_u16()),
        }
    }
}

impl<E> From<E> for RequestFailure<E> {
    fn from(error: E) -> Self {
        Self::Final(Box::new(error))
    }
}

/// The failures after which a request is tried again.
enum Broken {
    Connection(String),
    Status(StatusCode),
}

impl Broken {
    fn error(self, get: &HttpRequest<'_>, attempts: u32) -> TransportError {
        let (what, url) = (get.what.clone(), redacted(get.url));
        match self {
            Self::Connection(cause) => TransportError::Unreachable {
                what,
                url,
                cause,
                attempts,
            },
            Self::Status(status) => TransportError::Status {
                what,
                url,
                status: status.as_u16(),
                attempts,
            },
        }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connection(cause) => f.write_str(cause),
            Self::Status(status) => write!(f, "the server answers {}", status.as_u16()),
        }
    }
}

/// A client that reads.
fn reader(tls: ClientConfig, limits: &HttpLimits) -> Result<Client, TransportError> {
    builder(tls, limits)
        .read_timeout(limits.read_timeout)
        // Many large listings share one connection. With small windows, it would stop again and
        // again.
        .http2_initial_stream_window_size(4 << 20)
        .http2_initial_connection_window_size(32 << 20)
        .http2_max_frame_size(256 << 10)
        .build()
        .map_err(|error| bad_client(&error))
}

/// A client for a library that makes its own requests: our trust store, proxies and limits, and no logins.
///
/// # Errors
/// Where a setting for certificates cannot be used.
pub fn plain_client(options: &HttpOptions) -> Result<Client, TransportError> {
    reader(tls::client_config(options)?.strict(), &options.limits)
}

/// What all clients have in common.
fn builder(tls: ClientConfig, limits: &HttpLimits) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("cargo-xtask/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Names::of_system())
        .connect_timeout(limits.connect_timeout)
}

fn bad_client(error: &reqwest::Error) -> TransportError {
    TransportError::Setting {
        setting: "the HTTP client".to_owned(),
        value: String::new(),
        reason: root_cause(error),
    }
}

/// Whether a request sends a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginState {
    Sent,
    Missing,
}

/// `url` without its login, which is sent in a header.
fn without_login(url: &Url) -> Url {
    let mut bare = url.clone();
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare
}

/// Reads `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
pub fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?;
    let pause = match text.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            Duration::try_from(date.duration_since(jiff::Timestamp::now())).ok()?
        }
    };
    Some(pause.min(LONGEST_PAUSE))
}
