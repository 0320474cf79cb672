//! Trusted publishing: exchanges the identity of a CI job for a token of the index.
//!
//! Source: Warehouse's documentation, "Trusted Publishers: Internals and Technical Details". The job's identity comes from
//! GitHub Actions; other CI systems set `XTASK_PUBLISH_OIDC_TOKEN` themselves.

use serde::Deserialize;
use transport::Authorization;
use url::Url;

use super::error::UploadError;
use super::requests::UploadRequests;

/// The environment variables of a CI job that has an identity.
#[derive(Debug, Clone, Default)]
pub struct JobIdentity {
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

/// Exchanges the job's identity for a token; `None` if this is not a CI job with an identity, or the
/// index does not offer trusted publishing: then other ways to log in are left.
///
/// # Errors
/// Where the CI system or the index refuses.
pub(super) async fn exchange(
    requests: &UploadRequests,
    identity: &JobIdentity,
) -> Result<Option<String>, UploadError> {
    let jwt = match (
        &identity.token,
        &identity.request_url,
        &identity.request_token,
    ) {
        (Some(token), _, _) => token.clone(),
        (None, Some(url), Some(bearer)) => {
            let Some(answer) = requests.audience().await? else {
                return Ok(None);
            };
            // A page for people is the answer of an index that does not offer it either.
            let Ok(audience) = serde_json::from_slice::<Audience>(&answer) else {
                return Ok(None);
            };
            let mut url: Url = url
                .parse()
                .map_err(|_| UploadError::Trusted(format!("`{url}` is no URL")))?;
            url.query_pairs_mut()
                .append_pair("audience", &audience.audience);
            let answer = requests.ask(&url, Authorization::Bearer(bearer)).await?;
            parse::<Value>(&answer)?.value
        }
        _ => return Ok(None),
    };
    let body = serde_json::json!({ "token": jwt }).to_string();
    let at = requests.at("/_/oidc/mint-token")?;
    let answer = requests.ask_with(&at, body).await?;
    Ok(Some(parse::<Token>(&answer)?.token))
}

fn parse<T: for<'a> Deserialize<'a>>(answer: &[u8]) -> Result<T, UploadError> {
    serde_json::from_slice(answer)
        .map_err(|error| UploadError::Trusted(format!("unexpected answer: {error}")))
}
