//! Where something stands in a file, so that every message can point at it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A place in a text file of the repository.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Path relative to the repository root, with `/`.
    pub path: Arc<str>,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// Column in characters, from 1; 0 when the whole line is meant.
    pub column: usize,
    /// How many characters of the line are meant.
    pub width: usize,
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
            width: 0,
            source_line: Arc::from(""),
        }
    }

    /// The place of the word at byte `offset` in `text`, the contents of the file at `path`.
    ///
    /// The word ends before the next white space.
    ///
    /// ```
    /// let place = model::Place::at("a.txt", "one\ntwo three\n", 4);
    /// assert_eq!((place.to_string().as_str(), place.width), ("a.txt:2:1", 3));
    /// ```
    #[must_use]
    pub fn at(path: impl Into<Arc<str>>, text: &str, offset: usize) -> Self {
        let start = text.floor_char_boundary(offset);
        let word = text[start..].find(char::is_whitespace);
        let end = word.map_or(text.len(), |length| start + length);
        Self::span(path, text, start..end)
    }

    /// The place of the bytes `span` of `text`, the contents of the file at `path`. A span of
    /// several lines is cut at the end of its first line.
    #[must_use]
    pub fn span(path: impl Into<Arc<str>>, text: &str, span: Range<usize>) -> Self {
        let start = text.floor_char_boundary(span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let source_line = text[line_start..].lines().next().unwrap_or_default();
        let line_end = (line_start + source_line.len()).max(start);
        let end = text.floor_char_boundary(span.end.clamp(start, line_end));
        // Each requirement asks for its place: bytes are counted many at a time, characters are not.
        let before = text.as_bytes()[..line_start].iter();
        Self {
            path: path.into(),
            line: before.filter(|byte| **byte == b'\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            width: text[start..end].chars().count().max(1),
            source_line: Arc::from(source_line),
        }
    }

    /// The place of the word that begins `characters` further to the right on the same line.
    #[must_use]
    pub fn further(mut self, characters: usize) -> Self {
        if self.column > 0 {
            let before = self.column - 1 + characters;
            let rest = self.source_line.chars().skip(before);
            self.width = rest.take_while(|c| !c.is_whitespace()).count().max(1);
            self.column = before + 1;
        }
        self
    }
}

/// `path:line:column`, without the numbers that are 0.
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
