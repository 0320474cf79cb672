//! What a blob is known by, in the cache and on a server.

use std::fmt;
use std::str::FromStr;

use prost::Message;
use sha2::{Digest as _, Sha256};

use crate::messages;

/// The SHA-256 of a blob and its size in bytes: the key of everything that is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    hash: [u8; 32],
    size: u64,
}

/// Why something is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no digest: 64 hexadecimal digits, a slash and a size in bytes")]
pub struct DigestError {
    /// What was read.
    pub text: String,
}

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = DigestHasher::default();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The bytes of a message, and their digest. The same message gives the same bytes.
    #[must_use]
    pub fn of_message(message: &impl Message) -> (Self, Vec<u8>) {
        let bytes = message.encode_to_vec();
        (Self::of(&bytes), bytes)
    }

    /// A digest of its two parts.
    #[must_use]
    pub const fn new(hash: [u8; 32], size: u64) -> Self {
        Self { hash, size }
    }

    /// The SHA-256.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The SHA-256 as 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.hash)
    }

    /// The size of the blob in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The digest as the messages have it.
    #[must_use]
    pub fn to_message(&self) -> messages::Digest {
        messages::Digest {
            hash: self.hex(),
            size_bytes: self.size.cast_signed(),
        }
    }

    /// The digest that a message has.
    ///
    /// # Errors
    /// Where it is missing, or is not a SHA-256 with a size.
    pub fn from_message(message: Option<&messages::Digest>) -> Result<Self, DigestError> {
        let wrong = |text: String| DigestError { text };
        let message = message.ok_or_else(|| wrong(String::new()))?;
        let text = || format!("{}/{}", message.hash, message.size_bytes);
        let size = u64::try_from(message.size_bytes).map_err(|_| wrong(text()))?;
        let hash = read_hash(&message.hash).ok_or_else(|| wrong(text()))?;
        Ok(Self { hash, size })
    }
}

fn read_hash(hex: &str) -> Option<[u8; 32]> {
    // Servers and names of files tell upper and lower case apart.
    if hex.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    hex::decode(hex).ok()?.try_into().ok()
}

/// `HASH/SIZE`, as in the names of resources.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.hex(), self.size)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let wrong = || DigestError {
            text: text.to_owned(),
        };
        let (hash, size) = text.split_once('/').ok_or_else(wrong)?;
        Ok(Self {
            hash: read_hash(hash).ok_or_else(wrong)?,
            size: size.parse().map_err(|_| wrong())?,
        })
    }
}

/// Makes the digest of bytes that come in parts.
#[derive(Clone, Default)]
pub struct DigestHasher {
    hasher: Sha256,
    size: u64,
}

impl DigestHasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// The number of bytes so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The digest of all of them.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest {
            hash: self.hasher.finalize().into(),
            size: self.size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The empty blob's, as the API's definition has it.
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/0";

    #[test]
    fn a_digest_is_of_all_bytes_however_they_come() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
        let mut hasher = DigestHasher::default();
        hasher.update(b"ab");
        hasher.update(b"c");
        assert_eq!(hasher.finish(), Digest::of(b"abc"));
    }

    #[test]
    fn a_digest_is_read_as_it_is_written() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!(Digest::from_message(Some(&digest.to_message())), Ok(digest));
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        let upper = EMPTY.to_uppercase();
        let negative = EMPTY.replace("/0", "/-1");
        for text in ["", "ab/1", "zz/1", &upper, &negative, &EMPTY[..64]] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
        assert!(Digest::from_message(None).is_err());
        assert!(Digest::from_message(Some(&messages::Digest::default())).is_err());
    }
}
