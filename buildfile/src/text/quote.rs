//! Texts in quotes.

/// `repr()` of a text: in quotes, and with escapes for what is not printable.
#[must_use]
pub fn repr(text: &str) -> String {
    let mark = match text.contains('\'') && !text.contains('"') {
        true => '"',
        false => '\'',
    };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(mark);
    for c in text.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\\' => quoted.push_str("\\\\"),
            _ if c == mark => quoted.extend(['\\', c]),
            _ if is_printable(c) => quoted.push(c),
            _ => quoted.push_str(&escape(c)),
        }
    }
    quoted.push(mark);
    quoted
}

/// `\xNN`, `\uNNNN` or `\UNNNNNNNN`, whichever is the shortest that holds the character.
pub(crate) fn escape(c: char) -> String {
    match u32::from(c) {
        code @ ..=0xff => format!("\\x{code:02x}"),
        code @ ..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

/// Whether `str.isprintable()` holds: Rust's rule of what its `{:?}` shows as it is. A letter
/// stands before the character, since marks that combine are shown only after one.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    let mut pair = String::from('a');
    pair.push(c);
    pair.escape_debug().nth(1) == Some(c)
}
