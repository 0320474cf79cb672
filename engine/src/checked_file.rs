//! Files of the cache that are read as a whole: what says their format, the SHA-256 of the rest, the rest.

use std::io::{self, Write};

use camino::Utf8Path;
use remote::Digest;
use tempfile::NamedTempFile;

/// A file's bytes. `magic` says its format.
pub(crate) fn seal(magic: &[u8], body: &[u8]) -> Vec<u8> {
    [magic, Digest::of(body).hash(), body].concat()
}

/// What follows the SHA-256 in a file's bytes, unless they are damaged or of another format.
pub(crate) fn unseal<'b>(magic: &[u8], bytes: &'b [u8]) -> Option<&'b [u8]> {
    let (hash, body) = bytes.strip_prefix(magic)?.split_at_checked(32)?;
    (Digest::of(body).hash() == hash).then_some(body)
}

/// What follows the SHA-256 in a file, unless it is not there, damaged or of another format.
pub(crate) fn read_sealed(magic: &[u8], path: &Utf8Path) -> Option<Vec<u8>> {
    let bytes = fs_err::read(path).ok()?;
    unseal(magic, &bytes).map(<[u8]>::to_vec)
}

/// Replaces a file as a whole; `unfinished` is the folder that it is written in, on the same disk. Makes both folders.
///
/// # Errors
/// Where that cannot be done. The file is as it was then.
pub(crate) fn replace(path: &Utf8Path, unfinished: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    fs_err::create_dir_all(unfinished)?;
    path.parent().map_or(Ok(()), fs_err::create_dir_all)?;
    let mut file = NamedTempFile::new_in(unfinished)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}
