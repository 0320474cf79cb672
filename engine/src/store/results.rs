//! Results of actions by their digest.

use std::io::Write;

use camino::Utf8PathBuf;
use prost::Message;
use remote::Digest;
use remote::messages::ActionResult;

use super::digest_folder::{DigestFolder, mark_used, persist};
use crate::error::StoreError;

/// Begins each file, before the SHA-256 of the rest. Another one stands for another format.
const MAGIC: &[u8] = b"xtask action result 1\n";

/// Results of actions that ended well, by the digest of the action. A file that is damaged, or of another format,
/// is no result.
#[derive(Debug, Clone)]
pub struct ResultCache(DigestFolder);

impl ResultCache {
    /// The results in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn open(folder: Utf8PathBuf) -> Result<Self, StoreError> {
        DigestFolder::open(folder).map(Self)
    }

    /// The result of an action.
    #[must_use]
    pub fn get(&self, action: &Digest) -> Option<ActionResult> {
        let path = self.0.path(action);
        let bytes = fs_err::read(&path).ok()?;
        let (hash, body) = bytes.strip_prefix(MAGIC)?.split_at_checked(32)?;
        if Digest::of(body).hash() != hash {
            return None;
        }
        if let Ok(metadata) = fs_err::metadata(&path) {
            mark_used(&path, &metadata);
        }
        ActionResult::decode(body).ok()
    }

    /// Whether there is a result of an action, by its name.
    #[must_use]
    pub fn contains(&self, action: &Digest) -> bool {
        self.0.path(action).exists()
    }

    /// Keeps the result of an action that ended well; of others nothing is kept.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put(&self, action: &Digest, result: &ActionResult) -> Result<(), StoreError> {
        if result.exit_code != 0 {
            return Ok(());
        }
        let path = self.0.path(action);
        let failed = |error| StoreError::file("write", &path, error);
        let body = result.encode_to_vec();
        let mut file = self.0.begin()?;
        for part in [MAGIC, Digest::of(&body).hash().as_slice(), &body] {
            file.write_all(part).map_err(failed)?;
        }
        persist(file, &path).map_err(failed)
    }

    /// Forgets the result of an action.
    pub fn forget(&self, action: &Digest) {
        // It may be gone already.
        let _ = fs_err::remove_file(self.0.path(action));
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;

    fn scene() -> (tempfile::TempDir, ResultCache, Digest) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("results");
        (
            folder,
            ResultCache::open(path).unwrap(),
            Digest::of(b"action"),
        )
    }

    #[test]
    fn results_are_kept_and_failures_are_not() {
        let (_folder, cache, action) = scene();
        let failure = ActionResult {
            exit_code: 1,
            ..ActionResult::default()
        };
        cache.put(&action, &failure).unwrap();
        assert_eq!(cache.get(&action), None);
        let result = ActionResult {
            stdout_raw: b"out".to_vec(),
            ..ActionResult::default()
        };
        cache.put(&action, &result).unwrap();
        assert_eq!(cache.get(&action), Some(result));
        cache.forget(&action);
        assert_eq!(cache.get(&action), None);
    }

    #[test]
    fn a_result_that_is_damaged_is_none() {
        let (_folder, cache, action) = scene();
        cache
            .put(
                &action,
                &ActionResult {
                    stdout_raw: b"out".to_vec(),
                    ..ActionResult::default()
                },
            )
            .unwrap();
        let path = cache.0.path(&action);
        let bytes = fs_err::read(&path).unwrap();
        fs_err::remove_file(&path).unwrap();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            fs_err::write(&path, &damaged).unwrap();
            assert_eq!(cache.get(&action), None, "byte {at}");
            fs_err::write(&path, &bytes[..at]).unwrap();
            assert_eq!(cache.get(&action), None, "{at} bytes");
        }
    }
}
