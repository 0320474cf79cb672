//! Reads and writes the file in which parsed imports are kept between runs.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use targets::imports::ImportCache;

/// A cache of parsed imports with its file.
#[derive(Debug)]
pub struct ImportCacheFile {
    path: Utf8PathBuf,
    cache: ImportCache,
}

impl ImportCacheFile {
    /// Opens the cache at `path`. A file that is missing, of another version or damaged counts as
    /// empty.
    #[must_use]
    pub fn open(path: Utf8PathBuf) -> Self {
        let bytes = fs_err::read(&path).unwrap_or_default();
        Self {
            cache: ImportCache::decode(&bytes),
            path,
        }
    }

    /// The cache.
    #[must_use]
    pub fn cache(&self) -> &ImportCache {
        &self.cache
    }

    /// Writes new entries to the file, which is replaced as a whole. The file has a checksum, which
    /// is checked when it is read, so the disk is not waited for.
    ///
    /// # Errors
    /// Where the file cannot be written; the old file is then unchanged.
    pub fn save(&self) -> io::Result<()> {
        if !self.cache.has_news() {
            return Ok(());
        }
        let bytes = self.cache.encode().map_err(io::Error::other)?;
        let folder = self.path.parent().unwrap_or(Utf8Path::new("."));
        fs_err::create_dir_all(folder)?;
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut new, &bytes)?;
        new.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use targets::imports::Strings;

    use super::*;

    #[test]
    fn the_cache_survives_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("deep/imports.bin")).unwrap();
        let file = ImportCacheFile::open(path.clone());
        let imports = file.cache().imports(b"import a", Strings::Skip);
        file.save().unwrap();
        let again = ImportCacheFile::open(path.clone());
        assert_eq!(again.cache().imports(b"import a", Strings::Skip), imports);
        assert!(!again.cache().has_news());

        let mut bytes = fs_err::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs_err::write(&path, bytes).unwrap();
        let damaged = ImportCacheFile::open(path);
        assert_eq!(damaged.cache().imports(b"import a", Strings::Skip), imports);
        assert!(damaged.cache().has_news());
    }
}
