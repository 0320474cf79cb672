//! The requests of an upload.

use std::sync::OnceLock;
use std::time::Duration;

use model::{PackageName, Sha256};
use sha2::Digest as _;
use transport::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use transport::{
    Authorization, HttpClient, HttpLimits, HttpOptions, HttpRequest, HttpResponse, Login,
    RequestBody, RequestFailure, RequestKind, RequestPurpose, StatusCode, TransportError, redacted,
    retry_after,
};
use url::Url;

use super::archive::DistributionArchive;
use super::error::UploadError;
use super::form::UploadForm;
use super::target::UploadTarget;
use crate::page::PageFile;
use crate::simple_api;

/// Sends requests to one index.
pub(super) struct UploadRequests {
    target: UploadTarget,
    http: HttpClient,
    listing: OnceLock<Url>,
}

/// The result of one attempt of an upload, as far as it is known.
pub(super) enum UploadAttempt {
    /// The index took the file.
    Taken,
    /// The index has a file with this name. The error is for the case that it is another file.
    Exists(UploadError),
    /// The index says that all is well, with a page for people. The error is for the case that it
    /// does not list the file.
    Doubtful(UploadError),
    /// The connection broke, or the index is not available: another attempt may succeed, after the
    /// pause that the index asks for.
    Broken(String, Option<Duration>),
}

impl UploadRequests {
    pub(super) fn new(target: UploadTarget, http: HttpOptions) -> Result<Self, UploadError> {
        Ok(Self {
            target,
            http: HttpClient::new(http)?,
            listing: OnceLock::new(),
        })
    }

    pub(super) fn limits(&self) -> &HttpLimits {
        &self.http.limits
    }

    pub(super) fn has_written_login(&self) -> bool {
        self.http.logins.written(&self.target.url).is_some()
    }

    /// Uses `login` for all further requests to the index.
    pub(super) fn log_in(&self, login: Login) {
        self.http.logins.remember(&self.target.url, login);
    }

    pub(super) fn warn(&self, message: &str) {
        self.http.warn(message);
    }

    /// The error after the last attempt.
    pub(super) fn gave_up(&self, cause: String, attempts: u32) -> UploadError {
        UploadError::GaveUp {
            url: self.shown(),
            cause,
            attempts,
        }
    }

    /// The files of a project; none if the index does not have the project.
    pub(super) async fn list(
        &self,
        project: &PackageName,
    ) -> Result<Vec<PageFile<'static>>, UploadError> {
        let what = simple_api::purpose(project);
        let url = simple_api::page_url(self.listing().await?, project);
        Ok(simple_api::fetch_files(&self.http, &what, &url).await?)
    }

    /// The URL of the index's listing, below which each project has a page.
    async fn listing(&self) -> Result<&Url, UploadError> {
        if let Some(found) = self.listing.get() {
            return Ok(found);
        }
        let found = match &self.target.listing {
            Some(url) => url.clone(),
            None => self.guess_listing().await?,
        };
        Ok(self.listing.get_or_init(|| found))
    }

    /// Looks for the listing at the URLs that known servers use.
    async fn guess_listing(&self) -> Result<Url, UploadError> {
        let mut refused = None;
        for place in ["simple", "+simple"] {
            let mut url = self.target.url.clone();
            if let Ok(mut segments) = url.path_segments_mut() {
                segments.pop_if_empty().extend([place, ""]);
            }
            match self.status(&url).await {
                Ok(status) if status.is_success() => return Ok(url),
                Ok(_) | Err(TransportError::Status { .. }) => {}
                Err(error @ TransportError::Unauthorized { .. }) => {
                    refused.get_or_insert(error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(match refused {
            Some(error) => error.into(),
            None => UploadError::NoListing(self.shown()),
        })
    }

    async fn status(&self, url: &Url) -> Result<StatusCode, TransportError> {
        let what = RequestPurpose {
            kind: RequestKind::Listing,
            subject: redacted(url),
        };
        let request = HttpRequest::new(&what, url);
        let mut retries = self.http.tries(&request);
        loop {
            match self.http.send(&request).await {
                Ok(stream) => {
                    self.http.done(&what);
                    return Ok(stream.response.status());
                }
                Err(failure) => retries.after(failure).await?,
            }
        }
    }

    /// The SHA-256 hash of a file on the index, which is downloaded for it.
    pub(super) async fn hash_of(&self, url: &str) -> Result<Sha256, UploadError> {
        let what = RequestPurpose {
            kind: RequestKind::Download,
            subject: url.to_owned(),
        };
        let url: Url = url
            .parse()
            .map_err(|error: url::ParseError| TransportError::BadAnswer {
                what: what.clone(),
                url: url.to_owned(),
                reason: error.to_string(),
            })?;
        let mut request = HttpRequest::new(&what, &url);
        let plain = HeaderValue::from_static("identity");
        request.headers.push((ACCEPT_ENCODING, plain));
        let mut retries = self.http.tries(&request);
        loop {
            match self.hash_once(&request).await {
                Ok(sha256) => return Ok(sha256),
                Err(failure) => retries.after(failure).await?,
            }
        }
    }

    async fn hash_once(&self, request: &HttpRequest<'_>) -> Result<Sha256, RequestFailure> {
        let mut stream = self.http.send(request).await?;
        let status = stream.response.status();
        if !status.is_success() {
            return Err(RequestFailure::from(TransportError::Status {
                what: request.what.clone(),
                url: redacted(request.url),
                status: status.as_u16(),
                attempts: 1,
            }));
        }
        let mut hasher = sha2::Sha256::new();
        while let Some(chunk) = self.http.chunk(request.what, &mut stream.response).await? {
            hasher.update(&*chunk);
        }
        self.http.done(request.what);
        Ok(Sha256(hasher.finalize().into()))
    }

    /// A URL of the index.
    pub(super) fn at(&self, path: &str) -> Result<Url, UploadError> {
        let url = self.target.url.join(path);
        url.map_err(|error| UploadError::Trusted(error.to_string()))
    }

    /// Sends a GET request while getting a token, and gives the answer.
    pub(super) async fn ask(
        &self,
        url: &Url,
        authorization: Authorization<'_>,
    ) -> Result<Vec<u8>, UploadError> {
        let what = token_purpose(url);
        let request = HttpRequest {
            authorization,
            ..HttpRequest::new(&what, url)
        };
        let answer = self.http.fetch(&request).await?;
        match answer.status.is_success() {
            true => Ok(answer.body),
            false => Err(refusal(&redacted(url), &answer, None)),
        }
    }

    /// Asks for the audience of trusted publishing; `None` from an index that does not offer it.
    pub(super) async fn audience(&self) -> Result<Option<Vec<u8>>, UploadError> {
        let url = self.at("/_/oidc/audience")?;
        let what = token_purpose(&url);
        match self.http.fetch(&HttpRequest::new(&what, &url)).await {
            Ok(answer) if answer.status.is_success() => Ok(Some(answer.body)),
            Ok(answer)
                if answer.status.is_server_error()
                    && answer.status != StatusCode::NOT_IMPLEMENTED =>
            {
                Err(refusal(&redacted(&url), &answer, None))
            }
            Ok(_)
            | Err(
                TransportError::Status {
                    status: 400..=499 | 501,
                    ..
                }
                | TransportError::Unauthorized { .. },
            ) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a JSON document while getting a token, and gives the answer.
    pub(super) async fn ask_with(&self, url: &Url, json: String) -> Result<Vec<u8>, UploadError> {
        let what = token_purpose(url);
        let kind = HeaderValue::from_static("application/json");
        let request = HttpRequest {
            authorization: Authorization::Anonymous,
            headers: vec![(CONTENT_TYPE, kind)],
            ..HttpRequest::new(&what, url)
        };
        match self.http.post(&request, RequestBody::Text(json)).await {
            Ok(answer) if answer.status.is_success() => Ok(answer.body),
            Ok(answer) => Err(refusal(&redacted(url), &answer, None)),
            Err(RequestFailure::Final(error)) => Err((*error).into()),
            Err(failure) => Err(UploadError::Trusted(format!(
                "{}: {failure}",
                redacted(url)
            ))),
        }
    }

    /// Sends a file once.
    pub(super) async fn upload(
        &self,
        file: &DistributionArchive,
    ) -> Result<UploadAttempt, UploadError> {
        let form = UploadForm::new(file).await?;
        let what = RequestPurpose {
            kind: RequestKind::Upload,
            subject: file.file_name().to_owned(),
        };
        let request = HttpRequest {
            headers: headers(&form),
            ..HttpRequest::new(&what, &self.target.url)
        };
        let body = RequestBody::File(form.body, form.length);
        let answer = match self.http.post(&request, body).await {
            Ok(answer) => answer,
            Err(RequestFailure::Final(error)) => return Err((*error).into()),
            Err(failure) => return Ok(UploadAttempt::Broken(failure.to_string(), None)),
        };
        self.judge(&answer)
    }

    fn judge(&self, answer: &HttpResponse) -> Result<UploadAttempt, UploadError> {
        let status = answer.status;
        if status.is_redirection() {
            let to = answer.headers.get(LOCATION);
            let to = to.and_then(|to| answer.url.join(to.to_str().ok()?).ok());
            return Err(UploadError::Redirected {
                url: self.shown(),
                status: status.to_string(),
                to: to.map_or_else(
                    || "a place that it does not name".to_owned(),
                    |to| redacted(&to),
                ),
            });
        }
        if status.is_success() && is_page(answer) {
            return Ok(UploadAttempt::Doubtful(UploadError::NotTaken {
                url: self.shown(),
                status: status.to_string(),
                message: words_of(answer),
            }));
        }
        if status.is_success() {
            return Ok(UploadAttempt::Taken);
        }
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            let pause = answer.headers.get(RETRY_AFTER).and_then(retry_after);
            let words = words_of(answer);
            let cause = format!("the server answers {status}: {words}");
            return Ok(UploadAttempt::Broken(cause, pause));
        }
        let login = self.http.logins.find(&self.target.url);
        let error = refusal(&self.shown(), answer, login.as_ref());
        match exists(status, &error) {
            true => Ok(UploadAttempt::Exists(error)),
            false => Err(error),
        }
    }

    /// The URL of the index, redacted.
    fn shown(&self) -> String {
        let mut url = self.target.url.clone();
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.into()
    }
}

fn headers(form: &UploadForm) -> Vec<(HeaderName, HeaderValue)> {
    let kind = HeaderValue::from_str(&form.content_type);
    let kind = kind.map(|kind| (CONTENT_TYPE, kind)).ok();
    let length = (CONTENT_LENGTH, HeaderValue::from(form.length));
    kind.into_iter().chain([length]).collect()
}

fn token_purpose(url: &Url) -> RequestPurpose {
    RequestPurpose {
        kind: RequestKind::Token,
        subject: url.host_str().unwrap_or_default().to_owned(),
    }
}

fn refusal(url: &str, answer: &HttpResponse, login: Option<&Login>) -> UploadError {
    let (url, status, message) = (url.to_owned(), answer.status.to_string(), words_of(answer));
    match answer.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => UploadError::Refused {
            url,
            status,
            message,
            logged_in: login.is_some_and(|login| login.password.is_some()),
        },
        _ => UploadError::Answer {
            url,
            status,
            message,
        },
    }
}

/// Whether an answer is a page for people, such as one that asks for a login.
fn is_page(answer: &HttpResponse) -> bool {
    let kind = answer.headers.get(CONTENT_TYPE);
    let is_html = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    is_html && answer.body.contains(&b'<')
}

/// Whether the index says that it has a file with this name. Servers use different status codes.
fn exists(status: StatusCode, error: &UploadError) -> bool {
    let text = error.to_string().to_ascii_lowercase();
    let says_so = ["already exist", "already been taken", "updating asset"]
        .into_iter()
        .any(|words| text.contains(words));
    status == StatusCode::CONFLICT || (says_so && status.is_client_error())
}

/// The message of the index without HTML; empty if it only repeats the status.
fn words_of(answer: &HttpResponse) -> String {
    let mut plain = String::new();
    let mut in_tag = false;
    for c in String::from_utf8_lossy(&answer.body).chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                plain.push(' ');
            }
            _ if !in_tag => plain.push(c),
            _ => {}
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    let mut words = words.join(" ");
    if let Some((at, _)) = words.char_indices().nth(300) {
        words.truncate(at);
        words.push_str("...");
    }
    match answer.status.to_string().contains(&words) {
        true => String::new(),
        false => words,
    }
}
