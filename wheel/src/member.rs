//! The contents of an archive as data: members with a path, a source of bytes and a mode. Also the
//! trait that every kind of archive implements.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use crate::error::ArchiveError;
use crate::path::{FoldedPath, MemberPath};

/// One file of an archive.
#[derive(Clone, Debug)]
pub struct Member {
    /// Where it is in the archive.
    pub path: MemberPath,
    /// Where its bytes come from.
    pub source: MemberContent,
    /// Whether it may be executed.
    pub mode: FileMode,
}

/// The only permission that is kept. All others depend on the umask of the user who built the
/// archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileMode {
    /// `rw-r--r--`
    Regular,
    /// `rwxr-xr-x`
    Executable,
}

/// Where a member's bytes come from.
#[derive(Clone)]
pub enum MemberContent {
    /// Bytes made here, such as METADATA.
    Bytes(Arc<[u8]>),
    /// Bytes read while the archive is written, so that memory does not grow with it.
    Opener(Arc<dyn MemberFile>),
}

/// Something that can be read from its start, such as a file.
pub trait MemberFile: Send + Sync {
    /// Opens it; returns a reader and the number of bytes it will give.
    fn open(&self) -> io::Result<(Box<dyn Read + Send>, u64)>;
    /// Its path, for messages.
    fn origin(&self) -> String;
}

/// A written member, as RECORD lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDigest {
    /// Where it is in the archive.
    pub path: MemberPath,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its size in bytes, uncompressed.
    pub size: u64,
}

/// An archive being written: a zip, a compressed tar, or memory in tests.
pub trait MemberWriter {
    /// Writes members in the given order. Gives the written members in the same order.
    fn write(&mut self, members: &[Member]) -> Result<Vec<MemberDigest>, ArchiveError>;
    /// Ends the archive, which is not valid before.
    fn finish(&mut self) -> Result<(), ArchiveError>;
}

impl FileMode {
    /// The mode for these permissions of a file on Unix: executable if anyone may run it.
    pub fn of_unix(mode: u32) -> FileMode {
        match mode & 0o111 {
            0 => FileMode::Regular,
            _ => FileMode::Executable,
        }
    }
}

impl Member {
    /// A regular member made of bytes.
    pub fn bytes(path: MemberPath, bytes: impl Into<Arc<[u8]>>) -> Member {
        Member {
            path,
            source: MemberContent::Bytes(bytes.into()),
            mode: FileMode::Regular,
        }
    }
}

impl MemberContent {
    /// Opens it; returns a reader and the number of bytes it will give.
    pub fn open(&self) -> io::Result<(Box<dyn Read + Send>, u64)> {
        match self {
            MemberContent::Bytes(bytes) => {
                let len = bytes.len() as u64;
                Ok((Box::new(io::Cursor::new(Arc::clone(bytes))), len))
            }
            MemberContent::Opener(opener) => opener.open(),
        }
    }

    /// Its path, for messages.
    pub fn origin(&self) -> String {
        match self {
            MemberContent::Bytes(_) => "generated".to_owned(),
            MemberContent::Opener(opener) => opener.origin(),
        }
    }
}

impl fmt::Debug for MemberContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MemberContent::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            MemberContent::Opener(opener) => f.write_str(&opener.origin()),
        }
    }
}

/// Sorts members in archive order. Refuses sets that no file system can hold: the same path twice,
/// paths that differ in case only, and a file that is also a folder.
///
/// The order is that of the bytes of the paths, whatever the given order.
pub fn arrange(mut members: Vec<Member>) -> Result<Vec<Member>, ArchiveError> {
    members.sort_by(|a, b| a.path.cmp(&b.path));
    let mut files: HashMap<FoldedPath, &Member> = HashMap::with_capacity(members.len());
    for member in &members {
        if let Some(first) = files.insert(FoldedPath::of(member.path.as_str()), member) {
            return Err(clash(first, member));
        }
    }
    for member in &members {
        refuse_file_above(&files, member)?;
    }
    Ok(members)
}

fn clash(first: &Member, second: &Member) -> ArchiveError {
    let (first_origin, second_origin) = (first.source.origin(), second.source.origin());
    if first.path == second.path {
        return ArchiveError::DuplicateMember {
            path: first.path.clone(),
            first_origin,
            second_origin,
        };
    }
    ArchiveError::CaseClash {
        first: first.path.clone(),
        second: second.path.clone(),
        first_origin,
        second_origin,
    }
}

fn refuse_file_above(
    files: &HashMap<FoldedPath, &Member>,
    member: &Member,
) -> Result<(), ArchiveError> {
    let folded = FoldedPath::of(member.path.as_str());
    let mut folders = folded.folders();
    match folders.find_map(|folder| files.get(&folder)) {
        Some(file) => Err(ArchiveError::FileIsFolder {
            file: file.path.clone(),
            below: member.path.clone(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str]) -> String {
        let members = names
            .iter()
            .map(|n| Member::bytes(MemberPath::parse(n).unwrap(), *b""))
            .collect();
        match arrange(members) {
            Ok(members) => members
                .iter()
                .map(|m| m.path.as_str())
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn order_does_not_depend_on_the_input() {
        assert_eq!(check(&["b/x", "a", "b.py"]), "a b.py b/x");
        assert_eq!(check(&["b.py", "b/x", "a"]), "a b.py b/x");
    }

    #[test]
    fn a_member_twice() {
        insta::assert_snapshot!(check(&["a/x.py", "a/x.py"]), @"two files would be `a/x.py` in the archive: generated and generated");
    }

    #[test]
    fn members_that_differ_in_case_only() {
        insta::assert_snapshot!(check(&["a/Readme", "a/README"]), @"`a/README` (generated) and `a/Readme` (generated) differ in case only: on Windows and macOS one would overwrite the other");
    }

    #[test]
    fn a_file_that_is_also_a_folder() {
        insta::assert_snapshot!(check(&["a", "A/x"]), @"`a` would be a file and, for `A/x`, a folder");
    }
}
