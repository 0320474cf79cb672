//! The store: each wheel unpacked once, named by its hash, to be linked into environments.

mod error;
mod manifest;
mod unpack;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use model::{Sha256, WheelFilename};
use rustc_hash::FxHashMap;

pub use error::{UnpackProblem, WheelError};
use manifest::ManifestState;
pub(crate) use manifest::UnpackedFile;
pub use manifest::UnpackedWheel;

use crate::files;

/// A new layout gets a new folder: an older tool never reads a newer store.
const FOLDER: &str = "wheels-2";

/// A folder of unpacked wheels that any number of runs may use at once.
///
/// A wheel is unpacked beside its place and renamed to it, so that it is there as a whole or not
/// at all, whenever a run is killed.
#[derive(Debug, Clone)]
pub struct Store {
    folder: Utf8PathBuf,
    /// What was read of it.
    read: Arc<Mutex<ReadWheels>>,
}

/// Wheels, and what their manifests were when they were read: other runs may change the store.
type ReadWheels = FxHashMap<Sha256, (UnpackedWheel, ManifestState)>;

impl Store {
    /// The store in `cache`.
    #[must_use]
    pub fn new(cache: &Utf8Path) -> Self {
        Self {
            folder: cache.join(FOLDER),
            read: Arc::default(),
        }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// The wheel with this hash, where it is unpacked.
    #[must_use]
    pub fn get(&self, sha256: &Sha256) -> Option<UnpackedWheel> {
        let place = self.place_of(sha256);
        let state = ManifestState::of(&place)?;
        let known = self.read().get(sha256).cloned();
        match known.filter(|(_, read)| *read == state) {
            Some((wheel, _)) => Some(wheel),
            None => {
                let wheel = UnpackedWheel::read(place, *sha256)?;
                self.read().insert(*sha256, (wheel.clone(), state));
                Some(wheel)
            }
        }
    }

    fn read(&self) -> MutexGuard<'_, ReadWheels> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the wheel with this hash is unpacked.
    #[must_use]
    pub fn has(&self, sha256: &Sha256) -> bool {
        self.get(sha256).is_some()
    }

    /// Unpacks the wheel at `archive`, or gets it where that was done before.
    ///
    /// `filename` is what the lock calls it; the hash is that of the lock, and without one the
    /// file is believed.
    ///
    /// # Errors
    /// Where the hash differs, the wheel does not agree with itself, or the disk does not do.
    pub fn unpack(
        &self,
        archive: &Utf8Path,
        filename: &WheelFilename,
        sha256: Option<&Sha256>,
    ) -> Result<UnpackedWheel, WheelError> {
        if let Some(wheel) = sha256.and_then(|sha256| self.get(sha256)) {
            return Ok(wheel);
        }
        let error = |problem| WheelError {
            wheel: archive.file_name().unwrap_or_default().to_owned(),
            problem,
        };
        self.unpack_checked(archive, filename, sha256)
            .map_err(error)
    }

    fn unpack_checked(
        &self,
        archive: &Utf8Path,
        filename: &WheelFilename,
        expected: Option<&Sha256>,
    ) -> Result<UnpackedWheel, UnpackProblem> {
        let sha256 = files::sha256(archive)?;
        if let Some(expected) = expected
            && *expected != sha256
        {
            return Err(UnpackProblem::Hash {
                expected: *expected,
                found: sha256,
            });
        }
        if let Some(wheel) = self.get(&sha256) {
            return Ok(wheel);
        }
        let place = self.place_of(&sha256);
        let temporary = files::temporary_folder(&self.folder, "")?;
        let root = &files::utf8(temporary.path())?.join("new");
        unpack::unpack(archive, filename, root)?;
        if let Some(parent) = place.parent() {
            fs_err::create_dir_all(parent)?;
        }
        if fs_err::rename(root, &place).is_err()
            && let Some(wheel) = self.get(&sha256)
        {
            // Another run was faster.
            return Ok(wheel);
        }
        if root.exists() {
            // What is there cannot be read: the disk lost it.
            self.discard(&sha256)?;
            fs_err::rename(root, &place)?;
        }
        let lost = || io::Error::other(format!("{place} cannot be read"));
        self.get(&sha256).ok_or_else(|| lost().into())
    }

    /// Forgets a wheel, so that it is unpacked again when it is next needed.
    ///
    /// # Errors
    /// Where its folder cannot be moved away.
    pub fn discard(&self, sha256: &Sha256) -> io::Result<()> {
        let place = self.place_of(sha256);
        if !place.exists() {
            return Ok(());
        }
        let temporary = files::temporary_folder(&self.folder, "")?;
        fs_err::rename(place, temporary.path().join("discarded"))
    }

    fn place_of(&self, sha256: &Sha256) -> Utf8PathBuf {
        let digits = sha256.to_string();
        self.folder.join(&digits[..2]).join(digits)
    }
}

#[cfg(test)]
mod tests;
