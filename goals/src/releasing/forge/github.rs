//! GitHub's API, which Forgejo and Gitea follow below `/api/v1`.
//!
//! Source: GitHub's REST API ("Releases", "Release assets", "Pulls").

use camino::Utf8PathBuf;
use model::Url;
use serde::Deserialize;
use serde_json::json;

use super::api::{ForgeApi, Verb};
use super::proposal::{ForgeRelease, PullRequest};
use crate::error::GoalError;

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

/// Makes the release, or adds the files that it lacks.
pub(super) fn publish(api: &ForgeApi, release: &ForgeRelease) -> Result<String, GoalError> {
    let found = api.get(&format!("releases/tags/{}", release.tag))?;
    let there: FoundRelease = match found {
        Some(there) => there,
        None => api.send(
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
        attach(api, &there, file)?;
    }
    Ok(there.html_url)
}

/// Opens the pull request, or brings it up to date.
pub(super) fn propose(
    api: &ForgeApi,
    owner: &str,
    pull: &PullRequest,
) -> Result<String, GoalError> {
    let query = format!(
        "pulls?state=open&head={owner}:{}&base={}",
        pull.head, pull.base
    );
    let open: Option<FoundPull> = api.first(&query)?;
    let answer: FoundPull = match open {
        Some(open) => api.send(
            Verb::Patch,
            &format!("pulls/{}", open.number),
            &json!({
                "title": pull.title,
                "body": pull.body,
            }),
        )?,
        None => api.send(
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

fn attach(api: &ForgeApi, release: &FoundRelease, file: &Utf8PathBuf) -> Result<(), GoalError> {
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
    let mut url: Url = base
        .parse()
        .map_err(|_| GoalError::failure(format!("the forge names no URL for files: `{base}`")))?;
    url.query_pairs_mut().append_pair("name", name);
    api.upload(Verb::Post, &url, file)
}
