//! `template % values`, as C's `printf` formats.

use super::ascii;
use super::number::{Form, digits};
use crate::exception::{Exception, ExceptionClass, LanguageLimit};
use crate::limits::MAX_SIZE;
use crate::python::subscript;
use crate::value::Value;

/// One conversion: `%[(key)][flags][width][.precision]kind`.
#[derive(Default)]
struct Conversion {
    flags: String,
    width: usize,
    precision: Option<usize>,
}

/// The values that the conversions take, one after the other.
struct Values<'a> {
    all: std::vec::IntoIter<Value<'a>>,
    /// What keys in parentheses look into.
    mapping: Option<Value<'a>>,
}

/// `template % argument`.
///
/// # Errors
/// A value is missing, left over or of the wrong type, or the template is malformed.
pub(crate) fn percent(template: &str, argument: &Value<'_>) -> Result<String, Exception> {
    let mut values = Values::new(argument);
    let mut result = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            result.push('%');
            rest = after;
            continue;
        }
        let key = key(&mut rest)?;
        let value = key.map(|key| values.of_key(key)).transpose()?;
        let conversion = Conversion::parse(&mut rest, &mut values)?;
        let incomplete = || Exception::of_value("an incomplete format after `%`");
        let kind = rest.chars().next().ok_or_else(incomplete)?;
        rest = &rest[kind.len_utf8()..];
        let value = match value {
            Some(value) => value,
            None => values.next()?,
        };
        result.push_str(&conversion.format(kind, &value)?);
        if result.len() > MAX_SIZE {
            return Err(Exception::refused(
                LanguageLimit::LargeResult,
                "the result is too large",
            ));
        }
    }
    result.push_str(rest);
    match values.all.next() {
        Some(_) if values.mapping.is_none() => {
            Err(Exception::of_type("more values than `%` has places for"))
        }
        _ => Ok(result),
    }
}

impl<'a> Values<'a> {
    fn new(argument: &Value<'a>) -> Self {
        let has_items = matches!(argument, Value::Dict(_) | Value::List(_) | Value::Range(_));
        let all = match argument {
            Value::Tuple(items) => items.to_vec(),
            other => vec![other.clone()],
        };
        let mapping = has_items.then(|| argument.clone());
        let all = all.into_iter();
        Self { all, mapping }
    }

    fn next(&mut self) -> Result<Value<'a>, Exception> {
        let missing = || Exception::of_type("fewer values than `%` has places for");
        self.all.next().ok_or_else(missing)
    }

    fn of_key(&self, key: &str) -> Result<Value<'a>, Exception> {
        match &self.mapping {
            Some(mapping) => subscript::get(mapping, &Value::str(key)),
            None => Err(Exception::of_type("a key after `%` needs a dict")),
        }
    }

    /// A width or precision that is a value itself.
    fn star(&mut self) -> Result<i64, Exception> {
        let value = self.next()?;
        match value {
            Value::Int(_) | Value::Bool(_) => Ok(value.as_int().unwrap_or_default()),
            _ => Err(Exception::of_type("`*` needs an int")),
        }
    }
}

/// The key in parentheses, which may hold some itself.
fn key<'t>(rest: &mut &'t str) -> Result<Option<&'t str>, Exception> {
    let Some(inner) = rest.strip_prefix('(') else {
        return Ok(None);
    };
    let mut open = 1;
    for (at, c) in inner.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            *rest = &inner[at + 1..];
            return Ok(Some(&inner[..at]));
        }
    }
    Err(Exception::of_value("an incomplete key after `%`"))
}

impl Conversion {
    fn parse(rest: &mut &str, values: &mut Values<'_>) -> Result<Self, Exception> {
        let mut conversion = Self::default();
        let flags = rest.len() - rest.trim_start_matches(['-', '+', ' ', '#', '0']).len();
        let (before, after) = rest.split_at(flags);
        before.clone_into(&mut conversion.flags);
        *rest = after;
        if let Some(after) = rest.strip_prefix('*') {
            *rest = after;
            let width = values.star()?;
            if width < 0 {
                conversion.flags.push('-');
            }
            conversion.width = size(Some(width.unsigned_abs()))?;
        } else {
            conversion.width = size(number(rest))?;
        }
        if let Some(after) = rest.strip_prefix('.') {
            *rest = after;
            conversion.precision = Some(match rest.strip_prefix('*') {
                Some(after) => {
                    *rest = after;
                    size(Some(u64::try_from(values.star()?).unwrap_or(0)))?
                }
                None => size(number(rest))?,
            });
        }
        *rest = rest.strip_prefix(['h', 'l', 'L']).unwrap_or(rest);
        Ok(conversion)
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn format(&self, kind: char, value: &Value<'_>) -> Result<String, Exception> {
        let text = match kind {
            's' => self.cut(value.display()?),
            'r' => self.cut(value.repr()?),
            'a' => self.cut(ascii(&value.repr()?)),
            'c' => character(value)?,
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => return self.int(kind, value),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => return self.float(kind, value),
            other => {
                let message = format!("`%{other}` is no format");
                return Err(Exception::of_value(message));
            }
        };
        let missing = self.width.saturating_sub(text.chars().count());
        Ok(match self.has('-') {
            true => text + &" ".repeat(missing),
            false => " ".repeat(missing) + &text,
        })
    }

    fn cut(&self, text: String) -> String {
        match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text,
        }
    }

    fn int(&self, kind: char, value: &Value<'_>) -> Result<String, Exception> {
        let number = match value {
            Value::Float(number) if matches!(kind, 'd' | 'i' | 'u') => whole(*number)?,
            other => other.as_int().ok_or_else(|| {
                Exception::of_type(format!(
                    "`%{kind}` needs an int, not a {}",
                    other.type_name()
                ))
            })?,
        };
        let magnitude = number.unsigned_abs();
        let (prefix, digits) = match kind {
            'x' => ("0x", format!("{magnitude:x}")),
            'X' => ("0X", format!("{magnitude:X}")),
            'o' => ("0o", format!("{magnitude:o}")),
            _ => ("", magnitude.to_string()),
        };
        let prefix = if self.has('#') { prefix } else { "" };
        let digits = format!("{digits:0>0$}", self.precision.unwrap_or(0));
        Ok(self.number(number < 0, prefix, &digits, self.has('0')))
    }

    fn float(&self, kind: char, value: &Value<'_>) -> Result<String, Exception> {
        let number = value.number().ok_or_else(|| {
            let message = format!("`%{kind}` needs a number, not a {}", value.type_name());
            Exception::of_type(message)
        })?;
        let form = if self.has('#') {
            Form::Alternate
        } else {
            Form::Plain
        };
        let precision = self.precision.unwrap_or(6);
        let mut text = digits(number, kind.to_ascii_lowercase(), precision, form);
        if kind.is_ascii_uppercase() {
            text = text.to_ascii_uppercase();
        }
        let negative = number.is_sign_negative() && !number.is_nan();
        Ok(self.number(negative, "", &text, self.has('0')))
    }

    fn number(&self, negative: bool, prefix: &str, digits: &str, zeros: bool) -> String {
        let sign = match negative {
            true => "-",
            false if self.has('+') => "+",
            false if self.has(' ') => " ",
            false => "",
        };
        let missing = self
            .width
            .saturating_sub(sign.len() + prefix.len() + digits.len());
        match (self.has('-'), zeros) {
            (true, _) => format!("{sign}{prefix}{digits}{}", " ".repeat(missing)),
            (false, true) => format!("{sign}{prefix}{}{digits}", "0".repeat(missing)),
            (false, false) => format!("{}{sign}{prefix}{digits}", " ".repeat(missing)),
        }
    }
}

/// The digits in front, taken away; 0 without any, `None` if there are too many.
fn number(rest: &mut &str) -> Option<u64> {
    let end = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (digits, after) = rest.split_at(end);
    *rest = after;
    match digits {
        "" => Some(0),
        digits => digits.parse().ok(),
    }
}

fn size(number: Option<u64>) -> Result<usize, Exception> {
    let fits = number
        .and_then(|number| usize::try_from(number).ok())
        .filter(|size| *size <= MAX_SIZE);
    fits.ok_or_else(|| {
        Exception::refused(LanguageLimit::LargeResult, "this width would be too large")
    })
}

fn whole(number: f64) -> Result<i64, Exception> {
    if number.is_nan() {
        return Err(Exception::of_value(
            "a float that is no number has no whole part",
        ));
    }
    if number.is_infinite() {
        let message = "an infinite float has no whole part";
        return Err(Exception::new(ExceptionClass::OverflowError, message));
    }
    if number.abs() >= 9.2e18 {
        return Err(Exception::large_number());
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`%d` cuts off the fraction"
    )]
    Ok(number as i64)
}

fn character(value: &Value<'_>) -> Result<String, Exception> {
    if let Value::Str(text) = value
        && text.chars().count() == 1
    {
        return Ok(text.to_string());
    }
    let misfit = || Exception::of_type("`%c` needs an int or one character");
    let number = value.as_int().ok_or_else(misfit)?;
    let outside = || {
        let message = format!("{number} is the number of no character");
        Exception::new(ExceptionClass::OverflowError, message)
    };
    let character = u32::try_from(number).ok().and_then(char::from_u32);
    Ok(character.ok_or_else(outside)?.to_string())
}
