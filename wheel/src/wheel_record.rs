//! The RECORD of a wheel to be installed. Real wheels have imperfect ones, and installers take them:
//! what does not weaken a check is taken here too and remarked, and a wrong hash is an error.

use std::collections::HashMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::record::{RecordLineError, split_fields};

/// The lines of a RECORD by path.
#[derive(Debug, Default)]
pub struct Record(HashMap<String, Vec<RecordedFile>>);

#[derive(Debug, PartialEq, Eq)]
struct RecordedFile {
    hash: RecordedHash,
    size: Option<u64>,
}

#[derive(Debug, PartialEq, Eq)]
enum RecordedHash {
    None,
    Known(HashKind, Vec<u8>),
    /// One that is not computed here. The archive as a whole has the hash that was locked.
    Unknown,
}

/// Hashes that are at least as good as SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HashKind {
    Sha256,
    Sha384,
    Sha512,
}

/// What is not right about a wheel's RECORD. Installers take the wheel nevertheless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordRemark {
    /// A member that is not listed, and is left out.
    Unlisted(String),
    /// A file that is listed and not there.
    Missing(String),
    /// A file whose line has no hash that can be checked.
    Unchecked(String),
    /// A file whose line has another size, though the right hash.
    Size(String),
}

/// Hashes a member while it is unpacked: always with SHA-256, and with what RECORD asks for.
pub struct MemberHasher {
    sha256: Sha256,
    sha384: Option<Sha384>,
    sha512: Option<Sha512>,
}

/// The hashes of a member.
pub struct MemberHashes {
    /// The SHA-256.
    pub sha256: [u8; 32],
    sha384: Option<Vec<u8>>,
    sha512: Option<Vec<u8>>,
}

impl Record {
    /// Reads the lines. Paths from Windows and those that start with `/` count from the top.
    ///
    /// # Errors
    /// Where a quote is not closed: it would hide the lines behind it.
    pub fn parse(text: &str) -> Result<Record, RecordLineError> {
        let mut lines: HashMap<String, Vec<RecordedFile>> = HashMap::new();
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let fields = split_fields(line).map_err(|problem| RecordLineError {
                line: at + 1,
                text: line.to_owned(),
                problem,
            })?;
            let field = |at: usize| fields.get(at).map_or("", |field| field.trim());
            let path = field(0).replace('\\', "/");
            let path = path.trim_start_matches("./").trim_start_matches('/');
            let file = RecordedFile {
                hash: RecordedHash::of(field(1)),
                size: field(2).parse().ok(),
            };
            let files = lines.entry(path.to_owned()).or_default();
            if !files.contains(&file) {
                files.push(file);
            }
        }
        Ok(Record(lines))
    }

    /// The paths, in no order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether there is a line for the file at `path`.
    pub fn lists(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// What hashes the file at `path` so that it can be checked.
    pub fn hasher(&self, path: &str) -> MemberHasher {
        let asked = |kind| {
            let mut files = self.0.get(path).into_iter().flatten();
            files.any(|file| matches!(&file.hash, RecordedHash::Known(asked, _) if *asked == kind))
        };
        MemberHasher {
            sha256: Sha256::new(),
            sha384: asked(HashKind::Sha384).then(Sha384::new),
            sha512: asked(HashKind::Sha512).then(Sha512::new),
        }
    }

    /// Checks that the file at `path` has these hashes and this size. The error says what differs.
    pub fn check(
        &self,
        path: &str,
        hashes: &MemberHashes,
        size: u64,
    ) -> Result<Option<RecordRemark>, &'static str> {
        let mut remark = None;
        let mut checked = false;
        for file in self.0.get(path).into_iter().flatten() {
            let same_size = file.size.is_none_or(|listed| listed == size);
            match &file.hash {
                RecordedHash::Known(kind, hash) => {
                    if hashes.get(*kind) != Some(hash.as_slice()) {
                        return Err("its hash is another");
                    }
                    checked = true;
                    if !same_size {
                        remark = Some(RecordRemark::Size(path.to_owned()));
                    }
                }
                _ if !same_size => return Err("its size is another"),
                _ => {}
            }
        }
        Ok(match checked {
            true => remark,
            false => Some(RecordRemark::Unchecked(path.to_owned())),
        })
    }
}

impl RecordedHash {
    /// Reads `sha256=…`: unpadded URL-safe base64 as the specification says, padded, or hexadecimal
    /// as old versions of some backends wrote it.
    fn of(field: &str) -> Self {
        let Some((name, encoded)) = field.split_once('=') else {
            return match field {
                "" => Self::None,
                _ => Self::Unknown,
            };
        };
        let (kind, length) = match name.to_ascii_lowercase().as_str() {
            "sha256" => (HashKind::Sha256, 32),
            "sha384" => (HashKind::Sha384, 48),
            "sha512" => (HashKind::Sha512, 64),
            _ => return Self::Unknown,
        };
        let bytes = if encoded.len() == 2 * length {
            hexadecimal(encoded)
        } else {
            URL_SAFE_NO_PAD
                .decode(encoded)
                .or_else(|_| URL_SAFE.decode(encoded))
                .ok()
        };
        // What cannot be the hash of anything is wrong, not unknown.
        Self::Known(kind, bytes.unwrap_or_default())
    }
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

impl MemberHasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(hasher) = &mut self.sha384 {
            hasher.update(bytes);
        }
        if let Some(hasher) = &mut self.sha512 {
            hasher.update(bytes);
        }
    }

    /// The hashes of all bytes.
    pub fn finish(self) -> MemberHashes {
        MemberHashes {
            sha256: self.sha256.finalize().into(),
            sha384: self.sha384.map(|hasher| hasher.finalize().to_vec()),
            sha512: self.sha512.map(|hasher| hasher.finalize().to_vec()),
        }
    }
}

impl MemberHashes {
    fn get(&self, kind: HashKind) -> Option<&[u8]> {
        match kind {
            HashKind::Sha256 => Some(&self.sha256),
            HashKind::Sha384 => self.sha384.as_deref(),
            HashKind::Sha512 => self.sha512.as_deref(),
        }
    }
}

impl fmt::Display for RecordRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlisted(path) => write!(f, "does not list `{path}`, which is left out"),
            Self::Missing(path) => write!(f, "lists `{path}`, which is not there"),
            Self::Unchecked(path) => write!(f, "has no hash of `{path}` that can be checked"),
            Self::Size(path) => write!(f, "has another size of `{path}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a file `a` with the content `abc` against a RECORD.
    #[track_caller]
    fn check(record: &str, expect: Result<Option<RecordRemark>, &'static str>) {
        let record = Record::parse(record).unwrap();
        let mut hasher = record.hasher("a");
        hasher.update(b"a");
        hasher.update(b"bc");
        assert_eq!(record.check("a", &hasher.finish(), 3), expect);
    }

    const SHA256: &str = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    const HEX: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const SHA384: &str = "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP_W-2AhgcroefMI1i67KE0yCWn";
    const SHA512: &str =
        "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05ohkpkqJ0_BqDa6PCOj_uu9RU1EI2Q86A4qmslPpUyknw";

    #[test]
    fn hashes_as_good_as_sha256() {
        check(&format!("a,sha256={SHA256},3\n"), Ok(None));
        check(&format!("a,sha256={SHA256}=,3\n"), Ok(None));
        check(&format!("a,sha256={HEX},3\n"), Ok(None));
        check(&format!("a,sha384={SHA384},3\n"), Ok(None));
        check(&format!("a,sha512={SHA512},\n"), Ok(None));
        check(
            &format!("a,sha256={SHA256},3\na,sha512={SHA512},3\n"),
            Ok(None),
        );
    }

    #[test]
    fn a_wrong_hash_is_an_error() {
        let wrong = Err("its hash is another");
        check(
            &format!("a,sha256={},3\n", SHA256.replace('u', "v")),
            wrong.clone(),
        );
        check(
            &format!("a,sha512={},3\n", SHA512.replace('3', "4")),
            wrong.clone(),
        );
        check("a,sha256=,3\n", wrong.clone());
        check("a,sha384=xx,3\n", wrong.clone());
        check(&format!("a,sha256={SHA256},3\na,sha384=xx,3\n"), wrong);
    }

    #[test]
    fn what_cannot_be_checked_is_remarked() {
        let unchecked = || Ok(Some(RecordRemark::Unchecked("a".to_owned())));
        check("a,,\n", unchecked());
        check("a\n", unchecked());
        check("a,md5=xx,3\n", unchecked());
        check("a,blake2b=xx,3\n", unchecked());
        check("b,,\n", unchecked());
        check("a,,4\n", Err("its size is another"));
        check("a,md5=xx,4\n", Err("its size is another"));
        let size = Ok(Some(RecordRemark::Size("a".to_owned())));
        check(&format!("a,sha256={SHA256},4\n"), size);
    }

    #[test]
    fn paths_of_other_systems() {
        let record = Record::parse("/a/b.py,,\nc\\d.py,,\n./e,,\n\"f,g\",,\n\n").unwrap();
        assert!(
            ["a/b.py", "c/d.py", "e", "f,g"]
                .iter()
                .all(|path| record.lists(path))
        );
        assert_eq!(record.paths().count(), 4);
        let error = Record::parse("a,,\n\"b,,\n").unwrap_err();
        insta::assert_snapshot!(error, @r#"line 2 of RECORD, `"b,,`: a quote is not closed"#);
    }
}
