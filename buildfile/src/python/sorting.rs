//! `sorted`, `min`, `max` and `list.sort`.

use std::cmp::Ordering;

use super::call::{Bound, BuiltinFunction, CallError, CallResult, Caller, calling as row};
use super::sequence::list;
use crate::exception::Exception;
use crate::value::Value;

pub(super) const TABLE: &[BuiltinFunction] = &[
    row("max", "*args, key=None, default=None", max),
    row("min", "*args, key=None, default=None", min),
    row("sorted", "iterable, /, *, key=None, reverse=False", sorted),
];

pub(super) const LIST: &[BuiltinFunction] = &[row("sort", "*, key=None, reverse=False", sort)];

/// A list of the items of `iterable`, in order.
fn sorted<'a>(_: &Value<'a>, arguments: Bound<'a>, caller: &mut dyn Caller<'a>) -> CallResult<'a> {
    let items = arguments.value(0)?.items()?;
    let (key, reverse) = (arguments.some(1), arguments.int_or(2, 0)?);
    Ok(Value::list(in_order(items, key, reverse != 0, caller)?))
}

/// Sorts the list in place.
fn sort<'a>(this: &Value<'a>, arguments: Bound<'a>, caller: &mut dyn Caller<'a>) -> CallResult<'a> {
    let (key, reverse) = (arguments.some(0), arguments.int_or(1, 0)?);
    let items = in_order(this.items()?, key, reverse != 0, caller)?;
    *list(this)?.borrow_mut() = items;
    Ok(Value::None)
}

/// The largest of the items of an iterable, or of several arguments; the first of those that are
/// equal. `ValueError` if there is none and no `default`.
fn max<'a>(_: &Value<'a>, arguments: Bound<'a>, caller: &mut dyn Caller<'a>) -> CallResult<'a> {
    extreme(&arguments, Ordering::Greater, caller)
}

/// The smallest, in the same way.
fn min<'a>(_: &Value<'a>, arguments: Bound<'a>, caller: &mut dyn Caller<'a>) -> CallResult<'a> {
    extreme(&arguments, Ordering::Less, caller)
}

fn extreme<'a>(
    arguments: &Bound<'a>,
    wanted: Ordering,
    caller: &mut dyn Caller<'a>,
) -> CallResult<'a> {
    let default = arguments.get(1);
    let items = match arguments.rest.as_slice() {
        [] => return Err(Exception::of_type("`min` and `max` need an argument").into()),
        [one] => one.items()?,
        many if default.is_none() => many.to_vec(),
        _ => {
            let message = "`default` goes with one iterable, not with several values";
            return Err(Exception::of_type(message).into());
        }
    };
    let mut best: Option<(Value<'a>, Value<'a>)> = None;
    for item in items {
        let key = key_of(&item, arguments.some(0), caller)?;
        let better = match &best {
            Some((have, _)) => key.order(have)? == Some(wanted),
            None => true,
        };
        if better {
            best = Some((key, item));
        }
    }
    let nothing = || Exception::of_value("there is nothing to choose from");
    let found = best.map(|(_, item)| item).or_else(|| default.cloned());
    Ok(found.ok_or_else(nothing)?)
}

fn key_of<'a>(
    item: &Value<'a>,
    key: Option<&Value<'a>>,
    caller: &mut dyn Caller<'a>,
) -> CallResult<'a> {
    match key {
        Some(function) => caller.call(function, vec![item.clone()]),
        None => Ok(item.clone()),
    }
}

/// The items in order of their keys; those with equal keys stay in order, also backwards.
fn in_order<'a>(
    items: Vec<Value<'a>>,
    key: Option<&Value<'a>>,
    backwards: bool,
    caller: &mut dyn Caller<'a>,
) -> Result<Vec<Value<'a>>, CallError> {
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        keyed.push((key_of(&item, key, caller)?, item));
    }
    let mut failed = None;
    keyed.sort_by(|(a, _), (b, _)| {
        let (a, b) = if backwards { (b, a) } else { (a, b) };
        match a.order(b) {
            Ok(order) => order.unwrap_or(Ordering::Equal),
            Err(exception) => {
                failed = Some(exception);
                Ordering::Equal
            }
        }
    });
    match failed {
        Some(exception) => Err(exception.into()),
        None => Ok(keyed.into_iter().map(|(_, item)| item).collect()),
    }
}
