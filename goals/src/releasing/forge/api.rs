//! Requests to the API of a repository on a forge.

use camino::Utf8Path;
use model::Url;
use serde::Deserialize;
use serde_json::Value;
use tokio::runtime::Runtime;
use transport::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use transport::{
    Authorization, HttpClient, HttpOptions, HttpRequest, HttpResponse, RequestBody, RequestFailure,
    RequestKind, RequestPurpose, TransportError,
};

use crate::error::GoalError;

/// The API of a repository on a forge.
pub(super) struct ForgeApi {
    http: HttpClient,
    runtime: Runtime,
    /// Ends with a slash: `https://forge.example/api/v1/repos/owner/name/`.
    base: Url,
    token: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Patch,
    Put,
}

impl ForgeApi {
    /// The API at a URL that ends with a slash.
    pub(super) fn new(base: Url, token: String) -> Result<Self, GoalError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| GoalError::failure(format!("cannot start requests: {error}")))?;
        Ok(Self {
            http: HttpClient::new(HttpOptions::default()).map_err(told)?,
            runtime,
            base,
            token,
        })
    }

    /// Asks for the repository itself.
    pub(super) fn check(&self) -> Result<(), GoalError> {
        let mut url = self.base.clone();
        url.set_path(self.base.path().trim_end_matches('/'));
        accepted(&url, &self.request(Verb::Get, &url, None)?)
    }

    /// What is at a path of the API; `None` if there is nothing.
    pub(super) fn get<T: for<'a> Deserialize<'a>>(
        &self,
        path: &str,
    ) -> Result<Option<T>, GoalError> {
        let url = self.url(path)?;
        let answer = self.request(Verb::Get, &url, None)?;
        match answer.status.as_u16() {
            404 => Ok(None),
            _ => parsed(&url, &answer).map(Some),
        }
    }

    /// The first of what a query finds.
    pub(super) fn first<T: for<'a> Deserialize<'a>>(
        &self,
        query: &str,
    ) -> Result<Option<T>, GoalError> {
        let found: Option<Vec<T>> = self.get(query)?;
        Ok(found.and_then(|found| found.into_iter().next()))
    }

    /// Changes something, and gives the answer.
    pub(super) fn send<T: for<'a> Deserialize<'a>>(
        &self,
        verb: Verb,
        path: &str,
        body: &Value,
    ) -> Result<T, GoalError> {
        let url = self.url(path)?;
        let kind = HeaderValue::from_static("application/json");
        let body = RequestBody::Text(body.to_string());
        let answer = self.request(verb, &url, Some((kind, body)))?;
        parsed(&url, &answer)
    }

    /// Sends a file as it is.
    pub(super) fn upload(&self, verb: Verb, url: &Url, file: &Utf8Path) -> Result<(), GoalError> {
        let unread = |error: std::io::Error| GoalError::file("read", file, &error);
        let size = fs_err::metadata(file).map_err(unread)?.len();
        let kind = HeaderValue::from_static("application/octet-stream");
        let opened = self
            .runtime
            .block_on(tokio::fs::File::open(file))
            .map_err(unread)?;
        let body = RequestBody::File(opened, size);
        let answer = self.request(verb, url, Some((kind, body)))?;
        accepted(url, &answer)
    }

    /// The URL of a path of the API.
    pub(super) fn url(&self, path: &str) -> Result<Url, GoalError> {
        self.base
            .join(path)
            .map_err(|_| GoalError::failure(format!("`{path}` is no path of the forge's API")))
    }

    fn request(
        &self,
        verb: Verb,
        url: &Url,
        body: Option<(HeaderValue, RequestBody)>,
    ) -> Result<HttpResponse, GoalError> {
        let what = RequestPurpose {
            kind: RequestKind::Forge,
            subject: url.path().to_owned(),
        };
        let json = HeaderValue::from_static("application/vnd.github+json");
        let mut request = HttpRequest {
            authorization: Authorization::Bearer(&self.token),
            headers: vec![(ACCEPT, json)],
            ..HttpRequest::new(&what, url)
        };
        let body = body.map(|(kind, body)| {
            request.headers.push((CONTENT_TYPE, kind));
            body
        });
        let body = body.unwrap_or(RequestBody::Text(String::new()));
        self.runtime.block_on(async {
            match verb {
                Verb::Get => self.http.fetch(&request).await.map_err(told),
                Verb::Post => answered(url, self.http.post(&request, body).await),
                Verb::Put => answered(url, self.http.put(&request, body).await),
                Verb::Patch => answered(url, self.http.patch(&request, body).await),
            }
        })
    }
}

fn answered(
    url: &Url,
    answer: Result<HttpResponse, RequestFailure>,
) -> Result<HttpResponse, GoalError> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(RequestFailure::Final(error)) => Err(told(*error)),
        Err(failure) => Err(
            GoalError::failure(format!("the forge did not answer: {failure}"))
                .because(format!("asked was {url}"))
                .hint("`--resume` tries again"),
        ),
    }
}

/// The right that a token lacks.
const TOKEN_RIGHT: &str =
    "the token needs the right to write contents and pull requests of this repository";

fn told(error: TransportError) -> GoalError {
    if let TransportError::Unauthorized { url, status, .. } = &error {
        return GoalError::failure(format!("the forge refuses: {status}"))
            .because(format!("asked was {url}"))
            .hint(TOKEN_RIGHT);
    }
    let hint = error.hint();
    GoalError::failure(error.to_string())
        .hints_of(hint)
        .caused_by(error)
}

fn accepted(url: &Url, answer: &HttpResponse) -> Result<(), GoalError> {
    if answer.status.is_success() {
        return Ok(());
    }
    // GitLab's may be lists by field.
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(alias = "error")]
        message: Value,
    }
    let said =
        serde_json::from_slice::<Refusal>(&answer.body).map(|refusal| match refusal.message {
            Value::String(text) => text,
            other => other.to_string(),
        });
    let error = GoalError::failure(format!("the forge refuses: {}", answer.status))
        .because(format!("asked was {url}"));
    let error = match said {
        Ok(said) => error.because(format!("it says: {said}")),
        Err(_) => error,
    };
    Err(match answer.status.as_u16() {
        401 | 403 | 404 => error.hint(TOKEN_RIGHT),
        _ => error,
    })
}

fn parsed<T: for<'a> Deserialize<'a>>(url: &Url, answer: &HttpResponse) -> Result<T, GoalError> {
    accepted(url, answer)?;
    serde_json::from_slice(&answer.body).map_err(|error| {
        GoalError::failure("the forge's answer cannot be read")
            .because(format!("asked was {url}"))
            .because(error.to_string())
    })
}
