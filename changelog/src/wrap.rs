//! Wrapping of changelog lines as Python's `textwrap.fill` does it.
//!
//! Towncrier calls it with `break_long_words=False, break_on_hyphens=False`; widths are counted in
//! code points, so crates that wrap by display width give other bytes for wide characters.

use super::python::{self, is_space};

/// Wraps one line at `width` code points; lines after the first begin with `indent`.
///
/// Words longer than the width stay whole. A line of white space only becomes empty.
pub(crate) fn fill(line: &str, width: usize, indent: &str) -> String {
    let text = flatten(line);
    let mut chunks = chunks(&text).into_iter().peekable();
    let mut lines: Vec<String> = Vec::new();
    while chunks.peek().is_some() {
        let prefix = if lines.is_empty() { "" } else { indent };
        if !lines.is_empty() {
            chunks.next_if(|chunk| is_blank(chunk));
        }
        let room = width.saturating_sub(length(prefix));
        let mut taken: Vec<&str> = Vec::new();
        let mut used = 0;
        while let Some(chunk) = chunks.next_if(|chunk| used + length(chunk) <= room) {
            used += length(chunk);
            taken.push(chunk);
        }
        if taken.is_empty() {
            taken.extend(chunks.next());
        }
        if taken.last().is_some_and(|chunk| is_blank(chunk)) {
            taken.pop();
        }
        if !taken.is_empty() {
            lines.push(format!("{prefix}{}", taken.concat()));
        }
    }
    lines.join("\n")
}

/// Tabs become spaces up to the next multiple of eight, other ASCII white space one space.
fn flatten(line: &str) -> String {
    let mut flat = String::with_capacity(line.len());
    let mut column = 0;
    for c in line.chars() {
        match c {
            '\t' => {
                let spaces = 8 - column % 8;
                flat.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            '\n' | '\r' => {
                flat.push(' ');
                column = 0;
            }
            '\u{b}' | '\u{c}' => {
                flat.push(' ');
                column += 1;
            }
            _ => {
                flat.push(c);
                column += 1;
            }
        }
    }
    flat
}

/// Runs of spaces and runs of everything else, in order.
fn chunks(text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut start = 0;
    let mut previous = None;
    for (at, c) in text.char_indices() {
        let space = c == ' ';
        if previous.is_some_and(|previous| previous != space) {
            chunks.push(&text[start..at]);
            start = at;
        }
        previous = Some(space);
    }
    if start < text.len() {
        chunks.push(&text[start..]);
    }
    chunks
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn is_blank(chunk: &str) -> bool {
    python::strip(chunk).is_empty() && chunk.chars().all(is_space)
}

#[cfg(test)]
mod tests {
    use super::fill;

    fn check(line: &str, expect: &str) {
        assert_eq!(fill(line, 20, "  "), expect);
    }

    // Expected values: Python 3.11's textwrap.fill with the arguments of the module's head.
    #[test]
    fn wraps_at_words() {
        check(
            "- aaa bbb ccc ddd eee fff ggg",
            "- aaa bbb ccc ddd\n  eee fff ggg",
        );
    }

    #[test]
    fn keeps_long_words_and_hyphens() {
        check(
            "- a https://example.invalid/very-long-path end",
            "- a\n  https://example.invalid/very-long-path\n  end",
        );
    }

    #[test]
    fn blank_lines_become_empty() {
        check("    ", "");
        check("", "");
    }

    #[test]
    fn leading_spaces_stay() {
        check(
            "    indented text that is long",
            "    indented text\n  that is long",
        );
    }

    #[test]
    fn counts_code_points() {
        check(
            "- 한국어 한국어 한국어 한국어 한국어",
            "- 한국어 한국어 한국어 한국어\n  한국어",
        );
    }
}
