//! Glob patterns with Pants' meaning: `*` and `?` stay within a folder, `**` does not, dot
//! files match, braces mean themselves.

/// A compiled pattern.
#[derive(Debug)]
pub struct Glob {
    segments: Vec<Segment>,
}

/// A part of a pattern between two slashes.
#[derive(Debug)]
enum Segment {
    /// `**`: any number of folders.
    Deep,
    /// A name without special characters.
    Literal(String),
    /// A name with one `*`: what is before it, and what is after it.
    Affixes(String, String),
    /// A name with others.
    Pattern(Vec<Token>),
}

#[derive(Debug)]
enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
    /// `[abc]`, `[a-z]`, `[!a]`: ranges, and whether they are wanted.
    Class(Vec<(char, char)>, bool),
}

impl Glob {
    /// Compiles a pattern relative to some folder.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let segments = pattern
            .split('/')
            .filter(|segment| !segment.is_empty() && *segment != ".")
            .map(Segment::new)
            .collect();
        Self { segments }
    }

    /// Whether it can only match names within its own folder.
    pub(crate) fn is_flat(&self) -> bool {
        matches!(
            self.segments.as_slice(),
            [Segment::Literal(_) | Segment::Affixes(..) | Segment::Pattern(_)]
        )
    }

    /// The folders that every match lies in, as far as they are spelled out.
    pub(crate) fn literal_folders(&self) -> String {
        let folders = self.segments.split_last().map_or(&[][..], |(_, rest)| rest);
        let names: Vec<&str> = folders
            .iter()
            .map_while(|segment| match segment {
                Segment::Literal(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        names.join("/")
    }

    /// Whether a path relative to the pattern's folder matches.
    #[must_use]
    pub fn is_match(&self, path: &str) -> bool {
        if let ([segment], false) = (self.segments.as_slice(), path.contains('/')) {
            return segment.matches(path);
        }
        let parts: Vec<&str> = path.split('/').collect();
        matches(&self.segments, &parts)
    }
}

fn matches(segments: &[Segment], parts: &[&str]) -> bool {
    match (segments.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((Segment::Deep, [])), part) => part.is_some(),
        (Some((Segment::Deep, rest)), _) => {
            (0..=parts.len()).any(|skipped| matches(rest, &parts[skipped..]))
        }
        (Some((segment, segments)), Some((part, parts))) => {
            segment.matches(part) && matches(segments, parts)
        }
        _ => false,
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        const SPECIAL: [char; 3] = ['*', '?', '['];
        match text.split_once('*') {
            _ if text == "**" => Self::Deep,
            None if !text.contains(SPECIAL) => Self::Literal(text.to_owned()),
            Some((start, end)) if !start.contains(SPECIAL) && !end.contains(SPECIAL) => {
                Self::Affixes(start.to_owned(), end.to_owned())
            }
            _ => Self::Pattern(tokens(text)),
        }
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Deep => true,
            Self::Literal(literal) => literal == name,
            Self::Affixes(start, end) => name
                .strip_prefix(start.as_str())
                .is_some_and(|rest| rest.ends_with(end.as_str())),
            Self::Pattern(tokens) => match_tokens(tokens, name),
        }
    }
}

fn match_tokens(tokens: &[Token], name: &str) -> bool {
    let Some((first, rest)) = tokens.split_first() else {
        return name.is_empty();
    };
    if let Token::Many = first {
        if rest.is_empty() {
            return true;
        }
        let mut ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
        return ends.any(|at| match_tokens(rest, &name[at..]));
    }
    let mut characters = name.chars();
    characters.next().is_some_and(|c| {
        let fits = match first {
            Token::Char(wanted) => *wanted == c,
            Token::One => true,
            Token::Class(ranges, wanted) => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) == *wanted
            }
            Token::Many => false,
        };
        fits && match_tokens(rest, characters.as_str())
    })
}

fn tokens(segment: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = segment;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        tokens.push(match c {
            '*' => Token::Many,
            '?' => Token::One,
            '[' => match class(rest) {
                Some((token, after)) => {
                    rest = after;
                    token
                }
                None => Token::Char('['),
            },
            other => Token::Char(other),
        });
    }
    tokens
}

/// The class after a `[`, and what follows its `]`.
fn class(text: &str) -> Option<(Token, &str)> {
    let (inside, wanted) = match text.strip_prefix(['!', '^']) {
        Some(inside) => (inside, false),
        None => (text, true),
    };
    // A `]` at the start is a member of the class.
    let end = inside.char_indices().skip(1).find(|(_, c)| *c == ']')?.0;
    let members: Vec<char> = inside[..end].chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < members.len() {
        if at + 2 < members.len() && members[at + 1] == '-' {
            ranges.push((members[at], members[at + 2]));
            at += 3;
        } else {
            ranges.push((members[at], members[at]));
            at += 1;
        }
    }
    Some((Token::Class(ranges, wanted), &inside[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let glob = Glob::new(pattern);
        for path in yes {
            assert!(glob.is_match(path), "{pattern} should match {path}");
        }
        for path in no {
            assert!(!glob.is_match(path), "{pattern} should not match {path}");
        }
    }

    #[test]
    fn within_a_folder() {
        check("*.py", &["a.py", ".py"], &["a.pyi", "d/a.py"]);
        check("*_test.py", &["a_test.py", "_test.py"], &["test.py"]);
        check("ab*ba", &["abba", "ab-ba"], &["aba", "abbab"]);
        check("a*b*c", &["abc", "a-b-c"], &["acb"]);
        check("[ab]?.py", &["ab.py"], &["a.py", "cb.py"]);
        check("[!a-c]", &["d"], &["b"]);
        check("{x,y}.py", &["{x,y}.py"], &["x.py"]);
        check("*", &[".hidden"], &[]);
    }

    #[test]
    fn across_folders() {
        check("**/*.py", &["a.py", "d/e/a.py"], &["a.txt"]);
        check("data/**", &["data/a", "data/b/c"], &["data", "other/a"]);
        check("sub/**/*.py", &["sub/a.py", "sub/d/e.py"], &["a.py"]);
        check("**", &["a", "b/c"], &[]);
        check("a/**/b/*", &["a/b/c", "a/x/y/b/c"], &["a/c"]);
    }
}
