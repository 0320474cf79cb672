//! JSON of other tools, with the place of what cannot be read.

use serde::de::DeserializeOwned;

use crate::error::{LockReadErrorKind, ReadFault};

/// Reads the JSON in `text` from `start` on.
pub(super) fn parse<T: DeserializeOwned>(text: &str, start: usize) -> Result<T, ReadFault> {
    serde_json::from_str(&text[start..]).map_err(|error| {
        let at = start + offset(&text[start..], error.line(), error.column());
        let reason = error.to_string();
        let reason = reason.rsplit_once(" at line ").map_or(&*reason, |(r, _)| r);
        ReadFault::new(at..at, LockReadErrorKind::Syntax(reason.to_owned()))
    })
}

fn offset(text: &str, line: usize, column: usize) -> usize {
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    lines.map(str::len).sum::<usize>() + column.saturating_sub(1)
}
