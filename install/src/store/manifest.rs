//! What the store knows of an unpacked wheel without looking at its files.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use model::{PackageName, Sha256, Version};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use wheel::{FileMode, RecordRemark, Script};

/// A wheel in the store, checked and unpacked.
#[derive(Debug, Clone)]
pub struct UnpackedWheel {
    // Invariant: everything in `manifest` stands below `root`.
    root: Utf8PathBuf,
    sha256: Sha256,
    manifest: Arc<Manifest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) name: PackageName,
    pub(crate) version: Version,
    /// `name-version.dist-info`, as the wheel spells it.
    pub(crate) dist_info: String,
    pub(crate) root_is_purelib: bool,
    pub(crate) scripts: Vec<Script>,
    /// Sorted by path; without RECORD.
    pub(crate) files: Vec<UnpackedFile>,
    /// The time of all files: when they were unpacked, in seconds since the start of 1970.
    pub(crate) seconds: u64,
    /// What is not right about RECORD.
    pub(crate) remarks: Vec<RecordRemark>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnpackedFile {
    /// As in the wheel.
    pub(crate) path: String,
    pub(crate) sha256: [u8; 32],
    pub(crate) size: u64,
    pub(crate) executable: bool,
    /// Whether it starts with `#!python` and stands in `.data/scripts`.
    pub(crate) shebang: bool,
}

/// The manifest's file name; it is written last.
pub(super) const MANIFEST: &str = "manifest";
/// The folder of the wheel's files.
pub(super) const FILES: &str = "files";

/// What a manifest is, seen without reading it: one that was lost and written again is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ManifestState {
    size: u64,
    modified: SystemTime,
}

impl ManifestState {
    /// That of the wheel at `root`; none where it is not there.
    pub(super) fn of(root: &Utf8Path) -> Option<Self> {
        let found = std::fs::metadata(root.join(MANIFEST)).ok()?;
        Some(Self {
            size: found.len(),
            modified: found.modified().ok()?,
        })
    }
}

impl UnpackedWheel {
    pub(super) fn read(root: Utf8PathBuf, sha256: Sha256) -> Option<Self> {
        let bytes = fs_err::read(root.join(MANIFEST)).ok()?;
        let manifest = Arc::new(postcard::from_bytes(&bytes).ok()?);
        Some(Self {
            root,
            sha256,
            manifest,
        })
    }

    /// The project.
    #[must_use]
    pub fn name(&self) -> &PackageName {
        &self.manifest.name
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.manifest.version
    }

    /// The wheel's hash.
    #[must_use]
    pub fn sha256(&self) -> &Sha256 {
        &self.sha256
    }

    /// The text of METADATA.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn metadata(&self) -> std::io::Result<String> {
        let path = format!("{}/METADATA", self.manifest.dist_info);
        fs_err::read_to_string(self.file(&path))
    }

    /// The files of the wheel that someone changed since they were unpacked, as an editor does
    /// that follows a hard link.
    #[must_use]
    pub fn damaged(&self) -> Vec<Utf8PathBuf> {
        let changed = |file: &&UnpackedFile| !self.is_intact(file);
        self.manifest
            .files
            .par_iter()
            .filter(changed)
            .map(|file| self.file(&file.path))
            .collect()
    }

    /// The files of the wheel but RECORD: what each is called in it, and where it stands.
    pub fn files(&self) -> impl Iterator<Item = (&str, Utf8PathBuf)> {
        let files = self.manifest.files.iter();
        files.map(|file| (file.path.as_str(), self.file(&file.path)))
    }

    /// What is not right about the wheel's RECORD, though it can be installed.
    #[must_use]
    pub fn remarks(&self) -> &[RecordRemark] {
        &self.manifest.remarks
    }

    /// The time of the files in the store.
    pub(crate) fn time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.manifest.seconds)
    }

    /// Whether the store's file is what was unpacked.
    pub(crate) fn is_intact(&self, file: &UnpackedFile) -> bool {
        file.is_intact(&self.file(&file.path), self.time())
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// A place beside the wheel's files, for what was made of them.
    pub(crate) fn beside(&self, name: &str) -> Utf8PathBuf {
        self.root.join(name)
    }

    /// The folder of the wheel's files.
    pub(crate) fn folder(&self) -> Utf8PathBuf {
        self.root.join(FILES)
    }

    /// Where a file of the wheel stands.
    pub(crate) fn file(&self, path: &str) -> Utf8PathBuf {
        let mut file = String::with_capacity(self.root.as_str().len() + path.len() + 8);
        file.push_str(self.root.as_str());
        file.push('/');
        file.push_str(FILES);
        file.push('/');
        file.push_str(path);
        file.into()
    }
}

impl UnpackedFile {
    /// Whether someone may run it.
    pub(crate) fn mode(&self) -> FileMode {
        match self.executable {
            true => FileMode::Executable,
            false => FileMode::Regular,
        }
    }

    /// Whether the file at `place` has this content still, by its size and the time that it was
    /// given.
    pub(crate) fn is_intact(&self, place: &Utf8Path, time: SystemTime) -> bool {
        std::fs::symlink_metadata(place).is_ok_and(|found| {
            found.is_file()
                && found.len() == self.size
                && found.modified().is_ok_and(|modified| modified == time)
        })
    }
}
