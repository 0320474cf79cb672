//! Requests: connection reuse, bounded concurrency, credentials, and trying again.
//!
//! Tried again are broken connections, time-outs, and the statuses 408, 429 and 5xx, with pauses
//! that double and vary, or that the server names (`Retry-After`).

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RANGE, RETRY_AFTER};
use reqwest::{Body, Client, RequestBuilder, Response, StatusCode};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use crate::connections::{Doors, Names};
use crate::error::{RequestKind, RequestPurpose, TransportError, redacted, root_cause};
use crate::logins::Logins;
use crate::options::{HttpLimits, HttpOptions, NetworkAccess, RequestObserver};
use crate::tls;

/// No listing is larger; an answer that is, is no listing.
const MOST_BYTES: usize = 512 << 20;
/// No server is waited for longer than this between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A request.
pub struct HttpRequest<'a> {
    /// What it is for.
    pub what: &'a RequestPurpose,
    /// Where it goes.
    pub url: &'a Url,
    /// Headers beside those of every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How many bytes are here already, read anew for each try; the rest is asked for.
    pub resume: Option<&'a AtomicU64>,
    /// Who asks.
    pub authorization: Authorization<'a>,
}

impl<'a> HttpRequest<'a> {
    /// A request for the whole of what is at `url`, with the login that is known for it.
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

/// Who a request says that it comes from.
#[derive(Debug, Clone, Copy)]
pub enum Authorization<'a> {
    /// The login that is known for the URL.
    LookedUp,
    /// Nobody.
    Anonymous,
    /// The holder of a token.
    Bearer(&'a str),
}

/// An answer whose body is here.
pub struct HttpResponse {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Where it came from, after redirects.
    pub url: Url,
    /// The whole body.
    pub body: Vec<u8>,
}

/// The client.
pub struct HttpClient {
    client: Client,
    /// Who logs in.
    pub logins: Logins,
    /// Numbers.
    pub limits: HttpLimits,
    access: NetworkAccess,
    requests: Semaphore,
    downloads: Semaphore,
    doors: Doors,
    observer: Arc<dyn RequestObserver>,
    /// Requests sent, tries again included.
    pub sent: AtomicU64,
    /// Bytes of answers received, after decompression.
    pub bytes: AtomicU64,
}

impl HttpClient {
    /// A client; no connection is made yet.
    ///
    /// # Errors
    /// Where a setting of the trust store cannot be used.
    pub fn new(options: HttpOptions) -> Result<Self, TransportError> {
        let limits = options.limits;
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client_config(&options.environment)?)
            .user_agent(concat!("cargo-xtask/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Names::of_system())
            .connect_timeout(limits.connect_timeout)
            .read_timeout(limits.read_timeout)
            // Many large listings share one connection: small windows would make it stop and go.
            .http2_initial_stream_window_size(4 << 20)
            .http2_initial_connection_window_size(32 << 20)
            .http2_max_frame_size(256 << 10)
            .build()
            .map_err(|error| TransportError::Setting {
                setting: "the HTTP client".to_owned(),
                value: String::new(),
                reason: root_cause(&error),
            })?;
        Ok(Self {
            client,
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

    /// The answer to `get` with its whole body: 2xx, 304, 404, 410 or 416.
    ///
    /// # Errors
    /// Where the server is out of reach, refuses, or answers with another status.
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

    /// Counts the tries of one request.
    pub fn tries<'a>(&'a self, get: &'a HttpRequest<'a>) -> Retries<'a> {
        Retries {
            http: self,
            get,
            made: 0,
        }
    }

    /// Sends `body` once and gives back the answer, whatever its status.
    ///
    /// # Errors
    /// Where there is no answer.
    pub async fn post(
        &self,
        request: &HttpRequest<'_>,
        body: Body,
    ) -> Result<HttpResponse, RequestFailure> {
        let bare = without_login(request.url);
        let (builder, _) = self.with_headers(request, self.client.post(bare));
        let outcome = async {
            let (response, _permit) = self.answered(request, builder.body(body)).await?;
            self.whole(request, response).await
        };
        let outcome = outcome.await;
        self.observer.finished(request.what);
        outcome
    }

    /// Sends the request once.
    ///
    /// # Errors
    /// Where that does not succeed; [`Retries::after`] says whether to send it again.
    pub async fn send(
        &self,
        request: &HttpRequest<'_>,
    ) -> Result<ResponseStream<'_>, RequestFailure> {
        let bare = without_login(request.url);
        let (builder, login) = self.with_headers(request, self.client.get(bare));
        let (response, permit) = self.answered(request, builder).await?;
        Ok(ResponseStream {
            response: self.judge(request, response, login)?,
            _permit: permit,
        })
    }

    /// The request with its headers, and whether it has a login.
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

    /// What comes back, as soon as its head is here.
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

    /// Tells that a request sent by [`HttpClient::send`] is over and well.
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
    /// The pause after so many attempts: doubling, and between half and the whole of it, so that many clients do not come together.
    #[must_use]
    pub fn pause(&self, attempts: u32) -> Duration {
        let most = self.back_off * 2u32.saturating_pow(attempts - 1);
        let chance = RandomState::new().build_hasher().finish() % 1000;
        most.min(LONGEST_PAUSE)
            .mul_f64(0.5 + chance as f64 / 2000.0)
    }
}

/// A response whose body is still to come; it counts as a request under way until it is dropped.
pub struct ResponseStream<'a> {
    /// Status, headers, and the body to come.
    pub response: Response,
    _permit: Option<SemaphorePermit<'a>>,
}

/// How often one request was tried.
pub struct Retries<'a> {
    http: &'a HttpClient,
    get: &'a HttpRequest<'a>,
    made: u32,
}

impl Retries<'_> {
    /// Waits for the right moment to try again.
    ///
    /// # Errors
    /// Where trying again is of no use, or was tried often enough.
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

/// Why one try did not succeed.
pub enum RequestFailure<E = TransportError> {
    /// It will not get better.
    Final(Box<E>),
    /// The connection failed or broke off.
    Broken(String),
    /// The server asks for patience, maybe for so long.
    Status(StatusCode, Option<Duration>),
}

impl RequestFailure {
    /// The same failure, among those of the caller.
    pub fn widen<E: From<TransportError>>(self) -> RequestFailure<E> {
        match self {
            Self::Final(error) => RequestFailure::Final(Box::new((*error).into())),
            Self::Broken(cause) => RequestFailure::Broken(cause),
            Self::Status(status, pause) => RequestFailure::Status(status, pause),
        }
    }

    fn of(request: &HttpRequest<'_>, error: &reqwest::Error) -> Self {
        match bad_certificate(error) {
            None => Self::Broken(broken(error)),
            Some(reason) => Self::from(TransportError::Certificate {
                what: request.what.clone(),
                url: redacted(request.url),
                reason,
            }),
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

/// What is wrong with the server's certificate, where that is why there is no connection.
fn bad_certificate(error: &reqwest::Error) -> Option<String> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        // What an I/O error was made of is not its source.
        let inner = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        let tls = match inner {
            Some(inner) => inner.downcast_ref::<rustls::Error>(),
            None => error.downcast_ref::<rustls::Error>(),
        };
        if let Some(rustls::Error::InvalidCertificate(problem)) = tls {
            return Some(problem.to_string());
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

/// What is tried again.
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

/// Whether a request has a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginState {
    Sent,
    Missing,
}

/// `url` without a login, which goes into a header.
fn without_login(url: &Url) -> Url {
    let mut bare = url.clone();
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare
}

/// Seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(value: &HeaderValue) -> Option<Duration> {
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
