//! What an index has of a project: names and hashes, from PEP 691 JSON or PEP 503 HTML.

use std::sync::LazyLock;

use model::PackageName;
use regex::Regex;
use serde::Deserialize;
use url::Url;

use super::PublishError;
use super::session::Session;

/// A file on the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its name.
    pub(super) name: String,
    /// Its sha256 in hexadecimal, when the index tells it.
    pub(super) sha256: Option<String>,
    /// Where it is.
    pub(super) url: Url,
}

/// The files of a project; none when the index does not know it.
pub(super) async fn listed(
    session: &Session<'_>,
    project: &PackageName,
) -> Result<Vec<Listed>, PublishError> {
    let base = session.listing().await?;
    let url = base
        .join(&format!("{project}/"))
        .map_err(|_| PublishError::NoListing(base.clone().into()))?;
    let Some(page) = session.page(&url).await? else {
        return Ok(Vec::new());
    };
    Ok(match page.json {
        true => from_json(&page.text, &page.url),
        false => from_html(&page.text, &page.url),
    })
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: std::collections::BTreeMap<String, String>,
}

fn from_json(text: &str, base: &Url) -> Vec<Listed> {
    let page: Page = serde_json::from_str(text).unwrap_or(Page { files: Vec::new() });
    let listed = |file: File| {
        Some(Listed {
            sha256: file
                .hashes
                .get("sha256")
                .map(|hash| hash.to_ascii_lowercase()),
            url: base.join(&file.url).ok()?,
            name: file.filename,
        })
    };
    page.files.into_iter().filter_map(listed).collect()
}

fn from_html(text: &str, base: &Url) -> Vec<Listed> {
    static ANCHOR: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?is)<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>"#).ok()
    });
    let Some(anchor) = ANCHOR.as_ref() else {
        return Vec::new();
    };
    let listed = |found: regex::Captures<'_>| {
        let href = found
            .get(1)
            .or(found.get(2))?
            .as_str()
            .replace("&amp;", "&");
        let mut url = base.join(&href).ok()?;
        let hash = url
            .fragment()
            .and_then(|fragment| fragment.strip_prefix("sha256="));
        let sha256 = hash.map(str::to_ascii_lowercase);
        url.set_fragment(None);
        let last = url.path_segments()?.next_back()?;
        let name = percent_encoding::percent_decode_str(last)
            .decode_utf8_lossy()
            .into_owned();
        Some(Listed { name, sha256, url })
    };
    anchor.captures_iter(text).filter_map(listed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let base: Url = "http://127.0.0.1:1/simple/a/".parse().unwrap();
        let html = "<a href=\"../../packages/a-1%2B0.tar.gz#sha256=AB\">a</a> <A class=x href='b.whl#md5=1'>b</A>";
        let json = r#"{"files": [{"filename": "a-1+0.tar.gz", "url": "../../packages/a-1%2B0.tar.gz", "hashes": {"sha256": "ab"}},
                      {"filename": "b.whl", "url": "b.whl", "hashes": {}}]}"#;
        let html = from_html(html, &base);
        assert_eq!(html, from_json(json, &base));
        assert_eq!(html[0].sha256.as_deref(), Some("ab"));
        assert_eq!(
            (html[0].name.as_str(), html[0].url.as_str()),
            ("a-1+0.tar.gz", "http://127.0.0.1:1/packages/a-1%2B0.tar.gz")
        );
    }
}
