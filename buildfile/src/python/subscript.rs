//! `value[key]` and `value[lower:upper:step]`: to read, to set, to delete.

use super::mapping::missing;
use crate::exception::{Exception, ExceptionClass};
use crate::value::{Key, Range, Value};

/// The parts of a slice as they are written.
pub(crate) struct SliceBounds<'a> {
    pub(crate) lower: Value<'a>,
    pub(crate) upper: Value<'a>,
    pub(crate) step: Value<'a>,
}

/// The item at `key`.
///
/// # Errors
/// There is none, or the value has no items.
pub(crate) fn get<'a>(container: &Value<'a>, key: &Value<'a>) -> Result<Value<'a>, Exception> {
    match container {
        Value::Dict(dict) => {
            let key = Key::new(key.clone())?;
            let found = dict.borrow().get(&key).cloned();
            found.ok_or_else(|| missing(key.as_value()))
        }
        Value::List(items) => {
            let items = items.borrow();
            Ok(items[index(key, items.len())?].clone())
        }
        Value::Tuple(items) => Ok(items[index(key, items.len())?].clone()),
        Value::Range(range) => {
            let number = range.get(index(key, range.len())?);
            Ok(number.map_or(Value::None, Value::Int))
        }
        Value::Str(text) => {
            let at = index(key, container.len().unwrap_or_default())?;
            let character = text.chars().nth(at).into_iter();
            Ok(Value::str(character.collect::<String>()))
        }
        other => Err(no_items(other)),
    }
}

/// Sets the item at `key`.
///
/// # Errors
/// There is no such item, or the value's items cannot be set.
pub(crate) fn set<'a>(
    container: &Value<'a>,
    key: Value<'a>,
    value: Value<'a>,
) -> Result<(), Exception> {
    match container {
        Value::Dict(dict) => {
            let key = Key::new(key)?;
            dict.borrow_mut().insert(key, value);
        }
        Value::List(items) => {
            let mut items = items.borrow_mut();
            let at = index(&key, items.len())?;
            items[at] = value;
        }
        other => return Err(no_items(other)),
    }
    Ok(())
}

/// Deletes the item at `key`.
///
/// # Errors
/// There is no such item, or the value's items cannot be deleted.
pub(crate) fn delete<'a>(container: &Value<'a>, key: &Value<'a>) -> Result<(), Exception> {
    match container {
        Value::Dict(dict) => {
            let key = Key::new(key.clone())?;
            let removed = dict.borrow_mut().shift_remove(&key);
            removed.map(drop).ok_or_else(|| missing(key.as_value()))
        }
        Value::List(items) => {
            let mut items = items.borrow_mut();
            let at = index(key, items.len())?;
            items.remove(at);
            Ok(())
        }
        other => Err(no_items(other)),
    }
}

/// The part of a sequence that a slice stands for, of the same type.
///
/// # Errors
/// The value cannot be sliced, or the bounds are no whole numbers.
pub(crate) fn slice<'a>(
    container: &Value<'a>,
    bounds: &SliceBounds<'a>,
) -> Result<Value<'a>, Exception> {
    let (Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Range(_)) = container else {
        return Err(no_items(container));
    };
    let picked = indices(bounds, container.len().unwrap_or_default())?;
    if let Value::Range(range) = container {
        let number = |at: i64| range.start.saturating_add(at.saturating_mul(range.step));
        return Ok(Value::Range(Range {
            start: number(picked.start),
            stop: number(picked.stop),
            step: range.step.saturating_mul(picked.step),
        }));
    }
    let items = container.items()?;
    let at = |index: i64| items[usize::try_from(index).unwrap_or_default()].clone();
    let picked: Vec<Value<'a>> = picked.numbers().map(at).collect();
    Ok(match container {
        Value::Str(_) => Value::str(picked.iter().filter_map(Value::as_str).collect::<String>()),
        Value::Tuple(_) => Value::tuple(picked),
        _ => Value::list(picked),
    })
}

/// The indices that a slice of `len` items has.
fn indices(bounds: &SliceBounds<'_>, len: usize) -> Result<Range, Exception> {
    let number = |value: &Value<'_>| match value {
        Value::None => Ok(None),
        other => other.as_int().map(Some).ok_or_else(|| {
            let message = format!("the bounds of a slice are ints, not {}", other.type_name());
            Exception::of_type(message)
        }),
    };
    let step = number(&bounds.step)?.unwrap_or(1);
    if step == 0 {
        return Err(Exception::of_value("the step of a slice cannot be 0"));
    }
    let len = signed(len);
    // Backwards, the end lies before the first item.
    let (least, most) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let within = |bound: i64| {
        let from_start = if bound < 0 {
            bound.saturating_add(len)
        } else {
            bound
        };
        from_start.clamp(least, most)
    };
    let (first, last) = if step > 0 {
        (least, most)
    } else {
        (most, least)
    };
    Ok(Range {
        start: number(&bounds.lower)?.map_or(first, within),
        stop: number(&bounds.upper)?.map_or(last, within),
        step,
    })
}

/// An index of a sequence, counted from either end.
fn index(key: &Value<'_>, len: usize) -> Result<usize, Exception> {
    let Some(index) = key.as_int() else {
        let message = format!("an index must be an int, not a {}", key.type_name());
        return Err(Exception::of_type(message));
    };
    position(index, len)
}

/// The position that `index` means in a sequence of `len` items.
///
/// # Errors
/// `IndexError`: there is none.
pub(super) fn position(index: i64, len: usize) -> Result<usize, Exception> {
    let size = signed(len);
    let from_start = if index < 0 {
        index.saturating_add(size)
    } else {
        index
    };
    usize::try_from(from_start)
        .ok()
        .filter(|at| *at < len)
        .ok_or_else(|| {
            let message = format!("index {index} is out of range");
            Exception::new(ExceptionClass::IndexError, message)
        })
}

/// The position that `bound` means, moved to the nearest end where it is beyond.
pub(super) fn clamp(bound: i64, len: usize) -> usize {
    let size = signed(len);
    let from_start = if bound < 0 {
        bound.saturating_add(size)
    } else {
        bound
    };
    usize::try_from(from_start.clamp(0, size)).unwrap_or(len)
}

/// A length in memory, which always fits.
fn signed(len: usize) -> i64 {
    len.try_into().unwrap_or_default()
}

fn no_items(value: &Value<'_>) -> Exception {
    Exception::of_type(format!("this does not work on a {}", value.type_name()))
}
