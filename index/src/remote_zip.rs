//! One member of a zip archive on a server, by range requests: the end of the archive, which has
//! the directory and, in most wheels, the member; more only where that is not enough.

use transport::header::{ACCEPT_ENCODING, CONTENT_RANGE, HeaderValue, RANGE};
use transport::{HttpClient, HttpRequest, RequestFailure, RequestPurpose, StatusCode};
use url::Url;
use wheel::{LONGEST_MEMBER, PartialArchive, find_member};

use crate::error::IndexError;

/// What is fetched first of a wheel whose size is not listed.
const TAIL: u64 = 64 << 10;

/// Why a member cannot be had by ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server answers with the whole file.
    NoRanges,
    /// The archive is not as expected.
    Unreadable,
}

/// The bytes of the first member whose name `wanted` accepts.
pub(crate) async fn read_member(
    remote: RemoteArchive<'_>,
    wanted: impl Fn(&str) -> bool,
) -> Result<Result<Vec<u8>, Refusal>, IndexError> {
    let range = match remote.size {
        Some(size) => {
            let start = size.saturating_sub(tail_length(size));
            format!("bytes={start}-{}", size.max(1) - 1)
        }
        None => format!("bytes=-{TAIL}"),
    };
    let tail = match remote.get(range).await? {
        Ok(tail) => tail,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let length = tail.start.saturating_add(tail.bytes.len() as u64);
    let mut archive = PartialArchive::new(length, tail.bytes);
    loop {
        if let Ok(found) = find_member(&mut archive, &wanted) {
            return Ok(found.ok_or(Refusal::Unreadable));
        }
        let missing = archive.missing();
        let Some(range) = missing.filter(|range| range.end - range.start <= LONGEST_MEMBER) else {
            return Ok(Err(Refusal::Unreadable));
        };
        let piece = remote.get(format!("bytes={}-{}", range.start, range.end - 1));
        match piece.await? {
            Ok(piece) if piece.is(&range) => archive.insert(piece.start, piece.bytes),
            _ => return Ok(Err(Refusal::Unreadable)),
        }
    }
}

/// How much of the end has directory and metadata of almost all wheels of this size: the larger a
/// wheel, the more files it has.
fn tail_length(size: u64) -> u64 {
    (size / 16).clamp(16 << 10, 128 << 10)
}

/// A zip archive on a server.
pub(crate) struct RemoteArchive<'a> {
    pub(crate) http: &'a HttpClient,
    pub(crate) what: &'a RequestPurpose,
    pub(crate) url: &'a Url,
    /// Its length, where that is known.
    pub(crate) size: Option<u64>,
}

/// A piece of the archive: its first byte's place, and the bytes.
struct Piece {
    start: u64,
    bytes: Vec<u8>,
}

impl Piece {
    /// Whether it is what was asked for.
    fn is(&self, range: &std::ops::Range<u64>) -> bool {
        (self.start, self.bytes.len() as u64) == (range.start, range.end - range.start)
    }
}

impl RemoteArchive<'_> {
    async fn get(&self, range: String) -> Result<Result<Piece, Refusal>, IndexError> {
        let Ok(range) = HeaderValue::from_str(&range) else {
            return Ok(Err(Refusal::Unreadable));
        };
        let get = HttpRequest {
            headers: vec![
                (RANGE, range),
                // The bytes of a compressed archive would be those of another file.
                (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
            ],
            ..HttpRequest::new(self.what, self.url)
        };
        let mut tries = self.http.tries(&get);
        let answer = loop {
            match self.get_once(&get).await {
                Ok(answer) => break answer,
                Err(failure) => tries.after(failure).await?,
            }
        };
        let Some((place, bytes)) = answer else {
            return Ok(Err(Refusal::NoRanges));
        };
        let start = place.and_then(|place| content_range_start(place.to_str().ok()?));
        Ok(start
            .map(|start| Piece { start, bytes })
            .ok_or(Refusal::NoRanges))
    }

    /// The place and the bytes of a partial answer; `None` where it is no partial one.
    async fn get_once(
        &self,
        get: &HttpRequest<'_>,
    ) -> Result<Option<(Option<HeaderValue>, Vec<u8>)>, RequestFailure> {
        let mut sent = self.http.send(get).await?;
        // The body of a server without ranges is the whole file: it is not awaited.
        if sent.response.status() != StatusCode::PARTIAL_CONTENT {
            self.http.done(self.what);
            return Ok(None);
        }
        let place = sent.response.headers().get(CONTENT_RANGE).cloned();
        let mut bytes = Vec::new();
        while let Some(chunk) = self.http.chunk(self.what, &mut sent.response).await? {
            bytes.extend_from_slice(&chunk);
        }
        self.http.done(self.what);
        Ok(Some((place, bytes)))
    }
}

/// `bytes 0-499/1234`.
fn content_range_start(value: &str) -> Option<u64> {
    let (start, _) = value.strip_prefix("bytes ")?.split_once('-')?;
    start.trim().parse().ok()
}
