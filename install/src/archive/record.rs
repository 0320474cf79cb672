//! RECORD: the files of a wheel or of an installed distribution, with their hashes.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file>,
//! lines of CSV as Python's `csv` writes them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use wheel::RecordLine;

/// The lines of a RECORD by path.
#[derive(Debug, Default)]
pub(crate) struct Record(FxHashMap<String, RecordLine>);

impl Record {
    /// Reads the lines; the error says which is wrong, and how.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = FxHashMap::default();
        for line in wheel::parse_record(text).map_err(|error| error.to_string())? {
            if let Some(twice) = lines.insert(line.path.clone(), line) {
                return Err(format!("`{}` is listed twice", twice.path));
            }
        }
        Ok(Self(lines))
    }

    /// The paths, in no order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What is wrong with a file of this size and hash at `path`.
    pub(crate) fn verify(
        &self,
        path: &str,
        (sha256, size): (&[u8; 32], u64),
    ) -> Result<(), &'static str> {
        let line = self.0.get(path).ok_or("it is not listed")?;
        if line.size.is_some_and(|listed| listed != size) {
            return Err("its size is another");
        }
        match &line.sha256 {
            Some(listed) if listed == sha256 => Ok(()),
            Some(_) => Err("its hash is another"),
            None => Err("it has no hash there"),
        }
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
        assert_eq!(record.verify("a,\"b\".py", (&sha256(b"x"), 1)), Ok(()));
        assert!(record.paths().any(|path| path == "RECORD"));
    }

    #[test]
    fn a_file_is_listed_once() {
        let error = Record::parse("a,,\na,,\n").unwrap_err();
        insta::assert_snapshot!(error, @"`a` is listed twice");
    }
}
