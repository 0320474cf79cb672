//! A member of an archive that was read, as the checks see it.

#[allow(unused_imports, reason = "documentation")]
use crate::binary::HEADER_SIZE;

/// A member that was read, for the checks.
#[derive(Clone, Debug)]
pub struct ReadMember {
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its size in bytes.
    pub size: u64,
    /// Its first bytes, at most [`HEADER_SIZE`].
    pub head: Vec<u8>,
}
