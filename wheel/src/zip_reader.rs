//! A zip archive read strictly: every byte belongs to exactly one record, the two
//! descriptions of a member agree, and no name occurs twice. What two readers
//! could understand in two ways is refused.
//!
//! Format: APPNOTE.TXT 6.3.10 (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>);
//! section numbers in the comments are its own.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::member_reader::MemberReader;
use crate::zip_format::{
    CENTRAL_SIGNATURE, Directory, END_SIGNATURE, LOCAL_SIGNATURE, Method, ZIP64_END_SIGNATURE,
    ZIP64_EXTRA, ZIP64_LOCATOR_SIGNATURE,
};

/// An archive that can be read member by member.
pub struct ZipReader<R> {
    reader: MemberReader<R>,
    members: Vec<ZipMember>,
    by_name: HashMap<String, usize>,
}

/// A member as the archive describes it.
#[derive(Clone, Debug)]
pub struct ZipMember {
    /// As it stands in the archive; not checked for anything.
    pub name: String,
    /// Uncompressed size in bytes, as declared.
    pub size: u64,
    /// The Unix mode, where the archive was made on Unix.
    pub unix_mode: Option<u32>,
    pub(crate) method: Method,
    flags: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u64,
    /// Where the local header is.
    header: u64,
    /// Where the data is.
    pub(crate) data: u64,
}

/// An archive that is not one, or is one in two ways.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The input could not be read.
    #[error("cannot read the archive")]
    Io(#[from] io::Error),
    /// The archive as a whole is wrong.
    #[error("the archive is not valid: {0}")]
    Archive(&'static str),
    /// One member is wrong.
    #[error("the member `{name}` is not valid: {problem}")]
    Member {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No such member.
    #[error("the archive has no `{0}`")]
    NoMember(String),
}

impl ZipMember {
    /// Whether it is a folder: a name that ends in `/`.
    pub fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Whether it is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.unix_mode
            .is_some_and(|mode| mode & 0o170_000 == 0o120_000)
    }

    /// Whether anyone may execute it.
    pub fn is_executable(&self) -> bool {
        self.unix_mode.is_some_and(|mode| mode & 0o111 != 0)
    }

    pub(crate) fn wrong(&self, problem: &'static str) -> ReadError {
        ReadError::Member {
            name: self.name.clone(),
            problem,
        }
    }
}

impl<R: Read + Seek> ZipReader<R> {
    /// Reads the directory and checks it against the local headers.
    pub fn open(mut input: R) -> Result<Self, ReadError> {
        let directory = find_directory(&mut input)?;
        let mut members = read_directory(&mut input, &directory)?;
        check_layout(&mut input, &mut members, directory.offset)?;
        let mut by_name = HashMap::with_capacity(members.len());
        for (at, member) in members.iter().enumerate() {
            if by_name.insert(member.name.clone(), at).is_some() {
                return Err(member.wrong("its name occurs twice"));
            }
        }
        Ok(ZipReader {
            reader: MemberReader::new(input),
            members,
            by_name,
        })
    }

    /// The members, in the order of the directory.
    pub fn members(&self) -> &[ZipMember] {
        &self.members
    }

    /// The place of a member of this name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Copies a member's bytes to `out` and checks size and checksum; returns the size.
    pub fn copy(&mut self, at: usize, out: &mut impl Write) -> Result<u64, ReadError> {
        let member = self
            .members
            .get(at)
            .ok_or_else(|| ReadError::NoMember(format!("member {at}")))?;
        self.reader.copy(member, out)
    }

    /// The bytes of the member of this name.
    pub fn read(&mut self, name: &str) -> Result<Vec<u8>, ReadError> {
        let at = self
            .find(name)
            .ok_or_else(|| ReadError::NoMember(name.to_owned()))?;
        let mut bytes = Vec::new();
        self.copy(at, &mut bytes)?;
        Ok(bytes)
    }
}

const END_SIZE: usize = 22;
const LOCATOR_SIZE: u64 = 20;
const ZIP64_END_SIZE: u64 = 56;

/// Finds the end record (4.3.16), which must be the last bytes of the file but for its comment.
fn find_directory(input: &mut (impl Read + Seek)) -> Result<Directory, ReadError> {
    let length = input.seek(SeekFrom::End(0))?;
    let tail_size = length.min((END_SIZE + usize::from(u16::MAX)) as u64);
    let tail = read_at(input, length - tail_size, tail_size)?;
    let signature = END_SIGNATURE.to_le_bytes();
    let starts = (0..tail.len().saturating_sub(END_SIZE - 1)).rev();
    let ends: Vec<usize> = starts
        .filter(|at| tail[*at..].starts_with(&signature))
        .collect();
    let at = *ends
        .first()
        .ok_or(ReadError::Archive("it does not end as a zip archive does"))?;
    let mut record = Fields(&tail[at + 4..]);
    let (disk, start_disk) = (record.u16()?, record.u16()?);
    let (here, entries, size, offset) =
        (record.u16()?, record.u16()?, record.u32()?, record.u32()?);
    let comment = usize::from(record.u16()?);
    if record.0.len() != comment {
        return Err(ReadError::Archive("bytes follow its end"));
    }
    if disk != 0 || start_disk != 0 || here != entries {
        return Err(ReadError::Archive("it is one of several volumes"));
    }
    let directory = Directory {
        entries: entries.into(),
        offset: offset.into(),
        size: size.into(),
    };
    let end = length - tail_size + at as u64;
    let (directory, directory_end) = read_zip64_end(input, directory, end)?;
    if directory.offset.checked_add(directory.size) != Some(directory_end) {
        return Err(ReadError::Archive(
            "its directory does not reach to its end",
        ));
    }
    Ok(directory)
}

/// The zip64 end record (4.3.14, 4.3.15), where there is one; and where the directory must end.
fn read_zip64_end(
    input: &mut (impl Read + Seek),
    small: Directory,
    end: u64,
) -> Result<(Directory, u64), ReadError> {
    let Some(locator_at) = end.checked_sub(LOCATOR_SIZE + ZIP64_END_SIZE) else {
        return Ok((small, end));
    };
    let bytes = read_at(input, locator_at, LOCATOR_SIZE + ZIP64_END_SIZE)?;
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
        return Err(ReadError::Archive("its zip64 end is not where it says"));
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
        return Err(ReadError::Archive("its two ends disagree"));
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

fn read_directory(
    input: &mut (impl Read + Seek),
    directory: &Directory,
) -> Result<Vec<ZipMember>, ReadError> {
    let bytes = read_at(input, directory.offset, directory.size)?;
    let mut fields = Fields(&bytes);
    let mut members = Vec::new();
    while !fields.0.is_empty() {
        members.push(read_entry(&mut fields)?);
    }
    if members.len() as u64 != directory.entries {
        return Err(ReadError::Archive(
            "its directory has another number of entries than its end says",
        ));
    }
    Ok(members)
}

/// One entry of the directory (4.3.12).
fn read_entry(fields: &mut Fields<'_>) -> Result<ZipMember, ReadError> {
    if fields.u32()? != CENTRAL_SIGNATURE {
        return Err(ReadError::Archive(
            "its directory holds something that is no entry",
        ));
    }
    let (made_by, _needed, flags, method) =
        (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
    let (_time, crc, packed, size) = (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
    let (name, extra, comment) = (fields.u16()?, fields.u16()?, fields.u16()?);
    let (_disk, _internal, attributes, header) =
        (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?);
    let name = String::from_utf8(fields.bytes(name.into())?.to_vec())
        .map_err(|_| ReadError::Archive("a name in it is not UTF-8"))?;
    let extra = fields.bytes(extra.into())?;
    fields.bytes(comment.into())?;
    let mut member = ZipMember {
        name,
        size: size.into(),
        unix_mode: (made_by >> 8 == 3).then_some(attributes >> 16),
        method: Method::Stored,
        flags,
        crc,
        packed: packed.into(),
        header: header.into(),
        data: 0,
    };
    member.method = match method {
        0 => Method::Stored,
        8 => Method::Deflated,
        _ => return Err(member.wrong("its compression is neither none nor deflate")),
    };
    let ZipMember {
        size,
        packed,
        header,
        ..
    } = &mut member;
    widen(extra, [size, packed, header])?;
    if member.flags & 1 != 0 {
        return Err(member.wrong("it is encrypted"));
    }
    if member.name.contains('\0') {
        return Err(member.wrong("its name has a NUL"));
    }
    Ok(member)
}

/// Replaces numbers that are all ones by those of the zip64 extra field (4.5.3).
fn widen(extra: &[u8], numbers: [&mut u64; 3]) -> Result<(), ReadError> {
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

/// Checks that local headers and data fill the file up to the directory, without
/// gap or overlap, and that headers and directory agree.
fn check_layout(
    input: &mut (impl Read + Seek),
    members: &mut [ZipMember],
    end: u64,
) -> Result<(), ReadError> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|at| members[*at].header);
    let mut next = 0;
    for at in order {
        let member = &mut members[at];
        if member.header != next {
            return Err(member.wrong(
                "something lies before it that no entry describes, or it overlaps another",
            ));
        }
        check_header(input, member)?;
        next = member.data.saturating_add(member.packed);
        if member.flags & 1 << 3 != 0 {
            next += descriptor_size(input, member, next)?;
        }
        if next > end {
            return Err(member.wrong("it reaches into the directory"));
        }
    }
    if next == end {
        Ok(())
    } else {
        Err(ReadError::Archive(
            "something lies before its directory that no entry describes",
        ))
    }
}

/// Reads a local header (4.3.7) and notes where the data starts.
fn check_header(input: &mut (impl Read + Seek), member: &mut ZipMember) -> Result<(), ReadError> {
    let bytes = read_at(input, member.header, 30).map_err(|_| member.wrong("it has no header"))?;
    let mut fields = Fields(&bytes);
    if fields.u32()? != LOCAL_SIGNATURE {
        return Err(member.wrong("it has no header"));
    }
    let (_needed, flags, method, _time) =
        (fields.u16()?, fields.u16()?, fields.u16()?, fields.u32()?);
    let (crc, packed, size) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let (name_length, extra_length) = (fields.u16()?, fields.u16()?);
    let rest = read_at(
        input,
        member.header + 30,
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
    member.data = member.header + 30 + rest.len() as u64;
    Ok(())
}

/// The size of the data descriptor (4.3.9) at `at`: with or without a signature, in 32 or 64 bits.
fn descriptor_size(
    input: &mut (impl Read + Seek),
    member: &ZipMember,
    at: u64,
) -> Result<u64, ReadError> {
    let mut bytes = vec![0; 24];
    input.seek(SeekFrom::Start(at))?;
    let mut read = 0;
    while read < bytes.len() {
        match input.read(&mut bytes[read..])? {
            0 => break,
            n => read += n,
        }
    }
    bytes.truncate(read);
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

fn read_at(input: &mut (impl Read + Seek), at: u64, size: u64) -> Result<Vec<u8>, ReadError> {
    input.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    input.take(size).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == size {
        Ok(bytes)
    } else {
        Err(ReadError::Archive("it is cut short"))
    }
}

/// Little-endian numbers from the front of a slice.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], ReadError> {
        let (front, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(ReadError::Archive("a record in it is cut short"))?;
        self.0 = rest;
        Ok(front)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        self.bytes(N)?
            .try_into()
            .map_err(|_| ReadError::Archive("a record in it is cut short"))
    }

    fn u16(&mut self) -> Result<u16, ReadError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, ReadError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, ReadError> {
        Ok(u64::from_le_bytes(self.array()?))
    }
}
