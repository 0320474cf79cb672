//! Reads a zip archive that is in memory, strictly: the two lists of members that a zip has must
//! agree, and no byte may belong to two of them.
//!
//! Format: APPNOTE 6.3.10. A lenient reader lets one archive mean different things to different
//! tools, which is how a wheel shows one content to a scanner and another to an installer.

use std::borrow::Cow;
use std::ops::Range;

use flate2::{Decompress, FlushDecompress, Status};

/// An archive and its members.
pub(crate) struct Zip<'a> {
    bytes: &'a [u8],
    // In the order of the central directory.
    members: Vec<ZipMember>,
}

/// One member; its content is not yet read.
#[derive(Debug, Clone)]
pub(crate) struct ZipMember {
    /// The name, as it stands in the archive.
    pub(crate) name: String,
    /// Bytes that it declares to unpack to.
    pub(crate) size: u64,
    /// The mode of Unix, where the archive was made there.
    pub(crate) mode: Option<u32>,
    // Invariant: within the archive.
    data: Range<usize>,
    method: Method,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Stored,
    Deflated,
}

/// An archive that is not what a zip must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZipError {
    /// It is cut off, or something else altogether.
    #[error("it is not a complete zip archive: {0}")]
    Broken(&'static str),
    /// A member is broken.
    #[error("its member `{name}` is broken: {problem}")]
    Member {
        /// The member's name.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The list at the end and the header before the data disagree on a name.
    #[error("its member `{listed}` is called `{local}` where its data stand")]
    TwoNames {
        /// As the central directory has it.
        listed: String,
        /// As the local header has it.
        local: String,
    },
    /// Two members share bytes, as in a zip bomb.
    #[error("its members `{0}` and `{1}` share bytes, as in a zip bomb")]
    Overlap(String, String),
    /// A name is not UTF-8.
    #[error("the name of its member `{0}` is not UTF-8")]
    NotUtf8(String),
    /// The members would fill the disk.
    #[error(
        "it is {archive} bytes long and declares to unpack to {declared} bytes, as a zip bomb does"
    )]
    Bomb {
        /// Bytes of the archive.
        archive: u64,
        /// Bytes that its members declare in sum.
        declared: u64,
    },
}

const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const END_64_LOCATOR: &[u8] = b"PK\x06\x07";
const CENTRAL: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
/// What a wheel may unpack to without regard to its size, and how often its size beyond that:
/// real wheels shrink to a twentieth at most.
const FREE_BYTES: u64 = 256 << 20;
const GREATEST_RATIO: u64 = 100;

impl<'a> Zip<'a> {
    /// Reads the list of members; nothing is unpacked.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, ZipError> {
        let directory = Directory::find(bytes)?;
        let mut reader = Reader {
            bytes: &bytes[directory.range.clone()],
        };
        let mut members = Vec::new();
        let mut starts = Vec::new();
        for _ in 0..directory.count {
            let (member, start) = read_member(&mut reader, bytes)?;
            starts.push((start, member.data.end, members.len()));
            members.push(member);
        }
        if !reader.bytes.is_empty() {
            return Err(ZipError::Broken(
                "its list of members is longer than it says",
            ));
        }
        refuse_overlap(&mut starts, &members)?;
        refuse_bomb(bytes.len() as u64, &members)?;
        Ok(Self { bytes, members })
    }

    pub(crate) fn members(&self) -> &[ZipMember] {
        &self.members
    }

    /// The content of a member, exactly as long as declared.
    pub(crate) fn content(&self, member: &ZipMember) -> Result<Cow<'a, [u8]>, ZipError> {
        let broken = |problem| ZipError::Member {
            name: member.name.clone(),
            problem,
        };
        let data = &self.bytes[member.data.clone()];
        let size = usize::try_from(member.size).map_err(|_| broken("it is too long"))?;
        match member.method {
            Method::Stored if data.len() == size => Ok(Cow::Borrowed(data)),
            Method::Stored => Err(broken("it is not as long as it says")),
            Method::Deflated => {
                // One byte of room more shows a member that is longer than it says.
                let mut out = Vec::with_capacity(size + 1);
                let status = Decompress::new(false)
                    .decompress_vec(data, &mut out, FlushDecompress::Finish)
                    .map_err(|_| broken("its data cannot be unpacked"))?;
                if out.len() != size {
                    return Err(broken("it is not as long as it says"));
                }
                if status != Status::StreamEnd {
                    return Err(broken("its data end too early"));
                }
                Ok(Cow::Owned(out))
            }
        }
    }
}

/// Where the list of members stands.
struct Directory {
    range: Range<usize>,
    count: u64,
}

impl Directory {
    fn find(bytes: &[u8]) -> Result<Self, ZipError> {
        let broken = ZipError::Broken;
        let end = find_end(bytes).ok_or(broken("it does not end as one"))?;
        let mut reader = Reader {
            bytes: &bytes[end + 4..],
        };
        reader.skip(6)?;
        let count = u64::from(reader.u16()?);
        let size = u64::from(reader.u32()?);
        let offset = u64::from(reader.u32()?);
        let (count, size, offset, list_end) = match end_64(bytes, end)? {
            Some((count, size, offset, at)) => (count, size, offset, at),
            None => (count, size, offset, end),
        };
        let stop = offset
            .checked_add(size)
            .ok_or(broken("its list is nowhere"))?;
        if stop != list_end as u64 {
            return Err(broken(
                "something stands before or after its list of members",
            ));
        }
        // Below the archive's length, so that it fits.
        let range = usize::try_from(offset).map_err(|_| broken("its list is nowhere"))?..list_end;
        Ok(Self { range, count })
    }
}

/// The end record, which reaches to the last byte of the archive.
fn find_end(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(22)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|&at| {
        let comment = u16::from_le_bytes([bytes[at + 20], bytes[at + 21]]);
        bytes[at..].starts_with(END) && at + 22 + usize::from(comment) == bytes.len()
    })
}

/// Count, size and offset of the list and where the record itself starts, in a zip64 archive.
fn end_64(bytes: &[u8], end: usize) -> Result<Option<(u64, u64, u64, usize)>, ZipError> {
    let Some(locator) = end.checked_sub(20).map(|at| &bytes[at..end]) else {
        return Ok(None);
    };
    if !locator.starts_with(END_64_LOCATOR) {
        return Ok(None);
    }
    let broken = ZipError::Broken("its zip64 record is broken");
    let mut reader = Reader {
        bytes: &locator[8..],
    };
    let at = usize::try_from(reader.u64()?).map_err(|_| broken.clone())?;
    let record = bytes.get(at..end - 20).ok_or(broken.clone())?;
    if !record.starts_with(END_64) || record.len() < 56 {
        return Err(broken);
    }
    let mut reader = Reader {
        bytes: &record[32..],
    };
    Ok(Some((reader.u64()?, reader.u64()?, reader.u64()?, at)))
}

/// The next member of the list, and where its local header starts.
fn read_member(reader: &mut Reader<'_>, bytes: &[u8]) -> Result<(ZipMember, usize), ZipError> {
    if reader.take(4)? != CENTRAL {
        return Err(ZipError::Broken("its list of members is broken"));
    }
    let made_by = reader.u16()?;
    reader.skip(2)?;
    let flags = reader.u16()?;
    let method = reader.u16()?;
    reader.skip(8)?;
    let (packed, size) = (reader.u32()?, reader.u32()?);
    let name_length = usize::from(reader.u16()?);
    let extra_length = usize::from(reader.u16()?);
    let comment_length = usize::from(reader.u16()?);
    reader.skip(4)?;
    let attributes = reader.u32()?;
    let offset = reader.u32()?;
    let raw_name = reader.take(name_length)?;
    let extra = reader.take(extra_length)?;
    reader.skip(comment_length)?;
    let name = std::str::from_utf8(raw_name)
        .map_err(|_| ZipError::NotUtf8(String::from_utf8_lossy(raw_name).into_owned()))?;
    let broken = |problem| ZipError::Member {
        name: name.to_owned(),
        problem,
    };
    let (size, packed, offset) =
        widen((size, packed, offset), extra).ok_or(broken("its zip64 field is broken"))?;
    if flags & 1 != 0 {
        return Err(broken("it is encrypted"));
    }
    let method = match method {
        0 => Method::Stored,
        8 => Method::Deflated,
        _ => return Err(broken("it is packed in another way than deflate")),
    };
    let start = usize::try_from(offset).map_err(|_| broken("its data are nowhere"))?;
    let data = local_data(bytes, start, raw_name)?;
    let end = usize::try_from(packed)
        .ok()
        .and_then(|packed| data.checked_add(packed))
        .filter(|end| *end <= bytes.len())
        .ok_or(broken("its data are nowhere"))?;
    let member = ZipMember {
        name: name.to_owned(),
        size,
        mode: (made_by >> 8 == 3).then_some(attributes >> 16),
        data: data..end,
        method,
    };
    Ok((member, start))
}

/// The values that do not fit in 32 bits stand in an extra field, in this order.
fn widen((size, packed, offset): (u32, u32, u32), extra: &[u8]) -> Option<(u64, u64, u64)> {
    let mut wide = Reader { bytes: &[] };
    let mut fields = Reader { bytes: extra };
    while let (Ok(id), Ok(length)) = (fields.u16(), fields.u16()) {
        let field = fields.take(usize::from(length)).ok()?;
        if id == 1 {
            wide = Reader { bytes: field };
        }
    }
    let mut value = |narrow: u32| match narrow {
        u32::MAX => wide.u64().ok(),
        narrow => Some(u64::from(narrow)),
    };
    Some((value(size)?, value(packed)?, value(offset)?))
}

/// Where the data of the member start whose local header is at `start`.
fn local_data(bytes: &[u8], start: usize, listed: &[u8]) -> Result<usize, ZipError> {
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    let broken = |_| ZipError::Member {
        name: text(listed),
        problem: "its data are nowhere",
    };
    let mut reader = Reader {
        bytes: bytes.get(start..).unwrap_or_default(),
    };
    if reader.take(4).map_err(broken)? != LOCAL {
        return Err(broken(ZipError::Broken("")));
    }
    reader.skip(22).map_err(broken)?;
    let name_length = usize::from(reader.u16().map_err(broken)?);
    let extra_length = usize::from(reader.u16().map_err(broken)?);
    let local = reader.take(name_length).map_err(broken)?;
    if local != listed {
        return Err(ZipError::TwoNames {
            listed: text(listed),
            local: text(local),
        });
    }
    Ok(start + 30 + name_length + extra_length)
}

/// `starts` are the header's start, the data's end and the member's number.
fn refuse_overlap(
    starts: &mut [(usize, usize, usize)],
    members: &[ZipMember],
) -> Result<(), ZipError> {
    starts.sort_unstable();
    for pair in starts.windows(2) {
        let ((_, end, a), (start, _, b)) = (pair[0], pair[1]);
        if start < end {
            let name = |n: usize| members[n].name.clone();
            return Err(ZipError::Overlap(name(a), name(b)));
        }
    }
    Ok(())
}

fn refuse_bomb(archive: u64, members: &[ZipMember]) -> Result<(), ZipError> {
    let declared = members
        .iter()
        .fold(0_u64, |sum, member| sum.saturating_add(member.size));
    if declared > FREE_BYTES.saturating_add(archive.saturating_mul(GREATEST_RATIO)) {
        return Err(ZipError::Bomb { archive, declared });
    }
    Ok(())
}

/// Reads little-endian numbers; the end of its bytes is an error.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ZipError> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or(ZipError::Broken("its list of members is cut off"))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn skip(&mut self, count: usize) -> Result<(), ZipError> {
        self.take(count).map(|_| ())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ZipError> {
        let taken = self.take(N)?;
        taken
            .try_into()
            .map_err(|_| ZipError::Broken("its list of members is cut off"))
    }

    fn u16(&mut self) -> Result<u16, ZipError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, ZipError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, ZipError> {
        self.array().map(u64::from_le_bytes)
    }
}
