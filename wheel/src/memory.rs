//! An archive in memory, which tests use in place of a zip file.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::error::ArchiveError;
use crate::member::{FileMode, Member, MemberDigest, MemberWriter};
use crate::path::MemberPath;

/// Keeps the members that are written to it.
#[derive(Debug, Default)]
pub struct MemoryWriter {
    /// Path, mode and bytes of each member, in the order written.
    pub members: Vec<(MemberPath, FileMode, Vec<u8>)>,
    /// Whether the archive was ended.
    pub finished: bool,
}

impl MemoryWriter {
    /// The text of a member; `None` if it is not there or not UTF-8.
    pub fn text(&self, path: &str) -> Option<&str> {
        let (_, _, bytes) = self.members.iter().find(|(p, _, _)| p.as_str() == path)?;
        std::str::from_utf8(bytes).ok()
    }

    /// One line a member: mode, size, path.
    pub fn listing(&self) -> String {
        let mut out = String::new();
        for (path, mode, bytes) in &self.members {
            let mode = if *mode == FileMode::Executable {
                'x'
            } else {
                '-'
            };
            let _ = writeln!(out, "{mode} {:>5} {path}", bytes.len());
        }
        out
    }
}

impl MemberWriter for MemoryWriter {
    fn write(&mut self, members: &[Member]) -> Result<Vec<MemberDigest>, ArchiveError> {
        members.iter().map(|member| self.keep(member)).collect()
    }

    fn finish(&mut self) -> Result<(), ArchiveError> {
        self.finished = true;
        Ok(())
    }
}

impl MemoryWriter {
    fn keep(&mut self, member: &Member) -> Result<MemberDigest, ArchiveError> {
        let mut bytes = Vec::new();
        let read = member
            .source
            .open()
            .and_then(|(mut reader, _)| reader.read_to_end(&mut bytes));
        read.map_err(|source| ArchiveError::Read {
            path: member.path.clone(),
            origin: member.source.origin(),
            source,
        })?;
        let written = MemberDigest {
            path: member.path.clone(),
            sha256: Sha256::digest(&bytes).into(),
            size: bytes.len() as u64,
        };
        self.members.push((member.path.clone(), member.mode, bytes));
        Ok(written)
    }
}
