//! The cache on disk. The name of every folder has the version of its format; every file begins
//! with a magic word and a checksum. A file that is truncated, damaged or of another format
//! therefore counts as missing. Files are written under a temporary name in the same folder and
//! then renamed, so that concurrent and killed runs do no harm.
//!
//! ```text
//! listings-1/INDEX/NAME        one index's answer for one package (`compact`)
//! metadata-1/SHA256            what a release requires (`stored`)
//! files-1/SHA256/FILENAME      downloaded files
//! partial-1/KEY                downloads under way, one process each
//! archives-1/KEY               what is known of direct URLs
//! git-1/                       repositories and checkouts
//! pip-2                        what pip says its indexes are (`pip`)
//! ```

use std::io::{Read as _, Write as _};
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use model::{PackageName, Sha256};
use sha2::{Digest as _, Sha256 as Sha256Hasher};
use url::Url;

use crate::error::IndexError;

/// The cache folder and the paths in it.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    root: Utf8PathBuf,
}

impl Cache {
    pub(crate) fn new(root: Utf8PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }

    pub(crate) fn listing(&self, index: &str, name: &PackageName) -> Utf8PathBuf {
        self.root.join("listings-1").join(index).join(name.as_str())
    }

    pub(crate) fn metadata(&self, key: &str) -> Utf8PathBuf {
        self.root.join("metadata-1").join(key)
    }

    /// The folder of the downloaded file with this key.
    pub(crate) fn files(&self, key: &str) -> Utf8PathBuf {
        self.root.join("files-1").join(key)
    }

    pub(crate) fn partial(&self, key: &str) -> Utf8PathBuf {
        self.root.join("partial-1").join(key)
    }

    pub(crate) fn archive(&self, url: &Url) -> Utf8PathBuf {
        self.root.join("archives-1").join(url_key(url))
    }

    pub(crate) fn git(&self) -> Utf8PathBuf {
        self.root.join("git-1")
    }

    pub(crate) fn pip(&self) -> Utf8PathBuf {
        self.root.join("pip-2")
    }
}

/// A short name for a URL. A login in it does not matter.
pub(crate) fn url_key(url: &Url) -> String {
    let mut bare = url.clone();
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    let digest = Sha256Hasher::digest(bare.as_str().trim_end_matches('/'));
    hex::encode(&digest[..12])
}

/// The hash of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256(Sha256Hasher::digest(bytes).into())
}

/// The hash of a file's content.
pub(crate) fn sha256_of_file(path: &Utf8Path) -> Result<Sha256, IndexError> {
    let error = |source| IndexError::file("read", path)(source);
    let mut file = fs_err::File::open(path).map_err(error)?;
    let mut hasher = Sha256Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(error)? {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    Ok(Sha256(hasher.finalize().into()))
}

/// The checksum of cached data. It guards against accidents, not against malice.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Replaces the file at `path` by these parts, written one after the other; after an error the old
/// file is still there.
pub(crate) fn write(path: &Utf8Path, parts: &[&[u8]]) -> Result<(), IndexError> {
    let error = |source| IndexError::file("write the cache file", path)(source);
    let folder = path.parent().unwrap_or(Utf8Path::new("."));
    let mut file = match tempfile::NamedTempFile::new_in(folder) {
        Ok(file) => file,
        // A missing folder is made only after an error, since that happens once for each cache.
        Err(_) => {
            fs_err::create_dir_all(folder).map_err(error)?;
            tempfile::NamedTempFile::new_in(folder).map_err(error)?
        }
    };
    for part in parts {
        file.write_all(part).map_err(error)?;
    }
    file.persist(path).map_err(|e| error(e.error))?;
    Ok(())
}

/// Writes `payload` under a magic word and a checksum.
pub(crate) fn write_sealed(
    path: &Utf8Path,
    magic: [u8; 4],
    payload: &[u8],
) -> Result<(), IndexError> {
    write(path, &[&magic, &checksum(payload).to_le_bytes(), payload])
}

/// The contents of a file that [`write_sealed`] wrote; `None` if it is missing, damaged or of
/// another format.
pub(crate) fn read_sealed(path: &Utf8Path, magic: [u8; 4]) -> Option<SealedBytes> {
    let bytes = fs_err::read(path).ok()?;
    let (head, payload) = bytes.split_at_checked(8)?;
    let whole = head[..4] == magic && head[4..] == checksum(payload).to_le_bytes();
    whole.then_some(SealedBytes(bytes))
}

/// The bytes of a sealed file.
pub(crate) struct SealedBytes(Vec<u8>);

impl SealedBytes {
    pub(crate) fn payload(&self) -> &[u8] {
        &self.0[8..]
    }
}

/// The time since `path` was written or confirmed; `None` if it is missing.
pub(crate) fn age(path: &Utf8Path) -> Option<std::time::Duration> {
    let written = fs_err::metadata(path).ok()?.modified().ok()?;
    Some(since(written))
}

/// The time since `moment`; zero if the clock was set back.
pub(crate) fn since(moment: SystemTime) -> std::time::Duration {
    moment.elapsed().unwrap_or_default()
}

/// Records that `path` is never fresh. If this fails, it is until it is old.
pub(crate) fn expire(path: &Utf8Path) {
    set_modified(path, SystemTime::UNIX_EPOCH);
}

/// Records that the server confirmed the content of `path`. If this fails, the only cost is a
/// request in a later run.
pub(crate) fn confirm(path: &Utf8Path) {
    set_modified(path, SystemTime::now());
}

fn set_modified(path: &Utf8Path, time: SystemTime) {
    if let Ok(file) = fs_err::OpenOptions::new().append(true).open(path) {
        let _ = file.file().set_modified(time);
    }
}
