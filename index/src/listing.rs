//! The versions of a package and the files of each, from the answers of one or several indexes.
//! Files after the cut-off date are left out.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use model::{
    DistFile, FileKind, FilenameTags, IndexRole, PackageName, SdistFilename, Sha256, Version,
    VersionSpecifiers, WheelFilename,
};
use rustc_hash::FxHashMap;

use crate::compact::{Compact, Requires, StoredFile, UNKNOWN_TIME};
use crate::error::IndexError;
use crate::page::MetadataFile;

/// A package's versions and files.
pub struct Listing {
    name: PackageName,
    /// The answers, in order of priority; never empty.
    parts: Vec<ListingPart>,
    /// If there are several answers: the rows of each version, highest version first.
    merged: Option<Vec<Vec<PartRow>>>,
    cutoff: Option<i64>,
    releases: Mutex<FxHashMap<usize, Arc<ListedRelease>>>,
}

/// The answer of one index or `find_links` entry.
pub(crate) struct ListingPart {
    pub(crate) role: IndexRole,
    pub(crate) compact: Compact,
}

/// A row of one answer, which is a version.
#[derive(Debug, Default, Clone, Copy)]
struct PartRow {
    part: usize,
    row: usize,
}

/// One version of a listing. It is cheap to copy.
#[derive(Clone, Copy)]
pub struct ListedVersion<'a> {
    listing: &'a Listing,
    at: usize,
}

/// The `Requires-Python` of a version's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequiresPython<'a> {
    /// All files have the same one; `None` if they have none.
    Same(Option<&'a VersionSpecifiers>),
    /// Files have different ones, which [`ListedRelease::files`] has.
    Differ,
}

/// One version with its files.
#[derive(Debug)]
pub struct ListedRelease {
    /// The version.
    pub version: Version,
    /// The role of the index that it comes from.
    pub role: IndexRole,
    /// The files, in the order of the index.
    pub files: Vec<ReleaseFile>,
    /// The reason of the first file, if every file is yanked.
    pub yanked: Option<String>,
}

/// What a choice of versions needs to know of one file.
#[derive(Debug, Clone, Copy)]
pub struct ListedFile<'f> {
    /// The tags of its name, if it is a wheel; `None` if it is a source distribution.
    pub wheel: Option<FilenameTags<'f>>,
    /// Its hash, if the index has one.
    pub sha256: Option<Sha256>,
    /// The Pythons that it is for.
    pub requires_python: Option<&'f VersionSpecifiers>,
    /// Whether it was yanked (PEP 592).
    pub yanked: bool,
}

/// One file of a release.
#[derive(Debug)]
pub struct ReleaseFile {
    /// What a lock records.
    pub file: DistFile,
    /// What kind of file it is, read from its name.
    pub kind: FileKind,
    /// Absolute, or relative to the page at `base`. Only this crate uses it.
    pub(crate) url: String,
    pub(crate) base: Arc<str>,
    pub(crate) core_metadata: MetadataFile,
}

impl ReleaseFile {
    /// What a choice of versions needs to know of the file.
    #[must_use]
    pub fn listed(&self) -> ListedFile<'_> {
        ListedFile {
            wheel: self.kind.wheel_tags(),
            sha256: self.file.sha256,
            requires_python: self.file.requires_python.as_ref(),
            yanked: self.file.yanked.is_some(),
        }
    }
}

impl Listing {
    pub(crate) fn new(
        name: PackageName,
        parts: Vec<ListingPart>,
        cutoff: Option<Timestamp>,
    ) -> Self {
        let merged = (parts.len() > 1).then(|| {
            let mut rows: BTreeMap<&Version, Vec<PartRow>> = BTreeMap::new();
            for (nth, part) in parts.iter().enumerate() {
                for row in 0..part.compact.len() {
                    let version = part.compact.version(row);
                    rows.entry(version)
                        .or_default()
                        .push(PartRow { part: nth, row });
                }
            }
            rows.into_values().rev().collect()
        });
        Self {
            name,
            parts,
            merged,
            cutoff: cutoff.map(Timestamp::as_microsecond),
            releases: Mutex::default(),
        }
    }

    /// The package.
    #[must_use]
    pub fn name(&self) -> &PackageName {
        &self.name
    }

    /// The role of the first index that has the package.
    #[must_use]
    pub fn role(&self) -> IndexRole {
        self.parts[0].role
    }

    /// The versions with a file before the cut-off, highest first. A version is parsed when it is
    /// looked at.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = ListedVersion<'_>> + Clone {
        let count = match &self.merged {
            Some(merged) => merged.len(),
            None => self.parts[0].compact.len(),
        };
        (0..count)
            .map(|at| ListedVersion { listing: self, at })
            .filter(ListedVersion::is_visible)
    }

    /// The cut-off, if there is one, with the versions that it hides, highest first.
    pub fn hidden(&self) -> Option<(Timestamp, impl Iterator<Item = &Version>)> {
        let cutoff = Timestamp::from_microsecond(self.cutoff?).ok()?;
        let count = match &self.merged {
            Some(merged) => merged.len(),
            None => self.parts[0].compact.len(),
        };
        let hidden = (0..count)
            .map(|at| ListedVersion { listing: self, at })
            .filter(|listed| !listed.is_visible())
            .map(|listed| listed.version());
        Some((cutoff, hidden))
    }

    /// The version, if it has a file before the cut-off. Only a few versions are parsed.
    #[must_use]
    pub fn find(&self, version: &Version) -> Option<ListedVersion<'_>> {
        let at = self.position(version)?;
        Some(ListedVersion { listing: self, at }).filter(ListedVersion::is_visible)
    }

    /// Finds a file by its name, before or after the cut-off.
    pub(crate) fn locate(
        &self,
        version: &Version,
        filename: &str,
    ) -> Result<Option<ReleaseFile>, IndexError> {
        let Some(at) = self.position(version) else {
            return Ok(None);
        };
        let mut found = None;
        for PartRow { part, row } in self.rows(at) {
            let compact = &self.parts[part].compact;
            compact.files(row, |stored| {
                if stored.filename == filename && found.is_none() {
                    let base = compact.origin.base.as_str().into();
                    found = self.file(compact, &stored, compact.version(row), &base);
                }
            })?;
        }
        Ok(found)
    }

    fn position(&self, version: &Version) -> Option<usize> {
        match &self.merged {
            Some(merged) => merged
                .binary_search_by(|rows| version.cmp(self.version(rows[0])))
                .ok(),
            None => self.parts[0].compact.find(version),
        }
    }

    /// The files of `version` before the cut-off; `None` if there is no such version.
    ///
    /// # Errors
    /// Where the cache cannot be read.
    pub fn release(&self, version: &Version) -> Result<Option<Arc<ListedRelease>>, IndexError> {
        self.find(version).map(|found| found.release()).transpose()
    }

    /// The number of files that were left out because their name cannot be read.
    #[must_use]
    pub fn unreadable_files(&self) -> u64 {
        self.parts.iter().map(|p| p.compact.unreadable).sum()
    }

    /// The number of files without an upload time. If there is a cut-off, they are left out.
    #[must_use]
    pub fn files_without_time(&self) -> u64 {
        self.parts.iter().map(|p| p.compact.untimed).sum()
    }

    fn version(&self, row: PartRow) -> &Version {
        self.parts[row.part].compact.version(row.row)
    }

    fn is_within(&self, time: i64) -> bool {
        self.cutoff.is_none_or(|cutoff| time <= cutoff)
    }

    fn rows(&self, at: usize) -> impl Iterator<Item = PartRow> + '_ {
        let merged = self.merged.as_ref().map(|merged| merged[at].as_slice());
        let plain = merged.is_none().then_some(PartRow { part: 0, row: at });
        plain
            .into_iter()
            .chain(merged.unwrap_or_default().iter().copied())
    }

    /// Calls `each` with the files of a version before the cut-off. Of files of one name in several
    /// parts, that of the first part counts.
    fn each_stored(
        &self,
        at: usize,
        mut each: impl FnMut(PartRow, &StoredFile<'_>),
    ) -> Result<(), IndexError> {
        let mut earlier = Vec::<String>::new();
        for row in self.rows(at) {
            let mut own = Vec::new();
            self.parts[row.part].compact.files(row.row, |stored| {
                let time = stored.uploaded.unwrap_or(UNKNOWN_TIME);
                if !self.is_within(time) || earlier.iter().any(|name| name == stored.filename) {
                    return;
                }
                if self.merged.is_some() {
                    own.push(stored.filename.to_owned());
                }
                each(row, &stored);
            })?;
            earlier.append(&mut own);
        }
        Ok(())
    }

    fn decode(&self, at: usize) -> Result<ListedRelease, IndexError> {
        let first = self.rows(at).next().unwrap_or_default();
        let bases = self
            .parts
            .iter()
            .map(|part| part.compact.origin.base.as_str().into());
        let bases: Vec<Arc<str>> = bases.collect();
        let mut files: Vec<ReleaseFile> = Vec::new();
        self.each_stored(at, |row, stored| {
            let compact = &self.parts[row.part].compact;
            files.extend(self.file(compact, stored, self.version(row), &bases[row.part]));
        })?;
        Ok(ListedRelease {
            version: self.version(first).clone(),
            role: self.parts[first.part].role,
            yanked: match files.iter().all(|file| file.file.yanked.is_some()) {
                true => files.first().and_then(|file| file.file.yanked.clone()),
                false => None,
            },
            files,
        })
    }

    fn file(
        &self,
        compact: &Compact,
        stored: &StoredFile<'_>,
        version: &Version,
        base: &Arc<str>,
    ) -> Option<ReleaseFile> {
        let kind = if stored.filename.ends_with(".whl") {
            FileKind::Wheel(self.wheel(stored.filename, version)?)
        } else {
            FileKind::Sdist(SdistFilename::parse(stored.filename, &self.name).ok()?)
        };
        Some(ReleaseFile {
            file: DistFile {
                filename: stored.filename.to_owned(),
                sha256: stored.sha256.map(Sha256),
                size: stored.size,
                upload_time: stored
                    .uploaded
                    .and_then(|time| Timestamp::from_microsecond(time).ok()),
                requires_python: stored
                    .requires_python
                    .and_then(|at| compact.requires_python(at).cloned()),
                yanked: stored.yanked.map(str::to_owned),
            },
            kind,
            url: compact.url(stored),
            base: base.clone(),
            core_metadata: stored.core_metadata,
        })
    }

    /// Does what the `FromStr` of `WheelFilename` does, with a name and version that are known
    /// already.
    fn wheel(&self, filename: &str, version: &Version) -> Option<WheelFilename> {
        let mut parts = filename.strip_suffix(".whl")?.rsplit('-');
        let (platform, abi, python) = (parts.next()?, parts.next()?, parts.next()?);
        let build = parts.next().filter(|_| parts.clone().count() > 1);
        Some(WheelFilename {
            name: self.name.clone(),
            version: version.clone(),
            build: build.map(str::to_owned),
            python_tag: python.to_owned(),
            abi_tag: abi.to_owned(),
            platform_tag: platform.to_owned(),
        })
    }
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing")
            .field("name", &self.name)
            .field("role", &self.role())
            .finish_non_exhaustive()
    }
}

impl<'a> ListedVersion<'a> {
    /// The version.
    #[must_use]
    pub fn version(&self) -> &'a Version {
        let first = self.listing.rows(self.at).next().unwrap_or_default();
        self.listing.version(first)
    }

    /// The role of the index that this version comes from.
    #[must_use]
    pub fn role(&self) -> IndexRole {
        let PartRow { part, .. } = self.listing.rows(self.at).next().unwrap_or_default();
        self.listing.parts[part].role
    }

    /// Whether it has a wheel before the cut-off.
    #[must_use]
    pub fn has_wheel(&self) -> bool {
        self.any(|row| row.wheel_since)
    }

    /// Whether it has a source distribution before the cut-off.
    #[must_use]
    pub fn has_sdist(&self) -> bool {
        self.any(|row| row.sdist_since)
    }

    /// Whether all its files are yanked (PEP 592).
    #[must_use]
    pub fn is_yanked(&self) -> bool {
        self.rows().all(|(compact, row)| compact.row(row).yanked)
    }

    /// The `Requires-Python` of its files, which are not read for it.
    #[must_use]
    pub fn requires_python(&self) -> RequiresPython<'a> {
        let mut rows = self.rows();
        match (rows.next(), rows.next()) {
            (Some((compact, row)), None) => match compact.row(row).requires_python {
                Requires::Nothing => RequiresPython::Same(None),
                Requires::Same(at) => RequiresPython::Same(compact.requires_python(at)),
                Requires::Differ => RequiresPython::Differ,
            },
            _ => RequiresPython::Differ,
        }
    }

    /// Its files before the cut-off. They are decoded once.
    ///
    /// # Errors
    /// Where the cache cannot be read.
    pub fn release(&self) -> Result<Arc<ListedRelease>, IndexError> {
        let lock = || {
            self.listing
                .releases
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(release) = lock().get(&self.at) {
            return Ok(release.clone());
        }
        let release = Arc::new(self.listing.decode(self.at)?);
        lock().insert(self.at, release.clone());
        Ok(release)
    }

    /// Calls `each` with its files before the cut-off, in the order of the index. Most versions are
    /// looked at to choose another, and the rest of what is known about their files is not read.
    ///
    /// # Errors
    /// Where the cache cannot be read.
    pub fn each_file(&self, mut each: impl FnMut(ListedFile<'_>)) -> Result<(), IndexError> {
        self.listing.each_stored(self.at, |row, stored| {
            let compact = &self.listing.parts[row.part].compact;
            each(ListedFile {
                wheel: FilenameTags::of_filename(stored.filename),
                sha256: stored.sha256.map(Sha256),
                requires_python: stored
                    .requires_python
                    .and_then(|at| compact.requires_python(at)),
                yanked: stored.yanked.is_some(),
            });
        })
    }

    fn rows(&self) -> impl Iterator<Item = (&'a Compact, usize)> + use<'a> {
        let listing = self.listing;
        listing
            .rows(self.at)
            .map(|PartRow { part, row }| (&listing.parts[part].compact, row))
    }

    fn any(&self, since: impl Fn(&crate::compact::CompactRow) -> Option<i64>) -> bool {
        self.rows().any(|(compact, row)| {
            since(&compact.row(row)).is_some_and(|time| self.listing.is_within(time))
        })
    }

    fn is_visible(&self) -> bool {
        self.listing.cutoff.is_none() || self.has_wheel() || self.has_sdist()
    }
}
