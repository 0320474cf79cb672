//! Digests that a person or a package's metadata names for a file, in any algorithm that pip takes.
//! What we find out ourselves is a [`Sha256`](crate::Sha256).

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use md5::Md5;
use sha1::Sha1;
use sha2::digest::DynDigest;
use sha2::{Sha224, Sha384, Sha512};

use crate::file::Sha256;

/// An algorithm of Python's `hashlib` that pip takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DigestAlgorithm {
    /// MD5, as old pages of links have it.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A digest that a file is said to have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileDigest {
    algorithm: DigestAlgorithm,
    bytes: Vec<u8>,
}

/// The digests that a file must have: of each algorithm that is named, one of those named. Sorted,
/// each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileDigests(Vec<FileDigest>);

/// A text that is no digest of an algorithm that is known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a hash: expected {expected}")]
pub struct FileDigestError {
    text: String,
    expected: String,
}

/// All algorithms, with their names and the lengths of their digests in bytes.
const ALGORITHMS: [(DigestAlgorithm, &str, usize); 6] = [
    (DigestAlgorithm::Md5, "md5", 16),
    (DigestAlgorithm::Sha1, "sha1", 20),
    (DigestAlgorithm::Sha224, "sha224", 28),
    (DigestAlgorithm::Sha256, "sha256", 32),
    (DigestAlgorithm::Sha384, "sha384", 48),
    (DigestAlgorithm::Sha512, "sha512", 64),
];

/// Algorithms of `hashlib` that neither pip nor this tool checks a URL by.
const UNCHECKED: [&str; 8] = [
    "blake2b",
    "blake2s",
    "sha3_224",
    "sha3_256",
    "sha3_384",
    "sha3_512",
    "shake_128",
    "shake_256",
];

impl FileDigest {
    /// The digest that a part of a URL's fragment names, as in `sha256=…`; `None` where the part
    /// is about something else.
    pub(crate) fn of_fragment(key: &str, value: &str) -> Option<Result<Self, FileDigestError>> {
        let is_known = ALGORITHMS.iter().any(|(_, name, _)| *name == key);
        (is_known || UNCHECKED.contains(&key)).then(|| Self::read(key, value))
    }

    /// Its algorithm.
    #[must_use]
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The same as a SHA-256, where it is one.
    #[must_use]
    pub fn sha256(&self) -> Option<Sha256> {
        if self.algorithm != DigestAlgorithm::Sha256 {
            return None;
        }
        self.bytes.as_slice().try_into().ok().map(Sha256)
    }

    fn read(algorithm: &str, digest: &str) -> Result<Self, FileDigestError> {
        let error = |expected: String| FileDigestError {
            text: format!("{algorithm}:{digest}"),
            expected,
        };
        let known = ALGORITHMS.iter().find(|(_, name, _)| *name == algorithm);
        let Some((algorithm, _, length)) = known else {
            let names: Vec<&str> = ALGORITHMS.iter().map(|(_, name, _)| *name).collect();
            return Err(error(format!("one of {}", names.join(", "))));
        };
        match hex::decode(digest) {
            Ok(bytes) if bytes.len() == *length => Ok(Self {
                algorithm: *algorithm,
                bytes,
            }),
            _ => Err(error(format!("{} hexadecimal digits", length * 2))),
        }
    }
}

impl FileDigests {
    /// These and `others`.
    #[must_use]
    pub fn with(mut self, others: impl IntoIterator<Item = FileDigest>) -> Self {
        self.0.extend(others);
        self.0.sort();
        self.0.dedup();
        self
    }

    /// Whether none is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &FileDigest> {
        self.0.iter()
    }

    /// The SHA-256 that the file must have, where just one is named.
    #[must_use]
    pub fn one_sha256(&self) -> Option<Sha256> {
        let mut named = self.0.iter().filter_map(FileDigest::sha256);
        named.next().filter(|_| named.next().is_none())
    }

    /// Whether a file of this SHA-256 may be meant: one is named, or none of that algorithm.
    #[must_use]
    pub fn admit_sha256(&self, sha256: Sha256) -> bool {
        let mut named = self.0.iter().filter_map(FileDigest::sha256).peekable();
        named.peek().is_none() || named.any(|one| one == sha256)
    }

    /// The digest that what `reader` gives has in place of those that are named; `None` where it
    /// has what it must.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn mismatch(&self, mut reader: impl Read) -> io::Result<Option<FileDigest>> {
        let all = ALGORITHMS.iter().map(|(algorithm, _, _)| *algorithm);
        let named = all.filter(|algorithm| self.0.iter().any(|one| one.algorithm == *algorithm));
        let mut hashers: Vec<_> = named.map(|one| (one, hasher(one))).collect();
        let mut piece = vec![0; 256 << 10];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => {
                    for (_, hasher) in &mut hashers {
                        hasher.update(&piece[..read]);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let mut actual = hashers.into_iter().map(|(algorithm, hasher)| FileDigest {
            algorithm,
            bytes: hasher.finalize().into_vec(),
        });
        Ok(actual.find(|one| !self.0.contains(one)))
    }
}

fn hasher(algorithm: DigestAlgorithm) -> Box<dyn DynDigest> {
    match algorithm {
        DigestAlgorithm::Md5 => Box::new(Md5::default()),
        DigestAlgorithm::Sha1 => Box::new(Sha1::default()),
        DigestAlgorithm::Sha224 => Box::new(Sha224::default()),
        DigestAlgorithm::Sha256 => Box::new(sha2::Sha256::default()),
        DigestAlgorithm::Sha384 => Box::new(Sha384::default()),
        DigestAlgorithm::Sha512 => Box::new(Sha512::default()),
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = ALGORITHMS.iter();
        let mut same = all.filter(|(algorithm, _, _)| algorithm == self);
        f.write_str(same.next().map_or("", |(_, name, _)| name))
    }
}

/// As `--hash` takes it: `sha256:…`.
impl fmt::Display for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, hex::encode(&self.bytes))
    }
}

impl FromStr for FileDigest {
    type Err = FileDigestError;

    fn from_str(text: &str) -> Result<Self, FileDigestError> {
        match text.split_once(':') {
            Some((algorithm, digest)) => Self::read(algorithm, digest),
            None => Err(FileDigestError {
                text: text.to_owned(),
                expected: "an algorithm and a digest, as in `sha256:…`".to_owned(),
            }),
        }
    }
}

/// As a URL's fragment has them: `md5=…&sha256=…`.
impl fmt::Display for FileDigests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, digest) in self.0.iter().enumerate() {
            let and = if at > 0 { "&" } else { "" };
            write!(
                f,
                "{and}{}={}",
                digest.algorithm,
                hex::encode(&digest.bytes)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What digests of `abc` say to a file with `text` in it.
    #[track_caller]
    fn check(named: &[&str], text: &str) -> Option<String> {
        let named = named.iter().map(|digest| digest.parse().unwrap());
        let digests = FileDigests::default().with(named);
        let mismatch = digests.mismatch(text.as_bytes()).unwrap();
        mismatch.map(|actual| actual.to_string())
    }

    // From Python's `hashlib`, of `abc`.
    const MD5: &str = "md5:900150983cd24fb0d6963f7d28e17f72";
    const SHA1: &str = "sha1:a9993e364706816aba3e25717850c26c9cd0d89d";
    const SHA224: &str = "sha224:23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7";
    const SHA256: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const SHA384: &str = "sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7";
    const SHA512: &str = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

    #[test]
    fn each_algorithm() {
        for digest in [MD5, SHA1, SHA224, SHA256, SHA384, SHA512] {
            assert_eq!(check(&[digest], "abc"), None);
            assert!(check(&[digest], "other").is_some(), "{digest}");
        }
    }

    #[test]
    fn one_of_each_algorithm_must_be_right() {
        let other = format!("sha256:{}", "0".repeat(64));
        assert_eq!(check(&[], "abc"), None);
        assert_eq!(check(&[&other, SHA256, MD5], "abc"), None);
        assert_eq!(check(&[&other, MD5], "abc").as_deref(), Some(SHA256));
    }

    #[test]
    fn texts_that_are_none() {
        let error = |text: &str| text.parse::<FileDigest>().unwrap_err().to_string();
        insta::assert_snapshot!(error("sha256:12"), @"`sha256:12` is not a hash: expected 64 hexadecimal digits");
        insta::assert_snapshot!(error("crc32:12"), @"`crc32:12` is not a hash: expected one of md5, sha1, sha224, sha256, sha384, sha512");
        insta::assert_snapshot!(error("12"), @"`12` is not a hash: expected an algorithm and a digest, as in `sha256:…`");
    }
}
