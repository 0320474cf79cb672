//! GitLab's API. Files of a release are in its registry of generic packages, and the release links to them.
//!
//! Source: GitLab's REST API ("Releases", "Release links", "Generic packages", "Merge requests").

use camino::Utf8Path;
use model::Url;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;

use super::api::{ForgeApi, Verb};
use super::proposal::{ForgeRelease, PullRequest};
use crate::error::GoalError;

#[derive(Deserialize)]
struct FoundRelease {
    _links: ReleaseLinks,
    #[serde(default)]
    assets: ReleaseAssets,
}

#[derive(Deserialize)]
struct ReleaseLinks {
    #[serde(rename = "self")]
    page: String,
}

#[derive(Deserialize, Default)]
struct ReleaseAssets {
    #[serde(default)]
    links: Vec<AssetLink>,
}

#[derive(Deserialize)]
struct AssetLink {
    name: String,
}

#[derive(Deserialize)]
struct FoundMerge {
    iid: u64,
    web_url: String,
}

/// What stays as it is in a part of a URL.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A path as one part of a URL.
pub(super) fn encoded(path: &str) -> String {
    utf8_percent_encode(path, PART).to_string()
}

/// Makes the release, or adds the files that it lacks. GitLab has no mark for candidates.
pub(super) fn publish(
    api: &ForgeApi,
    repository: &str,
    release: &ForgeRelease,
) -> Result<String, GoalError> {
    let path = format!("releases/{}", encoded(&release.tag));
    let there: FoundRelease = match api.get(&path)? {
        Some(there) => there,
        None => api.send(
            Verb::Post,
            "releases",
            &json!({
                "tag_name": release.tag,
                "name": release.title,
                "description": release.notes,
            }),
        )?,
    };
    let linked = |name: &str| there.assets.links.iter().any(|link| link.name == name);
    for file in &release.files {
        // The link is made when the file is there.
        if linked(file.file_name().unwrap_or_default()) {
            continue;
        }
        let url = package_url(api, repository, release, file)?;
        api.upload(Verb::Put, &url, file)?;
        let link = json!({
            "name": file.file_name(),
            "url": url.as_str(),
            "link_type": "package",
        });
        let _: AssetLink = api.send(Verb::Post, &format!("{path}/assets/links"), &link)?;
    }
    Ok(there._links.page)
}

/// Where a file of a release goes: a package with the repository's name.
fn package_url(
    api: &ForgeApi,
    repository: &str,
    release: &ForgeRelease,
    file: &Utf8Path,
) -> Result<Url, GoalError> {
    let name = repository.rsplit('/').next().unwrap_or_default();
    let parts = [name, &release.title, file.file_name().unwrap_or_default()];
    // Other characters are refused in names of packages, versions and files.
    let parts = parts.map(|part| {
        let is_kept = |c: char| c.is_ascii_alphanumeric() || "._-+~".contains(c);
        let kept: String = part
            .chars()
            .map(|c| if is_kept(c) { c } else { '-' })
            .collect();
        encoded(&kept)
    });
    api.url(&format!("packages/generic/{}", parts.join("/")))
}

/// Opens the merge request, or brings it up to date.
pub(super) fn propose(api: &ForgeApi, pull: &PullRequest) -> Result<String, GoalError> {
    let query = format!(
        "merge_requests?state=opened&source_branch={}&target_branch={}",
        encoded(&pull.head),
        encoded(&pull.base)
    );
    let open: Option<FoundMerge> = api.first(&query)?;
    let text = json!({ "title": pull.title, "description": pull.body });
    let answer: FoundMerge = match open {
        Some(open) => api.send(Verb::Put, &format!("merge_requests/{}", open.iid), &text)?,
        None => api.send(
            Verb::Post,
            "merge_requests",
            &json!({
                "title": pull.title,
                "description": pull.body,
                "source_branch": pull.head,
                "target_branch": pull.base,
            }),
        )?,
    };
    Ok(answer.web_url)
}
