//! One file of a release as an index lists it and a lock records it.

use std::fmt;
use std::io;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

use crate::filename::{FilenameTags, SdistFilename, WheelFilename};
use pep440_rs::VersionSpecifiers;

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Computes the hash of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Computes the hash of everything that `reader` gives. The data is read in pieces, so that a
    /// large file need not fit into memory.
    ///
    /// # Errors
    /// Where `reader` cannot be read.
    pub fn of_reader(mut reader: impl io::Read) -> io::Result<Self> {
        let mut hasher = sha2::Sha256::new();
        let mut piece = vec![0; 256 << 10];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(Self(hasher.finalize().into())),
                Ok(read) => hasher.update(&piece[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a sha256: 64 hexadecimal digits")]
pub struct Sha256Error(pub String);

impl FromStr for Sha256 {
    type Err = Sha256Error;

    fn from_str(text: &str) -> Result<Self, Sha256Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| Sha256Error(text.to_owned()))?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A lock has thousands of them.
        let mut text = [0; 64];
        hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.pad(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 32]>::deserialize(deserializer).map(Self)
        }
    }
}

/// The kind of distribution that a file is, read from its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A wheel, with what its name says.
    Wheel(WheelFilename),
    /// A source distribution, with what its name says.
    Sdist(SdistFilename),
}

impl FileKind {
    /// The tags of a wheel.
    #[must_use]
    pub fn wheel_tags(&self) -> Option<FilenameTags<'_>> {
        match self {
            Self::Wheel(wheel) => Some(wheel.wheel_tags()),
            Self::Sdist(_) => None,
        }
    }
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistFile {
    /// The file's name, as the index spells it.
    pub filename: String,
    /// The hash that a download must have; an index may list a file without one.
    pub sha256: Option<Sha256>,
    /// The size in bytes (PEP 700), where the index gives it.
    pub size: Option<u64>,
    /// When the file was uploaded (PEP 700).
    pub upload_time: Option<Timestamp>,
    /// The Python versions that the file is for (PEP 503, `data-requires-python`).
    pub requires_python: Option<VersionSpecifiers>,
    /// The reason why the file was yanked, maybe empty; `None` where it was not (PEP 592).
    pub yanked: Option<String>,
}
