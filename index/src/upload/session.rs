//! The requests of a publication.

use std::io::Write;
use std::sync::OnceLock;

use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use sha2::Digest;
use tokio::io::AsyncWriteExt;
use url::Url;

use super::credentials::Credentials;
use super::{Dist, PublishError, Repository, Sent};

const JSON: &str = "application/vnd.pypi.simple.v1+json";
const ACCEPTED: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// One publication's connections.
pub(super) struct Session<'a> {
    pub(super) repository: &'a Repository,
    client: Client,
    listing: OnceLock<Url>,
}

/// How an upload ended, as far as it can be told.
pub(super) enum Uploaded {
    Yes,
    /// The index says that it has a file of this name; the error if it is not ours.
    Exists(PublishError),
    /// The connection broke or the index is in trouble: worth another try.
    Broken(String),
}

/// A page of a listing.
pub(super) struct Page {
    pub(super) text: String,
    pub(super) json: bool,
    /// Where it was found, after redirects.
    pub(super) url: Url,
}

impl<'a> Session<'a> {
    pub(super) fn new(repository: &'a Repository) -> Result<Self, PublishError> {
        // Whoever comes first installs it; all want the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("cargo-xtask/", env!("CARGO_PKG_VERSION")))
            .read_timeout(repository.patience.silence)
            .build()
            .map_err(|error| PublishError::Connection {
                url: clean(&repository.upload).into(),
                message: words(&error),
                tries: 1,
            })?;
        Ok(Self {
            repository,
            client,
            listing: OnceLock::new(),
        })
    }

    /// The URL below which projects are listed.
    pub(super) async fn listing(&self) -> Result<&Url, PublishError> {
        if let Some(found) = self.listing.get() {
            return Ok(found);
        }
        let found = match &self.repository.listing {
            Some(url) => folder(url.clone()),
            None => self.guess_listing().await?,
        };
        Ok(self.listing.get_or_init(|| found))
    }

    /// Looks for the listing where servers of one URL have it.
    async fn guess_listing(&self) -> Result<Url, PublishError> {
        let upload = folder(self.repository.upload.clone());
        let mut failure = PublishError::NoListing(clean(&upload).into());
        for place in ["simple/", "+simple/"] {
            let Ok(url) = upload.join(place) else {
                continue;
            };
            match self.send(&url, self.client.get(url.clone())).await {
                Ok(answer) if answer.status().is_success() => return Ok(url),
                Ok(_) => {}
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn with_credentials(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.repository.credentials {
            Credentials::None => request,
            Credentials::Basic { username, password } => {
                request.basic_auth(username, Some(password))
            }
        }
    }

    /// Whether credentials may go to `url`: only to the host that files are sent to.
    fn is_ours(&self, url: &Url) -> bool {
        url.origin() == self.repository.upload.origin()
    }

    /// Sends a request without a body, again when the connection breaks.
    async fn send(&self, url: &Url, request: RequestBuilder) -> Result<Response, PublishError> {
        let request = match self.is_ours(url) {
            true => self.with_credentials(request),
            false => request,
        };
        let patience = self.repository.patience;
        let mut wait = patience.wait;
        let mut tried = 1;
        loop {
            let again = request.try_clone();
            let message = match again {
                Some(again) => match again.send().await {
                    Ok(answer) if !answer.status().is_server_error() => return Ok(answer),
                    Ok(answer) => format!("answers {}", answer.status()),
                    Err(error) => words(&error),
                },
                None => "the request cannot be repeated".to_owned(),
            };
            if tried >= patience.tries {
                return Err(PublishError::Connection {
                    url: clean(url).into(),
                    message,
                    tries: tried,
                });
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
            tried += 1;
        }
    }

    /// A page of the listing; `None` when there is none.
    pub(super) async fn page(&self, url: &Url) -> Result<Option<Page>, PublishError> {
        let request = self.client.get(url.clone()).header(ACCEPT, ACCEPTED);
        let answer = self.send(url, request).await?;
        if matches!(answer.status(), StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(None);
        }
        let answer = self.accepted(url, answer).await?;
        let content_type = answer.headers().get(CONTENT_TYPE);
        let json = content_type.is_some_and(|kind| kind.as_bytes().starts_with(JSON.as_bytes()));
        let url = answer.url().clone();
        let text = answer
            .text()
            .await
            .map_err(|error| self.broken(&url, &error))?;
        Ok(Some(Page { text, json, url }))
    }

    /// The sha256 of a file on the index, by downloading it.
    pub(super) async fn hash_of(&self, url: &Url) -> Result<String, PublishError> {
        let answer = self.send(url, self.client.get(url.clone())).await?;
        let mut answer = self.accepted(url, answer).await?;
        let mut hasher = sha2::Sha256::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| self.broken(url, &error))?
        {
            hasher.update(&chunk);
        }
        Ok(hex::encode(hasher.finalize()))
    }

    /// The answer to a plain question.
    pub(super) async fn ask(
        &self,
        url: &Url,
        bearer: Option<&str>,
    ) -> Result<String, PublishError> {
        let request = self.client.get(url.clone());
        let request = match bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        };
        self.answered(url, request).await
    }

    /// The answer to a JSON document.
    pub(super) async fn post_json(&self, url: &Url, body: String) -> Result<String, PublishError> {
        let request = self
            .client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        self.answered(url, request).await
    }

    async fn answered(&self, url: &Url, request: RequestBuilder) -> Result<String, PublishError> {
        let answer = request
            .send()
            .await
            .map_err(|error| self.broken(url, &error))?;
        let answer = self.accepted(url, answer).await?;
        answer
            .text()
            .await
            .map_err(|error| self.broken(url, &error))
    }

    fn broken(&self, url: &Url, error: &reqwest::Error) -> PublishError {
        PublishError::Connection {
            url: clean(url).into(),
            message: words(error),
            tries: 1,
        }
    }

    async fn accepted(&self, url: &Url, answer: Response) -> Result<Response, PublishError> {
        match answer.status().is_success() {
            true => Ok(answer),
            false => Err(self.refusal(url, answer).await),
        }
    }

    async fn refusal(&self, url: &Url, answer: Response) -> PublishError {
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        let message = told(&text, status);
        let url = String::from(clean(url));
        let status_text = status.to_string();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => PublishError::Refused {
                url,
                status: status_text,
                message,
                credentials: match self.repository.credentials {
                    Credentials::None => Sent::No,
                    Credentials::Basic { .. } => Sent::Yes,
                },
            },
            _ => PublishError::Answer {
                url,
                status: status_text,
                message,
            },
        }
    }

    /// Sends a file once.
    pub(super) async fn upload(&self, file: &Dist) -> Result<Uploaded, PublishError> {
        let boundary = format!("xtask-{}", &file.sha256.to_string()[..32]);
        let (body, length) = form(file, &boundary).await?;
        let request = self
            .client
            .post(clean(&self.repository.upload))
            .header(
                CONTENT_TYPE,
                format!("multipart/form-data; boundary={boundary}"),
            )
            .header(CONTENT_LENGTH, length)
            .body(body);
        let answer = match self.with_credentials(request).send().await {
            Ok(answer) => answer,
            Err(error) => return Ok(Uploaded::Broken(words(&error))),
        };
        let status = answer.status();
        if status.is_success() {
            return Ok(Uploaded::Yes);
        }
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            let text = answer.text().await.unwrap_or_default();
            return Ok(Uploaded::Broken(format!(
                "answers {status}: {}",
                told(&text, status)
            )));
        }
        if status.is_redirection() {
            return Err(self.refusal(&self.repository.upload, answer).await);
        }
        let error = self.refusal(&self.repository.upload, answer).await;
        Ok(match exists(status, &error) {
            true => Uploaded::Exists(error),
            false => return Err(error),
        })
    }
}

/// Whether the index says that it has a file of this name. Servers use different codes for it.
fn exists(status: StatusCode, error: &PublishError) -> bool {
    let text = error.to_string().to_ascii_lowercase();
    let told = text.contains("already exist")
        || text.contains("already been taken")
        || text.contains("updating asset");
    status == StatusCode::CONFLICT || (told && status.is_client_error())
}

/// The form as a file: a body of any size takes no memory, and its length is known.
async fn form(file: &Dist, boundary: &str) -> Result<(tokio::fs::File, u64), PublishError> {
    let mut head = Vec::new();
    for (name, value) in file.fields() {
        write!(
            head,
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )?;
    }
    let name = file.file_name().replace('"', "%22");
    write!(
        head,
        "--{boundary}\r\nContent-Disposition: form-data; name=\"content\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )?;
    let mut form = tokio::fs::File::from_std(tempfile::tempfile()?);
    form.write_all(&head).await?;
    let mut content = tokio::fs::File::open(&file.path).await?;
    let copied = tokio::io::copy(&mut content, &mut form).await?;
    let tail = format!("\r\n--{boundary}--\r\n");
    form.write_all(tail.as_bytes()).await?;
    form.flush().await?;
    tokio::io::AsyncSeekExt::rewind(&mut form).await?;
    Ok((form, head.len() as u64 + copied + tail.len() as u64))
}

/// The URL as a folder.
fn folder(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

/// The URL without credentials, for requests (they go into a header) and messages.
pub(super) fn clean(url: &Url) -> Url {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// What the index says, without HTML; empty when it only repeats the status.
fn told(text: &str, status: StatusCode) -> String {
    let mut plain = String::new();
    let mut tag = false;
    for c in text.chars() {
        match c {
            '<' => tag = true,
            '>' => {
                tag = false;
                plain.push(' ');
            }
            _ if !tag => plain.push(c),
            _ => {}
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    let mut told = words.join(" ");
    if let Some((at, _)) = told.char_indices().nth(300) {
        told.truncate(at);
        told.push_str("...");
    }
    match status.to_string().contains(&told) {
        true => String::new(),
        false => told,
    }
}

/// An error with its causes.
fn words(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
