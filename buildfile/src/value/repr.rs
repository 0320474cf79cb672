//! `repr()` and `str()`.

use super::access::class;
use super::types::{SetKind, Value};
use crate::exception::{Exception, LanguageLimit};
use crate::limits::{MAX_NESTING, MAX_PARTS, MAX_SIZE};
use crate::text;

impl Value<'_> {
    /// Python's `str()`.
    ///
    /// # Errors
    /// The value is too large or too deep.
    pub(crate) fn display(&self) -> Result<String, Exception> {
        match self {
            Self::Str(text) | Self::Path(text) => Ok(text.to_string()),
            _ => self.repr(),
        }
    }

    /// Python's `repr()`.
    ///
    /// # Errors
    /// The value is too large or too deep.
    pub(crate) fn repr(&self) -> Result<String, Exception> {
        let mut out = String::new();
        write(self, &mut out, 0)?;
        Ok(out)
    }
}

fn write(value: &Value<'_>, out: &mut String, depth: usize) -> Result<(), Exception> {
    if depth > MAX_NESTING || out.len() > MAX_SIZE {
        let message = "this value is too large or nested too deeply to be printed";
        return Err(Exception::refused(LanguageLimit::Nesting, message));
    }
    let mut all = |items: &[Value<'_>], open: &str, close: &str| {
        out.push_str(open);
        for (at, item) in items.iter().enumerate() {
            out.push_str(if at > 0 { ", " } else { "" });
            write(item, out, depth + 1)?;
        }
        out.push_str(close);
        Ok(())
    };
    match value {
        Value::List(items) => return all(&items.borrow(), "[", "]"),
        Value::Tuple(items) if items.len() == 1 => return all(items, "(", ",)"),
        Value::Tuple(items) => return all(items, "(", ")"),
        Value::Set(set) => {
            let items: Vec<Value<'_>> = set.borrow().iter().map(super::Key::value).collect();
            return match (items.is_empty(), set.kind) {
                (true, kind) => all(&[], kind.name(), "()"),
                (false, SetKind::Set) => all(&items, "{", "}"),
                (false, SetKind::FrozenSet) => all(&items, "frozenset({", "})"),
            };
        }
        Value::View(view) => {
            let open = format!("{}([", view.kind.name());
            return all(&view.items(), &open, "])");
        }
        Value::Dict(dict) => {
            out.push('{');
            for (at, (key, value)) in dict.borrow().iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write(key.as_value(), out, depth + 1)?;
                out.push_str(": ");
                write(value, out, depth + 1)?;
            }
            out.push('}');
        }
        Value::Str(text) => out.push_str(&text::repr(text)),
        Value::Path(path) => out.push_str(&format!("PurePath({path:?})")),
        Value::Float(number) => out.push_str(&text::float_repr(*number)),
        Value::Range(range) => {
            out.push_str(&format!("range({}, {}", range.start, range.stop));
            if range.step != 1 {
                out.push_str(&format!(", {}", range.step));
            }
            out.push(')');
        }
        Value::Iter(iter) => out.push_str(&format!("<{} object>", iter.kind)),
        Value::Function(function) => out.push_str(&format!("<function {}>", function.name)),
        Value::Builtin(name) if class(name).is_some() => {
            out.push_str(&format!("<class '{name}'>"));
        }
        Value::Builtin(name) => out.push_str(&format!("<function {name}>")),
        Value::Method(method) => out.push_str(&format!("<method {}>", method.1)),
        simple => out.push_str(&simple.freeze(&mut MAX_PARTS.clone())?.to_string()),
    }
    Ok(())
}
