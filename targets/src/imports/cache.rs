//! Parsed imports by content hash, and the bytes that keep them from one run to the next: a hash
//! and a version tell what is damaged or of another format.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::{Imports, Strings, extract};

/// Changes when the format or what is extracted changes.
const VERSION: &[u8] = b"xtask imports 3\n";

/// How many entries are kept besides those of the last run.
const MAX_OTHERS: usize = 20_000;

/// The first half of a SHA-256.
type Key = [u8; 16];

/// A cache of parsed imports.
#[derive(Debug, Default)]
pub struct ImportCache {
    stored: FxHashMap<Key, Imports>,
    fresh: Mutex<FxHashMap<Key, Imports>>,
    used: Mutex<Vec<Key>>,
    changed: AtomicBool,
}

impl ImportCache {
    /// Reads the bytes of [`ImportCache::encode`]. Those of another version, or damaged ones, count
    /// as none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        Self {
            stored: stored(bytes).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The imports of a source, parsed only if no source with that content was seen before.
    ///
    /// Bytes that are not UTF-8 are replaced: imports are ASCII in practice.
    pub fn imports(&self, source: &[u8], strings: Strings) -> Imports {
        let key = key(source, strings);
        if let Some(imports) = self.stored.get(&key) {
            if let Ok(mut used) = self.used.lock() {
                used.push(key);
            }
            return imports.clone();
        }
        let imports = extract(&String::from_utf8_lossy(source), strings);
        if let Ok(mut fresh) = self.fresh.lock() {
            fresh.insert(key, imports.clone());
        }
        self.changed.store(true, Ordering::Relaxed);
        imports
    }

    /// Whether anything was parsed that was not kept before.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.changed.load(Ordering::Relaxed)
    }

    /// The bytes to keep for the next run.
    ///
    /// # Errors
    /// The entries cannot be written as bytes.
    pub fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        let (Ok(fresh), Ok(used)) = (self.fresh.lock(), self.used.lock()) else {
            return Ok(Vec::new());
        };
        // Entries of other branches are worth keeping, as long as they are not too many.
        let mut entries: Vec<(&Key, &Imports)> = fresh.iter().collect();
        if self.stored.len() <= MAX_OTHERS {
            entries.extend(&self.stored);
        } else {
            entries.extend(used.iter().filter_map(|key| self.stored.get_key_value(key)));
        }
        entries.sort_unstable_by_key(|(key, _)| **key);
        entries.dedup_by_key(|(key, _)| *key);
        let body = postcard::to_allocvec(&entries)?;
        let mut bytes = VERSION.to_vec();
        bytes.extend_from_slice(&Sha256::digest(&body));
        bytes.extend(body);
        Ok(bytes)
    }
}

fn key(source: &[u8], strings: Strings) -> Key {
    let mut hasher = Sha256::new();
    hasher.update([u8::from(strings == Strings::Collect)]);
    hasher.update(source);
    let digest = hasher.finalize();
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    key
}

fn stored(bytes: &[u8]) -> Option<FxHashMap<Key, Imports>> {
    let rest = bytes.strip_prefix(VERSION)?;
    let (digest, body) = rest.split_at_checked(32)?;
    if Sha256::digest(body)[..] != *digest {
        return None;
    }
    let entries: Vec<(Key, Imports)> = postcard::from_bytes(body).ok()?;
    Some(entries.into_iter().collect())
}
