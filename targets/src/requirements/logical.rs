//! Logical lines of a requirement file: continuations joined, comments removed, with the way
//! back to the physical place of every byte.

use std::sync::Arc;

use model::Place;

/// A line after joining and stripping.
pub(super) struct LogicalLine {
    pub(super) text: String,
    /// Pieces of the text: its start in `text`, its start in the file.
    pieces: Vec<(usize, usize)>,
}

impl LogicalLine {
    /// The place of a byte of this line in the file.
    pub(super) fn place(&self, path: &Arc<str>, file: &str, offset: usize) -> Place {
        let piece = self
            .pieces
            .iter()
            .rev()
            .find(|(start, _)| *start <= offset)
            .copied()
            .unwrap_or((0, 0));
        Place::at(Arc::clone(path), file, piece.1 + (offset - piece.0))
    }
}

/// Splits `file` into logical lines as pip does; empty ones are left out.
pub(super) fn logical_lines(file: &str) -> Vec<LogicalLine> {
    let mut lines = Vec::new();
    let mut open: Option<LogicalLine> = None;
    let mut start = 0;
    for physical in file.split_inclusive('\n') {
        let at = start;
        start += physical.len();
        let text = physical.trim_end_matches(['\n', '\r']);
        // A comment line ends a continuation.
        let comment_only = text.trim_start().starts_with('#');
        let (text, continues) = match text.strip_suffix('\\') {
            Some(text) if !comment_only => (text, true),
            _ => (text, false),
        };
        let line = open.get_or_insert_with(|| LogicalLine {
            text: String::new(),
            pieces: Vec::new(),
        });
        let stripped = if comment_only { "" } else { text };
        line.pieces.push((line.text.len(), at));
        line.text.push_str(stripped);
        if !continues {
            lines.extend(open.take().and_then(finish));
        }
    }
    lines.extend(open.and_then(finish));
    lines
}

/// Removes the comment and surrounding space; `None` if nothing is left.
fn finish(mut line: LogicalLine) -> Option<LogicalLine> {
    let end = comment_start(&line.text).unwrap_or(line.text.len());
    line.text.truncate(end);
    let kept = line.text.trim_end().len();
    line.text.truncate(kept);
    (!line.text.trim_start().is_empty()).then_some(line)
}

/// Where a `#` begins a comment: at the start or after white space.
fn comment_start(text: &str) -> Option<usize> {
    text.char_indices()
        .filter(|(_, c)| *c == '#')
        .map(|(at, _)| at)
        .find(|at| {
            text[..*at]
                .chars()
                .next_back()
                .is_none_or(char::is_whitespace)
        })
}
