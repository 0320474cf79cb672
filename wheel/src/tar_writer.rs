//! The compressed tar archive of a source distribution. The same members give the same bytes.
//! Compression is parallel, as in the zip archive.

use std::io::{self, Write};

use flate2::Crc;
use sha2::{Digest, Sha256};

use crate::deflate::{BATCH, CHUNK, Chunk, deflate_all};
use crate::error::ArchiveError;
use crate::member::{FileMode, Member, MemberDigest, MemberWriter};
use crate::time::ArchiveTime;

/// Writes a `.tar.gz` archive.
pub struct TarGzWriter<W: Write> {
    tar: tar::Builder<GzWriter<W>>,
    time: ArchiveTime,
}

/// A gzip stream (RFC 1952) of chunks compressed in parallel.
struct GzWriter<W> {
    out: W,
    full: Vec<Chunk>,
    filling: Chunk,
    crc: Crc,
    started: bool,
}

impl<W: Write> TarGzWriter<W> {
    /// Starts an archive whose members all have this time.
    pub fn new(out: W, time: ArchiveTime) -> Self {
        let gz = GzWriter {
            out,
            full: Vec::new(),
            filling: Chunk::default(),
            crc: Crc::new(),
            started: false,
        };
        TarGzWriter {
            tar: tar::Builder::new(gz),
            time,
        }
    }

    fn append(&mut self, member: &Member) -> Result<MemberDigest, ArchiveError> {
        let read_error = |source| ArchiveError::Read {
            path: member.path.clone(),
            origin: member.source.origin(),
            source,
        };
        let (reader, size) = member.source.open().map_err(read_error)?;
        let mut counted = Hashing {
            reader,
            hasher: Sha256::new(),
            read: 0,
        };
        let mut header = self.header(member, size);
        let path = member.path.as_str();
        // The specification of source distributions asks for pax, which keeps in a header of its
        // own what `ustar` cannot hold.
        if !path.is_ascii() || header.set_path(path).is_err() {
            self.tar
                .append_pax_extensions([("path", path.as_bytes())])?;
            header.set_path(shortened(path))?;
        }
        header.set_cksum();
        // The tar crate fills up what is too short, and accepts what is too long.
        self.tar
            .append(&header, io::Read::take(&mut counted, size))?;
        if counted.read != size {
            return Err(ArchiveError::ChangedWhileRead {
                origin: member.source.origin(),
                expected: size,
                read: counted.read,
            });
        }
        Ok(MemberDigest {
            path: member.path.clone(),
            sha256: counted.hasher.finalize().into(),
            size,
        })
    }

    fn header(&self, member: &Member, size: u64) -> tar::Header {
        let mut header = tar::Header::new_ustar();
        header.set_size(size);
        header.set_mtime(self.time.unix() as u64);
        header.set_mode(match member.mode {
            FileMode::Regular => 0o644,
            FileMode::Executable => 0o755,
        });
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(tar::EntryType::Regular);
        header
    }
}

/// A name for readers that do not know pax.
fn shortened(path: &str) -> String {
    let plain = path.chars().map(|c| if c.is_ascii() { c } else { '_' });
    let name: String = plain.collect();
    name[name.len().saturating_sub(90)..]
        .trim_start_matches('/')
        .to_owned()
}

impl<W: Write> MemberWriter for TarGzWriter<W> {
    fn write(&mut self, members: &[Member]) -> Result<Vec<MemberDigest>, ArchiveError> {
        members.iter().map(|member| self.append(member)).collect()
    }

    fn finish(&mut self) -> Result<(), ArchiveError> {
        self.tar.finish()?;
        self.tar.get_mut().end()
    }
}

impl<W: Write> GzWriter<W> {
    fn compress(&mut self) -> Result<(), ArchiveError> {
        if !self.started {
            self.started = true;
            // Deflate, no flags, no time, no extra flags, unknown system.
            self.out
                .write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])?;
        }
        for chunk in deflate_all(&std::mem::take(&mut self.full))? {
            self.crc.combine(&chunk.crc);
            self.out.write_all(&chunk.bytes)?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ArchiveError> {
        let mut last = std::mem::take(&mut self.filling);
        last.last = true;
        self.full.push(last);
        self.compress()?;
        self.out.write_all(&self.crc.sum().to_le_bytes())?;
        self.out.write_all(&self.crc.amount().to_le_bytes())?;
        Ok(self.out.flush()?)
    }
}

impl<W: Write> Write for GzWriter<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let room = CHUNK - self.filling.data().len();
        let taken = room.min(data.len());
        self.filling.buffer.extend_from_slice(&data[..taken]);
        if taken == room {
            let next = self.filling.successor();
            self.full.push(std::mem::replace(&mut self.filling, next));
        }
        if self.full.len() * CHUNK >= BATCH {
            self.compress().map_err(io::Error::other)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(()) // what is flushed early would cut the stream elsewhere
    }
}

/// Hashes and counts the bytes that are read.
struct Hashing<R> {
    reader: R,
    hasher: Sha256,
    read: u64,
}

impl<R: io::Read> io::Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.read += read as u64;
        Ok(read)
    }
}
