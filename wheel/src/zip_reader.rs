//! A zip archive read strictly: every byte belongs to exactly one record, the two
//! descriptions of a member agree, and no name occurs twice. What two readers
//! could understand in two ways is refused.
//!
//! Format: APPNOTE.TXT 6.3.10 (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>);
//! section numbers in the comments are its own.

use std::collections::HashMap;
use std::io::{Read, Seek, Write};

use crate::archive_bytes::ArchiveBytes;
use crate::member_reader::MemberReader;
use crate::zip_directory::{
    DirectoryEntry, check_header, descriptor_size, entries, find_directory,
};
use crate::zip_member::{ZipError, ZipMember};

/// An archive that can be read member by member.
pub struct ZipReader<R> {
    reader: MemberReader<R>,
    members: Vec<ZipMember>,
    by_name: HashMap<String, usize>,
}

impl<R: Read + Seek> ZipReader<R> {
    /// Reads the directory and checks it against the local headers.
    pub fn open(mut input: R) -> Result<Self, ZipError> {
        let directory = find_directory(&mut input)?;
        let members = entries(&mut input, &directory)?;
        let members = members.into_iter().map(DirectoryEntry::judge);
        let mut members = members.collect::<Result<Vec<_>, _>>()?;
        if members.len() as u64 != directory.entries {
            return Err(ZipError::Archive(
                "its directory has another number of entries than its end says",
            ));
        }
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
    pub fn copy(&mut self, at: usize, out: &mut impl Write) -> Result<u64, ZipError> {
        let member = self
            .members
            .get(at)
            .ok_or_else(|| ZipError::NoMember(format!("member {at}")))?;
        self.reader.copy(member, out)
    }

    /// The bytes of the member of this name.
    pub fn read(&mut self, name: &str) -> Result<Vec<u8>, ZipError> {
        let at = self
            .find(name)
            .ok_or_else(|| ZipError::NoMember(name.to_owned()))?;
        let mut bytes = Vec::new();
        self.copy(at, &mut bytes)?;
        Ok(bytes)
    }
}

/// Checks that local headers and data fill the file up to the directory, without
/// gap or overlap, and that headers and directory agree.
fn check_layout(
    archive: &mut impl ArchiveBytes,
    members: &mut [ZipMember],
    end: u64,
) -> Result<(), ZipError> {
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
        check_header(archive, member)?;
        next = member.data.saturating_add(member.packed);
        if member.flags & 1 << 3 != 0 {
            next += descriptor_size(archive, member, next)?;
        }
        if next > end {
            return Err(member.wrong("it reaches into the directory"));
        }
    }
    if next == end {
        Ok(())
    } else {
        Err(ZipError::Archive(
            "something lies before its directory that no entry describes",
        ))
    }
}
