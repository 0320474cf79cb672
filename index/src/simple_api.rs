//! The simple API of an index: where it lists a package, and how its answers are read, in JSON
//! (PEP 691) or HTML (PEP 503).

use model::PackageName;
use transport::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use transport::{
    HttpClient, HttpRequest, HttpResponse, RequestKind, RequestPurpose, StatusCode, TransportError,
    redacted,
};
use url::Url;

use crate::page::{ListingPage, PageFile};
use crate::{html, json};

/// The accepted types, as pip sends them: JSON is preferred to HTML.
const ACCEPTED: &str = "application/vnd.pypi.simple.v1+json, \
     application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// The header with the accepted types.
pub(crate) fn accepted() -> (HeaderName, HeaderValue) {
    (ACCEPT, HeaderValue::from_static(ACCEPTED))
}

/// What a request for a package's files is for.
pub(crate) fn purpose(name: &PackageName) -> RequestPurpose {
    RequestPurpose {
        kind: RequestKind::Listing,
        subject: name.to_string(),
    }
}

/// The URL of the index's page about a package.
pub(crate) fn page_url(index: &Url, name: &PackageName) -> Url {
    let mut url = index.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend([name.as_str(), ""]);
    }
    url
}

/// Requests a page and gives its files with absolute URLs; none if there is no such page.
pub(crate) async fn fetch_files(
    http: &HttpClient,
    what: &RequestPurpose,
    url: &Url,
) -> Result<Vec<PageFile<'static>>, TransportError> {
    let mut request = HttpRequest::new(what, url);
    request.headers.push(accepted());
    let answer = http.fetch(&request).await?;
    if is_absent(&answer) {
        return Ok(Vec::new());
    }
    let page = read_page(what, &answer)?;
    Ok(page
        .files
        .into_iter()
        .map(|file| file.at(&answer.url))
        .collect())
}

/// Whether the index answered that it has no such page.
pub(crate) fn is_absent(answer: &HttpResponse) -> bool {
    matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE)
}

/// The files on a page, JSON or HTML by its content type.
pub(crate) fn read_page<'a>(
    what: &RequestPurpose,
    answer: &'a HttpResponse,
) -> Result<ListingPage<'a>, TransportError> {
    read(answer).map_err(|reason| TransportError::BadAnswer {
        what: what.clone(),
        url: redacted(&answer.url),
        reason,
    })
}

fn read(answer: &HttpResponse) -> Result<ListingPage<'_>, String> {
    let kind = answer.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if answer.status != StatusCode::OK {
        return Err(format!("the status is {}", answer.status.as_u16()));
    }
    match kind.to_ascii_lowercase().as_str() {
        "application/json" | "application/vnd.pypi.simple.v1+json" => json::parse(&answer.body),
        "text/html" | "application/vnd.pypi.simple.v1+html" => Ok(html::parse(
            &String::from_utf8_lossy(&answer.body),
            &answer.url,
        )),
        "" => Err("it has no content type, so it is neither JSON nor HTML".to_owned()),
        kind => Err(format!(
            "its content type is `{kind}`, neither JSON nor HTML of an index"
        )),
    }
}

impl PageFile<'_> {
    /// The same file with an absolute URL, if the page is at `base`.
    fn at(self, base: &Url) -> PageFile<'static> {
        PageFile {
            filename: self.filename.into_owned().into(),
            url: base
                .join(&self.url)
                .map_or_else(|_| self.url.clone().into_owned(), String::from)
                .into(),
            requires_python: self.requires_python.map(|text| text.into_owned().into()),
            yanked: self.yanked.map(|text| text.into_owned().into()),
            sha256: self.sha256,
            size: self.size,
            uploaded: self.uploaded,
            core_metadata: self.core_metadata,
        }
    }
}
