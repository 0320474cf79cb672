//! Values as formatted text: format specifications, `str.format` and `%`.

mod braces;
mod number;
mod percent;
mod spec;

pub(crate) use braces::braces;
pub(crate) use percent::percent;
pub(crate) use spec::with_spec;

use crate::text;

/// Python's `ascii()` of what `repr()` gave.
pub(crate) fn ascii(repr: &str) -> String {
    let escaped = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => text::escape(c),
    };
    repr.chars().map(escaped).collect()
}
