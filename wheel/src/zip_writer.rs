//! The zip archive: members compressed in parallel, written in order, with the
//! same bytes for the same members whatever the machine and the threads.
//!
//! While one batch of chunks is compressed, the batch before it is written and
//! the one after it is read: three batches are in memory, however large the
//! package. Sizes stand in front of the data (no data descriptors, which strict
//! and streaming readers refuse), so the output must be able to seek.

use std::io::{Seek, SeekFrom, Write};

use flate2::Crc;

use crate::chunks::{ChunkReader, Piece};
use crate::deflate::{DeflatedChunk, deflate_all};
use crate::error::ArchiveError;
use crate::member::{Member, MemberDigest, MemberWriter};
use crate::time::ArchiveTime;
use crate::zip_format::{Directory, Header, Method};

/// Writes a zip archive to a seekable output that is empty.
pub struct ZipWriter<W> {
    out: W,
    time: ArchiveTime,
    /// Bytes written so far: where the next header goes.
    offset: u64,
    open: Option<OpenEntry>,
    central: Vec<u8>,
    entries: u64,
}

/// A member of several chunks, some of which are written.
struct OpenEntry {
    header: Header,
    /// Where its header is.
    offset: u64,
    crc: Crc,
}

impl<W: Write + Seek + Send> ZipWriter<W> {
    /// Starts an archive whose members all carry this time.
    pub fn new(out: W, time: ArchiveTime) -> Self {
        ZipWriter {
            out,
            time,
            offset: 0,
            open: None,
            central: Vec::new(),
            entries: 0,
        }
    }

    /// The output, to be put in its place after `finish`.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn write_pieces(
        &mut self,
        members: &[Member],
        pieces: &[Piece],
        chunks: Vec<DeflatedChunk>,
    ) -> Result<(), ArchiveError> {
        for (piece, chunk) in pieces.iter().zip(chunks) {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => self.begin(&members[piece.member], piece, &chunk)?,
            };
            open.crc.combine(&chunk.crc);
            open.header.packed += chunk.bytes.len() as u64;
            if piece.first {
                // Right already if the member is one chunk; else written again at its end.
                open.header.crc = chunk.crc.sum();
                self.put(&open.header.local())?;
            }
            self.put(&chunk.bytes)?;
            if piece.last {
                open.header.crc = open.crc.sum();
                if !piece.first {
                    self.write_header_again(&open)?;
                }
                self.end(&open);
            } else {
                self.open = Some(open);
            }
        }
        Ok(())
    }

    fn begin(
        &self,
        member: &Member,
        piece: &Piece,
        chunk: &DeflatedChunk,
    ) -> Result<OpenEntry, ArchiveError> {
        let header = Header {
            name: member.path.as_str().into(),
            method: if chunk.stored {
                Method::Stored
            } else {
                Method::Deflated
            },
            dos: self.time.dos(),
            crc: 0,
            packed: 0,
            size: piece.size,
            mode: member.mode,
            zip64: Header::needs_zip64(piece.size),
        };
        Ok(OpenEntry {
            header,
            offset: self.offset,
            crc: Crc::new(),
        })
    }

    fn write_header_again(&mut self, open: &OpenEntry) -> Result<(), ArchiveError> {
        self.out.seek(SeekFrom::Start(open.offset))?;
        self.out.write_all(&open.header.local())?;
        self.out.seek(SeekFrom::Start(self.offset))?;
        Ok(())
    }

    fn end(&mut self, open: &OpenEntry) {
        let entry = open.header.central(open.offset);
        self.central.extend_from_slice(&entry);
        self.entries += 1;
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.out.write_all(bytes)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

impl<W: Write + Seek + Send> MemberWriter for ZipWriter<W> {
    fn write(&mut self, members: &[Member]) -> Result<Vec<MemberDigest>, ArchiveError> {
        let mut reader = ChunkReader::new(members);
        let mut ready = reader.batch()?;
        let mut done = (Vec::new(), Vec::new());
        while !ready.chunks.is_empty() {
            let (deflated, next) = rayon::join(
                || deflate_all(&ready.chunks),
                || {
                    let (pieces, chunks) = done;
                    self.write_pieces(members, &pieces, chunks)?;
                    reader.batch()
                },
            );
            done = (std::mem::take(&mut ready.pieces), deflated?);
            ready = next?;
        }
        self.write_pieces(members, &done.0, done.1)?;
        Ok(reader.written)
    }

    fn finish(&mut self) -> Result<(), ArchiveError> {
        let directory = Directory {
            entries: self.entries,
            offset: self.offset,
            size: self.central.len() as u64,
        };
        let central = std::mem::take(&mut self.central);
        self.put(&central)?;
        self.put(&directory.end())?;
        Ok(self.out.flush()?)
    }
}
