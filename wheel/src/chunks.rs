//! Reads members as a sequence of chunks, a limited number at a time, and hashes them. This is the
//! input of the parallel archive writer.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use crate::deflate::{BATCH, CHUNK, Chunk};
use crate::error::ArchiveError;
use crate::member::{Member, MemberDigest};

/// A piece of one member.
pub(crate) struct Piece {
    /// The position of the member in the list.
    pub(crate) member: usize,
    /// The size of the whole member, which is known when it is opened.
    pub(crate) size: u64,
    /// Whether it is the first of the member.
    pub(crate) first: bool,
    pub(crate) last: bool,
}

/// Chunks, and in the same order the members that they belong to.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) pieces: Vec<Piece>,
}

/// Reads members in order.
pub(crate) struct ChunkReader<'a> {
    members: &'a [Member],
    next: usize,
    open: Option<OpenMember<'a>>,
    /// The size and hash of the members that were read completely.
    pub(crate) written: Vec<MemberDigest>,
}

struct OpenMember<'a> {
    index: usize,
    member: &'a Member,
    reader: Box<dyn Read + Send>,
    size: u64,
    read: u64,
    hasher: Sha256,
    next: Chunk,
}

impl<'a> ChunkReader<'a> {
    pub(crate) fn new(members: &'a [Member]) -> Self {
        ChunkReader {
            members,
            next: 0,
            open: None,
            written: Vec::with_capacity(members.len()),
        }
    }

    /// About `BATCH` bytes of chunks; empty at the end.
    pub(crate) fn batch(&mut self) -> Result<Batch, ArchiveError> {
        let mut batch = Batch::default();
        let mut bytes = 0;
        while bytes < BATCH {
            let Some((chunk, piece)) = self.chunk()? else {
                break;
            };
            bytes += chunk.data().len();
            batch.chunks.push(chunk);
            batch.pieces.push(piece);
        }
        Ok(batch)
    }

    fn chunk(&mut self) -> Result<Option<(Chunk, Piece)>, ArchiveError> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => {
                let Some(member) = self.members.get(self.next) else {
                    return Ok(None);
                };
                self.next += 1;
                OpenMember::open(self.next - 1, member)?
            }
        };
        let (chunk, piece) = open.chunk()?;
        if piece.last {
            self.written.push(open.close());
        } else {
            self.open = Some(open);
        }
        Ok(Some((chunk, piece)))
    }
}

impl<'a> OpenMember<'a> {
    fn open(index: usize, member: &'a Member) -> Result<Self, ArchiveError> {
        let (reader, size) = member.source.open().map_err(|e| read_error(member, e))?;
        Ok(OpenMember {
            index,
            member,
            reader,
            size,
            read: 0,
            hasher: Sha256::new(),
            next: Chunk::default(),
        })
    }

    fn chunk(&mut self) -> Result<(Chunk, Piece), ArchiveError> {
        let mut chunk = std::mem::take(&mut self.next);
        let first = self.read == 0;
        let want = (self.size - self.read).min(CHUNK as u64);
        let got = (&mut self.reader)
            .take(want)
            .read_to_end(&mut chunk.buffer)
            .map_err(|e| read_error(self.member, e))? as u64;
        self.hasher.update(chunk.data());
        self.read += got;
        chunk.last = self.read == self.size;
        if got < want {
            return Err(self.changed(self.read));
        }
        if chunk.last && self.grew()? {
            return Err(self.changed(self.size + 1));
        }
        if !chunk.last {
            self.next = chunk.successor();
        }
        let piece = Piece {
            member: self.index,
            size: self.size,
            first,
            last: chunk.last,
        };
        Ok((chunk, piece))
    }

    fn grew(&mut self) -> Result<bool, ArchiveError> {
        let mut byte = [0];
        let read = loop {
            match self.reader.read(&mut byte) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(|e| read_error(self.member, e))?,
            }
        };
        Ok(read > 0)
    }

    fn changed(&self, read: u64) -> ArchiveError {
        ArchiveError::ChangedWhileRead {
            origin: self.member.source.origin(),
            expected: self.size,
            read,
        }
    }

    fn close(self) -> MemberDigest {
        MemberDigest {
            path: self.member.path.clone(),
            sha256: self.hasher.finalize().into(),
            size: self.size,
        }
    }
}

fn read_error(member: &Member, source: io::Error) -> ArchiveError {
    ArchiveError::Read {
        path: member.path.clone(),
        origin: member.source.origin(),
        source,
    }
}
