//! The contents of a zip archive's members, piece by piece: what is in memory does not grow with
//! the archive.

use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use crate::zip_format::Method;
use crate::zip_member::{ZipError, ZipMember};

/// Reads one member after the other and keeps its buffers; each thread has one of its own.
pub struct MemberReader<R> {
    input: R,
    inflater: Decompress,
    packed: Box<[u8]>,
    unpacked: Box<[u8]>,
}

const PACKED: usize = 64 << 10;
/// Most members fit as a whole.
const UNPACKED: usize = 256 << 10;

const DAMAGED: &str = "its compressed data is damaged";

impl<R: Read + Seek> MemberReader<R> {
    /// A reader of the archive `input`.
    pub fn new(input: R) -> Self {
        Self {
            input,
            inflater: Decompress::new(false),
            packed: vec![0; PACKED].into(),
            unpacked: vec![0; UNPACKED].into(),
        }
    }

    /// Copies the bytes of a member of this archive to `out` and checks size and checksum; returns
    /// the size.
    ///
    /// # Errors
    /// Where the member is not what it declares to be, in spite of which some bytes were written.
    pub fn copy(&mut self, member: &ZipMember, out: &mut impl Write) -> Result<u64, ZipError> {
        self.input.seek(SeekFrom::Start(member.data))?;
        let mut checked = Checked {
            member,
            out,
            crc: Crc::new(),
            size: 0,
        };
        match member.method {
            Method::Stored => self.copy_stored(&mut checked)?,
            Method::Deflated => self.inflate(&mut checked)?,
        }
        checked.finish()
    }

    fn copy_stored<W: Write>(&mut self, out: &mut Checked<'_, W>) -> Result<(), ZipError> {
        let mut left = out.member.packed;
        while left > 0 {
            let read = fill(&mut self.input, &mut self.packed, left)?;
            if read == 0 {
                return Err(out.member.wrong("it reaches beyond the archive"));
            }
            out.take(&self.packed[..read])?;
            left -= read as u64;
        }
        Ok(())
    }

    fn inflate<W: Write>(&mut self, out: &mut Checked<'_, W>) -> Result<(), ZipError> {
        let member = out.member;
        let damaged = || member.wrong(DAMAGED);
        self.inflater.reset(false);
        let mut left = member.packed;
        let mut here = 0..0;
        loop {
            if here.is_empty() && left > 0 {
                here = 0..fill(&mut self.input, &mut self.packed, left)?;
                left -= here.len() as u64;
            }
            let flush = match left {
                0 => FlushDecompress::Finish,
                _ => FlushDecompress::None,
            };
            let before = (self.inflater.total_in(), self.inflater.total_out());
            let status = self
                .inflater
                .decompress(&self.packed[here.clone()], &mut self.unpacked, flush)
                .map_err(|_| damaged())?;
            let read = (self.inflater.total_in() - before.0) as usize;
            let written = (self.inflater.total_out() - before.1) as usize;
            here.start += read;
            out.take(&self.unpacked[..written])?;
            match status {
                Status::StreamEnd if here.is_empty() && left == 0 => return Ok(()),
                Status::StreamEnd => return Err(damaged()),
                _ if read == 0 && written == 0 => return Err(damaged()),
                _ => {}
            }
        }
    }
}

/// Reads into the front of `buffer`, no more than `most`; nothing at the end of the input.
fn fill(input: &mut impl Read, buffer: &mut [u8], most: u64) -> io::Result<usize> {
    // What does not fit an address is more than the buffer holds.
    let most = usize::try_from(most).map_or(buffer.len(), |most| most.min(buffer.len()));
    loop {
        match input.read(&mut buffer[..most]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Passes bytes on while it checks them; more than declared is an error.
struct Checked<'a, W> {
    member: &'a ZipMember,
    out: &'a mut W,
    crc: Crc,
    size: u64,
}

impl<W: Write> Checked<'_, W> {
    fn take(&mut self, bytes: &[u8]) -> Result<(), ZipError> {
        self.size += bytes.len() as u64;
        if self.size > self.member.size {
            return Err(self.member.wrong("it is longer than declared"));
        }
        self.crc.update(bytes);
        Ok(self.out.write_all(bytes)?)
    }

    fn finish(self) -> Result<u64, ZipError> {
        if self.size != self.member.size {
            return Err(self.member.wrong("it is shorter than declared"));
        }
        if self.crc.sum() != self.member.crc {
            return Err(self.member.wrong("its checksum is another"));
        }
        Ok(self.size)
    }
}
