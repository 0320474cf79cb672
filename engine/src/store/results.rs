//! Results of actions by their digest.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use prost::Message;
use remote::Digest;
use remote::messages::ActionResult;

use super::digest_folder::{DigestFolder, mark_used, persist};
use super::result_pack::{PackChanges, ResultPack};
use crate::checked_file::{seal, unseal};
use crate::error::StoreError;

/// Begins each file, before the SHA-256 of the rest. Another one stands for another format.
const MAGIC: &[u8] = b"xtask action result 1\n";

/// From how many actions on a run reads the pack, and how many new results are worth a new one.
const MANY: usize = 64;

/// Results of actions that ended well, by the digest of the action. A file that is damaged, or of another format,
/// is no result.
#[derive(Debug)]
pub struct ResultCache {
    folder: DigestFolder,
    /// Where a run of many actions looks first.
    pack: OnceLock<ResultPack>,
    changes: Mutex<PackChanges>,
}

impl ResultCache {
    /// The results in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn open(folder: Utf8PathBuf) -> Result<Self, StoreError> {
        Ok(Self {
            folder: DigestFolder::open(folder)?,
            pack: OnceLock::new(),
            changes: Mutex::default(),
        })
    }

    /// Removes what is packed of the results in a folder: some of them are gone.
    pub(crate) fn unpack(folder: &Utf8Path) {
        ResultPack::remove(folder);
    }

    /// So many results will be asked for.
    pub(crate) fn expect(&self, count: usize) {
        if count >= MANY {
            self.pack
                .get_or_init(|| ResultPack::read(self.folder.folder()));
        }
    }

    /// The result of an action.
    #[must_use]
    pub fn get(&self, action: &Digest) -> Option<ActionResult> {
        let packed = self.pack.get().and_then(|pack| pack.get(action));
        let packed = packed.filter(|_| !self.changes().gone.contains(action));
        if let Some(result) = packed.and_then(|body| ActionResult::decode(body).ok()) {
            self.changes().used.push(*action);
            return Some(result);
        }
        let path = self.folder.path(action);
        let bytes = fs_err::read(&path).ok()?;
        let body = unseal(MAGIC, &bytes)?;
        if let Ok(metadata) = fs_err::metadata(&path) {
            mark_used(&path, &metadata);
        }
        let result = ActionResult::decode(body).ok()?;
        self.note(action, body);
        Some(result)
    }

    /// Whether there is a result of an action, by its name.
    #[must_use]
    pub fn contains(&self, action: &Digest) -> bool {
        let packed = self.pack.get().and_then(|pack| pack.get(action));
        packed.is_some() || self.folder.path(action).exists()
    }

    /// Keeps the result of an action that ended well; of others nothing is kept.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put(&self, action: &Digest, result: &ActionResult) -> Result<(), StoreError> {
        if result.exit_code != 0 {
            return Ok(());
        }
        let path = self.folder.path(action);
        if path.exists() {
            ResultPack::remove(self.folder.folder());
        }
        let failed = |error| StoreError::file("write into", self.folder.temporary(), error);
        let body = result.encode_to_vec();
        let mut file = self.folder.begin()?;
        file.write_all(&seal(MAGIC, &body)).map_err(failed)?;
        persist(file, &path).map_err(failed)?;
        self.note(action, &body);
        Ok(())
    }

    /// Forgets the result of an action that is of no use: that of the pack first, then the one in its own file. Gives
    /// whether there may be another one.
    pub(crate) fn forget(&self, action: &Digest) -> bool {
        let packed = self
            .pack
            .get()
            .is_some_and(|pack| pack.get(action).is_some());
        if packed && !self.changes().gone.contains(action) {
            self.changes().gone.insert(*action);
            return true;
        }
        // It may be gone already.
        let _ = fs_err::remove_file(self.folder.path(action));
        false
    }

    /// A run is over: what it read one by one is packed, if it is worth it.
    pub(crate) fn pack(&self) {
        let Some(pack) = self.pack.get() else { return };
        let changes = std::mem::take(&mut *self.changes());
        if changes.new.len() >= MANY.max(pack.len() / 8) || !changes.gone.is_empty() {
            ResultPack::update(self.folder.folder(), &changes);
        }
    }

    fn note(&self, action: &Digest, body: &[u8]) {
        if self.pack.get().is_some() {
            self.changes().new.insert(*action, body.to_vec());
        }
    }

    fn changes(&self) -> MutexGuard<'_, PackChanges> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
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
        let path = cache.folder.path(&action);
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
