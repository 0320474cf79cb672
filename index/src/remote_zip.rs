//! Reads one member of a zip archive on a server by range requests. The first request is for the
//! end of the archive, which has the directory and, in most wheels, the member. More is requested
//! only if that is not enough.

use transport::header::{ACCEPT_ENCODING, CONTENT_RANGE, HeaderValue, RANGE};
use transport::{HttpClient, HttpRequest, RequestFailure, RequestPurpose, StatusCode};
use url::Url;
use wheel::{LONGEST_MEMBER, PartialArchive, find_member};

use crate::error::IndexError;

/// The number of bytes of the first request, if the size of the wheel is not listed.
const TAIL: u64 = 64 << 10;

/// Why a member cannot be read by ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server answers with the whole file.
    NoRanges,
    /// The archive does not have the expected form.
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

/// The number of bytes at the end that have the directory and the metadata of almost all wheels of
/// this size. The larger a wheel, the more files it has.
fn tail_length(size: u64) -> u64 {
    (size / 16).clamp(16 << 10, 128 << 10)
}

/// A zip archive on a server.
pub(crate) struct RemoteArchive<'a> {
    pub(crate) http: &'a HttpClient,
    pub(crate) what: &'a RequestPurpose,
    pub(crate) url: &'a Url,
    /// The length of the archive, if it is known.
    pub(crate) size: Option<u64>,
}

/// A piece of the archive: the position of its first byte, and the bytes.
struct Piece {
    start: u64,
    bytes: Vec<u8>,
}

impl Piece {
    /// Whether it is the range that was asked for.
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
                // In a compressed answer, the bytes would be those of another file.
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

    /// The position and the bytes of a partial answer; `None` for another answer.
    async fn get_once(
        &self,
        get: &HttpRequest<'_>,
    ) -> Result<Option<(Option<HeaderValue>, Vec<u8>)>, RequestFailure> {
        let mut sent = self.http.send(get).await?;
        // A server without ranges sends the whole file. Its body is not read.
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
