//! The part of HTTP/1.1 that the servers of tests need: requests, connections that are kept, ranges,
//! and validators.
//!
//! Source: RFC 9110 and RFC 9112.

use std::io::{BufRead, Read, Result, Write};

use crate::archive::sha256_hex;

/// The first line and the headers of a request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Reads the next request of a connection, whose body is not of interest; `None` if the client has
    /// closed it.
    pub(crate) fn read(input: &mut impl BufRead) -> Result<Option<Self>> {
        let Some(request) = Self::read_head(input)? else {
            return Ok(None);
        };
        let length = request.length().unwrap_or(0);
        std::io::copy(&mut input.take(length as u64), &mut std::io::sink())?;
        Ok(Some(request))
    }

    /// Reads the first line and the headers, and leaves the body; `None` if the client has closed the
    /// connection.
    pub(crate) fn read_head(input: &mut impl BufRead) -> Result<Option<Self>> {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Ok(None);
        };
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            input.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Some(Self {
            method,
            path,
            headers,
        }))
    }

    /// The length of the body in bytes, where the client says it.
    pub(crate) fn length(&self) -> Option<usize> {
        self.header("content-length")?.parse().ok()
    }

    /// Reads the body, which may come in chunks (RFC 9112, section 7.1).
    pub(crate) fn body(&self, input: &mut impl BufRead) -> Result<Vec<u8>> {
        if self.header("transfer-encoding") != Some("chunked") {
            let mut body = vec![0; self.length().unwrap_or(0)];
            input.read_exact(&mut body)?;
            return Ok(body);
        }
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            input.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
            let mut chunk = vec![0; size + 2];
            input.read_exact(&mut chunk)?;
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    /// The value of a header. `name` is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn accepts(&self, what: &str) -> bool {
        self.header("accept")
            .is_some_and(|accept| accept.contains(what))
    }
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: body.into(),
        }
    }

    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self::new(status, "text/plain", text)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a validator. The answer becomes 304 if the client already has this body.
    pub(crate) fn validated(self, request: &Request) -> Self {
        let tag = format!("\"{}\"", &sha256_hex(&self.body)[..16]);
        let unchanged = self.status == 200 && request.header("if-none-match") == Some(&tag);
        let mut answer = self.with("ETag", tag);
        if unchanged {
            answer.status = 304;
            answer.body.clear();
        }
        answer
    }

    /// Reduces the body to the one range that the client asks for.
    pub(crate) fn ranged(self, request: &Request) -> Self {
        let length = self.body.len();
        let mut answer = self.with("Accept-Ranges", "bytes");
        let Some(range) = request
            .header("range")
            .and_then(|text| parse_range(text, length))
        else {
            return answer;
        };
        if range.start >= length {
            let answer = Self::text(416, "the file ends before");
            return answer.with("Content-Range", format!("bytes */{length}"));
        }
        let content_range = format!("bytes {}-{}/{length}", range.start, range.end - 1);
        answer.body = answer.body[range].to_vec();
        answer.status = 206;
        answer.with("Content-Range", content_range)
    }

    /// Sends the answer, or only the first `sent` bytes of its body.
    pub(crate) fn write(
        &self,
        output: &mut impl Write,
        request: &Request,
        sent: usize,
    ) -> Result<()> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if self.status != 304 {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        let mut message = (head + "\r\n").into_bytes();
        if request.method != "HEAD" {
            message.extend(&self.body[..sent.min(self.body.len())]);
        }
        output.write_all(&message)?;
        output.flush()
    }
}

/// Reads `bytes=2-5`, `bytes=2-` and `bytes=-5`. Several ranges in one request are not supported.
fn parse_range(text: &str, length: usize) -> Option<std::ops::Range<usize>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    if first.is_empty() {
        let count: usize = last.parse().ok()?;
        return Some(length.saturating_sub(count)..length);
    }
    let last = if last.is_empty() {
        length
    } else {
        last.parse::<usize>().ok()? + 1
    };
    Some(first.parse().ok()?..last.min(length))
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        301 => "Moved Permanently",
        304 => "Not Modified",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Status",
    }
}
