//! The records of a zip archive as bytes: local header, central directory and
//! its end, with their zip64 forms where a number does not fit.
//!
//! Format: APPNOTE.TXT 6.3.10 (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>);
//! section numbers in the comments are its own.

use crate::member::FileMode;

pub(crate) const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
pub(crate) const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
pub(crate) const END_SIGNATURE: u32 = 0x0605_4b50;
pub(crate) const ZIP64_END_SIGNATURE: u32 = 0x0606_4b50;
pub(crate) const ZIP64_LOCATOR_SIGNATURE: u32 = 0x0706_4b50;
/// 4.5.3: the extra field that holds the numbers of 64 bits.
pub(crate) const ZIP64_EXTRA: u16 = 1;
/// 4.4.4, bit 11: the name is UTF-8.
pub(crate) const UTF8_FLAG: u16 = 1 << 11;

const U16: u64 = u16::MAX as u64;
const U32: u64 = u32::MAX as u64;

/// How a member is compressed (4.4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Stored = 0,
    Deflated = 8,
}

/// What the headers say of a member.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) name: Box<str>,
    pub(crate) method: Method,
    /// Time and date in DOS form.
    pub(crate) dos: (u16, u16),
    pub(crate) crc: u32,
    pub(crate) packed: u64,
    pub(crate) size: u64,
    pub(crate) mode: FileMode,
    /// Whether the local header has room for sizes of 64 bits.
    pub(crate) zip64: bool,
}

/// Where the central directory is.
pub(crate) struct Directory {
    pub(crate) entries: u64,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

impl Header {
    /// Whether a member of this size, compressed or not, may need 64 bits.
    pub(crate) fn needs_zip64(size: u64) -> bool {
        // Data that does not compress grows by less than a hundredth.
        size.saturating_add(size / 64).saturating_add(1024) >= U32
    }

    /// The local header (4.3.7). Its length depends on the name and `zip64` alone,
    /// so that it can be written again once the sizes are known.
    pub(crate) fn local(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(50 + self.name.len());
        put32(&mut out, LOCAL_SIGNATURE);
        put16(&mut out, if self.zip64 { 45 } else { 20 });
        self.put_common(&mut out);
        let (packed, size) = if self.zip64 {
            (U32, U32)
        } else {
            (self.packed, self.size)
        };
        put32(&mut out, packed as u32);
        put32(&mut out, size as u32);
        put16(&mut out, self.name.len() as u16);
        put16(&mut out, if self.zip64 { 20 } else { 0 });
        out.extend_from_slice(self.name.as_bytes());
        if self.zip64 {
            put_zip64_extra(&mut out, &[self.size, self.packed]);
        }
        out
    }

    /// The member's entry in the central directory (4.3.12).
    pub(crate) fn central(&self, offset: u64) -> Vec<u8> {
        let wide: Vec<u64> = [self.size, self.packed, offset]
            .into_iter()
            .filter(|n| *n >= U32)
            .collect();
        let extra = if wide.is_empty() {
            0
        } else {
            4 + 8 * wide.len()
        };
        let needed = if wide.is_empty() && !self.zip64 {
            20
        } else {
            45
        };
        let mut out = Vec::with_capacity(46 + self.name.len() + extra);
        put32(&mut out, CENTRAL_SIGNATURE);
        put16(&mut out, 3 << 8 | needed); // made on Unix: the attributes are its modes (4.4.2)
        put16(&mut out, needed);
        self.put_common(&mut out);
        put32(&mut out, self.packed.min(U32) as u32);
        put32(&mut out, self.size.min(U32) as u32);
        put16(&mut out, self.name.len() as u16);
        put16(&mut out, extra as u16);
        out.extend_from_slice(&[0; 6]); // no comment, disk 0, no internal attributes
        put32(&mut out, self.unix_mode() << 16);
        put32(&mut out, offset.min(U32) as u32);
        out.extend_from_slice(self.name.as_bytes());
        if extra > 0 {
            put_zip64_extra(&mut out, &wide);
        }
        out
    }

    fn put_common(&self, out: &mut Vec<u8>) {
        put16(out, if self.name.is_ascii() { 0 } else { UTF8_FLAG });
        put16(out, self.method as u16);
        put16(out, self.dos.0);
        put16(out, self.dos.1);
        put32(out, self.crc);
    }

    fn unix_mode(&self) -> u32 {
        match self.mode {
            FileMode::Regular => 0o100_644,
            FileMode::Executable => 0o100_755,
        }
    }
}

impl Directory {
    /// The end of the archive (4.3.14 to 4.3.16).
    pub(crate) fn end(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(98);
        if self.entries >= U16 || self.offset >= U32 || self.size >= U32 {
            self.put_zip64_end(&mut out);
        }
        put32(&mut out, END_SIGNATURE);
        put32(&mut out, 0); // one disk
        put16(&mut out, self.entries.min(U16) as u16);
        put16(&mut out, self.entries.min(U16) as u16);
        put32(&mut out, self.size.min(U32) as u32);
        put32(&mut out, self.offset.min(U32) as u32);
        put16(&mut out, 0); // no comment
        out
    }

    fn put_zip64_end(&self, out: &mut Vec<u8>) {
        put32(out, ZIP64_END_SIGNATURE);
        put64(out, 44); // the size of what follows
        put16(out, 3 << 8 | 45);
        put16(out, 45);
        put64(out, 0); // one disk
        put64(out, self.entries);
        put64(out, self.entries);
        put64(out, self.size);
        put64(out, self.offset);
        put32(out, ZIP64_LOCATOR_SIGNATURE);
        put32(out, 0);
        put64(out, self.offset + self.size);
        put32(out, 1);
    }
}

fn put_zip64_extra(out: &mut Vec<u8>, numbers: &[u64]) {
    put16(out, ZIP64_EXTRA);
    put16(out, 8 * numbers.len() as u16);
    numbers.iter().for_each(|n| put64(out, *n));
}

fn put16(out: &mut Vec<u8>, n: u16) {
    out.extend_from_slice(&n.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, n: u32) {
    out.extend_from_slice(&n.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(&n.to_le_bytes());
}
