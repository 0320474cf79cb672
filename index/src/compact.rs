//! The compact form of an index's answer for one package, on disk and in memory.
//!
//! A package may have thousands of releases, and a resolver looks at few of them. The file
//! therefore has a head, a row of fixed width for each version (highest first), and a blob with the
//! files of each version. The head and the rows are read at once and used as they are. A blob is
//! read when it is asked for, and a version is parsed when it is looked at.
//!
//! ```text
//! magic 4 | length of all 8 | of the head 4 | of the rows 4 | checksum of both 4 | head | rows | blobs
//! ```

use std::borrow::Cow;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use model::{Version, VersionSpecifiers};
use serde::{Deserialize, Serialize};
use transport::TransportError;

use crate::cache::{self, checksum};
use crate::error::IndexError;
use crate::page::MetadataFile;

pub(crate) const MAGIC: [u8; 4] = *b"xl\x00\x02";
pub(crate) const PREAMBLE: usize = 24;
const ROW: usize = 32;
/// Files up to this size are read whole. Of a larger file, only the beginning is read, whose length
/// its first bytes tell.
const READ_WHOLE: usize = 64 * 1024;
const READ_FIRST: usize = 16 * 1024;
/// Stands for an upload time that is not known.
pub(crate) const UNKNOWN_TIME: i64 = i64::MAX;

/// The data for a conditional request, and the URL of the page.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageOrigin {
    /// The URL of the page after redirects, without a login. URLs of files are relative to it.
    pub(crate) base: String,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    /// Whether the server says that it does not have the package.
    pub(crate) absent: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CompactHeader<'a> {
    pub(crate) origin: PageOrigin,
    /// The common beginning of the URLs of all files.
    pub(crate) prefix: &'a str,
    #[serde(borrow)]
    pub(crate) requires_python: Vec<&'a str>,
    /// The spellings of all versions, one after the other.
    pub(crate) texts: &'a str,
    pub(crate) unreadable: u64,
    pub(crate) untimed: u64,
}

/// The data of one version that is available without reading its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CompactRow {
    /// The end of its spelling in the texts. It begins at the end of the row before.
    pub(crate) text_end: u32,
    /// The end of its blob, which begins at the end of the row before.
    pub(crate) blob_end: u32,
    /// The checksum of its blob.
    pub(crate) crc: u32,
    pub(crate) yanked: bool,
    /// When the first wheel was uploaded; `None` if there is no wheel.
    pub(crate) wheel_since: Option<i64>,
    pub(crate) sdist_since: Option<i64>,
    pub(crate) requires_python: Requires,
}

/// The `Requires-Python` of a version's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Requires {
    /// No file has one.
    Nothing,
    /// All files have the same one, at this position in the listing's table.
    Same(u16),
    /// Files have different ones.
    Differ,
}

/// A file in a version's blob.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredFile<'a> {
    pub(crate) filename: &'a str,
    /// The URL without the listing's prefix. If it ends in `/`, the file name follows.
    pub(crate) url: &'a str,
    pub(crate) sha256: Option<[u8; 32]>,
    pub(crate) size: Option<u64>,
    pub(crate) uploaded: Option<i64>,
    pub(crate) requires_python: Option<u16>,
    pub(crate) yanked: Option<&'a str>,
    pub(crate) core_metadata: MetadataFile,
}

/// An index's answer for one package.
pub(crate) struct Compact {
    /// The file up to the blobs; including the blobs if `file` is `None`.
    bytes: Vec<u8>,
    file: Option<(Mutex<fs_err::File>, Utf8PathBuf)>,
    rows_at: usize,
    texts_at: usize,
    blobs_at: usize,
    pub(crate) origin: PageOrigin,
    prefix: String,
    requires_python: Vec<(String, OnceLock<Option<VersionSpecifiers>>)>,
    /// One entry for each row. They are made when the first version is looked at.
    versions: OnceLock<Box<[OnceLock<Version>]>>,
    pub(crate) unreadable: u64,
    pub(crate) untimed: u64,
    pub(crate) written: SystemTime,
}

impl Compact {
    /// Opens a cached answer; `None` if it is missing, damaged or of another format.
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
        // The standard library's type does not clear the buffer first.
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

    /// Reads what [`encode`] wrote. If the blobs are missing in `bytes`, the caller gives the file
    /// that has them.
    pub(crate) fn from_bytes(bytes: Vec<u8>, written: SystemTime) -> Option<Self> {
        let preamble = Preamble::read(&bytes)?;
        let (rows_at, blobs_at) = (preamble.rows_at(), preamble.blobs_at());
        if checksum(bytes.get(PREAMBLE..blobs_at)?) != preamble.crc {
            return None;
        }
        let head: CompactHeader<'_> = postcard::from_bytes(&bytes[PREAMBLE..rows_at]).ok()?;
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

    /// The number of versions.
    pub(crate) fn len(&self) -> usize {
        (self.blobs_at - self.rows_at) / ROW
    }

    /// The row at position `at`, which must be less than [`Compact::len`].
    pub(crate) fn row(&self, at: usize) -> CompactRow {
        let start = self.rows_at + at * ROW;
        CompactRow::from_bytes(&self.bytes[start..start + ROW])
    }

    /// The ends of the text and of the blob of the row before `at`.
    fn ends_before(&self, at: usize) -> (usize, usize) {
        match at.checked_sub(1).map(|before| self.row(before)) {
            Some(row) => (row.text_end as usize, row.blob_end as usize),
            None => (0, 0),
        }
    }

    /// The version of row `at`. It is parsed when it is first asked for.
    pub(crate) fn version(&self, at: usize) -> &Version {
        let versions = self
            .versions
            .get_or_init(|| (0..self.len()).map(|_| OnceLock::new()).collect());
        versions[at].get_or_init(|| {
            let start = self.texts_at + self.ends_before(at).0;
            let end = self.texts_at + self.row(at).text_end as usize;
            // The encoder writes only valid text, and the checksum is right.
            std::str::from_utf8(self.bytes.get(start..end).unwrap_or_default())
                .ok()
                .and_then(|text| text.parse().ok())
                .unwrap_or_else(|| Version::new([0]))
        })
    }

    /// The position of the row of `version`.
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

    /// Whether the checksums of all blobs in memory are right.
    fn is_whole(&self) -> bool {
        (0..self.len()).all(|at| {
            self.blob(at)
                .is_ok_and(|blob| checksum(&blob) == self.row(at).crc)
        })
    }

    fn blob(&self, at: usize) -> Result<Cow<'_, [u8]>, IndexError> {
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
            .map_err(IndexError::file("read the cache file", path))?;
        Ok(Cow::Owned(blob))
    }

    /// Reads the files of row `at`, and calls `each` with each of them.
    pub(crate) fn files(
        &self,
        at: usize,
        mut each: impl FnMut(StoredFile<'_>),
    ) -> Result<(), IndexError> {
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

    fn damaged(&self) -> IndexError {
        match &self.file {
            Some((_, path)) => {
                let _ = fs_err::remove_file(path);
                IndexError::Damaged { path: path.clone() }
            }
            // The checksum was right when the file was read.
            None => TransportError::Interrupted.into(),
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

/// The first bytes of the file.
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

/// Stands for a kind of file that the version does not have.
const NEVER: i64 = i64::MIN;
pub(crate) const DIFFER: u16 = u16::MAX;

impl CompactRow {
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

    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
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

/// `N` bytes from position `at`; zeros if there are fewer.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let bytes = bytes.get(at..at + N).and_then(|b| b.try_into().ok());
    bytes.unwrap_or([0; N])
}

/// Writes an encoded answer to `path`, and opens it.
pub(crate) fn store(path: &Utf8Path, bytes: Vec<u8>) -> Result<Compact, IndexError> {
    cache::write(path, &[&bytes])?;
    let reopened = if bytes.len() > READ_WHOLE {
        drop(bytes);
        Compact::open(path)
    } else {
        Compact::from_bytes(bytes, SystemTime::now())
    };
    reopened.ok_or_else(|| IndexError::Damaged {
        path: path.to_owned(),
    })
}
