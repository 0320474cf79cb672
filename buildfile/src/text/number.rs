//! Numbers as texts.

/// Why a text is no number here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Python says that it is none.
    Malformed,
    /// It is a number, of more than 64 bits.
    TooLarge,
    /// Python knows digits beyond ASCII.
    ForeignDigits,
}

/// `int(text, base)`: digits, a sign, single underscores between digits, white space around. In
/// base 0 a prefix such as `0x` names the base; in that base the prefix may stand.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_int(text: &str, base: u32) -> Result<i64, NumberError> {
    let text = super::strip(text);
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) = prefixed(unsigned, base)?;
    let plain = digits.replace('_', "");
    let misplaced = digits.is_empty() || digits.ends_with('_') || digits.contains("__");
    if misplaced || digits.starts_with('_') && digits.len() == unsigned.len() {
        return Err(malformed(text));
    }
    if !plain.chars().all(|c| c.is_digit(base)) {
        return Err(malformed(text));
    }
    let sign = if negative { "-" } else { "" };
    i64::from_str_radix(&format!("{sign}{plain}"), base).map_err(|_| NumberError::TooLarge)
}

/// The base that a prefix names, and the digits after it.
fn prefixed(text: &str, base: u32) -> Result<(u32, &str), NumberError> {
    for (named, marks) in [(16, ["0x", "0X"]), (8, ["0o", "0O"]), (2, ["0b", "0B"])] {
        let rest = marks.iter().find_map(|mark| text.strip_prefix(mark));
        if let Some(rest) = rest.filter(|_| base == 0 || base == named) {
            return Ok((named, rest));
        }
    }
    match base {
        // `010` would be ambiguous; zeros alone are not.
        0 if text.starts_with('0') && text.contains(|c| !matches!(c, '0' | '_')) => {
            Err(malformed(text))
        }
        0 => Ok((10, text)),
        _ => Ok((base, text)),
    }
}

/// `float(text)`.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_float(text: &str) -> Result<f64, NumberError> {
    let text = super::strip(text);
    let between_digits = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + 1..].chars().next();
        before.is_some_and(|c| c.is_ascii_digit()) && after.is_some_and(|c| c.is_ascii_digit())
    };
    if !text.match_indices('_').all(|(at, _)| between_digits(at)) {
        return Err(malformed(text));
    }
    let plain = text.replace('_', "");
    plain.parse().map_err(|_| malformed(text))
}

fn malformed(text: &str) -> NumberError {
    match text.chars().any(|c| !c.is_ascii() && c.is_numeric()) {
        true => NumberError::ForeignDigits,
        false => NumberError::Malformed,
    }
}

/// `repr()` of a float: the shortest digits that mean it, with an exponent below 1e-4 and from
/// 1e16 on.
#[must_use]
pub fn float_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        return exponent(&format!("{number:e}"));
    }
    let plain = number.to_string();
    match plain.contains('.') {
        true => plain,
        false => plain + ".0",
    }
}

/// `1.5e-7` with the sign and the two digits that Python's exponents have: `1.5e-07`.
pub(crate) fn exponent(text: &str) -> String {
    let Some((digits, exponent)) = text.split_once('e') else {
        return text.to_owned();
    };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(rest) => ('-', rest),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}
