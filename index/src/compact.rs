//! The compact form of one index's answer for one package, on disk and in memory.
//!
//! A package may have thousands of releases, of which a resolver looks at a few. So the file is a
//! head, a row of fixed width for each version, sorted, highest first, and a blob for each version
//! with its files. Head and rows are read at once and used as they are; a blob is read when it is
//! asked for, and a version is parsed when it is looked at.
//!
//! ```text
//! magic 4 | length of all 8 | of the head 4 | of the rows 4 | checksum of both 4 | head | rows | blobs
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

const MAGIC: [u8; 4] = *b"xl\x00\x02";
const PREAMBLE: usize = 24;
const ROW: usize = 32;
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
    unreadable: u32,
    untimed: u32,
}

/// What is known of one version without reading its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// Where its spelling ends in the texts; it begins where the one before ends.
    text_end: u32,
    /// Where its blob ends, likewise.
    blob_end: u32,
    /// The checksum of its blob.
    crc: u32,
    pub(crate) yanked: bool,
    /// When the first wheel was uploaded; `None` where there is no wheel.
    pub(crate) wheel_since: Option<i64>,
    pub(crate) sdist_since: Option<i64>,
    pub(crate) requires_python: Requires,
}

/// Which Pythons the files of a version are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Requires {
    /// Nothing is said.
    Nothing,
    /// All files say this: an index into the listing's table.
    Same(u16),
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
    pub(crate) requires_python: Option<u16>,
    pub(crate) yanked: Option<&'a str>,
    pub(crate) core_metadata: CoreMetadata,
}

/// One index's answer, ready to be asked.
pub(crate) struct Compact {
    /// The file up to the blobs, and, where there is no `file`, with them.
    bytes: Vec<u8>,
    file: Option<(Mutex<fs_err::File>, Utf8PathBuf)>,
    rows_at: usize,
    texts_at: usize,
    blobs_at: usize,
    pub(crate) origin: Origin,
    prefix: String,
    requires_python: Vec<(String, OnceLock<Option<VersionSpecifiers>>)>,
    /// One for each row, made when the first version is looked at.
    versions: OnceLock<Box<[OnceLock<Version>]>>,
    pub(crate) unreadable: u32,
    pub(crate) untimed: u32,
    pub(crate) written: SystemTime,
}

impl Compact {
    /// Reads the head of a cached answer; `None` where it is missing, damaged or of another
    /// format.
    pub(crate) fn open(path: &Utf8Path) -> Option<Self> {
        let file = fs_err::File::open(path).ok()?;
        let meta = file.metadata().ok()?;
        let length = usize::try_from(meta.len()).ok()?;
        let first = if length <= READ_WHOLE {
            length
        } else {
            READ_FIRST
        };
        let mut bytes = Vec::with_capacity(first);
        // Through the standard type, which does not clear the buffer first.
        let read = |limit: usize, bytes: &mut Vec<u8>| {
            bytes.reserve_exact(limit);
            file.file().take(limit as u64).read_to_end(bytes)
        };
        read(first, &mut bytes).ok()?;
        let preamble = Preamble::read(&bytes)?;
        if preamble.total != meta.len() {
            return None;
        }
        let missing = preamble.blobs_at().saturating_sub(bytes.len());
        if missing > 0 {
            read(missing, &mut bytes).ok()?;
        }
        let written = meta.modified().ok()?;
        let mut compact = Self::from_bytes(bytes, written)?;
        if length > READ_WHOLE {
            compact.bytes.truncate(compact.blobs_at);
            compact.file = Some((Mutex::new(file), path.to_owned()));
            return Some(compact);
        }
        compact.is_whole().then_some(compact)
    }

    /// Reads what [`encode`] made; the blobs may be missing from `bytes`, then the caller gives
    /// the file that has them.
    pub(crate) fn from_bytes(bytes: Vec<u8>, written: SystemTime) -> Option<Self> {
        let preamble = Preamble::read(&bytes)?;
        let (rows_at, blobs_at) = (preamble.rows_at(), preamble.blobs_at());
        if checksum(bytes.get(PREAMBLE..blobs_at)?) != preamble.crc {
            return None;
        }
        let head: Head<'_> = postcard::from_bytes(&bytes[PREAMBLE..rows_at]).ok()?;
        let texts_at = head.texts.as_ptr().addr() - bytes.as_ptr().addr();
        let requires_python = head.requires_python.iter();
        Some(Self {
            file: None,
            rows_at,
            texts_at,
            blobs_at,
            prefix: head.prefix.to_owned(),
            requires_python: requires_python
                .map(|&text| (text.to_owned(), OnceLock::new()))
                .collect(),
            versions: OnceLock::new(),
            unreadable: head.unreadable,
            untimed: head.untimed,
            origin: head.origin,
            written,
            bytes,
        })
    }

    /// How many versions there are.
    pub(crate) fn len(&self) -> usize {
        (self.blobs_at - self.rows_at) / ROW
    }

    /// The row at `at`, which must be less than [`Compact::len`].
    pub(crate) fn row(&self, at: usize) -> Row {
        let start = self.rows_at + at * ROW;
        Row::from_bytes(&self.bytes[start..start + ROW])
    }

    /// The ends of the text and of the blob before row `at`.
    fn ends_before(&self, at: usize) -> (usize, usize) {
        match at.checked_sub(1).map(|before| self.row(before)) {
            Some(row) => (row.text_end as usize, row.blob_end as usize),
            None => (0, 0),
        }
    }

    /// The version of row `at`, parsed when first asked for.
    pub(crate) fn version(&self, at: usize) -> &Version {
        let versions = self
            .versions
            .get_or_init(|| (0..self.len()).map(|_| OnceLock::new()).collect());
        versions[at].get_or_init(|| {
            let start = self.texts_at + self.ends_before(at).0;
            let end = self.texts_at + self.row(at).text_end as usize;
            // The encoder wrote only what parses, and the checksum held.
            std::str::from_utf8(self.bytes.get(start..end).unwrap_or_default())
                .ok()
                .and_then(|text| text.parse().ok())
                .unwrap_or_else(|| Version::new([0]))
        })
    }

    /// The row of `version`.
    pub(crate) fn find(&self, version: &Version) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
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
    pub(crate) fn requires_python(&self, at: u16) -> Option<&VersionSpecifiers> {
        let (text, parsed) = self.requires_python.get(usize::from(at))?;
        parsed
            .get_or_init(|| model::parse_requires_python(text))
            .as_ref()
    }

    /// Whether every blob in memory is as it was written.
    fn is_whole(&self) -> bool {
        (0..self.len()).all(|at| {
            self.blob(at)
                .is_ok_and(|blob| checksum(&blob) == self.row(at).crc)
        })
    }

    fn blob(&self, at: usize) -> Result<Cow<'_, [u8]>, Error> {
        let start = self.blobs_at + self.ends_before(at).1;
        let end = self.blobs_at + self.row(at).blob_end as usize;
        let Some((file, path)) = &self.file else {
            return Ok(Cow::Borrowed(
                self.bytes.get(start..end).unwrap_or_default(),
            ));
        };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut blob = vec![0; end.saturating_sub(start)];
        file.seek(SeekFrom::Start(start as u64))
            .and_then(|_| file.read_exact(&mut blob))
            .map_err(Error::file("read the cache file", path))?;
        Ok(Cow::Owned(blob))
    }

    /// Reads the files of row `at`, and gives each to `each`.
    pub(crate) fn files(
        &self,
        at: usize,
        mut each: impl FnMut(StoredFile<'_>),
    ) -> Result<(), Error> {
        let blob = self.blob(at)?;
        let mut rest = blob.as_ref();
        let whole = checksum(rest) == self.row(at).crc && {
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
        match &self.file {
            Some((_, path)) => {
                let _ = fs_err::remove_file(path);
                Error::Damaged { path: path.clone() }
            }
            // It was checked when it was read.
            None => Error::Interrupted,
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

/// What the file begins with.
struct Preamble {
    total: u64,
    head: usize,
    rows: usize,
    crc: u32,
}

impl Preamble {
    fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..PREAMBLE)?;
        let number = |at: usize| Some(u32::from_le_bytes(bytes[at..at + 4].try_into().ok()?));
        let preamble = Self {
            total: u64::from_le_bytes(bytes[4..12].try_into().ok()?),
            head: number(12)? as usize,
            rows: number(16)? as usize,
            crc: number(20)?,
        };
        (bytes[..4] == MAGIC && preamble.rows.is_multiple_of(ROW)).then_some(preamble)
    }

    fn rows_at(&self) -> usize {
        PREAMBLE + self.head
    }

    fn blobs_at(&self) -> usize {
        self.rows_at() + self.rows
    }
}

/// No file of this kind.
const NEVER: i64 = i64::MIN;
const DIFFER: u16 = u16::MAX;

impl Row {
    fn from_bytes(bytes: &[u8]) -> Self {
        let short = |at: usize| u16::from_le_bytes(array(bytes, at));
        let number = |at: usize| u32::from_le_bytes(array(bytes, at));
        let since = |at: usize| Some(i64::from_le_bytes(array(bytes, at))).filter(|t| *t != NEVER);
        Self {
            text_end: number(0),
            blob_end: number(4),
            crc: number(8),
            requires_python: match short(12) {
                0 => Requires::Nothing,
                DIFFER => Requires::Differ,
                at => Requires::Same(at - 1),
            },
            yanked: short(14) != 0,
            wheel_since: since(16),
            sdist_since: since(24),
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        let requires: u16 = match self.requires_python {
            Requires::Nothing => 0,
            Requires::Same(at) => at + 1,
            Requires::Differ => DIFFER,
        };
        bytes.extend(self.text_end.to_le_bytes());
        bytes.extend(self.blob_end.to_le_bytes());
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend(requires.to_le_bytes());
        bytes.extend(u16::from(self.yanked).to_le_bytes());
        bytes.extend(self.wheel_since.unwrap_or(NEVER).to_le_bytes());
        bytes.extend(self.sdist_since.unwrap_or(NEVER).to_le_bytes());
    }
}

/// `N` bytes from `at`; zeros where there are fewer.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let bytes = bytes.get(at..at + N).and_then(|b| b.try_into().ok());
    bytes.unwrap_or([0; N])
}

/// The compact form of `page`. Files whose name does not say a version of `name` are left out.
pub(crate) fn encode(name: &PackageName, page: &Page<'_>, origin: Origin) -> Vec<u8> {
    let sorted = sort(name, &page.files);
    let prefix = common_prefix(&page.files);
    let mut pythons = Pythons::default();
    let (mut texts, mut rows, mut blobs) = (String::new(), Vec::new(), Vec::new());
    for group in sorted.groups.chunk_by(|a, b| a.rank == b.rank) {
        let start = blobs.len();
        let mut row = Row {
            text_end: 0,
            blob_end: 0,
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
        texts.push_str(group[0].text);
        row.text_end = length_of(texts.len());
        row.blob_end = length_of(blobs.len());
        row.crc = checksum(&blobs[start..]);
        row.write(&mut rows);
    }
    let head = Head {
        origin,
        prefix,
        requires_python: pythons.texts,
        texts: &texts,
        unreadable: sorted.unreadable,
        untimed: u32::try_from(page.files.iter().filter(|f| f.uploaded.is_none()).count())
            .unwrap_or(u32::MAX),
    };
    let mut head = postcard::to_stdvec(&head).unwrap_or_default();
    let head_length = head.len();
    head.extend_from_slice(&rows);
    let total = PREAMBLE + head.len() + blobs.len();
    let mut bytes = Vec::with_capacity(total);
    bytes.extend(MAGIC);
    bytes.extend((total as u64).to_le_bytes());
    bytes.extend(length_of(head_length).to_le_bytes());
    bytes.extend(length_of(rows.len()).to_le_bytes());
    bytes.extend(checksum(&head).to_le_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(&blobs);
    bytes
}

/// An answer of 4 GiB is refused long before.
fn length_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
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
    known: FxHashMap<&'a str, u16>,
    texts: Vec<&'a str>,
}

impl<'a> Pythons<'a> {
    /// The text's place in the table; after tens of thousands of different ones, the last.
    fn at(&mut self, text: &'a str) -> u16 {
        *self.known.entry(text).or_insert_with(|| {
            self.texts.push(text);
            u16::try_from(self.texts.len() - 1).unwrap_or(DIFFER - 2)
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
