//! The forge that hosts a repository: releases with notes and files, and pull requests.
//!
//! Source: GitHub's REST API ("Releases", "Release assets", "Pulls"), which Forgejo and Gitea follow
//! below `/api/v1`. Each call looks for what is there first, so that it can be repeated.

use camino::Utf8PathBuf;
use git::Git;
use model::Url;
use release::backport::repository_of;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use transport::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use transport::{
    Authorization, HttpClient, HttpOptions, HttpRequest, HttpResponse, RequestBody, RequestFailure,
    RequestKind, RequestPurpose, TransportError,
};

use crate::error::GoalError;
use crate::session::Session;

/// A release as the forge shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeRelease {
    /// The tag that it is of.
    pub tag: String,
    /// The heading.
    pub title: String,
    /// The notes, in Markdown.
    pub notes: String,
    /// Whether it is for testing only.
    pub prerelease: bool,
    /// The files that belong to it.
    pub files: Vec<Utf8PathBuf>,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// The branch that is to be merged.
    pub head: String,
    /// The branch that it is merged into.
    pub base: String,
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
}

/// The API of a repository on a forge.
pub struct Forge {
    http: HttpClient,
    runtime: Runtime,
    /// Ends with a slash: `https://forge.example/api/v1/repos/owner/name/`.
    api: Url,
    owner: String,
    token: String,
}

#[derive(Deserialize)]
struct FoundRelease {
    html_url: String,
    upload_url: String,
    #[serde(default)]
    assets: Vec<FoundAsset>,
}

#[derive(Deserialize)]
struct FoundAsset {
    name: String,
    size: u64,
}

#[derive(Deserialize)]
struct FoundPull {
    number: u64,
    html_url: String,
}

/// The variables that may hold the token, in order.
const TOKENS: [&str; 3] = ["FORGE_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"];

impl Forge {
    /// The forge of a remote. `FORGE_API_URL` or `GITHUB_API_URL` says where its API is, and
    /// `GITHUB_REPOSITORY` which repository is meant, where the remote's URL does not.
    ///
    /// # Errors
    /// The repository is on no forge, or there is no token.
    pub fn of(session: &Session, remote: &str) -> Result<Self, GoalError> {
        let variable = |name: &str| {
            session
                .environment
                .get(name)
                .filter(|text| !text.is_empty())
        };
        let url = Git::at(session.root()).maybe(&["remote", "get-url", remote])?;
        let repository = variable("GITHUB_REPOSITORY").cloned();
        let repository = repository
            .or_else(|| repository_of(url.as_deref()?))
            .ok_or_else(|| {
                GoalError::failure(format!(
                    "cannot tell which repository `{remote}` is on a forge"
                ))
                .hint("set GITHUB_REPOSITORY to OWNER/NAME")
            })?;
        let named = variable("FORGE_API_URL").or_else(|| variable("GITHUB_API_URL"));
        let api = named.cloned().or_else(|| usual_api(url.as_deref()?));
        let api = api.ok_or_else(|| {
            GoalError::failure(format!(
                "cannot tell where the API of the forge of `{remote}` is"
            ))
            .hint("set FORGE_API_URL")
        })?;
        let api: Url = format!("{}/repos/{repository}/", api.trim_end_matches('/'))
            .parse()
            .map_err(|_| GoalError::failure(format!("`{api}` is no URL of a forge's API")))?;
        let token = TOKENS.iter().find_map(|name| variable(name)).cloned();
        let token = token.ok_or_else(|| {
            GoalError::failure("there is no token for the forge").hint(format!(
                "set {}; in a workflow: `GH_TOKEN: ${{{{ github.token }}}}`",
                TOKENS.join(" or ")
            ))
        })?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| GoalError::failure(format!("cannot start requests: {error}")))?;
        Ok(Self {
            http: HttpClient::new(HttpOptions::default()).map_err(told)?,
            runtime,
            api,
            owner: repository.split('/').next().unwrap_or_default().to_owned(),
            token,
        })
    }

    /// Asks the forge for the repository, before anything leaves this machine.
    ///
    /// # Errors
    /// The forge does not answer, or not with this token.
    pub fn check(&self) -> Result<(), GoalError> {
        let mut url = self.api.clone();
        url.set_path(self.api.path().trim_end_matches('/'));
        accepted(&url, &self.request(Verb::Get, &url, None)?)
    }

    /// Makes the release, or adds the files that it lacks. Gives its page.
    ///
    /// # Errors
    /// The forge refuses, or has another file of the same name.
    pub fn publish(&self, release: &ForgeRelease) -> Result<String, GoalError> {
        let found = self.get(&format!("releases/tags/{}", release.tag))?;
        let there: FoundRelease = match found {
            Some(there) => there,
            None => self.send(
                Verb::Post,
                "releases",
                &json!({
                    "tag_name": release.tag,
                    "name": release.title,
                    "body": release.notes,
                    "prerelease": release.prerelease,
                }),
            )?,
        };
        for file in &release.files {
            self.attach(&there, file)?;
        }
        Ok(there.html_url)
    }

    /// Opens the pull request or, where there is one between these branches, brings title and text
    /// up to date. Gives its page.
    ///
    /// # Errors
    /// The forge refuses.
    pub fn propose(&self, pull: &PullRequest) -> Result<String, GoalError> {
        let query = format!(
            "pulls?state=open&head={}:{}&base={}",
            self.owner, pull.head, pull.base
        );
        let open: Option<Vec<FoundPull>> = self.get(&query)?;
        let open = open.and_then(|open| open.into_iter().next());
        let answer: FoundPull = match open {
            Some(open) => self.send(
                Verb::Patch,
                &format!("pulls/{}", open.number),
                &json!({
                    "title": pull.title,
                    "body": pull.body,
                }),
            )?,
            None => self.send(
                Verb::Post,
                "pulls",
                &json!({
                    "title": pull.title,
                    "body": pull.body,
                    "head": pull.head,
                    "base": pull.base,
                }),
            )?,
        };
        Ok(answer.html_url)
    }

    fn attach(&self, release: &FoundRelease, file: &Utf8PathBuf) -> Result<(), GoalError> {
        let name = file.file_name().unwrap_or_default();
        let size = fs_err::metadata(file).map_err(|error| GoalError::file("read", file, &error))?;
        let size = size.len();
        if let Some(there) = release.assets.iter().find(|asset| asset.name == name) {
            return match there.size == size {
                true => Ok(()),
                false => Err(GoalError::failure(format!(
                    "the release on the forge has another {name}: {} bytes, and not {}",
                    there.size, size
                ))
                .hint("remove it there if it is wrong, then `--resume`")),
            };
        }
        // The template ends with the query that may be given: `{?name,label}`.
        let base = release.upload_url.split('{').next().unwrap_or_default();
        let mut url: Url = base.parse().map_err(|_| {
            GoalError::failure(format!("the forge names no URL for files: `{base}`"))
        })?;
        url.query_pairs_mut().append_pair("name", name);
        let kind = HeaderValue::from_static("application/octet-stream");
        let opened = self.runtime.block_on(tokio::fs::File::open(file));
        let opened = opened.map_err(|error| GoalError::file("read", file, &error))?;
        let body = RequestBody::File(opened, size);
        let answer = self.request(Verb::Post, &url, Some((kind, body)))?;
        accepted(&url, &answer)
    }

    /// What is at a path of the API; `None` if there is nothing.
    fn get<T: for<'a> Deserialize<'a>>(&self, path: &str) -> Result<Option<T>, GoalError> {
        let url = self.url(path)?;
        let answer = self.request(Verb::Get, &url, None)?;
        match answer.status.as_u16() {
            404 => Ok(None),
            _ => parsed(&url, &answer).map(Some),
        }
    }

    fn send<T: for<'a> Deserialize<'a>>(
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

    fn url(&self, path: &str) -> Result<Url, GoalError> {
        self.api
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
                Verb::Patch => answered(url, self.http.patch(&request, body).await),
            }
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Get,
    Post,
    Patch,
}

/// Forges are asked over TLS alone.
const SCHEME: &str = "https://";

/// Where the API is beside a remote's URL: GitHub's has a host of its own, that of Forgejo and Gitea
/// is below theirs.
fn usual_api(remote: &str) -> Option<String> {
    let host = match remote.split_once("://") {
        Some((_, rest)) => rest.split('/').next()?,
        None => remote.split(':').next()?,
    };
    let host = host.rsplit('@').next()?.split(':').next()?;
    Some(match host.split_once('.') {
        Some(("github", "com")) => format!("{SCHEME}api.{host}"),
        _ => format!("{SCHEME}{host}/api/v1"),
    })
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
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    let said = serde_json::from_slice::<Refusal>(&answer.body).map(|refusal| refusal.message);
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
