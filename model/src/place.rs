//! Where something stands in a file, so that every message can point at it.

use std::fmt;
use std::sync::Arc;

/// A place in a text file of the repository.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Path relative to the repository root, with `/`.
    pub path: Arc<str>,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: u32,
    /// Column in characters, from 1; 0 when the whole line is meant.
    pub column: u32,
    /// The text of that line, without its line end.
    pub source_line: Arc<str>,
}

impl Place {
    /// The whole file at `path`.
    #[must_use]
    pub fn file(path: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into(),
            line: 0,
            column: 0,
            source_line: Arc::from(""),
        }
    }

    /// The place of byte `offset` in `text`, the contents of the file at `path`.
    #[must_use]
    pub fn at(path: &Arc<str>, text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = text[offset..]
            .find('\n')
            .map_or(text.len(), |at| offset + at);
        Self {
            path: Arc::clone(path),
            line: count(before.bytes().filter(|byte| *byte == b'\n').count()),
            column: count(text[start..offset].chars().count()),
            source_line: Arc::from(text[start..end].trim_end_matches('\r')),
        }
    }
}

/// Turns a count of what comes before into a number from 1.
fn count(before: usize) -> u32 {
    u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
}

/// `path:line:column`, leaving out what is 0.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The candidate that is most likely meant by `word`, if any is near.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= (word.len().max(candidate.len()) / 4).clamp(1, 4)
        })
        .min()
        .map(|(_, candidate)| candidate)
}
