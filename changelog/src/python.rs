//! The rules of Python's strings that show in towncrier's output.
//!
//! Towncrier is written in Python, so the bytes of a changelog depend on what Python calls white
//! space, a line end or a digit. Rust's own methods differ in small ways (`str::trim` leaves
//! U+001C to U+001F alone, for one), and a changelog that differs by one byte is a failed release.

use thiserror::Error;

/// Whether Python's `str.strip()` removes this character.
///
/// Source: CPython's `_PyUnicode_IsWhitespace`: bidirectional type WS, B or S, or category Zs.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, '\u{1c}'..='\u{1f}') || c.is_whitespace()
}

/// `str.strip()`.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `str.lstrip()`.
pub(crate) fn lstrip(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

/// `str.rstrip()`.
pub(crate) fn rstrip(text: &str) -> &str {
    text.trim_end_matches(is_space)
}

/// `str.isdigit()` for the digits that issue numbers are written in.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `int(text)` would succeed: digits, a sign, single underscores between digits.
pub(crate) fn is_int(text: &str) -> bool {
    let text = strip(text);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.split('_').all(is_digits)
}

/// What `Path.read_text()` makes of bytes: UTF-8 with replacement, line ends turned into `\n`.
pub(crate) fn read_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.into_owned()
    }
}

/// `str.splitlines(keepends=True)`.
pub(crate) fn split_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !is_line_end(c) {
            continue;
        }
        let mut end = at + c.len_utf8();
        if c == '\r' && chars.next_if(|&(_, next)| next == '\n').is_some() {
            end += 1;
        }
        lines.push(&text[start..end]);
        start = end;
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}

fn is_line_end(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// `str.capitalize()`: the first letter upper, all others lower.
pub(crate) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first
            .to_uppercase()
            .chain(chars.flat_map(char::to_lowercase))
            .collect(),
        None => String::new(),
    }
}

/// `str.title()`: every letter that follows a non-letter upper, all others lower.
pub(crate) fn title(text: &str) -> String {
    let mut after_letter = false;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        if after_letter {
            titled.extend(c.to_lowercase());
        } else {
            titled.extend(c.to_uppercase());
        }
        after_letter = c.is_alphabetic();
    }
    titled
}

/// Why a format string of the settings cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FormatError {
    /// A `{` without its `}`, or a `}` on its own.
    #[error("a single `{0}`; write it twice to mean the character")]
    Brace(char),
    /// A field that this setting does not know.
    #[error("no field `{field}`; known are {known}")]
    Field {
        /// The name between the braces.
        field: String,
        /// The names that may stand there, with commas.
        known: String,
    },
    /// A format specification beyond fill, alignment and width.
    #[error("`{0}` is not a text format of fill, alignment, width and precision")]
    Spec(String),
}

/// `str.format(**fields)` for text fields: `{name}`, `{name!s}`, `{name:>10}`, `{{` and `}}`.
pub(crate) fn format(pattern: &str, fields: &[(&str, &str)]) -> Result<String, FormatError> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
        } else if brace == "}" {
            return Err(FormatError::Brace('}'));
        } else {
            let end = rest.find('}').ok_or(FormatError::Brace('{'))?;
            out.push_str(&field(&rest[..end], fields)?);
            rest = &rest[end + 1..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn field(inner: &str, fields: &[(&str, &str)]) -> Result<String, FormatError> {
    let (reference, spec) = inner.split_once(':').unwrap_or((inner, ""));
    let name = reference.strip_suffix("!s").unwrap_or(reference);
    let value = fields.iter().find(|(known, _)| *known == name);
    let (_, value) = value.ok_or_else(|| FormatError::Field {
        field: name.to_owned(),
        known: fields
            .iter()
            .map(|(known, _)| *known)
            .collect::<Vec<_>>()
            .join(", "),
    })?;
    pad(value, spec).ok_or_else(|| FormatError::Spec(spec.to_owned()))
}

/// Applies `[[fill]align][width][.precision][s]`; `None` when `spec` is something else.
fn pad(value: &str, spec: &str) -> Option<String> {
    let chars: Vec<char> = spec.chars().collect();
    let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '^'));
    let (fill, align, rest) = if is_align(chars.get(1)) {
        (chars[0], chars[1], &chars[2..])
    } else if is_align(chars.first()) {
        (' ', chars[0], &chars[1..])
    } else {
        (' ', '<', &chars[..])
    };
    let rest: String = rest.iter().collect();
    let rest = rest.strip_suffix('s').unwrap_or(&rest);
    let (width, precision) = rest.split_once('.').unwrap_or((rest, ""));
    let number = |digits: &str, absent| match digits {
        "" => Some(absent),
        _ => digits.parse::<usize>().ok(),
    };
    let value: String = value.chars().take(number(precision, usize::MAX)?).collect();
    let missing = number(width, 0)?.saturating_sub(value.chars().count());
    let left = match align {
        '>' => missing,
        '^' => missing / 2,
        _ => 0,
    };
    let fill_in = |count: usize| fill.to_string().repeat(count);
    Some(fill_in(left) + &value + &fill_in(missing - left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_as_python_does() {
        let fields = [("version", "24.09.0"), ("name", "x")];
        let ok = |pattern| format(pattern, &fields).unwrap();
        assert_eq!(ok("v{version} {{}} {name!s}"), "v24.09.0 {} x");
        assert_eq!(
            ok("{version:>9}|{name:*^3}|{version:.2}"),
            "  24.09.0|*x*|24"
        );
        assert_eq!(
            format("{date}", &fields).unwrap_err().to_string(),
            "no field `date`; known are version, name"
        );
        assert_eq!(format("{name", &fields), Err(FormatError::Brace('{')));
        assert_eq!(format("name}", &fields), Err(FormatError::Brace('}')));
        assert_eq!(
            format("{name:d}", &fields),
            Err(FormatError::Spec("d".into()))
        );
    }

    #[test]
    fn strips_and_splits_as_python_does() {
        assert_eq!(strip("\u{1c} a\u{a0}\u{200b}\n"), "a\u{a0}\u{200b}");
        assert_eq!(
            split_lines("a\r\nb\u{2028}c\rd"),
            ["a\r\n", "b\u{2028}", "c\r", "d"]
        );
        assert_eq!(split_lines(""), Vec::<&str>::new());
        assert_eq!(title("ai.backend's x2y"), "Ai.Backend'S X2Y");
        assert_eq!(capitalize("dEPRECATION x"), "Deprecation x");
    }

    #[test]
    fn knows_pythons_integers() {
        for (text, expected) in [
            ("12", true),
            ("-1", true),
            ("1_0", true),
            ("1__0", false),
            ("", false),
            ("gh-1", false),
        ] {
            assert_eq!(is_int(text), expected, "{text}");
        }
    }
}
