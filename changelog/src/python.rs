//! The rules of Python's strings that show in towncrier's output.
//!
//! Towncrier is written in Python, so the bytes of a changelog depend on what Python takes for
//! white space, a line end or a digit. `buildfile` has these rules, which are tested against
//! CPython.

use buildfile::text::{NumberError, parse_int};
use buildfile::{Data, MethodArguments, call_method};
use thiserror::Error;

pub(crate) use buildfile::text::{capitalize, is_space, lstrip, rstrip, split_lines, strip, title};

/// `str.isdigit()` for the digits that issue numbers are written in.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `int(text)` would succeed.
pub(crate) fn is_int(text: &str) -> bool {
    matches!(parse_int(text, 10), Ok(_) | Err(NumberError::TooLarge))
}

/// `str(int(text))` of a text that is an integer.
pub(crate) fn int_text(text: &str) -> String {
    let text = strip(text).replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => format!("{sign}{digits}"),
    }
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

/// A text by a format specification; `None` when `spec` does not fit a text.
fn pad(value: &str, spec: &str) -> Option<String> {
    let template = Data::Str(format!("{{:{spec}}}").into());
    let arguments = MethodArguments {
        positional: vec![Data::Str(value.into())],
        ..MethodArguments::default()
    };
    let formatted = call_method(&template, "format", &arguments).ok()?;
    formatted.as_str().map(str::to_owned)
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
