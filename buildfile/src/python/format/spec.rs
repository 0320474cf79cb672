//! Format specifications such as `>10` or `,.2f`.

use super::number::{Form, digits, grouped, with_precision};
use crate::exception::{Exception, ExceptionClass, LanguageLimit};
use crate::limits::MAX_SIZE;
use crate::text::float_repr;
use crate::value::Value;

/// Formats `value` by a format specification.
///
/// # Errors
/// The specification is malformed, or does not fit the value.
pub(crate) fn with_spec(value: &Value<'_>, spec: &str) -> Result<String, Exception> {
    if spec.is_empty() {
        return value.display();
    }
    match value {
        Value::Str(text) => Spec::parse(spec)?.text(text),
        Value::Float(number) => Spec::parse(spec)?.float(*number),
        Value::Bool(_) | Value::Int(_) => {
            let spec = Spec::parse(spec)?;
            spec.int(value.as_int().unwrap_or_default())
        }
        other => {
            let message = format!("a {} takes no format `{spec}`", other.type_name());
            Err(Exception::of_type(message))
        }
    }
}

/// `[[fill]align][sign][z][#][0][width][grouping][.precision][kind]`.
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    no_negative_zero: Option<char>,
    alternate: Option<char>,
    zero: Option<char>,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// What a number consists of before it is padded.
struct Parts {
    sign: &'static str,
    prefix: &'static str,
    whole: String,
    rest: String,
}

fn invalid(message: impl Into<String>) -> Exception {
    Exception::of_value(message)
}

impl Spec {
    fn parse(text: &str) -> Result<Self, Exception> {
        let chars: Vec<char> = text.chars().collect();
        let is_align = |at: usize| chars.get(at).is_some_and(|c| "<>^=".contains(*c));
        let mut at = 0;
        let (fill, align) = match (is_align(1), is_align(0)) {
            (true, _) => (Some(chars[0]), Some(chars[1])),
            (false, true) => (None, Some(chars[0])),
            (false, false) => (None, None),
        };
        at += usize::from(fill.is_some()) + usize::from(align.is_some());
        let one_of = |at: &mut usize, marks: &str| {
            let found = chars.get(*at).copied().filter(|c| marks.contains(*c));
            *at += usize::from(found.is_some());
            found
        };
        let number = |at: &mut usize| {
            let start = *at;
            while chars.get(*at).is_some_and(char::is_ascii_digit) {
                *at += 1;
            }
            let digits: String = chars[start..*at].iter().collect();
            match digits.parse::<usize>() {
                _ if digits.is_empty() => Ok(None),
                Ok(number) if number <= MAX_SIZE => Ok(Some(number)),
                _ => {
                    let message = "this width would be too large";
                    Err(Exception::refused(LanguageLimit::LargeResult, message))
                }
            }
        };
        let sign = one_of(&mut at, "+- ");
        let no_negative_zero = one_of(&mut at, "z");
        let alternate = one_of(&mut at, "#");
        let zero = match fill {
            None => one_of(&mut at, "0"),
            Some(_) => None,
        };
        let width = number(&mut at)?.unwrap_or(0);
        let grouping = one_of(&mut at, ",_");
        if grouping.is_some() && one_of(&mut at, ",_").is_some() {
            return Err(invalid("a number has one mark between its groups"));
        }
        let precision = match one_of(&mut at, ".") {
            Some(_) => Some(number(&mut at)?.ok_or_else(|| invalid("no digits after `.`"))?),
            None => None,
        };
        let kind = chars.get(at).copied();
        if at + usize::from(kind.is_some()) < chars.len() {
            return Err(invalid(format!("unknown format `{text}`")));
        }
        Ok(Self {
            fill,
            align,
            sign,
            no_negative_zero,
            alternate,
            zero,
            width,
            grouping,
            precision,
            kind,
        })
    }

    fn text(&self, text: &str) -> Result<String, Exception> {
        if !matches!(self.kind, None | Some('s')) {
            return Err(invalid("this format is not for texts"));
        }
        let numeric = [
            self.sign,
            self.no_negative_zero,
            self.alternate,
            self.grouping,
        ];
        if numeric.iter().any(Option::is_some) || self.align == Some('=') {
            return Err(invalid("signs and groups are not for texts"));
        }
        let text = match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        };
        Ok(self.padded("", text, '<'))
    }

    fn int(&self, number: i64) -> Result<String, Exception> {
        let kind = self.kind.unwrap_or('d');
        if "eEfFgG%".contains(kind) {
            #[expect(clippy::cast_precision_loss, reason = "Python rounds the same way")]
            return self.float(number as f64);
        }
        if self.precision.is_some() || self.no_negative_zero.is_some() {
            return Err(invalid("whole numbers have no precision"));
        }
        if kind == 'c' {
            return self.character(number);
        }
        let magnitude = number.unsigned_abs();
        let (prefix, whole, group) = match kind {
            'd' => ("", magnitude.to_string(), 3),
            'n' if self.grouping.is_none() => ("", magnitude.to_string(), 3),
            'b' => ("0b", format!("{magnitude:b}"), 4),
            'o' => ("0o", format!("{magnitude:o}"), 4),
            'x' => ("0x", format!("{magnitude:x}"), 4),
            'X' => ("0X", format!("{magnitude:X}"), 4),
            _ => return Err(invalid(format!("`{kind}` is no format of whole numbers"))),
        };
        if self.grouping == Some(',') && group == 4 {
            return Err(invalid("`,` is for decimal numbers"));
        }
        let parts = Parts {
            sign: self.sign_of(number < 0),
            prefix: if self.alternate.is_some() { prefix } else { "" },
            whole,
            rest: String::new(),
        };
        Ok(self.number(parts, group))
    }

    fn character(&self, number: i64) -> Result<String, Exception> {
        if self.sign.is_some() || self.alternate.is_some() || self.grouping.is_some() {
            return Err(invalid("a character has no sign and no groups"));
        }
        let character = u32::try_from(number).ok().and_then(char::from_u32);
        let outside = || {
            let message = format!("{number} is the number of no character");
            Exception::new(ExceptionClass::OverflowError, message)
        };
        Ok(self.padded("", character.ok_or_else(outside)?.to_string(), '<'))
    }

    fn float(&self, number: f64) -> Result<String, Exception> {
        let form = match self.alternate {
            Some(_) => Form::Alternate,
            None => Form::Plain,
        };
        let mut text = match self.kind {
            None => match self.precision {
                Some(precision) => with_precision(number, precision),
                None => float_repr(number.abs()),
            },
            Some('n') if self.grouping.is_none() => {
                digits(number, 'g', self.precision.unwrap_or(6), form)
            }
            Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => {
                let kind = kind.to_ascii_lowercase();
                digits(number, kind, self.precision.unwrap_or(6), form)
            }
            Some(kind) => return Err(invalid(format!("`{kind}` is no format of floats"))),
        };
        if self.kind.is_some_and(|kind| kind.is_ascii_uppercase()) {
            text = text.to_ascii_uppercase();
        }
        let is_zero = !text.contains(|c: char| c.is_ascii_digit() && c != '0');
        let negative = number.is_sign_negative()
            && !number.is_nan()
            && !(self.no_negative_zero.is_some() && is_zero && number.is_finite());
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let rest = text.split_off(end);
        let parts = Parts {
            sign: self.sign_of(negative),
            prefix: "",
            whole: text,
            rest,
        };
        Ok(self.number(parts, 3))
    }

    fn sign_of(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        }
    }

    fn number(&self, parts: Parts, group: usize) -> String {
        let Parts {
            sign,
            prefix,
            whole,
            rest,
        } = parts;
        let align = self.align.or(self.zero.map(|_| '='));
        let fills_zeros = align == Some('=') && (self.zero.is_some() || self.fill == Some('0'));
        let whole = match self.grouping {
            Some(mark) if !whole.is_empty() => {
                let width = if fills_zeros { self.width } else { 0 };
                let around = sign.len() + prefix.len() + rest.chars().count();
                grouped(&whole, mark, group, width.saturating_sub(around))
            }
            _ => whole,
        };
        let sign = format!("{sign}{prefix}");
        match align {
            Some('=') => self.padded(&sign, whole + &rest, '='),
            _ => self.padded("", sign + &whole + &rest, '>'),
        }
    }

    /// `text` filled up to the width; with `=` behind the sign.
    fn padded(&self, sign: &str, text: String, default: char) -> String {
        let fill = self.fill.or(self.zero).unwrap_or(' ');
        let missing = self.width.saturating_sub(sign.len() + text.chars().count());
        let filled = |count: usize| fill.to_string().repeat(count);
        match self.align.unwrap_or(default) {
            '>' => filled(missing) + sign + &text,
            '^' => filled(missing / 2) + sign + &text + &filled(missing - missing / 2),
            '=' => sign.to_owned() + &filled(missing) + &text,
            _ => sign.to_owned() + &text + &filled(missing),
        }
    }
}
