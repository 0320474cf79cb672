//! Results of many actions in one file: a run of many actions reads it instead of one file for each.
//!
//! It holds copies of what is in the files of single results, which are what counts: it is made anew when a run read
//! or wrote many of those, and is gone as soon as one of them was replaced.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use remote::Digest;
use serde::{Deserialize, Serialize};

use super::UNFINISHED;
use super::digest_folder::mark_used;
use crate::checked_file::{read_sealed, replace, seal};

/// Begins the file. Another one stands for another format.
const MAGIC: &[u8] = b"xtask result pack 1\n";

/// What was not used for so many seconds is left out of the next one.
const UNUSED: u64 = 14 * 24 * 60 * 60;

/// How many results one holds: those that were used last.
const MOST: usize = 60_000;

/// A pack as it was read.
#[derive(Debug, Default)]
pub(super) struct ResultPack {
    results: HashMap<Digest, PackedResult>,
    bodies: Vec<u8>,
    /// Where the bodies begin.
    start: usize,
}

#[derive(Debug, Clone)]
struct PackedResult {
    /// When a run last used it, in seconds since 1970.
    used: u64,
    body: Range<usize>,
}

/// What the file says of a result: the digest of its action, when it was used, and where its body ends.
#[derive(Serialize, Deserialize)]
struct PackEntry {
    hash: [u8; 32],
    size: u64,
    used: u64,
    end: usize,
}

/// What a run adds to a pack, and takes from it.
#[derive(Debug, Default)]
pub(super) struct PackChanges {
    /// Results that were read or written one by one.
    pub(super) new: BTreeMap<Digest, Vec<u8>>,
    /// Results of the pack that were used.
    pub(super) used: Vec<Digest>,
    /// Results of the pack that are of no use.
    pub(super) gone: BTreeSet<Digest>,
}

impl ResultPack {
    /// The pack of a folder. One that cannot be read is empty.
    pub(super) fn read(folder: &Utf8Path) -> Self {
        let path = file(folder);
        if let Ok(metadata) = fs_err::metadata(&path) {
            mark_used(&path, &metadata);
        }
        read_sealed(MAGIC, &path)
            .and_then(Self::parse)
            .unwrap_or_default()
    }

    fn parse(bytes: Vec<u8>) -> Option<Self> {
        let (entries, bodies) = postcard::take_from_bytes::<Vec<PackEntry>>(&bytes).ok()?;
        let start = bytes.len() - bodies.len();
        let mut results = HashMap::with_capacity(entries.len());
        let mut at = 0;
        for entry in entries {
            bodies.get(at..entry.end)?;
            let body = at..entry.end;
            at = entry.end;
            let used = entry.used;
            results.insert(
                Digest::new(entry.hash, entry.size),
                PackedResult { used, body },
            );
        }
        Some(Self {
            results,
            bodies: bytes,
            start,
        })
    }

    /// How many results it has.
    pub(super) fn len(&self) -> usize {
        self.results.len()
    }

    /// The message of a result.
    pub(super) fn get(&self, action: &Digest) -> Option<&[u8]> {
        let body = &self.results.get(action)?.body;
        self.bodies
            .get(self.start + body.start..self.start + body.end)
    }

    /// Makes the pack of a folder anew, of what it has by now and what changed. What cannot be written is read one by
    /// one again.
    pub(super) fn update(folder: &Utf8Path, changes: &PackChanges) {
        let Some(_lock) = lock(folder) else { return };
        let now = now();
        let mut pack = Self::read(folder);
        for used in &changes.used {
            if let Some(result) = pack.results.get_mut(used) {
                result.used = now;
            }
        }
        for gone in &changes.gone {
            pack.results.remove(gone);
        }
        let old = pack.results.iter();
        let old = old.filter(|(action, result)| {
            now.saturating_sub(result.used) < UNUSED && !changes.new.contains_key(action)
        });
        let old =
            old.filter_map(|(action, result)| Some((result.used, *action, pack.get(action)?)));
        let new = changes
            .new
            .iter()
            .map(|(action, body)| (now, *action, body.as_slice()));
        let mut all: Vec<_> = old.chain(new).collect();
        all.sort_unstable_by(|one, other| other.cmp(one));
        all.truncate(MOST);
        if let Some(bytes) = encode(&all) {
            let bytes = seal(MAGIC, &bytes);
            let _ = replace(&file(folder), &folder.join(UNFINISHED), &bytes);
        }
    }

    /// Removes the pack of a folder.
    pub(super) fn remove(folder: &Utf8Path) {
        let _ = fs_err::remove_file(file(folder));
    }
}

fn encode(results: &[(u64, Digest, &[u8])]) -> Option<Vec<u8>> {
    let mut end = 0;
    let entries = results.iter().map(|(used, action, body)| {
        end += body.len();
        PackEntry {
            hash: *action.hash(),
            size: action.size(),
            used: *used,
            end,
        }
    });
    let mut bytes = postcard::to_stdvec(&entries.collect::<Vec<_>>()).ok()?;
    results
        .iter()
        .for_each(|(_, _, body)| bytes.extend_from_slice(body));
    Some(bytes)
}

/// Two levels below the results, as all that is cleaned.
fn file(folder: &Utf8Path) -> Utf8PathBuf {
    folder.join("packed").join("results")
}

/// One run at a time makes it anew; another one does without.
fn lock(folder: &Utf8Path) -> Option<File> {
    let packed = folder.join("packed");
    fs_err::create_dir_all(&packed).ok()?;
    let lock = fs_err::File::open(packed).ok()?.into_parts().0;
    lock.try_lock().ok()?;
    Some(lock)
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}
