//! The directory of a zip archive, and the headers of its members, as they stand there.
//!
//! Format: APPNOTE.TXT 6.3.10 (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>);
//! section numbers in the comments are its own.

use crate::archive_bytes::ArchiveBytes;
use crate::zip_format::{
    CENTRAL_SIGNATURE, Directory, END_SIGNATURE, LOCAL_SIGNATURE, Method, ZIP64_END_SIGNATURE,
    ZIP64_EXTRA, ZIP64_LOCATOR_SIGNATURE,
};
use crate::zip_member::{ZipError, ZipMember};

const END_SIZE: usize = 22;
const LOCATOR_SIZE: u64 = 20;
const ZIP64_END_SIZE: u64 = 56;
/// A local header without name and extra field.
const HEADER_SIZE: u64 = 30;

/// Finds the end record (4.3.16), which must be the last bytes of the file but for its comment.
pub(crate) fn find_directory(archive: &mut impl ArchiveBytes) -> Result<Directory, ZipError> {
    let length = archive.length()?;
    // Almost none has a comment: then the record is the end.
    let most = [END_SIZE, END_SIZE + usize::from(u16::MAX)];
    let (tail, at) = most
        .iter()
        .find_map(|size| find_end(archive, length, *size as u64).transpose())
        .unwrap_or(Err(ZipError::Archive(
            "it does not end as a zip archive does",
        )))?;
    let mut record = Fields(&tail[at + 4..]);
    let (disk, start_disk) = (record.u16()?, record.u16()?);
    let (here, entries, size, offset) =
        (record.u16()?, record.u16()?, record.u32()?, record.u32()?);
    let comment = usize::from(record.u16()?);
    if record.0.len() != comment {
        return Err(ZipError::Archive("bytes follow its end"));
    }
    if disk != 0 || start_disk != 0 || here != entries {
        return Err(ZipError::Archive("it is one of several volumes"));
    }
    let directory = Directory {
        entries: entries.into(),
        offset: offset.into(),
        size: size.into(),
    };
    let end = length - tail.len() as u64 + at as u64;
    let (directory, directory_end) = read_zip64_end(archive, directory, end)?;
    if directory.offset.checked_add(directory.size) != Some(directory_end) {
        return Err(ZipError::Archive("its directory does not reach to its end"));
    }
    Ok(directory)
}

/// The last bytes of an archive, at most `size`, and where in them its end record starts; `None`
/// where there is none in them.
fn find_end(
    archive: &mut impl ArchiveBytes,
    length: u64,
    size: u64,
) -> Result<Option<(Vec<u8>, usize)>, ZipError> {
    let size = size.min(length);
    let tail = archive.read_at(length - size, size)?;
    let signature = END_SIGNATURE.to_le_bytes();
    let mut starts = (0..tail.len().saturating_sub(END_SIZE - 1)).rev();
    let at = starts.find(|at| tail[*at..].starts_with(&signature));
    Ok(at.map(|at| (tail, at)))
}

/// The zip64 end record (4.3.14, 4.3.15), where there is one; and where the directory must end.
fn read_zip64_end(
    archive: &mut impl ArchiveBytes,
    small: Directory,
    end: u64,
) -> Result<(Directory, u64), ZipError> {
    let Some(locator_at) = end.checked_sub(LOCATOR_SIZE + ZIP64_END_SIZE) else {
        return Ok((small, end));
    };
    let bytes = archive.read_at(locator_at, LOCATOR_SIZE + ZIP64_END_SIZE)?;
    let mut locator = Fields(&bytes[ZIP64_END_SIZE as usize..]);
    if locator.u32()? != ZIP64_LOCATOR_SIGNATURE {
        return Ok((small, end));
    }
    let (_, at, _) = (locator.u32()?, locator.u64()?, locator.u32()?);
    let mut record = Fields(&bytes);
    if at != locator_at
        || record.u32()? != ZIP64_END_SIGNATURE
        || record.u64()? != ZIP64_END_SIZE - 12
    {
        return Err(ZipError::Archive("its zip64 end is not where it says"));
    }
    let (_, _, _, _) = (record.u16()?, record.u16()?, record.u32()?, record.u32()?);
    let (here, entries, size, offset) =
        (record.u64()?, record.u64()?, record.u64()?, record.u64()?);
    let agrees = |wide: u64, narrow: u64, limit: u64| narrow == limit || narrow == wide;
    let (u16_max, u32_max) = (u64::from(u16::MAX), u64::from(u32::MAX));
    if here != entries
        || !agrees(entries, small.entries, u16_max)
        || !agrees(size, small.size, u32_max)
        || !agrees(offset, small.offset, u32_max)
    {
        return Err(ZipError::Archive("its two ends disagree"));
    }
    Ok((
        Directory {
            entries,
            offset,
            size,
        },
        at,
    ))
}

/// The entries of a directory, in order.
pub(crate) fn entries(
    archive: &mut impl ArchiveBytes,
    directory: &Directory,
) -> Result<Vec<DirectoryEntry>, ZipError> {
    let bytes = archive.read_at(directory.offset, directory.size)?;
    let mut fields = Fields(&bytes);
    let mut entries = Vec::new();
    while !fields.0.is_empty() {
        entries.push(DirectoryEntry::read(&mut fields)?);
    }
    Ok(entries)
}

/// One entry of the directory (4.3.12), before it is judged.
pub(crate) struct DirectoryEntry {
    /// As it stands there.
    pub(crate) name: Vec<u8>,
    made_by: u16,
    flags: u16,
    method: u16,
    crc: u32,
    attributes: u32,
    size: u64,
    packed: u64,
    header: u64,
    /// The length of the extra field, which mostly is that of the local header's too.
    pub(crate) extra_length: u64,
}

impl DirectoryEntry {
    fn read(fields: &mut Fields<'_>) -> Result<DirectoryEntry, ZipError> {
        if fields.u32()? != CENTRAL_SIGNATURE {
            return Err(ZipError::Archive(
                "its directory holds something that is no entry",
            ));
        }
        let (made_by, _needed, flags, method) =
            (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
        let (_time, crc, packed, size) =
            (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
        let (name, extra, comment) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (_disk, _internal, attributes, header) =
            (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?);
        let name = fields.bytes(name.into())?.to_vec();
        let extra = fields.bytes(extra.into())?;
        fields.bytes(comment.into())?;
        let (mut size, mut packed, mut header) = (size.into(), packed.into(), header.into());
        widen(extra, [&mut size, &mut packed, &mut header])?;
        Ok(DirectoryEntry {
            name,
            made_by,
            flags,
            method,
            crc,
            attributes,
            size,
            packed,
            header,
            extra_length: extra.len() as u64,
        })
    }

    /// The member that it describes, if that can be read.
    pub(crate) fn judge(self) -> Result<ZipMember, ZipError> {
        let name = String::from_utf8(self.name)
            .map_err(|_| ZipError::Archive("a name in it is not UTF-8"))?;
        let mut member = ZipMember {
            name,
            size: self.size,
            unix_mode: (self.made_by >> 8 == 3).then_some(self.attributes >> 16),
            method: Method::Stored,
            flags: self.flags,
            crc: self.crc,
            packed: self.packed,
            header: self.header,
            data: 0,
        };
        member.method = match self.method {
            0 => Method::Stored,
            8 => Method::Deflated,
            _ => return Err(member.wrong("its compression is neither none nor deflate")),
        };
        if member.flags & 1 != 0 {
            return Err(member.wrong("it is encrypted"));
        }
        if member.name.contains('\0') {
            return Err(member.wrong("its name has a NUL"));
        }
        Ok(member)
    }
}

/// Replaces numbers that are all ones by those of the zip64 extra field (4.5.3).
fn widen(extra: &[u8], numbers: [&mut u64; 3]) -> Result<(), ZipError> {
    let mut extra = Fields(extra);
    while extra.0.len() >= 4 {
        let (kind, length) = (extra.u16()?, extra.u16()?);
        let mut data = Fields(extra.bytes(length.into())?);
        if kind == ZIP64_EXTRA {
            for number in numbers.into_iter().filter(|n| **n == u64::from(u32::MAX)) {
                *number = data.u64()?;
            }
            return Ok(());
        }
    }
    Ok(())
}

/// Reads a local header (4.3.7), notes where the data starts, and checks that the directory says
/// the same.
pub(crate) fn check_header(
    archive: &mut impl ArchiveBytes,
    member: &mut ZipMember,
) -> Result<(), ZipError> {
    let no_header = |member: &ZipMember| member.wrong("it has no header");
    let bytes = archive.read_at(member.header, HEADER_SIZE);
    let bytes = bytes.map_err(|_| no_header(member))?;
    let mut fields = Fields(&bytes);
    if fields.u32()? != LOCAL_SIGNATURE {
        return Err(no_header(member));
    }
    let (_needed, flags, method, _time) =
        (fields.u16()?, fields.u16()?, fields.u16()?, fields.u32()?);
    let (crc, packed, size) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let (name_length, extra_length) = (fields.u16()?, fields.u16()?);
    let rest = archive.read_at(
        member.header + HEADER_SIZE,
        u64::from(name_length) + u64::from(extra_length),
    )?;
    let (name, extra) = rest.split_at(name_length.into());
    let (mut size, mut packed) = (u64::from(size), u64::from(packed));
    widen(extra, [&mut size, &mut packed, &mut 0])?;
    let deferred = flags & 1 << 3 != 0;
    let numbers_agree = (crc, size, packed) == (member.crc, member.size, member.packed);
    if name != member.name.as_bytes() || method != member.method as u16 || flags != member.flags {
        return Err(member.wrong("its header and the directory disagree"));
    }
    if !numbers_agree && !deferred {
        return Err(member.wrong("its header and the directory disagree on size or checksum"));
    }
    member.data = member.header + HEADER_SIZE + rest.len() as u64;
    Ok(())
}

/// The size of the data descriptor (4.3.9) at `at`: with or without a signature, in 32 or 64 bits.
pub(crate) fn descriptor_size(
    archive: &mut impl ArchiveBytes,
    member: &ZipMember,
    at: u64,
) -> Result<u64, ZipError> {
    let left = archive.length()?.saturating_sub(at);
    let bytes = archive.read_at(at, left.min(24))?;
    let crc = member.crc.to_le_bytes();
    let narrow = [
        crc.as_slice(),
        &(member.packed as u32).to_le_bytes(),
        &(member.size as u32).to_le_bytes(),
    ]
    .concat();
    let wide = [
        crc.as_slice(),
        &member.packed.to_le_bytes(),
        &member.size.to_le_bytes(),
    ]
    .concat();
    let signed = |body: &[u8]| [&0x0807_4b50_u32.to_le_bytes(), body].concat();
    [signed(&wide), signed(&narrow), wide, narrow]
        .iter()
        .find(|form| bytes.starts_with(form))
        .map(|form| form.len() as u64)
        .ok_or_else(|| member.wrong("its data descriptor and the directory disagree"))
}

/// Little-endian numbers from the front of a slice.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], ZipError> {
        let (front, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(ZipError::Archive("a record in it is cut short"))?;
        self.0 = rest;
        Ok(front)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ZipError> {
        self.bytes(N)?
            .try_into()
            .map_err(|_| ZipError::Archive("a record in it is cut short"))
    }

    fn u16(&mut self) -> Result<u16, ZipError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, ZipError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, ZipError> {
        Ok(u64::from_le_bytes(self.array()?))
    }
}
