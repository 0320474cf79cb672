//! The times of files that are written into environments, which follow from their content.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The modification time of a file with this hash, between 2001 and 2020.
///
/// It follows from the content, so that a file whose size or time is another was changed by
/// someone, and so that Python never takes the byte code of another version of the file for its
/// own, which it tells apart by size and time.
pub(crate) fn content_time(sha256: &[u8; 32]) -> SystemTime {
    let [a, b, c, d, ..] = *sha256;
    let number = u32::from_le_bytes([a, b, c, d]) % 600_000_000;
    UNIX_EPOCH + Duration::from_secs(1_000_000_000 + u64::from(number))
}
