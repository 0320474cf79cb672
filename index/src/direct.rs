//! Archives at a URL (direct references), which are on no index.

use std::sync::Arc;

use model::Sha256;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use transport::header::{
    ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use transport::{Flight, RequestKind, RequestPurpose, TransportError, redacted};
use url::Url;

use crate::cache;
use crate::core::{Core, DirectArchive};
use crate::download::{Transfer, TransferResult};
use crate::encode::is_plain;
use crate::error::IndexError;

const MAGIC: [u8; 4] = *b"xa\x00\x01";

/// What the cache keeps about a URL.
#[derive(Serialize, Deserialize)]
struct Note {
    sha256: [u8; 32],
    size: u64,
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Core {
    /// Gets the archive at `url`. If `expected` is given, the archive must have this hash.
    pub(crate) async fn fetch_archive(
        &self,
        url: &Url,
        expected: Option<Sha256>,
    ) -> Result<Arc<DirectArchive>, IndexError> {
        let mut key = url.clone();
        key.set_fragment(expected.map(|sha256| sha256.to_string()).as_deref());
        match self.archives.ask(key) {
            Flight::Joined(answer) => answer.wait().await.clone(),
            Flight::Led(claim) => {
                let archive = self.find_archive(url, expected).await.map(Arc::new);
                claim.settle(archive.clone());
                archive
            }
        }
    }

    async fn find_archive(
        &self,
        url: &Url,
        expected: Option<Sha256>,
    ) -> Result<DirectArchive, IndexError> {
        let filename = filename(url);
        let note_path = self.cache.archive(url);
        let note = cache::read_sealed(&note_path, MAGIC);
        let note: Option<Note> = note.and_then(|n| postcard::from_bytes(n.payload()).ok());
        let kept = note.as_ref().and_then(|note| self.kept(note, &filename));
        if let Some(archive) = &kept {
            let fresh = cache::age(&note_path).is_some_and(|age| age < self.options.freshness);
            if expected == Some(archive.sha256)
                || (expected.is_none() && (fresh || self.is_offline()))
            {
                return Ok(archive.clone());
            }
        }
        let what = RequestPurpose {
            kind: RequestKind::Download,
            subject: redacted(url),
        };
        if self.is_offline() {
            return Err(TransportError::Offline { what }.into());
        }
        let transfer = Transfer {
            what: &what,
            url,
            headers: match (&kept, &note) {
                (Some(_), Some(note)) => conditions(note),
                _ => Vec::new(),
            },
            expected,
        };
        let key = match expected {
            Some(sha256) => sha256.to_string(),
            None => cache::url_key(url),
        };
        match (self.transfer(transfer, &key, &filename).await?, kept) {
            (TransferResult::Unchanged, Some(archive)) => {
                cache::confirm(&note_path);
                Ok(archive)
            }
            (TransferResult::Unchanged, None) => Err(TransportError::Interrupted.into()),
            (
                TransferResult::Done {
                    path,
                    sha256,
                    size,
                    headers,
                },
                _,
            ) => {
                let note = Note {
                    sha256: sha256.0,
                    size,
                    etag: text(&headers, ETAG),
                    last_modified: text(&headers, LAST_MODIFIED),
                };
                let note = postcard::to_stdvec(&note).unwrap_or_default();
                cache::write_sealed(&note_path, MAGIC, &note)?;
                Ok(DirectArchive {
                    path,
                    filename,
                    sha256,
                    size,
                })
            }
        }
    }

    fn kept(&self, note: &Note, filename: &str) -> Option<DirectArchive> {
        let sha256 = Sha256(note.sha256);
        Some(DirectArchive {
            path: self.cached_file(&sha256.to_string(), filename)?,
            filename: filename.to_owned(),
            sha256,
            size: note.size,
        })
    }
}

fn filename(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.next_back());
    let name = percent_decode_str(last.unwrap_or_default())
        .decode_utf8_lossy()
        .replace(['/', '\\'], "_");
    if is_plain(&name) {
        name
    } else {
        "archive".to_owned()
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn conditions(note: &Note) -> Vec<(HeaderName, transport::header::HeaderValue)> {
    [
        (IF_NONE_MATCH, &note.etag),
        (IF_MODIFIED_SINCE, &note.last_modified),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.as_ref()?.parse().ok()?)))
    .collect()
}
