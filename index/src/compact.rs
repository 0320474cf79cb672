//! The compact form of one index's answer for one package, on disk and in memory.
//!
//! A package may have thousands of releases, of which a resolver looks at a few. So the file is a
//! head (a row per version, sorted, highest first) and a blob per version with its files; the
//! head is read at once, a blob when it is asked for, and a version is parsed when it is looked at.
//!
//! ```text
//! magic 4 | length of all 8 | length of head 4 | checksum of head 4 | head | blob blob …
//! ```

use std::borrow::Cow;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use model::{PackageName, Version, VersionSpecifiers};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::cache::{self, checksum};
use crate::error::Error;

const MAGIC: [u8; 4] = *b"xl\x00\x01";
const PREAMBLE: usize = 20;
/// Files up to this size are read whole; of larger ones the head, whose length is known once
/// the first bytes are read.
const READ_WHOLE: usize = 64 * 1024;
const READ_FIRST: usize = 16 * 1024;
/// The upload time of a file of which none is known.
pub(crate) const UNKNOWN_TIME: i64 = i64::MAX;

/// One file as a server lists it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct ListedFile<'a> {
    pub(crate) filename: Cow<'a, str>,
    /// Absolute, or relative to the page.
    pub(crate) url: Cow<'a, str>,
    pub(crate) sha256: Option<[u8; 32]>,
    pub(crate) size: Option<u64>,
    /// Microseconds since 1970.
    pub(crate) uploaded: Option<i64>,
    pub(crate) requires_python: Option<Cow<'a, str>>,
    pub(crate) yanked: Option<Cow<'a, str>>,
    pub(crate) core_metadata: CoreMetadata,
}

/// Whether a wheel's metadata lies beside it (PEP 658, PEP 714).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CoreMetadata {
    /// It does not.
    #[default]
    Absent,
    /// It does; its digest is not listed.
    Unhashed,
    /// It does, with this digest.
    Hashed([u8; 32]),
}

/// A server's answer.
#[derive(Debug, Default)]
pub(crate) struct Page<'a> {
    pub(crate) files: Vec<ListedFile<'a>>,
}

/// What a conditional request needs, and where the page was.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The page's URL after redirects, without credentials; the files' URLs are relative to it.
    pub(crate) base: String,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    /// Whether the server says that it has no such package.
    pub(crate) absent: bool,
}

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    origin: Origin,
    /// What all files' URLs begin with.
    prefix: &'a str,
    #[serde(borrow)]
    requires_python: Vec<&'a str>,
    /// All versions as spelt, one after the other.
    texts: &'a str,
    rows: Vec<HeadRow>,
    unreadable: u32,
    untimed: u32,
}

#[derive(Serialize, Deserialize)]
struct HeadRow {
    text: u32,
    blob: u32,
    crc: u32,
    yanked: bool,
    wheel_since: Option<i64>,
    sdist_since: Option<i64>,
    requires_python: Requires,
}

/// Which Pythons the files of a version are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Requires {
    /// Nothing is said.
    Nothing,
    /// All files say this: an index into the listing's table.
    Same(u32),
    /// Files differ.
    Differ,
}

/// A file in a version's blob.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredFile<'a> {
    pub(crate) filename: &'a str,
    /// What follows the listing's prefix; where it ends in `/`, the file name follows.
    url: &'a str,
    pub(crate) sha256: Option<[u8; 32]>,
    pub(crate) size: Option<u64>,
    pub(crate) uploaded: Option<i64>,
    pub(crate) requires_python: Option<u32>,
    pub(crate) yanked: Option<&'a str>,
    pub(crate) core_metadata: CoreMetadata,
}

/// One version's row.
pub(crate) struct Row {
    text: (u32, u32),
    version: OnceLock<Version>,
    blob: (u64, u32),
    crc: u32,
    pub(crate) yanked: bool,
    /// When the first wheel was uploaded; `None` where there is no wheel.
    pub(crate) wheel_since: Option<i64>,
    pub(crate) sdist_since: Option<i64>,
    pub(crate) requires_python: Requires,
}

/// One index's answer, ready to be asked.
pub(crate) struct Compact {
    backing: Backing,
    blobs_at: u64,
    pub(crate) origin: Origin,
    prefix: String,
    requires_python: Vec<(String, OnceLock<Option<VersionSpecifiers>>)>,
    texts: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) unreadable: u32,
    pub(crate) untimed: u32,
    pub(crate) written: SystemTime,
}

enum Backing {
    Memory(Vec<u8>),
    File(Mutex<fs_err::File>, Utf8PathBuf),
}

impl Compact {
    /// Reads the head of a cached answer; `None` where it is missing, damaged or of another
    /// format.
    pub(crate) fn open(path: &Utf8Path) -> Option<Self> {
        let mut file = fs_err::File::open(path).ok()?;
        let meta = file.metadata().ok()?;
        let length = usize::try_from(meta.len()).ok()?;
        let first = if length <= READ_WHOLE {
            length
        } else {
            READ_FIRST
        };
        let mut bytes = Vec::with_capacity(first);
        (&mut file)
            .take(first as u64)
            .read_to_end(&mut bytes)
            .ok()?;
        let (total, head) = preamble(&bytes)?;
        if total != meta.len() {
            return None;
        }
        let missing = (PREAMBLE + head).saturating_sub(bytes.len());
        bytes.reserve_exact(missing);
        (&mut file)
            .take(missing as u64)
            .read_to_end(&mut bytes)
            .ok()?;
        let mut compact = Self::from_bytes(bytes, meta.modified().ok()?)?;
        if length > READ_WHOLE {
            compact.backing = Backing::File(Mutex::new(file), path.to_owned());
            return Some(compact);
        }
        compact.is_whole().then_some(compact)
    }

    /// Whether every blob in memory is as it was written.
    fn is_whole(&self) -> bool {
        (0..self.rows.len()).all(|at| {
            self.blob(at)
                .is_ok_and(|blob| checksum(&blob) == self.rows[at].crc)
        })
    }

    fn blob(&self, at: usize) -> Result<Cow<'_, [u8]>, Error> {
        let (start, length) = self.rows[at].blob;
        let (start, length) = (self.blobs_at + start, length as usize);
        match &self.backing {
            Backing::Memory(bytes) => {
                let start = usize::try_from(start).unwrap_or(usize::MAX);
                let end = start.saturating_add(length);
                Ok(Cow::Borrowed(bytes.get(start..end).unwrap_or_default()))
            }
            Backing::File(file, path) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                let mut blob = vec![0; length];
                file.seek(SeekFrom::Start(start))
                    .and_then(|_| file.read_exact(&mut blob))
                    .map_err(Error::file("read the cache file", path))?;
                Ok(Cow::Owned(blob))
            }
        }
    }

    /// Reads what [`encode`] made; the blobs may be missing from `bytes`, then the caller gives
    /// the file that has them.
    pub(crate) fn from_bytes(bytes: Vec<u8>, written: SystemTime) -> Option<Self> {
        let (_, length) = preamble(&bytes)?;
        let blobs_at = PREAMBLE + length;
        let head = bytes.get(PREAMBLE..blobs_at)?;
        if bytes[16..20] != checksum(head).to_le_bytes() {
            return None;
        }
        let head: Head<'_> = postcard::from_bytes(head).ok()?;
        let (mut text_at, mut blob_at) = (0, 0);
        let rows = head.rows.iter().map(|row| {
            let text = (text_at, row.text);
            let blob = (blob_at, row.blob);
            text_at += row.text;
            blob_at += u64::from(row.blob);
            Row {
                text,
                version: OnceLock::new(),
                blob,
                crc: row.crc,
                yanked: row.yanked,
                wheel_since: row.wheel_since,
                sdist_since: row.sdist_since,
                requires_python: row.requires_python,
            }
        });
        Some(Self {
            rows: rows.collect(),
            blobs_at: blobs_at as u64,
            prefix: head.prefix.to_owned(),
            requires_python: head
                .requires_python
                .iter()
                .map(|&text| (text.to_owned(), OnceLock::new()))
                .collect(),
            texts: head.texts.to_owned(),
            unreadable: head.unreadable,
            untimed: head.untimed,
            origin: head.origin,
            backing: Backing::Memory(bytes),
            written,
        })
    }

    /// The version of row `at`, parsed when first asked for.
    pub(crate) fn version(&self, at: usize) -> &Version {
        let row = &self.rows[at];
        row.version.get_or_init(|| {
            let (start, length) = (row.text.0 as usize, row.text.1 as usize);
            // The encoder wrote only what parses, and the checksum held.
            self.texts
                .get(start..start + length)
                .and_then(|text| text.parse().ok())
                .unwrap_or_else(|| Version::new([0]))
        })
    }

    /// The row of `version`.
    pub(crate) fn find(&self, version: &Version) -> Option<usize> {
        let (mut low, mut high) = (0, self.rows.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match version.cmp(self.version(middle)) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Less => low = middle + 1,
            }
        }
        None
    }

    /// An entry of the table of `Requires-Python`.
    pub(crate) fn requires_python(&self, at: u32) -> Option<&VersionSpecifiers> {
        let (text, parsed) = self.requires_python.get(at as usize)?;
        parsed
            .get_or_init(|| model::parse_requires_python(text))
            .as_ref()
    }

    /// Reads the files of row `at`, and gives each to `each`.
    pub(crate) fn files(
        &self,
        at: usize,
        mut each: impl FnMut(StoredFile<'_>),
    ) -> Result<(), Error> {
        let blob = self.blob(at)?;
        let mut rest = blob.as_ref();
        let whole = checksum(rest) == self.rows[at].crc && {
            loop {
                if rest.is_empty() {
                    break true;
                }
                match postcard::take_from_bytes::<StoredFile<'_>>(rest) {
                    Ok((file, tail)) => {
                        each(file);
                        rest = tail;
                    }
                    Err(_) => break false,
                }
            }
        };
        if whole { Ok(()) } else { Err(self.damaged()) }
    }

    fn damaged(&self) -> Error {
        match &self.backing {
            Backing::File(_, path) => {
                let _ = fs_err::remove_file(path);
                Error::Damaged { path: path.clone() }
            }
            // It was checked when it was read.
            Backing::Memory(_) => Error::Interrupted,
        }
    }

    /// A file's URL, absolute or relative to the page.
    pub(crate) fn url(&self, file: &StoredFile<'_>) -> String {
        let name = if file.url.ends_with('/') {
            file.filename
        } else {
            ""
        };
        [&self.prefix, file.url, name].concat()
    }
}

fn preamble(bytes: &[u8]) -> Option<(u64, usize)> {
    let head = bytes.get(..PREAMBLE)?;
    if head[..4] != MAGIC {
        return None;
    }
    let total = u64::from_le_bytes(head[4..12].try_into().ok()?);
    let length = u32::from_le_bytes(head[12..16].try_into().ok()?);
    Some((total, length as usize))
}

/// The compact form of `page`. Files whose name does not say a version of `name` are left out.
pub(crate) fn encode(name: &PackageName, page: &Page<'_>, origin: Origin) -> Vec<u8> {
    let sorted = sort(name, &page.files);
    let prefix = common_prefix(&page.files);
    let mut pythons = Pythons::default();
    let (mut texts, mut rows, mut blobs) = (String::new(), Vec::new(), Vec::new());
    for group in sorted.groups.chunk_by(|a, b| a.rank == b.rank) {
        let start = blobs.len();
        let mut row = HeadRow {
            text: u32::try_from(group[0].text.len()).unwrap_or(0),
            blob: 0,
            crc: 0,
            yanked: true,
            wheel_since: None,
            sdist_since: None,
            requires_python: Requires::Nothing,
        };
        for (nth, member) in group.iter().enumerate() {
            let file = &page.files[member.file];
            let time = file.uploaded.unwrap_or(UNKNOWN_TIME);
            let since = if member.wheel {
                &mut row.wheel_since
            } else {
                &mut row.sdist_since
            };
            *since = Some(since.map_or(time, |since| since.min(time)));
            row.yanked &= file.yanked.is_some();
            let python = file.requires_python.as_deref().map(|text| pythons.at(text));
            let requires = python.map_or(Requires::Nothing, Requires::Same);
            if nth == 0 {
                row.requires_python = requires;
            } else if row.requires_python != requires {
                row.requires_python = Requires::Differ;
            }
            let stored = StoredFile {
                filename: &file.filename,
                url: file.url[prefix.len()..]
                    .strip_suffix(file.filename.as_ref())
                    .filter(|folder| folder.ends_with('/'))
                    .unwrap_or(&file.url[prefix.len()..]),
                sha256: file.sha256,
                size: file.size,
                uploaded: file.uploaded,
                requires_python: python,
                yanked: file.yanked.as_deref(),
                core_metadata: file.core_metadata,
            };
            // Writing into memory what has no maps or floats does not fail.
            if let Ok(longer) = postcard::to_extend(&stored, std::mem::take(&mut blobs)) {
                blobs = longer;
            }
        }
        row.blob = u32::try_from(blobs.len() - start).unwrap_or(0);
        row.crc = checksum(&blobs[start..]);
        texts.push_str(group[0].text);
        rows.push(row);
    }
    let head = Head {
        origin,
        prefix,
        requires_python: pythons.texts,
        texts: &texts,
        rows,
        unreadable: sorted.unreadable,
        untimed: u32::try_from(page.files.iter().filter(|f| f.uploaded.is_none()).count())
            .unwrap_or(u32::MAX),
    };
    let head = postcard::to_stdvec(&head).unwrap_or_default();
    let total = PREAMBLE + head.len() + blobs.len();
    let mut bytes = Vec::with_capacity(total);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&(total as u64).to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(head.len()).unwrap_or(0).to_le_bytes());
    bytes.extend_from_slice(&checksum(&head).to_le_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(&blobs);
    bytes
}

/// Writes an encoded answer, and gives it back ready to be asked.
pub(crate) fn store(path: &Utf8Path, bytes: Vec<u8>) -> Result<Compact, Error> {
    cache::write(path, &[&bytes])?;
    let reopened = if bytes.len() > READ_WHOLE {
        drop(bytes);
        Compact::open(path)
    } else {
        Compact::from_bytes(bytes, SystemTime::now())
    };
    reopened.ok_or_else(|| Error::Damaged {
        path: path.to_owned(),
    })
}

#[derive(Default)]
struct Pythons<'a> {
    known: FxHashMap<&'a str, u32>,
    texts: Vec<&'a str>,
}

impl<'a> Pythons<'a> {
    fn at(&mut self, text: &'a str) -> u32 {
        *self.known.entry(text).or_insert_with(|| {
            self.texts.push(text);
            u32::try_from(self.texts.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

struct Sorted<'a> {
    /// Files by version, highest first, in the order of the page within one.
    groups: Vec<Member<'a>>,
    unreadable: u32,
}

struct Member<'a> {
    rank: u32,
    file: usize,
    wheel: bool,
    text: &'a str,
}

fn sort<'a>(name: &PackageName, files: &'a [ListedFile<'_>]) -> Sorted<'a> {
    let mut known: FxHashMap<&str, usize> = FxHashMap::default();
    let mut versions: Vec<Option<Version>> = Vec::new();
    let mut members = Vec::with_capacity(files.len());
    for (file, listed) in files.iter().enumerate() {
        let Some((wheel, text)) = split_filename(&listed.filename, name) else {
            continue;
        };
        let spelt = *known.entry(text).or_insert_with(|| {
            versions.push(text.parse().ok());
            versions.len() - 1
        });
        if versions[spelt].is_some() {
            members.push((spelt, file, wheel, text));
        }
    }
    let mut order: Vec<usize> = (0..versions.len()).collect();
    order.sort_by(|&a, &b| versions[b].cmp(&versions[a]));
    let mut ranks = vec![0; versions.len()];
    let mut rank = 0;
    for pair in 0..order.len() {
        // Two spellings of one version (`1.0`, `1.0.0`) share a rank.
        if pair > 0 && versions[order[pair]] != versions[order[pair - 1]] {
            rank += 1;
        }
        ranks[order[pair]] = rank;
    }
    let mut groups: Vec<Member<'_>> = members
        .into_iter()
        .map(|(spelt, file, wheel, text)| Member {
            rank: ranks[spelt],
            file,
            wheel,
            text,
        })
        .collect();
    groups.sort_by_key(|member| (member.rank, member.file));
    Sorted {
        unreadable: u32::try_from(files.len() - groups.len()).unwrap_or(u32::MAX),
        groups,
    }
}

/// Whether a file of `name` is a wheel, and its version as spelt; `None` for what is neither wheel
/// nor source distribution of this package.
pub(crate) fn split_filename<'f>(filename: &'f str, name: &PackageName) -> Option<(bool, &'f str)> {
    if let Some(stem) = filename.strip_suffix(".whl") {
        let (project, rest) = stem.split_once('-')?;
        let parts = rest.split('-').count();
        let version = rest.split('-').next()?;
        return ((parts == 4 || parts == 5) && is_spelling_of(project, name))
            .then_some((true, version));
    }
    let stem = [
        ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z", ".tar", ".tbz",
    ]
    .into_iter()
    .find_map(|extension| filename.strip_suffix(extension))?;
    // The name may contain `-`, and so may an old version: the split that reads is the right one.
    stem.match_indices('-')
        .filter(|&(at, _)| is_spelling_of(&stem[..at], name))
        .map(|(at, _)| &stem[at + 1..])
        .find(|version| version.parse::<Version>().is_ok())
        .map(|version| (false, version))
}

fn is_spelling_of(spelt: &str, name: &PackageName) -> bool {
    let mut expected = name.as_str().bytes();
    let mut bytes = spelt.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let folded = match byte {
            b'-' | b'_' | b'.' => {
                while bytes.next_if(|b| matches!(b, b'-' | b'_' | b'.')).is_some() {}
                b'-'
            }
            byte => byte.to_ascii_lowercase(),
        };
        if expected.next() != Some(folded) {
            return false;
        }
    }
    expected.next().is_none()
}

fn common_prefix<'a>(files: &'a [ListedFile<'_>]) -> &'a str {
    let Some(first) = files.first() else {
        return "";
    };
    let mut prefix: &str = &first.url;
    for file in files {
        let shared = prefix
            .bytes()
            .zip(file.url.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        prefix = &prefix[..prefix.floor_char_boundary(shared)];
    }
    // Up to a `/`, so that what is left is whole parts of a path.
    prefix.rfind('/').map_or("", |at| &prefix[..=at])
}
