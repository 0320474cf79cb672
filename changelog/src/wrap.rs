//! Wrapping of changelog lines as Python's `textwrap.fill` does it.
//!
//! Towncrier calls it with `break_long_words=False, break_on_hyphens=False`, and before 17.8 with neither; widths are
//! counted in code points, so crates that wrap by display width give other bytes for wide characters.

use std::collections::VecDeque;

use super::python::{self, is_space};

/// Where lines may end, beside between words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineBreaks {
    /// Within words that are longer than the width.
    pub(crate) within_long_words: bool,
    /// After hyphens.
    pub(crate) after_hyphens: bool,
}

impl LineBreaks {
    /// Nowhere else: words that are longer than the width stay whole.
    pub(crate) const BETWEEN_WORDS: Self = Self {
        within_long_words: false,
        after_hyphens: false,
    };
    /// Wherever they can.
    pub(crate) const WITHIN_WORDS: Self = Self {
        within_long_words: true,
        after_hyphens: true,
    };
}

/// Wraps one line at `width` code points; lines after the first begin with `indent`. A line of white space only becomes
/// empty.
pub(crate) fn fill(line: &str, how: (usize, LineBreaks), indent: &str) -> String {
    wrap(&flatten(line), how, indent).join("\n")
}

/// The same lines, of a text in which white space is not made spaces first.
pub(crate) fn wrap(text: &str, (width, breaks): (usize, LineBreaks), indent: &str) -> Vec<String> {
    let mut chunks: VecDeque<&str> = match breaks.after_hyphens {
        false => chunks(text).into(),
        true => hyphenated_chunks(text).into(),
    };
    let mut lines: Vec<String> = Vec::new();
    while !chunks.is_empty() {
        let prefix = if lines.is_empty() { "" } else { indent };
        if !lines.is_empty() {
            chunks.pop_front_if(|chunk| is_blank(chunk));
        }
        let room = width.saturating_sub(length(prefix));
        let mut taken: Vec<&str> = Vec::new();
        let mut used = 0;
        while let Some(chunk) = chunks.pop_front_if(|chunk| used + length(chunk) <= room) {
            used += length(chunk);
            taken.push(chunk);
        }
        let too_long = chunks.front().copied().filter(|chunk| length(chunk) > room);
        match too_long.filter(|_| breaks.within_long_words) {
            Some(chunk) => {
                let (start, rest) = split_at(chunk, (room - used).max(usize::from(room == 0)));
                taken.push(start);
                chunks[0] = rest;
            }
            _ if taken.is_empty() => taken.extend(chunks.pop_front()),
            _ => {}
        }
        if taken.last().is_some_and(|chunk| is_blank(chunk)) {
            taken.pop();
        }
        if !taken.is_empty() {
            lines.push(format!("{prefix}{}", taken.concat()));
        }
    }
    lines
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

/// Runs of spaces, words, and the parts of words that hyphens and dashes end, as `wordsep_re` of Python's `textwrap`
/// finds them.
fn hyphenated_chunks(text: &str) -> Vec<&str> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let word = Characters(&characters);
    let mut chunks = Vec::new();
    let mut start = 0;
    while start < characters.len() {
        let end = word.end_of_chunk(start);
        let offset = |at: usize| characters.get(at).map_or(text.len(), |(offset, _)| *offset);
        chunks.push(&text[offset(start)..offset(end)]);
        start = end;
    }
    chunks
}

/// Characters with their offsets.
struct Characters<'t>(&'t [(usize, char)]);

impl Characters<'_> {
    fn is(&self, at: usize, what: impl Fn(char) -> bool) -> bool {
        self.0.get(at).is_some_and(|(_, c)| what(*c))
    }

    /// The same for a character before another.
    fn was(&self, at: usize, back: usize, what: impl Fn(char) -> bool) -> bool {
        at.checked_sub(back).is_some_and(|at| self.is(at, what))
    }

    fn end_of_chunk(&self, start: usize) -> usize {
        let run = |of: char| {
            let rest = self.0[start..].iter();
            start + rest.take_while(|(_, c)| *c == of).count()
        };
        if self.is(start, |c| c == ' ') {
            return run(' ');
        }
        if self.is_dash(start) {
            return run('-');
        }
        let mut end = start + 1;
        loop {
            if self.is_hyphen(end) {
                return end + 1;
            }
            let is_end = end >= self.0.len() || self.is(end, |c| c == ' ');
            if is_end || self.is_dash(end) {
                return end;
            }
            end += 1;
        }
    }

    /// Whether a dash of several hyphens begins here, between words.
    fn is_dash(&self, at: usize) -> bool {
        let after = |c: char| is_word(c) || "!\"'&.,?".contains(c);
        let rest = self.0.get(at..).unwrap_or_default();
        let hyphens = rest.iter().take_while(|(_, c)| *c == '-').count();
        self.was(at, 1, after) && hyphens > 1 && self.is(at + hyphens, is_word)
    }

    /// Whether this is a hyphen between parts of a word, after which a line may end.
    fn is_hyphen(&self, at: usize) -> bool {
        let hyphen = |c: char| c == '-';
        let before = self.was(at, 1, is_letter)
            && (self.was(at, 2, is_letter)
                || (self.was(at, 2, hyphen) && self.was(at, 3, is_letter)));
        let after = self.is(at + 1, is_letter)
            && (self.is(at + 2, is_letter)
                || (self.is(at + 2, hyphen) && self.is(at + 3, is_letter)));
        self.is(at, hyphen) && before && after
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_letter(c: char) -> bool {
    is_word(c) && !c.is_numeric()
}

/// The first `count` characters of a text, and the rest.
fn split_at(text: &str, count: usize) -> (&str, &str) {
    let at = text.char_indices().nth(count);
    text.split_at(at.map_or(text.len(), |(at, _)| at))
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn is_blank(chunk: &str) -> bool {
    python::strip(chunk).is_empty() && chunk.chars().all(is_space)
}

#[cfg(test)]
mod tests {
    use super::{LineBreaks, fill};

    fn check(line: &str, expect: &str) {
        assert_eq!(fill(line, (20, LineBreaks::BETWEEN_WORDS), "  "), expect);
    }

    // Expected values: Python 3.9's textwrap.fill with a width of 20, and nothing else said.
    #[test]
    fn breaks_within_words() {
        let check = |line: &str, expect: &str| {
            assert_eq!(fill(line, (20, LineBreaks::WITHIN_WORDS), "  "), expect);
        };
        check(
            "- from non-encoding domain-names well-known",
            "- from non-encoding\n  domain-names well-\n  known",
        );
        check(
            "- a see+a://example.invalid/very-long-path/of/many/parts end",
            "- a see+a://example.\n  invalid/very-long-\n  path/of/many/parts\n  end",
        );
        check(
            "- an em--dash and--another--one of-x 1-2-3 a-b-c-d-e-f-g-h-i-j",
            "- an em--dash and--\n  another--one of-x\n  1-2-3 a-b-c-d-e-f-\n  g-h-i-j",
        );
        check(
            "- --option-name-that is-long -x --y-z-option",
            "- --option-name-that\n  is-long -x --y-z-\n  option",
        );
        check(
            "- naïve-ümlaut-wörter-sind-lang-und-länger",
            "- naïve-ümlaut-\n  wörter-sind-lang-\n  und-länger",
        );
        check(
            "- x- x- x- x- x- x- x- x- x- x- x- x",
            "- x- x- x- x- x- x-\n  x- x- x- x- x- x",
        );
        check(
            "- word-5-abc-5d-e5-fg-hi_jk-lm-no",
            "-\n  word-5-abc-5d-e5-f\n  g-hi_jk-lm-no",
        );
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
            "- a see+a://example.invalid/very-long-path end",
            "- a\n  see+a://example.invalid/very-long-path\n  end",
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
