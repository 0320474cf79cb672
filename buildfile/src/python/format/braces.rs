//! `str.format`: fields in braces.

use std::rc::Rc;

use super::{ascii, with_spec};
use crate::exception::{Exception, ExceptionClass, LanguageLimit};
use crate::python::subscript;
use crate::value::Value;

/// The arguments of one call, and how its fields have named them so far.
struct Fields<'v, 'a> {
    positional: &'v [Value<'a>],
    keywords: &'v [(Rc<str>, Value<'a>)],
    numbering: Numbering,
}

/// How fields name positional arguments: one call does it in one way.
enum Numbering {
    Unknown,
    /// `{}`: the next argument.
    Automatic(usize),
    /// `{0}`
    Manual,
}

/// `template.format(…)` with `{}`, `{0}`, `{name}`, `{name[key]}`, `{name!r}` and format
/// specifications, which may have fields themselves.
///
/// # Errors
/// An argument is missing, or the template is malformed.
pub(crate) fn braces<'a>(
    template: &str,
    positional: &[Value<'a>],
    keywords: &[(Rc<str>, Value<'a>)],
) -> Result<String, Exception> {
    let numbering = Numbering::Unknown;
    let mut fields = Fields {
        positional,
        keywords,
        numbering,
    };
    fields.render(template, 2)
}

impl<'a> Fields<'_, 'a> {
    fn render(&mut self, template: &str, levels: usize) -> Result<String, Exception> {
        let Some(levels) = levels.checked_sub(1) else {
            return Err(Exception::of_value("fields are nested too deeply"));
        };
        let mut result = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            result.push_str(&rest[..at]);
            let mark = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(mark) {
                result.push_str(mark);
                rest = after;
            } else if mark == "}" {
                return Err(Exception::of_value("`}` without `{` in a format"));
            } else {
                let end = closing(rest)?;
                result.push_str(&self.field(&rest[..end], levels)?);
                rest = &rest[end + 1..];
            }
        }
        result.push_str(rest);
        Ok(result)
    }

    fn field(&mut self, inside: &str, levels: usize) -> Result<String, Exception> {
        let (name, conversion, spec) = parts(inside)?;
        let mut value = self.value(name)?;
        value = match conversion {
            None => value,
            Some('s') => Value::str(value.display()?),
            Some('r') => Value::str(value.repr()?),
            Some('a') => Value::str(ascii(&value.repr()?)),
            Some(other) => {
                return Err(Exception::of_value(format!("unknown conversion `{other}`")));
            }
        };
        let spec = self.render_spec(spec, levels)?;
        with_spec(&value, &spec)
    }

    fn render_spec(&mut self, spec: &str, levels: usize) -> Result<String, Exception> {
        match spec.contains(['{', '}']) {
            true => self.render(spec, levels),
            false => Ok(spec.to_owned()),
        }
    }

    fn value(&mut self, name: &str) -> Result<Value<'a>, Exception> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, mut rest) = name.split_at(end);
        let mut value = self.argument(first)?;
        while !rest.is_empty() {
            let Some(inner) = rest.strip_prefix('[') else {
                if rest == "." || rest.starts_with("..") || rest.starts_with(".[") {
                    return Err(Exception::of_value("an empty attribute in a format"));
                }
                let message = "a format here shows no attributes, as in `{name.attribute}`";
                return Err(Exception::refused(LanguageLimit::FormatAttribute, message));
            };
            let unclosed = || Exception::of_value("`[` without `]` in a format");
            let (key, after) = inner.split_once(']').ok_or_else(unclosed)?;
            if key.is_empty() {
                return Err(Exception::of_value("an empty attribute in a format"));
            }
            if !after.is_empty() && !after.starts_with(['.', '[']) {
                return Err(Exception::of_value(
                    "only `.` or `[` may follow `]` in a format",
                ));
            }
            let key = match key.bytes().all(|byte| byte.is_ascii_digit()) {
                true => Value::Int(number(key)?),
                false => Value::str(key),
            };
            value = subscript::get(&value, &key)?;
            rest = after;
        }
        Ok(value)
    }

    fn argument(&mut self, name: &str) -> Result<Value<'a>, Exception> {
        let digits = name.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            let found = self.keywords.iter().find(|(key, _)| &**key == name);
            let missing = || {
                let message = format!("no argument for `{{{name}}}`");
                Exception::new(ExceptionClass::KeyError, message)
            };
            return found.map(|(_, value)| value.clone()).ok_or_else(missing);
        }
        let mixed = || Exception::of_value("`{}` and `{0}` do not go together");
        let index = match (name.is_empty(), &mut self.numbering) {
            (true, Numbering::Manual) | (false, Numbering::Automatic(_)) => return Err(mixed()),
            (true, Numbering::Automatic(next)) => {
                *next += 1;
                *next - 1
            }
            (true, unknown) => {
                *unknown = Numbering::Automatic(1);
                0
            }
            (false, unknown) => {
                *unknown = Numbering::Manual;
                usize::try_from(number(name)?).unwrap_or_default()
            }
        };
        let missing = || {
            let message = format!("no argument for the field {index} of a format");
            Exception::new(ExceptionClass::IndexError, message)
        };
        self.positional.get(index).cloned().ok_or_else(missing)
    }
}

fn number(digits: &str) -> Result<i64, Exception> {
    let large = |_| Exception::of_value("too many digits in a format");
    digits.parse().map_err(large)
}

/// Where the brace that opened before `text` is closed.
fn closing(text: &str) -> Result<usize, Exception> {
    let mut open = 1;
    let mut in_key = false;
    for (at, c) in text.char_indices() {
        match c {
            // A key may hold braces, but not in a specification, which has fields of its own.
            '[' if open == 1 && !text[..at].contains(':') => in_key = true,
            ']' => in_key = false,
            '{' if !in_key => open += 1,
            '}' if !in_key => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Ok(at);
        }
    }
    Err(Exception::of_value("`{` without `}` in a format"))
}

/// `name!conversion:spec`.
fn parts(inside: &str) -> Result<(&str, Option<char>, &str), Exception> {
    let mut in_key = false;
    let end = inside.find(|c: char| {
        match c {
            '[' => in_key = true,
            ']' => in_key = false,
            _ => {}
        }
        !in_key && matches!(c, '!' | ':')
    });
    let Some(end) = end else {
        if inside.contains('{') {
            return Err(Exception::of_value("an unexpected `{` in a field"));
        }
        return Ok((inside, None, ""));
    };
    let (name, after) = inside.split_at(end);
    if name.contains('{') {
        return Err(Exception::of_value("an unexpected `{` in a field"));
    }
    if let Some(spec) = after.strip_prefix(':') {
        return Ok((name, None, spec));
    }
    let mut chars = after[1..].chars();
    let conversion = chars
        .next()
        .ok_or_else(|| Exception::of_value("no conversion after `!`"))?;
    match (chars.next(), chars.as_str()) {
        (None, _) => Ok((name, Some(conversion), "")),
        (Some(':'), spec) => Ok((name, Some(conversion), spec)),
        _ => Err(Exception::of_value("only `:` may follow a conversion")),
    }
}
