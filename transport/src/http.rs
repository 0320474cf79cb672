//! Requests: connection reuse, bounded concurrency, credentials, and trying again.
//!
//! Tried again are broken connections, time-outs, and the statuses 408, 429 and 5xx, with pauses
//! that double and vary, or that the server names (`Retry-After`).

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RANGE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use crate::connections::{Doors, Names};
use crate::credentials::Credentials;
use crate::error::{Activity, TransportError, What, redacted, root_cause};
use crate::options::{HttpOptions, Limits, Observer};
use crate::tls;

/// No listing is larger; an answer that is, is no listing.
const MOST_BYTES: usize = 512 << 20;
/// No server is waited for longer than this between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A request.
pub struct Get<'a> {
    /// What it is for.
    pub what: &'a What,
    /// Where it goes.
    pub url: &'a Url,
    /// Headers beside those of every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How many bytes are here already, read anew for each try; the rest is asked for.
    pub resume: Option<&'a AtomicU64>,
}

/// An answer whose body is here.
pub struct Answer {
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
pub struct Http {
    client: Client,
    credentials: Credentials,
    requests: Semaphore,
    downloads: Semaphore,
    doors: Doors,
    limits: Limits,
    observer: Arc<dyn Observer>,
    /// Requests sent, tries again included.
    pub sent: AtomicU64,
    /// Bytes of answers received, after decompression.
    pub bytes: AtomicU64,
}

impl Http {
    /// A client; no connection is made yet.
    ///
    /// # Errors
    /// Where a setting of the trust store cannot be used.
    pub fn new(options: HttpOptions) -> Result<Self, TransportError> {
        let limits = options.limits;
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client_config()?)
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
            credentials: Credentials::new(options.indexes, options.keyring),
            requests: Semaphore::new(limits.requests.max(1)),
            downloads: Semaphore::new(limits.downloads.max(1)),
            doors: Doors::default(),
            limits,
            observer: options.observer,
            sent: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    /// The answer to `get` with its whole body: 2xx, 304, 404, 410 or 416.
    ///
    /// # Errors
    /// Where the server is out of reach, refuses, or answers with another status.
    pub async fn fetch(&self, get: &Get<'_>) -> Result<Answer, TransportError> {
        let mut tries = self.tries(get);
        loop {
            match self.fetch_once(get).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => tries.after(failure).await?,
            }
        }
    }

    async fn fetch_once(&self, get: &Get<'_>) -> Result<Answer, Failure> {
        let Sent { response, _permit } = self.send(get).await?;
        let status = response.status();
        let headers = response.headers().clone();
        let url = response.url().clone();
        let body = self.body(get, response).await?;
        self.done(get.what);
        Ok(Answer {
            status,
            headers,
            url,
            body,
        })
    }

    /// Counts the tries of one request.
    pub fn tries<'a>(&'a self, get: &'a Get<'a>) -> Tries<'a> {
        Tries {
            http: self,
            get,
            made: 0,
        }
    }

    /// Sends the request once.
    ///
    /// # Errors
    /// Where that does not succeed; [`Tries::after`] says whether to send it again.
    pub async fn send(&self, get: &Get<'_>) -> Result<Sent<'_>, Failure> {
        let lane = match get.what.activity {
            Activity::Download => &self.downloads,
            Activity::Listing | Activity::Metadata => &self.requests,
        };
        // The semaphores are never closed.
        let permit = lane.acquire().await.ok();
        self.observer.started(get.what);
        self.sent.fetch_add(1, Ordering::Relaxed);
        let mut url = get.url.clone();
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let login = self.credentials.login(get.url);
        let mut request = self.client.get(url);
        if let Some(login) = &login {
            request = request.basic_auth(&login.user, login.password.as_ref());
        }
        for (name, value) in &get.headers {
            request = request.header(name, value);
        }
        match get.resume.map(|bytes| bytes.load(Ordering::Relaxed)) {
            None | Some(0) => {}
            Some(bytes) => request = request.header(RANGE, format!("bytes={bytes}-")),
        }
        let first = self.doors.enter(get.url).await;
        let response = request.send().await.map_err(Failure::broken)?;
        drop(first);
        Ok(Sent {
            response: self.judge(get, response, login.is_some())?,
            _permit: permit,
        })
    }

    fn judge(&self, get: &Get<'_>, response: Response, sent: bool) -> Result<Response, Failure> {
        let status = response.status();
        match status.as_u16() {
            200..=299 | 304 | 404 | 410 | 416 => Ok(response),
            408 | 429 | 500..=599 => {
                let pause = response.headers().get(RETRY_AFTER).and_then(retry_after);
                Err(Failure::Status(status, pause))
            }
            401 | 403 => Err(Failure::Final(Box::new(TransportError::Unauthorized {
                what: get.what.clone(),
                url: redacted(get.url),
                host: get.url.host_str().unwrap_or_default().to_owned(),
                status: status.as_u16(),
                sent,
                variables: Box::new(self.credentials.variables(get.url)),
            }))),
            status => Err(Failure::Final(Box::new(TransportError::Status {
                what: get.what.clone(),
                url: redacted(get.url),
                status,
                attempts: 1,
            }))),
        }
    }

    async fn body(&self, get: &Get<'_>, mut response: Response) -> Result<Vec<u8>, Failure> {
        let announced = response.content_length().unwrap_or(0);
        let announced = usize::try_from(announced).unwrap_or(0).min(64 << 20);
        let mut body = Vec::with_capacity(announced);
        while let Some(chunk) = self.chunk(get.what, &mut response).await? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(Failure::Final(Box::new(TransportError::BadAnswer {
                    what: get.what.clone(),
                    url: redacted(get.url),
                    reason: format!("it is longer than {} MiB", MOST_BYTES >> 20),
                })));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// Tells that a request sent by [`Http::send`] is over and well.
    pub fn done(&self, what: &What) {
        self.observer.finished(what);
    }

    /// The next piece of a response's body.
    ///
    /// # Errors
    /// Where the connection breaks off.
    pub async fn chunk(
        &self,
        what: &What,
        response: &mut Response,
    ) -> Result<Option<impl std::ops::Deref<Target = [u8]> + use<>>, Failure> {
        let chunk = response.chunk().await.map_err(Failure::broken)?;
        if let Some(chunk) = &chunk {
            let length = chunk.len() as u64;
            self.bytes.fetch_add(length, Ordering::Relaxed);
            self.observer.received(what, length);
        }
        Ok(chunk)
    }
}

impl Limits {
    /// Doubling, and between half and the whole of it, so that many clients do not come together.
    fn pause(&self, attempts: u32) -> Duration {
        let most = self.back_off * 2u32.saturating_pow(attempts - 1);
        let chance = RandomState::new().build_hasher().finish() % 1000;
        most.min(LONGEST_PAUSE)
            .mul_f64(0.5 + chance as f64 / 2000.0)
    }
}

/// A response whose body is still to come; it counts as a request under way until it is dropped.
pub struct Sent<'a> {
    /// Status, headers, and the body to come.
    pub response: Response,
    _permit: Option<SemaphorePermit<'a>>,
}

/// How often one request was tried.
pub struct Tries<'a> {
    http: &'a Http,
    get: &'a Get<'a>,
    made: u32,
}

impl Tries<'_> {
    /// Waits for the right moment to try again.
    ///
    /// # Errors
    /// Where trying again is of no use, or was tried often enough.
    pub async fn after<E: From<TransportError>>(&mut self, failure: Failure<E>) -> Result<(), E> {
        self.made += 1;
        let Http {
            observer, limits, ..
        } = self.http;
        observer.finished(self.get.what);
        let (broken, pause) = match failure {
            Failure::Final(error) => return Err(*error),
            Failure::Broken(cause) => (Broken::Connection(cause), None),
            Failure::Status(status, pause) => (Broken::Status(status), pause),
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
pub enum Failure<E = TransportError> {
    /// It will not get better.
    Final(Box<E>),
    /// The connection failed or broke off.
    Broken(String),
    /// The server asks for patience, maybe for so long.
    Status(StatusCode, Option<Duration>),
}

impl Failure {
    /// The same failure, among those of the caller.
    pub fn widen<E: From<TransportError>>(self) -> Failure<E> {
        match self {
            Self::Final(error) => Failure::Final(Box::new((*error).into())),
            Self::Broken(cause) => Failure::Broken(cause),
            Self::Status(status, pause) => Failure::Status(status, pause),
        }
    }

    fn broken(error: reqwest::Error) -> Self {
        let cause = root_cause(&error);
        Self::Broken(if error.is_timeout() {
            "the server did not answer in time".to_owned()
        } else if error.is_connect() {
            format!("no connection: {cause}")
        } else {
            format!("the connection broke: {cause}")
        })
    }
}

impl<E> From<E> for Failure<E> {
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
    fn error(self, get: &Get<'_>, attempts: u32) -> TransportError {
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
