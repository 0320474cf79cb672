//! One member of a zip archive on a server, by range requests: the end of the archive, which has
//! the directory and, in most wheels, the member; more only where that is not enough.
//!
//! Source: APPNOTE.TXT, 4.3. Archives of the 64-bit form are left to a whole download.

use std::io::Read as _;

use transport::header::{ACCEPT_ENCODING, CONTENT_RANGE, HeaderValue, RANGE};
use transport::{HttpClient, HttpRequest, RequestFailure, RequestPurpose, StatusCode};
use url::Url;

use crate::cache::checksum;
use crate::error::IndexError;

/// What is fetched first of a wheel whose size is not listed.
const TAIL: u64 = 64 << 10;
/// No metadata is longer.
const MOST_BYTES: u64 = 64 << 20;

/// Why a member cannot be had by ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server answers with the whole file.
    NoRanges,
    /// The archive is not as expected.
    Unreadable,
}

/// The bytes of the first member whose name `wanted` accepts.
///
/// `size` is the archive's length where it is known.
pub(crate) async fn read_member(
    http: &HttpClient,
    what: &RequestPurpose,
    (url, size): (&Url, Option<u64>),
    wanted: impl Fn(&str) -> bool,
) -> Result<Result<Vec<u8>, Refusal>, IndexError> {
    let mut remote = Remote { http, what, url };
    let range = match size {
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
    Ok(find_member(&mut remote, tail, wanted)
        .await?
        .ok_or(Refusal::Unreadable))
}

/// How much of the end has directory and metadata of almost all wheels of this size: the larger a
/// wheel, the more files it has.
fn tail_length(size: u64) -> u64 {
    (size / 16).clamp(16 << 10, 128 << 10)
}

struct Remote<'a> {
    http: &'a HttpClient,
    what: &'a RequestPurpose,
    url: &'a Url,
}

/// A piece of the archive: its first byte's place, and the bytes.
struct Piece {
    start: u64,
    bytes: Vec<u8>,
}

impl Piece {
    fn get(&self, start: u64, length: u64) -> Option<&[u8]> {
        let start = usize::try_from(start.checked_sub(self.start)?).ok()?;
        self.bytes.get(start..start + usize::try_from(length).ok()?)
    }
}

impl Remote<'_> {
    async fn get(&mut self, range: String) -> Result<Result<Piece, Refusal>, IndexError> {
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

    async fn piece(&mut self, start: u64, length: u64) -> Result<Option<Piece>, IndexError> {
        let Some(end) = start.checked_add(length.max(1) - 1) else {
            return Ok(None);
        };
        let piece = self.get(format!("bytes={start}-{end}")).await?;
        Ok(piece.ok().filter(|piece| piece.start == start))
    }
}

/// `bytes 0-499/1234`.
fn content_range_start(value: &str) -> Option<u64> {
    let (start, _) = value.strip_prefix("bytes ")?.split_once('-')?;
    start.trim().parse().ok()
}

async fn find_member(
    remote: &mut Remote<'_>,
    tail: Piece,
    wanted: impl Fn(&str) -> bool,
) -> Result<Option<Vec<u8>>, IndexError> {
    let Some(directory) = directory(&tail) else {
        return Ok(None);
    };
    let fetched;
    let entries = match tail.get(directory.start, directory.length) {
        Some(entries) => entries,
        None if directory.length < MOST_BYTES => {
            // Only what is missing in front of the tail is fetched.
            let missing = tail
                .start
                .saturating_sub(directory.start)
                .min(directory.length);
            let Some(front) = remote.piece(directory.start, missing).await? else {
                return Ok(None);
            };
            let rest = tail.get(tail.start, directory.length - missing);
            fetched = [&front.bytes, rest.unwrap_or_default()].concat();
            &fetched
        }
        None => return Ok(None),
    };
    let Some(member) = member(entries, wanted).filter(|m| m.packed < MOST_BYTES) else {
        return Ok(None);
    };
    // The local header's extra field may be longer than the directory's.
    let length = member.local_length + member.packed;
    let piece;
    let local = match tail.get(member.start, length) {
        Some(_) => &tail,
        None => match remote.piece(member.start, length).await? {
            Some(fetched) => {
                piece = fetched;
                &piece
            }
            None => return Ok(None),
        },
    };
    let Some(data_at) = local.get(member.start, 30).and_then(data_offset) else {
        return Ok(None);
    };
    let data_at = member.start + data_at;
    if let Some(data) = local.get(data_at, member.packed) {
        return Ok(unpack(data, &member));
    }
    let data = remote.piece(data_at, member.packed).await?;
    Ok(data.and_then(|data| unpack(&data.bytes, &member)))
}

struct Directory {
    start: u64,
    length: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(u64::from(u16::from_le_bytes(bytes)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u64::from(u32::from_le_bytes(bytes)))
}

/// The end-of-directory record, which is the last thing but a comment.
fn directory(tail: &Piece) -> Option<Directory> {
    let bytes = &tail.bytes;
    let at = bytes.windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let record = bytes.get(at..at + 22)?;
    let (length, start) = (u32_at(record, 12)?, u32_at(record, 16)?);
    (start != u64::from(u32::MAX)).then_some(Directory { start, length })
}

struct Member {
    deflated: bool,
    crc: u32,
    packed: u64,
    unpacked: u64,
    start: u64,
    /// The local header's length, if its extra field is as long as the directory's.
    local_length: u64,
}

fn member(mut entries: &[u8], wanted: impl Fn(&str) -> bool) -> Option<Member> {
    while entries.starts_with(b"PK\x01\x02") {
        let (name, extra, comment) = (
            u16_at(entries, 28)?,
            u16_at(entries, 30)?,
            u16_at(entries, 32)?,
        );
        let text = entries.get(46..46 + usize::try_from(name).ok()?)?;
        if std::str::from_utf8(text).is_ok_and(&wanted) {
            let deflated = match u16_at(entries, 10)? {
                0 => false,
                8 => true,
                _ => return None,
            };
            return Some(Member {
                deflated,
                crc: u32::try_from(u32_at(entries, 16)?).ok()?,
                packed: u32_at(entries, 20)?,
                unpacked: u32_at(entries, 24)?,
                start: u32_at(entries, 42)?,
                local_length: 30 + name + extra,
            });
        }
        let length = usize::try_from(46 + name + extra + comment).ok()?;
        entries = entries.get(length..)?;
    }
    None
}

fn data_offset(local: &[u8]) -> Option<u64> {
    if !local.starts_with(b"PK\x03\x04") {
        return None;
    }
    Some(30 + u16_at(local, 26)? + u16_at(local, 28)?)
}

fn unpack(data: &[u8], member: &Member) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    if member.deflated {
        flate2::read::DeflateDecoder::new(data)
            .take(member.unpacked.min(MOST_BYTES))
            .read_to_end(&mut bytes)
            .ok()?;
    } else {
        bytes.extend_from_slice(data);
    }
    (checksum(&bytes) == member.crc).then_some(bytes)
}
