//! The cached form of a release's metadata. A run with a filled cache reads it for every package
//! and version that the resolver looks at. Requirements are therefore stored in parts, in their
//! canonical form, and each different name and set of specifiers is parsed once in a run.

use std::hash::Hash;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use camino::Utf8Path;
use model::{ExtraName, Metadata, PackageName, Requirement, RequirementSource, Specifiers};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::cache;
use crate::error::IndexError;

const MAGIC: [u8; 4] = *b"xm\x00\x01";

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    name: &'a str,
    version: String,
    requires_python: Option<String>,
    #[serde(borrow)]
    provides_extra: Vec<&'a str>,
    dynamic: bool,
    /// The canonical texts of specifiers and markers, each once.
    texts: Vec<&'a str>,
    requires: Vec<StoredRequirement<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredRequirement<'a> {
    name: &'a str,
    #[serde(borrow)]
    extras: Vec<&'a str>,
    source: StoredSource,
    /// Position in the texts.
    marker: u64,
}

#[derive(Serialize, Deserialize)]
enum StoredSource {
    /// Position in the texts.
    Specifiers(u64),
    /// The whole requirement: those with a URL are rare.
    Whole(String),
}

/// Parsed values, by their text.
#[derive(Default)]
pub(crate) struct Interner {
    names: Table<PackageName>,
    extras: Table<ExtraName>,
    specifiers: Table<Specifiers>,
}

struct Table<V>(Mutex<FxHashMap<Box<str>, V>>);

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone> Table<V> {
    fn get(&self, text: &str, parse: impl FnOnce(&str) -> Option<V>) -> Option<V> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = table.get(text) {
            return Some(value.clone());
        }
        let value = parse(text)?;
        table.insert(text.into(), value.clone());
        Some(value)
    }
}

fn parsed<V: FromStr>(text: &str) -> Option<V> {
    text.parse().ok()
}

/// The metadata in the cache file at `path`; `None` if it is missing, damaged or of another format.
pub(crate) fn read(path: &Utf8Path, interner: &Interner) -> Option<Metadata> {
    let sealed = cache::read_sealed(path, MAGIC)?;
    decode(sealed.payload(), interner)
}

/// Caches `metadata` at `path`.
pub(crate) fn write(path: &Utf8Path, metadata: &Metadata) -> Result<(), IndexError> {
    cache::write_sealed(path, MAGIC, &encode(metadata))
}

fn decode(bytes: &[u8], interner: &Interner) -> Option<Metadata> {
    let stored: Stored<'_> = postcard::from_bytes(bytes).ok()?;
    let text = |at: u64| stored.texts.get(usize::try_from(at).ok()?).copied();
    let mut requires_dist = Vec::with_capacity(stored.requires.len());
    for requirement in &stored.requires {
        requires_dist.push(match &requirement.source {
            StoredSource::Whole(text) => text.parse().ok()?,
            StoredSource::Specifiers(at) => Requirement {
                name: interner.names.get(requirement.name, parsed)?,
                extras: extras(&requirement.extras, interner)?,
                source: RequirementSource::Index(
                    interner
                        .specifiers
                        .get(text(*at)?, |text| Some(Specifiers(text.parse().ok()?)))?,
                ),
                marker: parsed(text(requirement.marker)?)?,
            },
        });
    }
    Some(Metadata {
        name: interner.names.get(stored.name, parsed)?,
        version: stored.version.parse().ok()?,
        requires_dist,
        requires_python: match stored.requires_python {
            Some(text) => Some(
                interner
                    .specifiers
                    .get(&text, |text| Some(Specifiers(text.parse().ok()?)))?,
            )
            .map(|specifiers| specifiers.0),
            None => None,
        },
        provides_extra: extras(&stored.provides_extra, interner)?,
        dynamic: stored.dynamic,
    })
}

fn extras(texts: &[&str], interner: &Interner) -> Option<Vec<ExtraName>> {
    texts
        .iter()
        .map(|text| interner.extras.get(text, parsed))
        .collect()
}

fn encode(metadata: &Metadata) -> Vec<u8> {
    let rendered: Vec<(String, String)> = metadata
        .requires_dist
        .iter()
        .map(|requirement| {
            let source = match &requirement.source {
                RequirementSource::Index(specifiers) => specifiers.to_string(),
                _ => String::new(),
            };
            let marker = match &requirement.marker {
                marker if marker.is_true() => String::new(),
                marker => marker.to_string(),
            };
            (source, marker)
        })
        .collect();
    let mut texts = Texts::default();
    let requires = metadata.requires_dist.iter().zip(&rendered);
    let requires = requires
        .map(|(requirement, (source, marker))| StoredRequirement {
            name: requirement.name.as_str(),
            extras: requirement.extras.iter().map(ExtraName::as_str).collect(),
            source: match &requirement.source {
                RequirementSource::Index(_) => StoredSource::Specifiers(texts.at(source)),
                _ => StoredSource::Whole(requirement.to_string()),
            },
            marker: texts.at(marker),
        })
        .collect();
    let stored = Stored {
        name: metadata.name.as_str(),
        version: metadata.version.to_string(),
        requires_python: metadata
            .requires_python
            .clone()
            .map(|specifiers| Specifiers(specifiers).to_string()),
        provides_extra: metadata
            .provides_extra
            .iter()
            .map(ExtraName::as_str)
            .collect(),
        dynamic: metadata.dynamic,
        texts: texts.all,
        requires,
    };
    // Writing to memory cannot fail for these types.
    postcard::to_stdvec(&stored).unwrap_or_default()
}

#[derive(Default)]
struct Texts<'a> {
    known: FxHashMap<&'a str, u64>,
    all: Vec<&'a str>,
}

impl<'a> Texts<'a> {
    fn at<T: AsRef<str> + ?Sized + Hash>(&mut self, text: &'a T) -> u64 {
        let text = text.as_ref();
        *self.known.entry(text).or_insert_with(|| {
            self.all.push(text);
            self.all.len() as u64 - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str) {
        let text = format!("Metadata-Version: 2.1\nName: a\nVersion: 1.0\n{header}\n");
        let metadata = Metadata::parse(&text).unwrap();
        let again = decode(&encode(&metadata), &Interner::default()).unwrap();
        assert_eq!(again, metadata);
    }

    #[test]
    fn what_is_written_is_read_back_unchanged() {
        check("");
        check("Requires-Python: >=3.8,<4\nProvides-Extra: x");
        check(
            "Requires-Dist: b[x,y]>=1,!=1.5 ; python_version < '3.9' and extra == 'x'\n\
             Requires-Dist: b>=1,!=1.5\n\
             Requires-Dist: c @ https://files.example/c.zip ; sys_platform == 'win32'\n\
             Requires-Dist: d @ git+https://git.example/d.git@v1\n\
             Requires-Dist: e ; sys_platform == 'win32' or (os_name == 'posix' and extra == 'y')",
        );
    }
}
