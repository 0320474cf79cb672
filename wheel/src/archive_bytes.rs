//! The bytes of an archive by their position: of a whole archive, or of one that is known only in
//! pieces.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use crate::zip_member::ZipError;

/// Something whose bytes can be read by their position.
pub trait ArchiveBytes {
    /// The number of bytes.
    fn length(&mut self) -> io::Result<u64>;
    /// So many bytes from a position. Fewer bytes are an error.
    fn read_at(&mut self, at: u64, size: u64) -> Result<Vec<u8>, ZipError>;
}

impl<R: Read + Seek> ArchiveBytes for R {
    fn length(&mut self) -> io::Result<u64> {
        self.seek(SeekFrom::End(0))
    }

    fn read_at(&mut self, at: u64, size: u64) -> Result<Vec<u8>, ZipError> {
        self.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::new();
        self.take(size).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == size {
            Ok(bytes)
        } else {
            Err(CUT_SHORT)
        }
    }
}

const CUT_SHORT: ZipError = ZipError::Archive("it is cut short");

/// An archive that is fetched piece by piece. It records which bytes were asked for and are
/// missing. They must be added before the question is repeated.
#[derive(Clone, Debug)]
pub struct PartialArchive {
    length: u64,
    /// Sorted by position. They do not overlap.
    pieces: Vec<Piece>,
    missing: Option<Range<u64>>,
}

#[derive(Clone, Debug)]
struct Piece {
    start: u64,
    bytes: Vec<u8>,
}

impl PartialArchive {
    /// An archive of this length, of which only these last bytes are known.
    pub fn new(length: u64, tail: Vec<u8>) -> PartialArchive {
        let start = length.saturating_sub(tail.len() as u64);
        PartialArchive {
            length,
            pieces: vec![Piece { start, bytes: tail }],
            missing: None,
        }
    }

    /// The bytes that were asked for and are missing.
    pub fn missing(&mut self) -> Option<Range<u64>> {
        self.missing.take()
    }

    /// Adds bytes at a position.
    pub fn insert(&mut self, start: u64, bytes: Vec<u8>) {
        let at = self.pieces.partition_point(|piece| piece.start < start);
        self.pieces.insert(at, Piece { start, bytes });
    }
}

impl Piece {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// Those of its bytes that are from `at` on and before `end`.
    fn within(&self, at: u64, end: u64) -> Option<&[u8]> {
        let start = usize::try_from(at.checked_sub(self.start)?).ok()?;
        let end = usize::try_from(end.min(self.end()).checked_sub(self.start)?).ok()?;
        self.bytes.get(start..end)
    }
}

impl ArchiveBytes for PartialArchive {
    fn length(&mut self) -> io::Result<u64> {
        Ok(self.length)
    }

    fn read_at(&mut self, at: u64, size: u64) -> Result<Vec<u8>, ZipError> {
        let end = at.checked_add(size).filter(|end| *end <= self.length);
        let end = end.ok_or(CUT_SHORT)?;
        let mut bytes = Vec::new();
        let mut next = at;
        for piece in &self.pieces {
            if next == end {
                break;
            }
            if piece.start > next {
                // Only the gap before this piece is missing.
                self.missing = Some(next..end.min(piece.start));
                return Err(ZipError::Io(io::ErrorKind::WouldBlock.into()));
            }
            if let Some(more) = piece.within(next, end) {
                bytes.extend_from_slice(more);
                next += more.len() as u64;
            }
        }
        if next == end {
            return Ok(bytes);
        }
        self.missing = Some(next..end);
        Err(ZipError::Io(io::ErrorKind::WouldBlock.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_at_hand_is_asked_for() {
        let mut archive = PartialArchive::new(10, b"789".to_vec());
        assert_eq!(archive.read_at(8, 2).unwrap(), b"89");
        assert!(archive.read_at(4, 5).is_err());
        assert_eq!(archive.missing(), Some(4..7), "without what is there");
        archive.insert(4, b"456".to_vec());
        assert_eq!(archive.read_at(4, 5).unwrap(), b"45678");
        assert!(archive.read_at(1, 5).is_err());
        assert_eq!(archive.missing(), Some(1..4));
        assert!(archive.read_at(8, 3).is_err());
        assert_eq!(archive.missing(), None, "there is no such byte");
    }
}
