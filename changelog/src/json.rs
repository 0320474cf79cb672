//! The filter `tojson`: a value as Python's `json.dumps` writes it, with sorted keys, and safe within HTML.

use std::fmt::Write as _;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

/// A value as JSON, each item on a line of its own if `indent` says how far.
pub(crate) fn tojson(value: &Value, indent: Option<usize>) -> Result<String, Error> {
    let mut out = String::new();
    write(value, indent.map(|width| (width, 0)), &mut out)?;
    Ok(out)
}

/// The width of an indentation, and how many there are.
type Indent = Option<(usize, usize)>;

fn write(value: &Value, indent: Indent, out: &mut String) -> Result<(), Error> {
    match value.kind() {
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => out.push_str(&value.to_string()),
        ValueKind::String => text(value.as_str().unwrap_or_default(), out),
        ValueKind::Map => {
            let mut keys: Vec<Value> = value.try_iter()?.collect();
            keys.sort();
            let inner = opened('{', indent, keys.is_empty(), out);
            for (at, key) in keys.iter().enumerate() {
                separate(at, inner, out);
                text(&key.to_string(), out);
                out.push_str(": ");
                write(&value.get_item(key)?, inner, out)?;
            }
            closed('}', indent, keys.is_empty(), out);
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Vec<Value> = value.try_iter()?.collect();
            let inner = opened('[', indent, items.is_empty(), out);
            for (at, item) in items.iter().enumerate() {
                separate(at, inner, out);
                write(item, inner, out)?;
            }
            closed(']', indent, items.is_empty(), out);
        }
        kind => {
            let message = format!("a value of the kind {kind} is no JSON");
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
    }
    Ok(())
}

fn opened(bracket: char, indent: Indent, is_empty: bool, out: &mut String) -> Indent {
    out.push(bracket);
    let inner = indent.map(|(width, depth)| (width, depth + 1));
    if !is_empty {
        line(inner, out);
    }
    inner
}

fn separate(at: usize, inner: Indent, out: &mut String) {
    match (at, inner) {
        (0, _) => {}
        (_, None) => out.push_str(", "),
        (_, Some(_)) => {
            out.push(',');
            line(inner, out);
        }
    }
}

fn closed(bracket: char, indent: Indent, is_empty: bool, out: &mut String) {
    if !is_empty {
        line(indent, out);
    }
    out.push(bracket);
}

fn line(indent: Indent, out: &mut String) {
    if let Some((width, depth)) = indent {
        out.push('\n');
        out.push_str(&" ".repeat(width * depth));
    }
}

fn text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' if !matches!(c, '<' | '>' | '&' | '\'') => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}
