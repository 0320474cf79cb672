//! The tags of a template: `{% … %}` and `{{ … }}`, what stands between them, and the words in them.

use std::ops::Range;

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplatePiece {
    /// Text outside of tags, a comment, or what is between the tags of a raw block.
    Text(String),
    /// `{% … %}` or `{{ … }}`.
    Tag(String),
}

pub(crate) fn pieces(source: &str) -> Vec<TemplatePiece> {
    let mut pieces = Vec::new();
    let mut rest = source;
    while let Some(at) = ["{%", "{{", "{#"]
        .iter()
        .filter_map(|mark| rest.find(mark))
        .min()
    {
        let (before, tag) = rest.split_at(at);
        pieces.push(TemplatePiece::Text(before.to_owned()));
        let length = match &tag[..2] {
            "{#" => tag.find("#}").map_or(tag.len(), |end| end + 2),
            "{%" => tag_length(tag, "%}"),
            _ => tag_length(tag, "}}"),
        };
        let (tag, mut after) = tag.split_at(length);
        pieces.push(match tag.starts_with("{#") {
            true => TemplatePiece::Text(tag.to_owned()),
            false => TemplatePiece::Tag(tag.to_owned()),
        });
        if word(tag) == Some("raw") {
            let (text, end) = after.split_at(end_of_raw(after));
            pieces.push(TemplatePiece::Text(text.to_owned()));
            after = end;
        }
        rest = after;
    }
    pieces.push(TemplatePiece::Text(rest.to_owned()));
    pieces
}

/// Where the tag begins that ends a raw block.
fn end_of_raw(text: &str) -> usize {
    let tags = text.match_indices("{%");
    let mut ends = tags.filter(|(at, _)| {
        let inside = text[at + 2..].trim_start_matches(['-', '+']).trim_start();
        inside.starts_with("endraw")
    });
    ends.next().map_or(text.len(), |(at, _)| at)
}

/// The first word of a statement: what it is.
pub(crate) fn word(tag: &str) -> Option<&str> {
    let statement = tag
        .starts_with("{%")
        .then(|| tag[inner(tag)].trim_start())?;
    let end = statement
        .find(|c: char| !is_of_word(c))
        .unwrap_or(statement.len());
    Some(&statement[..end])
}

pub(crate) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the tag that `text` begins with, its end not looked for within strings and brackets.
fn tag_length(text: &str, end: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code(text).filter(|(at, _)| *at >= 2) {
        match c {
            _ if depth == 0 && text[at..].starts_with(end) => return at + end.len(),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    // Brackets that do not match: minijinja says so.
    text.find(end).map_or(text.len(), |at| at + end.len())
}

/// The characters outside of strings.
pub(crate) fn code(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut quote, mut escaped) = (None, false);
    text.char_indices().filter(move |(_, c)| match quote {
        Some(open) => {
            if !escaped && *c == open {
                quote = None;
            }
            escaped = *c == '\\' && !escaped;
            false
        }
        None if matches!(c, '"' | '\'') => {
            quote = Some(*c);
            false
        }
        None => true,
    })
}

/// What stands between the marks of a tag.
pub(crate) fn inner(tag: &str) -> Range<usize> {
    let start = if tag[2..].starts_with(['-', '+']) {
        3
    } else {
        2
    };
    let end = tag.len().saturating_sub(2).max(start);
    let end = match tag[start..end].ends_with(['-', '+']) {
        true => end - 1,
        false => end,
    };
    start..end
}

/// A word, a string, or one other character.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

pub(crate) fn tokens(tag: &str, inner: &Range<usize>) -> Vec<Token> {
    let mut is_code = vec![false; tag.len()];
    for (at, _) in code(tag) {
        is_code[at] = true;
    }
    let mut tokens: Vec<Token> = Vec::new();
    let mut previous: Option<char> = None;
    for (at, c) in tag.char_indices().filter(|(at, _)| inner.contains(at)) {
        let end = at + c.len_utf8();
        // Quotes and what is between them.
        let kind = if !is_code[at] {
            '"'
        } else if is_of_word(c) {
            'a'
        } else {
            c
        };
        let begins_string = kind == '"' && (at == 0 || is_code[at - 1]);
        let goes_on = match kind {
            '"' => !begins_string,
            'a' => previous == Some('a'),
            _ => false,
        };
        match tokens.last_mut().filter(|token| goes_on && token.end == at) {
            Some(token) => token.end = end,
            None if c.is_whitespace() => {}
            None => tokens.push(Token { start: at, end }),
        }
        previous = Some(kind);
    }
    tokens
}
