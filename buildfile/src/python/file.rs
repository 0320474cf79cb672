//! The methods of an open file. It is an iterator of its lines.

use super::call::{Bound, BuiltinFunction, value as row};
use crate::exception::Exception;
use crate::value::Value;

type Result<'a> = std::result::Result<Value<'a>, Exception>;

/// What a text file that is read has.
pub(super) const TABLE: &[BuiltinFunction] = &[
    row("close", "", |_, _| Ok(Value::None)),
    row("read", "", read),
    row("readline", "", readline),
    row("readlines", "", |this, _| Ok(Value::list(this.items()?))),
];

/// The rest of the file.
fn read<'a>(this: &Value<'a>, _: &Bound<'a>) -> Result<'a> {
    let mut text = String::new();
    for line in this.items()? {
        text.push_str(&line.display()?);
    }
    Ok(Value::str(text))
}

/// The next line with its end; nothing after the last.
fn readline<'a>(this: &Value<'a>, _: &Bound<'a>) -> Result<'a> {
    let next = match this {
        Value::Iter(lines) => lines.next(),
        _ => None,
    };
    Ok(next.unwrap_or_else(|| Value::str("")))
}
