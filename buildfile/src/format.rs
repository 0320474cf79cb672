//! Text formatting: format specifications of f-strings and `str.format`, and `%`.

use std::rc::Rc;

use super::value::Value;

/// Formats `value` by a format specification such as `>10` or `.2f`.
///
/// # Errors
/// A message if the specification is unknown or does not fit.
pub(super) fn with_spec(value: &Value<'_>, spec: &str) -> Result<String, String> {
    if spec.is_empty() {
        return Ok(value.display());
    }
    let spec = Spec::parse(spec).ok_or_else(|| format!("unknown format `{spec}`"))?;
    let text = spec
        .body(value)
        .ok_or_else(|| format!("format does not fit a {}", value.type_name()))?;
    Ok(spec.pad(text, value.number().is_some()))
}

struct Spec {
    fill: char,
    align: Option<char>,
    width: usize,
    precision: Option<usize>,
    grouped: Grouped,
    kind: Option<char>,
}

#[derive(PartialEq)]
enum Grouped {
    Yes,
    No,
}

impl Spec {
    fn parse(text: &str) -> Option<Self> {
        let chars: Vec<char> = text.chars().collect();
        let is_align = |at: usize| {
            chars
                .get(at)
                .filter(|c| matches!(**c, '<' | '>' | '^'))
                .copied()
        };
        let (mut fill, align, mut at) = if let Some(align) = is_align(1) {
            (chars[0], Some(align), 2)
        } else if let Some(align) = is_align(0) {
            (' ', Some(align), 1)
        } else {
            (' ', None, 0)
        };
        let mut align = align;
        if chars.get(at) == Some(&'0') && align.is_none() {
            fill = '0';
            align = Some('>');
        }
        let number = |at: &mut usize| {
            let start = *at;
            while chars.get(*at).is_some_and(char::is_ascii_digit) {
                *at += 1;
            }
            let digits: String = chars[start..*at].iter().collect();
            digits.parse::<usize>().ok().filter(|width| *width < 10_000)
        };
        let width = number(&mut at).unwrap_or(0);
        let grouped = if chars.get(at) == Some(&',') {
            at += 1;
            Grouped::Yes
        } else {
            Grouped::No
        };
        let precision = if chars.get(at) == Some(&'.') {
            at += 1;
            Some(number(&mut at)?)
        } else {
            None
        };
        let kind = chars.get(at).copied();
        (at + usize::from(kind.is_some()) == chars.len()).then_some(Self {
            fill,
            align,
            width,
            precision,
            grouped,
            kind,
        })
    }

    fn body(&self, value: &Value<'_>) -> Option<String> {
        Some(match (self.kind, value.as_int(), value.number()) {
            (Some('f' | 'F'), _, Some(number)) => {
                format!("{number:.*}", self.precision.unwrap_or(6))
            }
            (Some('%'), _, Some(number)) => {
                format!("{:.*}%", self.precision.unwrap_or(6), number * 100.0)
            }
            (Some('x'), Some(number), _) => format!("{number:x}"),
            (Some('X'), Some(number), _) => format!("{number:X}"),
            (Some('o'), Some(number), _) => format!("{number:o}"),
            (Some('b'), Some(number), _) => format!("{number:b}"),
            (Some('d') | None, Some(number), _) if self.grouped == Grouped::Yes => group(number),
            (Some('d'), Some(number), _) => number.to_string(),
            (None | Some('s'), _, _) => {
                let text = value.display();
                match self.precision {
                    Some(precision) => text.chars().take(precision).collect(),
                    None => text,
                }
            }
            _ => return None,
        })
    }

    fn pad(&self, text: String, numeric: bool) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        let fill = |count: usize| self.fill.to_string().repeat(count);
        match self.align.unwrap_or(if numeric { '>' } else { '<' }) {
            '>' => fill(missing) + &text,
            '^' => fill(missing / 2) + &text + &fill(missing - missing / 2),
            _ => text + &fill(missing),
        }
    }
}

fn group(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut result = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    if number < 0 {
        result.insert(0, '-');
    }
    result
}

/// `template % argument` with `%s`, `%r`, `%d`, `%f` and `%(name)s`.
///
/// # Errors
/// A message if an argument is missing or the template is malformed.
pub(super) fn percent(template: &str, argument: &Value<'_>) -> Result<String, String> {
    let mut positional = match argument {
        Value::Tuple(items) => items.to_vec(),
        other => vec![other.clone()],
    }
    .into_iter();
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
        let named = rest
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'));
        let value = match (named, argument) {
            (Some((key, after)), Value::Dict(dict)) => {
                rest = after;
                let found = dict.borrow().get(&Value::str(key)).cloned();
                found.ok_or_else(|| format!("no key `{key}` for `%`"))?
            }
            _ => positional.next().ok_or("not enough arguments for `%`")?,
        };
        let end = rest
            .find(|c: char| c.is_ascii_alphabetic())
            .ok_or("incomplete format after `%`")?;
        let spec = &rest[..=end];
        result.push_str(&match &spec[end..] {
            "s" if end == 0 => value.display(),
            "r" if end == 0 => value.repr(),
            _ => with_spec(&value, spec)?,
        });
        rest = &rest[end + 1..];
    }
    result.push_str(rest);
    Ok(result)
}

/// `template.format(…)` with `{}`, `{0}`, `{name}`, `{name!r}` and format specifications.
///
/// # Errors
/// A message if an argument is missing or the template is malformed.
pub(super) fn braces<'a>(
    template: &str,
    positional: &[Value<'a>],
    keywords: &[(Rc<str>, Value<'a>)],
) -> Result<String, String> {
    let mut result = String::new();
    let mut rest = template;
    let mut next = 0;
    while let Some(at) = rest.find(['{', '}']) {
        result.push_str(&rest[..at]);
        let mark = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(mark) {
            result.push_str(mark);
            rest = after;
            continue;
        }
        let (inside, after) = match mark {
            "{" => rest.split_once('}').ok_or("`{` without `}` in a format")?,
            _ => return Err("`}` without `{` in a format".to_owned()),
        };
        rest = after;
        let (field, spec) = inside.split_once(':').unwrap_or((inside, ""));
        let (key, conversion) = field.split_once('!').unwrap_or((field, ""));
        let value = if key.is_empty() {
            next += 1;
            positional.get(next - 1)
        } else if let Ok(index) = key.parse::<usize>() {
            positional.get(index)
        } else {
            keywords
                .iter()
                .find(|(name, _)| &**name == key)
                .map(|(_, value)| value)
        };
        let value = value.ok_or_else(|| format!("no argument for `{{{key}}}`"))?;
        result.push_str(&match conversion {
            "r" => with_spec(&Value::str(value.repr()), spec)?,
            _ => with_spec(value, spec)?,
        });
    }
    result.push_str(rest);
    Ok(result)
}
