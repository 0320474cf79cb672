//! Trusted publishing: the identity of a CI job is exchanged for a token of the index.
//!
//! Source: Warehouse's documentation, "Trusted Publishers: Internals and Technical Details". The job's identity comes from
//! GitHub Actions; other CI systems set `XTASK_PUBLISH_OIDC_TOKEN` themselves.

use serde::Deserialize;
use url::Url;

use super::session::Session;
use super::{Credentials, PublishError, Repository};

/// What the CI job tells about its identity.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub request_url: Option<String>,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub request_token: Option<String>,
    /// `XTASK_PUBLISH_OIDC_TOKEN`: the identity itself.
    pub token: Option<String>,
}

#[derive(Deserialize)]
struct Audience {
    audience: String,
}

#[derive(Deserialize)]
struct Value {
    value: String,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// Exchanges the job's identity for a token; `None` outside of a job that has one.
///
/// # Errors
/// One of the parties refuses.
pub async fn exchange(
    repository: &Repository,
    identity: &Identity,
) -> Result<Option<Credentials>, PublishError> {
    let session = Session::new(repository)?;
    let at = |path: &str| {
        repository
            .upload
            .join(path)
            .map_err(|error| PublishError::Trusted(error.to_string()))
    };
    let jwt = match (
        &identity.token,
        &identity.request_url,
        &identity.request_token,
    ) {
        (Some(token), _, _) => token.clone(),
        (None, Some(url), Some(bearer)) => {
            let audience: Audience = parse(&session.ask(&at("/_/oidc/audience")?, None).await?)?;
            let mut url: Url = url
                .parse()
                .map_err(|_| PublishError::Trusted(format!("`{url}` is no URL")))?;
            url.query_pairs_mut()
                .append_pair("audience", &audience.audience);
            parse::<Value>(&session.ask(&url, Some(bearer)).await?)?.value
        }
        _ => return Ok(None),
    };
    let body = serde_json::json!({ "token": jwt }).to_string();
    let answer = session.post_json(&at("/_/oidc/mint-token")?, body).await?;
    Ok(Some(Credentials::token(parse::<Token>(&answer)?.token)))
}

fn parse<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, PublishError> {
    serde_json::from_str(text)
        .map_err(|error| PublishError::Trusted(format!("unexpected answer: {error}")))
}
