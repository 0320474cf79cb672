//! One member of a zip archive, without a look at the others: an index asks for METADATA of wheels
//! that it fetches in pieces, or that hold more than it wants to read.
//!
//! What would make an archive unfit to be unpacked, such as a member compressed in a way that is
//! not known here, does not matter in the members that are passed by.

use std::io::Cursor;

use crate::archive_bytes::ArchiveBytes;
use crate::member_reader::MemberReader;
use crate::zip_directory::{check_header, entries, find_directory};
use crate::zip_member::{ZipError, ZipMember};

/// No member that one asks for by its name is longer.
pub const LONGEST_MEMBER: u64 = 64 << 20;

/// The bytes of the first member whose name is accepted; `None` where there is none.
pub fn find_member(
    archive: &mut impl ArchiveBytes,
    accepts: impl Fn(&str) -> bool,
) -> Result<Option<Vec<u8>>, ZipError> {
    let directory = find_directory(archive)?;
    let entries = entries(archive, &directory)?;
    let is_accepted = |name: &[u8]| std::str::from_utf8(name).is_ok_and(&accepts);
    let Some(entry) = entries.into_iter().find(|entry| is_accepted(&entry.name)) else {
        return Ok(None);
    };
    let extra_length = entry.extra_length;
    let mut member = entry.judge()?;
    if member.size > LONGEST_MEMBER || member.packed > LONGEST_MEMBER {
        return Err(member.wrong("it is longer than such a file is"));
    }
    // Of an archive that is fetched in pieces, header and data are mostly had at once.
    let header = 30 + member.name.len() as u64 + extra_length;
    let end = (member.header.saturating_add(header)).saturating_add(member.packed);
    if end <= directory.offset {
        archive.read_at(member.header, end - member.header)?;
    }
    check_header(archive, &mut member)?;
    let data = archive.read_at(member.data, member.packed)?;
    unpack(&member, data).map(Some)
}

fn unpack(member: &ZipMember, data: Vec<u8>) -> Result<Vec<u8>, ZipError> {
    let alone = ZipMember {
        data: 0,
        ..member.clone()
    };
    let mut bytes = Vec::new();
    MemberReader::new(Cursor::new(data)).copy(&alone, &mut bytes)?;
    Ok(bytes)
}
