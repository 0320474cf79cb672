//! RECORD: the files of a wheel or of an installed distribution, with their hashes.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file>,
//! lines of CSV as Python's `csv` writes them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The lines of a RECORD by path.
#[derive(Debug, Default)]
pub(crate) struct Record(FxHashMap<String, Line>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    hash: Option<Hash>,
    size: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hash {
    Sha256([u8; 32]),
    Sha384(Vec<u8>),
    Sha512(Vec<u8>),
}

impl Record {
    /// Reads the lines; the error is the number of the line, from 1, and what is wrong there.
    pub(crate) fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let mut lines = FxHashMap::default();
        for (at, line) in text.lines().enumerate() {
            if line.is_empty() {
                continue;
            }
            let (path, line) = parse_line(line).map_err(|problem| (at + 1, problem))?;
            if lines.insert(path, line).is_some() {
                return Err((at + 1, "the file was listed before"));
            }
        }
        Ok(Self(lines))
    }

    /// The paths, in no order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What is wrong with this content of the file at `path`, whose SHA-256 is given.
    pub(crate) fn verify(
        &self,
        path: &str,
        content: &[u8],
        sha256: &[u8; 32],
    ) -> Result<(), &'static str> {
        let line = self.0.get(path).ok_or("it is not listed")?;
        if line.size.is_some_and(|size| size != content.len() as u64) {
            return Err("its size is another");
        }
        let same = match line.hash.as_ref().ok_or("it has no hash there")? {
            Hash::Sha256(hash) => hash == sha256,
            Hash::Sha384(hash) => *hash == Sha384::digest(content).as_slice(),
            Hash::Sha512(hash) => *hash == Sha512::digest(content).as_slice(),
        };
        if same {
            Ok(())
        } else {
            Err("its hash is another")
        }
    }
}

fn parse_line(line: &str) -> Result<(String, Line), &'static str> {
    let [path, hash, size] =
        <[String; 3]>::try_from(fields(line)?).map_err(|_| "it has not three fields")?;
    let size = match size.as_str() {
        "" => None,
        digits => Some(digits.parse().map_err(|_| "the size is no number")?),
    };
    let hash = match hash.as_str() {
        "" => None,
        text => Some(parse_hash(text)?),
    };
    Ok((path, Line { hash, size }))
}

/// MD5 and SHA-1 are not hashes that a RECORD may have (PEP 427).
fn parse_hash(text: &str) -> Result<Hash, &'static str> {
    let (algorithm, digest) = text
        .split_once('=')
        .ok_or("the hash is not `algorithm=digest`")?;
    let bytes = URL_SAFE_NO_PAD
        .decode(digest.trim_end_matches('='))
        .map_err(|_| "the hash is not URL-safe base64")?;
    match (algorithm, bytes.len()) {
        ("sha256", Digests::SHA256) => {
            let bytes = bytes
                .try_into()
                .map_err(|_| "the hash has another length")?;
            Ok(Hash::Sha256(bytes))
        }
        ("sha384", Digests::SHA384) => Ok(Hash::Sha384(bytes)),
        ("sha512", Digests::SHA512) => Ok(Hash::Sha512(bytes)),
        ("sha256" | "sha384" | "sha512", _) => Err("the hash has another length"),
        _ => Err("the hash is not SHA-256 or better"),
    }
}

/// Bytes of each digest.
struct Digests;

impl Digests {
    const SHA256: usize = 32;
    const SHA384: usize = 48;
    const SHA512: usize = 64;
}

fn fields(line: &str) -> Result<Vec<String>, &'static str> {
    if !line.contains('"') {
        return Ok(line.split(',').map(str::to_owned).collect());
    }
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(field) = fields.last_mut() else {
            break;
        };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => field.push(c),
        }
    }
    if quoted {
        Err("a quote is not closed")
    } else {
        Ok(fields)
    }
}

/// Appends the line of the file at `path`; `None` for RECORD itself.
pub(crate) fn push_line(out: &mut String, path: &str, content: Option<(&[u8; 32], u64)>) {
    if path.contains(['"', ',', '\r', '\n']) {
        out.push('"');
        out.push_str(&path.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(path);
    }
    match content {
        None => out.push_str(",,"),
        Some((sha256, size)) => {
            out.push_str(",sha256=");
            URL_SAFE_NO_PAD.encode_string(sha256, out);
            out.push(',');
            out.push_str(&size.to_string());
        }
    }
    out.push('\n');
}

/// The SHA-256 of a file's content.
pub(crate) fn sha256(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut text = String::new();
        push_line(&mut text, "a,\"b\".py", Some((&sha256(b"x"), 1)));
        push_line(&mut text, "RECORD", None);
        let record = Record::parse(&text).unwrap();
        assert_eq!(record.verify("a,\"b\".py", b"x", &sha256(b"x")), Ok(()));
        assert!(record.paths().any(|path| path == "RECORD"));
    }

    #[track_caller]
    fn check(text: &str, expect: (usize, &'static str)) {
        assert_eq!(Record::parse(text).unwrap_err(), expect);
    }

    #[test]
    fn lines_that_are_none() {
        check("a,b\n", (1, "it has not three fields"));
        check("a,,\na,,\n", (2, "the file was listed before"));
        check("a,md5=abcd,1\n", (1, "the hash is not SHA-256 or better"));
        check("a,sha256=abcd,1\n", (1, "the hash has another length"));
        check("a,,x\n", (1, "the size is no number"));
        check("\"a,,\n", (1, "a quote is not closed"));
    }
}
