//! The methods of `list`, `tuple` and `range`.

use super::call::{Bound, BuiltinFunction, value as row};
use super::subscript::clamp;
use crate::exception::Exception;
use crate::value::{List, Value};

type Result<'a> = std::result::Result<Value<'a>, Exception>;

/// What all sequences but `str` have.
pub(super) const TABLE: &[BuiltinFunction] = &[
    row("count", "value, /", count),
    row("index", "value, start=0, stop=None, /", index),
];

/// What changes a `list`, or copies it.
pub(super) const LIST: &[BuiltinFunction] = &[
    row("append", "object, /", append),
    row("copy", "", copy),
    row("extend", "iterable, /", extend),
    row("insert", "index, object, /", insert),
    row("pop", "index=-1, /", pop),
    row("remove", "value, /", remove),
    row("reverse", "", reverse),
];

/// How many items equal `value`.
fn count<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let wanted = arguments.value(0)?;
    let mut count = 0;
    for item in this.items()? {
        count += usize::from(item.is(wanted) || item.equals(wanted)?);
    }
    Ok(Value::count(count))
}

/// The index of the first item that equals `value`, from `start` up to `stop`. `ValueError` if
/// there is none.
fn index<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let items = this.items()?;
    if matches!(this, Value::Range(_)) && arguments.get(1).is_some() {
        return Err(Exception::of_type("`index` of a range needs one argument"));
    }
    let start = clamp(arguments.int_or(1, 0)?, items.len());
    let stop = clamp(arguments.int_or(2, i64::MAX)?, items.len());
    let within = items.get(start..stop).unwrap_or_default();
    match arguments.value(0)?.position_in(within)? {
        Some(at) => Ok(Value::count(start + at)),
        None => Err(Exception::of_value("there is no such item")),
    }
}

/// Adds an item to the end.
fn append<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    list(this)?.borrow_mut().push(arguments.value(0)?.clone());
    Ok(Value::None)
}

/// A copy of the list, with the same items.
fn copy<'a>(this: &Value<'a>, _: &Bound<'a>) -> Result<'a> {
    Ok(Value::list(this.items()?))
}

/// Adds the items of `iterable` to the end.
fn extend<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let more = arguments.value(0)?.items()?;
    list(this)?.borrow_mut().extend(more);
    Ok(Value::None)
}

/// Inserts an item before the one at `index`.
fn insert<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let mut items = list(this)?.borrow_mut();
    let at = clamp(arguments.int(0)?, items.len());
    items.insert(at, arguments.value(1)?.clone());
    Ok(Value::None)
}

/// Removes the item at `index` and returns it. `IndexError` if there is none.
fn pop<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let mut items = list(this)?.borrow_mut();
    let at = super::subscript::position(arguments.int_or(0, -1)?, items.len())?;
    Ok(items.remove(at))
}

/// Removes the first item that equals `value`. `ValueError` if there is none.
fn remove<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    // The value may be the list itself: it is compared before the list is changed.
    match arguments.value(0)?.position_in(&this.items()?)? {
        Some(at) => {
            list(this)?.borrow_mut().remove(at);
            Ok(Value::None)
        }
        None => Err(Exception::of_value("the item to remove is not in the list")),
    }
}

/// Reverses the items in place.
fn reverse<'a>(this: &Value<'a>, _: &Bound<'a>) -> Result<'a> {
    list(this)?.borrow_mut().reverse();
    Ok(Value::None)
}

/// The list that a method of lists is called on.
pub(super) fn list<'v, 'a>(value: &'v Value<'a>) -> std::result::Result<&'v List<'a>, Exception> {
    match value {
        Value::List(list) => Ok(list),
        other => Err(Exception::of_type(format!(
            "a {} is no list",
            other.type_name()
        ))),
    }
}
