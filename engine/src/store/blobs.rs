//! Bytes by their digest.

use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use remote::{Digest, DigestHasher};
use tempfile::NamedTempFile;

use super::digest_folder::{DigestFolder, mark_used, persist};
use crate::error::StoreError;

/// Bytes by their digest, each in a file that is written as a whole. What is read has the digest that was asked
/// for, or is removed.
#[derive(Debug, Clone)]
pub struct BlobStore(DigestFolder);

impl BlobStore {
    /// The store in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn open(folder: Utf8PathBuf) -> Result<Self, StoreError> {
        DigestFolder::open(folder).map(Self)
    }

    /// Whether it has a blob of this digest and size. Its bytes are not read.
    #[must_use]
    pub fn contains(&self, digest: &Digest) -> bool {
        let path = self.path(digest);
        let metadata = fs_err::metadata(&path).ok();
        let metadata = metadata.filter(|metadata| metadata.len() == digest.size());
        metadata.is_some_and(|metadata| {
            mark_used(&path, &metadata);
            true
        })
    }

    /// Keeps bytes. Where they are already, but wrong, they are written again.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        if !self.verify(&digest) {
            let mut file = self.0.begin()?;
            file.write_all(bytes)
                .map_err(|error| StoreError::file("write into", self.temporary(), error))?;
            self.finish(file, &digest)?;
        }
        Ok(digest)
    }

    /// Keeps the bytes of a reader.
    ///
    /// # Errors
    /// Where they cannot be read or written.
    pub fn put_reader(&self, reader: &mut dyn Read) -> Result<Digest, StoreError> {
        let mut file = self.0.begin()?;
        let digest = copy_hashing(reader, &mut file)
            .map_err(|error| StoreError::file("write into", self.temporary(), error))?;
        // Also where there is one: its bits may be rotten.
        self.finish(file, &digest)?;
        Ok(digest)
    }

    /// Keeps a copy of a file.
    ///
    /// # Errors
    /// Where it cannot be read or copied.
    pub fn put_file(&self, path: &Utf8Path) -> Result<Digest, StoreError> {
        let file = fs_err::File::open(path);
        let mut file = file.map_err(|error| StoreError::file("read", path, error))?;
        self.put_reader(&mut file)
    }

    /// Takes a file whose bytes were checked, and which is on the disk of the store.
    ///
    /// # Errors
    /// Where it cannot be moved.
    pub(crate) fn adopt(&self, digest: &Digest, file: &Utf8Path) -> Result<(), StoreError> {
        let failed = |error| StoreError::file("keep", file, error);
        let read_only = std::fs::Permissions::from_mode(0o444);
        fs_err::set_permissions(file, read_only).map_err(failed)?;
        let path = self.path(digest);
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder).map_err(failed)?;
        }
        fs_err::rename(file, &path).map_err(failed)
    }

    /// The folder of what is not finished.
    pub(crate) fn temporary(&self) -> &Utf8Path {
        self.0.temporary()
    }

    /// The bytes of a digest.
    ///
    /// # Errors
    /// Where they are not there, or are others: then they are removed.
    pub fn read(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.path(digest);
        let bytes = fs_err::read(&path).map_err(|error| unread(error, digest, &path))?;
        if Digest::of(&bytes) != *digest {
            return Err(self.damaged(digest));
        }
        Ok(bytes)
    }

    /// Writes the bytes of a digest.
    ///
    /// # Errors
    /// Where they are not there, or are others: then they are removed, and what was written is worth nothing.
    pub fn copy_to(&self, digest: &Digest, to: &mut dyn Write) -> Result<(), StoreError> {
        let path = self.path(digest);
        let file = fs_err::File::open(&path);
        let mut file = file.map_err(|error| unread(error, digest, &path))?;
        let copied = copy_hashing_in(piece_of(digest.size()), &mut file, to);
        let copied = copied.map_err(|error| StoreError::file("copy", &path, error))?;
        if copied != *digest {
            return Err(self.damaged(digest));
        }
        Ok(())
    }

    /// Whether the bytes of a digest are there and right. Wrong ones are removed.
    #[must_use]
    pub fn verify(&self, digest: &Digest) -> bool {
        self.copy_to(digest, &mut io::sink()).is_ok()
    }

    /// The file that has the bytes of a digest, which are checked now. Nobody may write into it.
    ///
    /// # Errors
    /// Where they are not there, or are others: then they are removed.
    pub fn checked_path(&self, digest: &Digest) -> Result<Utf8PathBuf, StoreError> {
        self.copy_to(digest, &mut io::sink())?;
        Ok(self.path(digest))
    }

    fn damaged(&self, digest: &Digest) -> StoreError {
        // Another run may have removed it already.
        let _ = fs_err::remove_file(self.path(digest));
        StoreError::Damaged { digest: *digest }
    }

    fn finish(&self, file: NamedTempFile, digest: &Digest) -> Result<(), StoreError> {
        let path = self.path(digest);
        persist(file, &path).map_err(|error| StoreError::file("write", &path, error))
    }

    /// Where the bytes of a digest are, if they are here.
    pub(crate) fn path(&self, digest: &Digest) -> Utf8PathBuf {
        self.0.path(digest)
    }
}

fn unread(error: io::Error, digest: &Digest, path: &Utf8Path) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound => StoreError::Missing { digest: *digest },
        _ => StoreError::file("read", path, error),
    }
}

/// Copies all bytes, in pieces, and says what their digest is.
pub(crate) fn copy_hashing(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<Digest> {
    copy_hashing_in(LARGEST_PIECE, from, to)
}

/// The size of the pieces in which large files are copied.
const LARGEST_PIECE: usize = 64 << 10;

/// The size of the pieces in which so many bytes are copied, and one more, if it is there, is seen: most files are
/// small.
fn piece_of(size: u64) -> usize {
    usize::try_from(size).map_or(LARGEST_PIECE, |size| LARGEST_PIECE.min(size + 1))
}

fn copy_hashing_in(piece: usize, from: &mut dyn Read, to: &mut dyn Write) -> io::Result<Digest> {
    let mut hasher = DigestHasher::default();
    let mut buffer = vec![0; piece];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(read) => {
                hasher.update(&buffer[..read]);
                to.write_all(&buffer[..read])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, BlobStore) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("blobs");
        (folder, BlobStore::open(path).unwrap())
    }

    #[test]
    fn what_is_kept_is_read() {
        let (_folder, store) = store();
        let digest = store.put(b"abc").unwrap();
        assert_eq!(store.put_reader(&mut &b"abc"[..]).unwrap(), digest);
        assert_eq!(store.read(&digest).unwrap(), b"abc");
        assert!(store.contains(&digest) && store.verify(&digest));
        assert!(
            fs_err::read_dir(store.temporary())
                .unwrap()
                .next()
                .is_none()
        );
    }

    #[test]
    fn bits_that_rot_are_found_and_removed() {
        let (_folder, store) = store();
        for rotten in [&b"abx"[..], b"ab", b"", b"abcd"] {
            let digest = store.put(b"abc").unwrap();
            let path = store.path(&digest);
            fs_err::remove_file(&path).unwrap();
            fs_err::write(&path, rotten).unwrap();
            let error = store.read(&digest).unwrap_err();
            assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
            assert!(!store.contains(&digest));
            assert!(matches!(
                store.read(&digest),
                Err(StoreError::Missing { .. })
            ));
        }
    }

    #[test]
    fn what_is_rotten_is_replaced() {
        let (_folder, store) = store();
        for put in [
            |store: &BlobStore| store.put(b"abc").unwrap(),
            |store: &BlobStore| store.put_reader(&mut &b"abc"[..]).unwrap(),
        ] {
            let path = store.path(&put(&store));
            fs_err::remove_file(&path).unwrap();
            fs_err::write(&path, "abx").unwrap();
            assert_eq!(store.read(&put(&store)).unwrap(), b"abc");
        }
    }

    #[test]
    fn many_may_write_the_same() {
        let (_folder, store) = store();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for number in 0..50_u32 {
                        let digest = store.put(&number.to_le_bytes()).unwrap();
                        assert_eq!(store.read(&digest).unwrap(), number.to_le_bytes());
                    }
                });
            }
        });
    }
}
