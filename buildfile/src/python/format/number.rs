//! The digits of floats, as C's `printf` and Python's own rules lay them out.

use crate::limits::MAX_SIZE;
use crate::text::exponent;

/// Whether a number keeps its point and its zeros where it could do without.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// `#`
    Alternate,
}

/// A float without its sign, in the form of `kind`: `e`, `f`, `g` or `%`.
pub(super) fn digits(number: f64, kind: char, precision: usize, form: Form) -> String {
    let number = number.abs();
    if !number.is_finite() {
        let text = if number.is_nan() { "nan" } else { "inf" };
        return if kind == '%' {
            format!("{text}%")
        } else {
            text.to_owned()
        };
    }
    match kind {
        'e' => pointed(&exponent(&format!("{number:.precision$e}")), form),
        'g' => general(number, precision, form),
        '%' => pointed(&format!("{:.precision$}", number * 100.0), form) + "%",
        _ => pointed(&format!("{number:.precision$}"), form),
    }
}

/// With a point before the exponent or the end, if the form has one.
fn pointed(text: &str, form: Form) -> String {
    if form == Form::Plain || text.contains('.') {
        return text.to_owned();
    }
    let at = text.find('e').unwrap_or(text.len());
    format!("{}.{}", &text[..at], &text[at..])
}

/// `g`: `precision` digits that count, with an exponent where it would be long otherwise.
fn general(number: f64, precision: usize, form: Form) -> String {
    let precision = precision.max(1);
    let scientific = format!("{number:.*e}", precision - 1);
    let power = power_of(&scientific);
    let wide = i64::try_from(precision.min(MAX_SIZE)).unwrap_or_default();
    let text = match power < -4 || power >= wide {
        true => exponent(&scientific),
        false => {
            let decimals = usize::try_from(wide - 1 - power).unwrap_or(0);
            format!("{number:.decimals$}")
        }
    };
    match form {
        Form::Alternate => pointed(&text, form),
        Form::Plain => trimmed(&text),
    }
}

/// A float with a precision and no kind: as `g`, and never without a digit after the point.
pub(super) fn with_precision(number: f64, precision: usize) -> String {
    let number = number.abs();
    if !number.is_finite() {
        return digits(number, 'g', precision, Form::Plain);
    }
    let precision = precision.max(1);
    let scientific = format!("{number:.*e}", precision - 1);
    let wide = i64::try_from(precision.min(MAX_SIZE)).unwrap_or_default();
    if power_of(&scientific) < -4 || power_of(&scientific) >= wide - 1 {
        return trimmed(&exponent(&scientific));
    }
    let text = general(number, precision, Form::Plain);
    match text.contains('.') {
        true => text,
        false => text + ".0",
    }
}

fn power_of(scientific: &str) -> i64 {
    let power = scientific.split_once('e').map(|(_, power)| power);
    power.and_then(|power| power.parse().ok()).unwrap_or(0)
}

/// Without zeros after the last digit that counts.
fn trimmed(text: &str) -> String {
    let at = text.find('e').unwrap_or(text.len());
    let (digits, exponent) = text.split_at(at);
    match digits.contains('.') {
        true => format!(
            "{}{exponent}",
            digits.trim_end_matches('0').trim_end_matches('.')
        ),
        false => text.to_owned(),
    }
}

/// Digits in groups of `size` with `mark` between, filled with zeros to `width`.
pub(super) fn grouped(digits: &str, mark: char, size: usize, width: usize) -> String {
    let long = |count: usize| count + count.saturating_sub(1) / size;
    let mut count = digits.len();
    while long(count) < width {
        count += 1;
    }
    let filled = format!("{digits:0>count$}");
    let mut result = String::new();
    for (at, digit) in filled.chars().enumerate() {
        if at > 0 && (count - at).is_multiple_of(size) {
            result.push(mark);
        }
        result.push(digit);
    }
    result
}
