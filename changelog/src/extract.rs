//! One release's notes, taken out of a news file.

use camino::Utf8Path;

use super::error::ChangelogError;

/// The notes of `version` without their heading and without blank lines around them.
///
/// A heading is a Markdown heading or an underlined line that has the version as a word of its
/// own (`24.09.0` is not part of `24.09.0rc1`). The notes end at the next heading of the same
/// level that names a version, or at the end.
///
/// # Errors
/// No heading names the version.
pub fn extract(path: &Utf8Path, text: &str, version: &str) -> Result<String, ChangelogError> {
    let lines: Vec<&str> = text.lines().collect();
    let headings = headings(text);
    let of_version = |heading: &&Heading<'_>| has_word(heading.text, version);
    let missing = || ChangelogError::NoSuchRelease {
        path: path.to_owned(),
        version: version.to_owned(),
    };
    let heading = headings.iter().find(of_version).ok_or_else(missing)?;
    let ends = |next: &&Heading<'_>| {
        next.line > heading.line && next.level == heading.level && names_version(next.text)
    };
    let end = headings
        .iter()
        .find(ends)
        .map_or(lines.len(), |next| next.line);
    let notes = lines[heading.body..end].join("\n");
    Ok(notes.trim().to_owned())
}

/// A news file without the notes of a version; `None` where it has none.
pub fn without(text: &str, version: &str) -> Option<String> {
    let headings = headings(text);
    let heading = headings
        .iter()
        .find(|heading| has_word(heading.text, version))?;
    let next = headings.iter().find(|next| {
        next.line > heading.line && next.level == heading.level && names_version(next.text)
    });
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let end = next.map_or(lines.len(), |next| next.line);
    Some(lines[..heading.line].concat() + &lines[end..].concat())
}

/// A heading of a news file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading<'a> {
    /// The heading's text without its marks.
    pub text: &'a str,
    /// The line it stands on, from 0.
    pub line: usize,
    /// The first line after it.
    pub body: usize,
    /// What marks it: `#` and how often, or the underline's character and 0.
    pub level: (char, usize),
}

/// The headings of a news file, Markdown's and reStructuredText's, outside of code fences.
pub fn headings(text: &str) -> Vec<Heading<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut headings = Vec::new();
    let mut fence = None;
    let mut comment = false;
    for (at, line) in lines.iter().enumerate() {
        match (&fence, Fence::of(line)) {
            (None, Some(opened)) if !comment => {
                fence = Some(opened);
                continue;
            }
            (Some(open), _) => {
                if open.is_closed_by(line) {
                    fence = None;
                }
                continue;
            }
            _ => {}
        }
        let was_comment = comment;
        comment = stays_comment(line, comment);
        if was_comment || comment {
            continue;
        }
        let title = line.trim_start_matches('#');
        let level = line.len() - title.len();
        if level > 0 && title.starts_with(' ') {
            headings.push(Heading {
                text: title.trim(),
                line: at,
                body: at + 1,
                level: ('#', level),
            });
        } else if let Some(mark) = lines.get(at + 1).and_then(|next| underline(line, next)) {
            headings.push(Heading {
                text: line.trim(),
                line: at,
                body: at + 2,
                level: (mark, 0),
            });
        }
    }
    headings
}

/// The line that opens a block of code (CommonMark, "Fenced code blocks"). In a list it may be
/// indented further than elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fence {
    mark: char,
    length: usize,
}

impl Fence {
    fn of(line: &str) -> Option<Self> {
        let line = line.trim_start().trim_start_matches("> ");
        let mark = line
            .chars()
            .next()
            .filter(|mark| matches!(mark, '`' | '~'))?;
        let info = line.trim_start_matches(mark);
        let length = line.len() - info.len();
        // Backticks within a line are code in the text.
        (length >= 3 && !(mark == '`' && info.contains('`'))).then_some(Self { mark, length })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim().trim_start_matches("> ");
        let rest = line.trim_start_matches(self.mark);
        rest.is_empty() && line.len() >= self.length
    }
}

/// Whether an HTML comment is open behind a line.
fn stays_comment(line: &str, open: bool) -> bool {
    match (line.rfind("<!--"), line.rfind("-->")) {
        (Some(opened), Some(closed)) => opened > closed,
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (None, None) => open,
    }
}

/// The character that underlines `title`, when `line` is an underline for it.
fn underline(title: &str, line: &str) -> Option<char> {
    let mark = line.chars().next().filter(char::is_ascii_punctuation)?;
    let long = line.chars().count() >= title.trim_end().chars().count();
    let text = title.starts_with(|c: char| c.is_alphanumeric());
    (text && long && line.chars().all(|c| c == mark)).then_some(mark)
}

fn names_version(heading: &str) -> bool {
    words(heading).any(|word| {
        let word = word.strip_prefix('v').unwrap_or(word);
        word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.')
    })
}

fn has_word(heading: &str, version: &str) -> bool {
    words(heading).any(|word| word == version || word.strip_prefix('v') == Some(version))
}

fn words(heading: &str) -> impl Iterator<Item = &str> {
    heading.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ','))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, version: &str, expect: &str) {
        assert_eq!(extract("NEWS".into(), text, version).unwrap(), expect);
    }

    const MARKDOWN: &str = "Changes\n=======\n\n## 24.09.1 (2024-11-25)\n\n### Fixes\n* b\n\n## 24.09.0rc1 (x)\n* r\n## 24.09.0 (2024-10-21)\n\n### Features\n* a\n";

    #[test]
    fn markdown() {
        check(MARKDOWN, "24.09.1", "### Fixes\n* b");
        check(MARKDOWN, "24.09.0rc1", "* r");
        check(MARKDOWN, "24.09.0", "### Features\n* a");
    }

    #[test]
    fn restructured_text() {
        let text = "project 1.1 (2024)\n==================\n\nFeatures\n--------\n\n- b\n\nproject 1.0 (2023)\n==================\n\n- a\n";
        check(text, "1.1", "Features\n--------\n\n- b");
        check(text, "1.0", "- a");
    }

    #[test]
    fn what_looks_like_a_heading_in_code_or_a_comment() {
        let code = |open: &str, close: &str| {
            format!(
                "## 1.1 (x)\n\n- a\n\n{open}\n## 1.0 (y)\n{close}\n\n- b\n\n## 1.0 (z)\n\n- c\n"
            )
        };
        for (open, close) in [
            ("```", "```"),
            ("~~~ md", "~~~"),
            ("````\n```", "````"),
            ("  ```python", "  ```"),
            ("- x\n\n      ~~~~", "      ~~~~~"),
            ("see ```x``` here\n```", "```"),
            ("<!-- as before:", "-->"),
        ] {
            let text = code(open, close);
            check(&text, "1.0", "- c");
            assert!(
                extract("NEWS".into(), &text, "1.1")
                    .unwrap()
                    .ends_with("- b"),
                "{text}"
            );
        }
        check("## 1.1\n```x``` is code\n## 1.0\n- c\n", "1.0", "- c");
        check("## 1.1 <!-- note -->\n- a\n## 1.0\n- c\n", "1.1", "- a");
    }

    #[test]
    fn a_version_is_taken_out() {
        let text = without(MARKDOWN, "24.09.0rc1").unwrap();
        assert_eq!(text, MARKDOWN.replace("## 24.09.0rc1 (x)\n* r\n", ""));
        let last = without(MARKDOWN, "24.09.0").unwrap();
        assert!(last.ends_with("* r\n"), "{last}");
        assert_eq!(without(MARKDOWN, "24.09"), None);
    }

    #[test]
    fn unknown_version() {
        let error = extract("CHANGELOG.md".into(), MARKDOWN, "24.09").unwrap_err();
        insta::assert_snapshot!(error, @"CHANGELOG.md: no heading names version 24.09");
    }
}
