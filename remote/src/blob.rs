//! Blobs on this machine: what is sent, and where what is read goes. Nothing that came is used
//! before its digest is checked.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use camino::{Utf8Path, Utf8PathBuf};

use crate::digest::{Digest, DigestHasher};
use crate::error::RemoteProblem;

/// A blob to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// What it is known by.
    pub digest: Digest,
    /// Where its bytes are.
    pub source: BlobSource,
}

/// Where the bytes of a blob are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobSource {
    /// Here.
    Bytes(Vec<u8>),
    /// In a file.
    File(Utf8PathBuf),
}

/// A blob to be read into a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// What is wanted.
    pub digest: Digest,
    /// The file, which is made. It is there afterwards only if its bytes are the right ones.
    pub path: Utf8PathBuf,
}

impl Blob {
    /// A blob of bytes.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Self {
        Self {
            digest: Digest::of(&bytes),
            source: BlobSource::Bytes(bytes),
        }
    }

    /// All its bytes.
    ///
    /// # Errors
    /// Where its file cannot be read, or has other bytes by now.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, RemoteProblem> {
        let path = match &self.source {
            BlobSource::Bytes(bytes) => return Ok(bytes.clone()),
            BlobSource::File(path) => path,
        };
        let bytes = fs_err::read(path).map_err(|e| in_file(path, &e))?;
        match Digest::of(&bytes) == self.digest {
            true => Ok(bytes),
            false => Err(changed(path)),
        }
    }

    /// So many of its bytes from `offset` on; fewer at its end.
    pub(crate) fn part(&self, offset: u64, length: usize) -> Result<Vec<u8>, RemoteProblem> {
        match &self.source {
            BlobSource::Bytes(bytes) => {
                let start = usize::try_from(offset).map_or(bytes.len(), |at| at.min(bytes.len()));
                let end = (start + length).min(bytes.len());
                Ok(bytes[start..end].to_vec())
            }
            BlobSource::File(path) => {
                let mut part = Vec::with_capacity(length);
                let mut file = fs_err::File::open(path).map_err(|e| in_file(path, &e))?;
                file.seek(SeekFrom::Start(offset))
                    .and_then(|_| file.take(length as u64).read_to_end(&mut part))
                    .map_err(|e| in_file(path, &e))?;
                Ok(part)
            }
        }
    }
}

/// What moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlobTransfer {
    /// The number of blobs.
    pub blobs: u64,
    /// The number of their bytes.
    pub bytes: u64,
}

impl BlobTransfer {
    pub(crate) fn of(blobs: impl IntoIterator<Item = Digest>) -> Self {
        let mut sum = Self::default();
        for digest in blobs {
            sum.blobs += 1;
            sum.bytes += digest.size();
        }
        sum
    }
}

/// Where the bytes of a blob go that is read in parts.
pub(crate) struct Receiver {
    expected: Digest,
    hasher: DigestHasher,
    target: Target,
}

enum Target {
    Bytes(Vec<u8>),
    File(fs_err::File, Utf8PathBuf),
}

impl Receiver {
    /// Keeps the bytes.
    pub(crate) fn in_memory(expected: Digest) -> Self {
        Self {
            expected,
            hasher: DigestHasher::default(),
            target: Target::Bytes(Vec::new()),
        }
    }

    /// Writes the bytes to a new file.
    pub(crate) fn in_file(download: &Download) -> Result<Self, RemoteProblem> {
        let path = &download.path;
        let file = fs_err::File::create(path).map_err(|e| in_file(path, &e))?;
        Ok(Self {
            expected: download.digest,
            hasher: DigestHasher::default(),
            target: Target::File(file, path.clone()),
        })
    }

    /// The number of bytes so far.
    pub(crate) fn received(&self) -> u64 {
        self.hasher.size()
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// Where there are more of them than there should be, or they cannot be written.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), RemoteProblem> {
        self.hasher.update(bytes);
        if self.hasher.size() > self.expected.size() {
            return Err(self.wrong());
        }
        match &mut self.target {
            Target::Bytes(all) => {
                all.extend_from_slice(bytes);
                Ok(())
            }
            Target::File(file, path) => file.write_all(bytes).map_err(|e| in_file(path, &e)),
        }
    }

    /// Checks the whole. Gives the bytes if they were kept.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, RemoteProblem> {
        if self.received() < self.expected.size() {
            return Err(RemoteProblem::Truncated {
                expected: self.expected,
                found: self.received(),
            });
        }
        if self.hasher.clone().finish() != self.expected {
            return Err(self.wrong());
        }
        Ok(match &mut self.target {
            Target::Bytes(bytes) => std::mem::take(bytes),
            Target::File(..) => Vec::new(),
        })
    }

    fn wrong(&self) -> RemoteProblem {
        RemoteProblem::WrongContent {
            expected: self.expected,
            found: self.hasher.clone().finish(),
        }
    }
}

/// Checks bytes that came at once.
///
/// # Errors
/// Where they are too few, or others.
pub(crate) fn checked(expected: Digest, bytes: Vec<u8>) -> Result<Vec<u8>, RemoteProblem> {
    let mut receiver = Receiver::in_memory(expected);
    receiver.take(&bytes)?;
    receiver.finish()?;
    Ok(bytes)
}

pub(crate) fn in_file(path: &Utf8Path, error: &std::io::Error) -> RemoteProblem {
    RemoteProblem::File {
        path: path.to_owned(),
        reason: transport::root_cause(error),
    }
}

pub(crate) fn changed(path: &Utf8Path) -> RemoteProblem {
    RemoteProblem::File {
        path: path.to_owned(),
        reason: "it has changed since its digest was made".into(),
    }
}
