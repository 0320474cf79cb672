//! Parsed imports by content hash, and the bytes that keep them from one run to the next: a hash
//! and a version tell what is damaged or of another format.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::{Imports, Strings, extract};
use crate::files::{ContentHash, LateFile, hash};

/// Changes when the format or what is extracted changes.
const VERSION: &[u8] = b"xtask imports 4\n";

/// How many entries are kept besides those of the last run.
const MAX_OTHERS: usize = 20_000;

/// Whether strings are collected, and the first half of the SHA-256 of the source.
type Key = (bool, [u8; 16]);

/// A cache of parsed imports.
#[derive(Debug, Default)]
pub struct ImportCache {
    stored: FxHashMap<Key, Arc<Imports>>,
    fresh: Mutex<FxHashMap<Key, Arc<Imports>>>,
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
    pub fn imports(&self, source: &[u8], strings: Strings) -> Arc<Imports> {
        let key = key(hash(source), strings);
        self.known(key)
            .unwrap_or_else(|| self.parsed(key, source, strings))
    }

    /// The imports of a file, which is read only if no source with its content was seen before.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn imports_of(
        &self,
        file: &LateFile<'_>,
        strings: Strings,
    ) -> io::Result<Arc<Imports>> {
        if let Some(known) = self.known(key(file.hash()?, strings)) {
            return Ok(known);
        }
        // It may be another one by now.
        let source = file.bytes()?;
        Ok(self.parsed(key(hash(source), strings), source, strings))
    }

    fn known(&self, key: Key) -> Option<Arc<Imports>> {
        let imports = self.stored.get(&key)?;
        if self.is_crowded()
            && let Ok(mut used) = self.used.lock()
        {
            used.push(key);
        }
        Some(Arc::clone(imports))
    }

    fn parsed(&self, key: Key, source: &[u8], strings: Strings) -> Arc<Imports> {
        let imports = Arc::new(extract(&String::from_utf8_lossy(source), strings));
        if let Ok(mut fresh) = self.fresh.lock() {
            fresh.insert(key, Arc::clone(&imports));
        }
        self.changed.store(true, Ordering::Relaxed);
        imports
    }

    /// Whether not all entries are kept for the next run.
    fn is_crowded(&self) -> bool {
        self.stored.len() > MAX_OTHERS
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
        let mut entries: Vec<(&Key, &Arc<Imports>)> = fresh.iter().collect();
        match self.is_crowded() {
            true => entries.extend(used.iter().filter_map(|key| self.stored.get_key_value(key))),
            false => entries.extend(&self.stored),
        }
        entries.sort_unstable_by_key(|(key, _)| **key);
        entries.dedup_by_key(|(key, _)| *key);
        let entries = entries.into_iter().map(|(key, imports)| (key, &**imports));
        let body = postcard::to_allocvec(&entries.collect::<Vec<(&Key, &Imports)>>())?;
        let mut bytes = VERSION.to_vec();
        bytes.extend_from_slice(&Sha256::digest(&body));
        bytes.extend(body);
        Ok(bytes)
    }
}

fn key(content: ContentHash, strings: Strings) -> Key {
    let mut half = [0; 16];
    half.copy_from_slice(&content[..16]);
    (strings == Strings::Collect, half)
}

fn stored(bytes: &[u8]) -> Option<FxHashMap<Key, Arc<Imports>>> {
    let rest = bytes.strip_prefix(VERSION)?;
    let (digest, body) = rest.split_at_checked(32)?;
    if Sha256::digest(body)[..] != *digest {
        return None;
    }
    let entries: Vec<(Key, Imports)> = postcard::from_bytes(body).ok()?;
    let entries = entries.into_iter();
    Some(entries.map(|(key, one)| (key, Arc::new(one))).collect())
}
