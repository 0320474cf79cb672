//! Functions on iterables and attributes.

use ruff_python_ast::Operator;

use super::attribute::attribute;
use super::call::{Bound, BuiltinFunction, CallResult, Caller, calling, value as row};
use super::operator::binary;
use crate::exception::{Exception, ExceptionClass, LanguageLimit};
use crate::limits::MAX_COPIED;
use crate::value::{Iter, Value, ViewKind};

type Result<'a> = std::result::Result<Value<'a>, Exception>;

pub(super) const TABLE: &[BuiltinFunction] = &[
    row("abs", "x, /", abs),
    row("all", "iterable, /", all),
    row("any", "iterable, /", any),
    row("enumerate", "iterable, start=0", enumerate),
    calling("filter", "function, iterable, /", filter),
    row("getattr", "object, name, default=None, /", getattr),
    row("hasattr", "object, name, /", hasattr),
    row("iter", "object, /", iter),
    row("len", "obj, /", len),
    calling("map", "func, iterable, /, *iterables", map),
    row("next", "iterator, default=None, /", next),
    row("print", "*args, sep=None, end=None", print),
    row("reversed", "sequence, /", reversed),
    row("sum", "iterable, /, start=0", sum),
    row("zip", "*iterables, strict=False", zip),
];

/// The absolute value of a number.
fn abs<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    match arguments.value(0)? {
        Value::Float(number) => Ok(Value::Float(number.abs())),
        _ => match arguments.int(0)?.checked_abs() {
            Some(number) => Ok(Value::Int(number)),
            None => Err(Exception::large_number()),
        },
    }
}

/// Whether all items are true, also if there are none.
fn all<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    Ok(Value::Bool(
        arguments.value(0)?.items()?.iter().all(Value::truthy),
    ))
}

/// Whether an item is true.
fn any<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    Ok(Value::Bool(
        arguments.value(0)?.items()?.iter().any(Value::truthy),
    ))
}

/// Pairs of a count, from `start` on, and an item.
fn enumerate<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let start = arguments.int_or(1, 0)?;
    let items = arguments.value(0)?.items()?;
    let mut pairs = Vec::with_capacity(items.len());
    for (count, item) in (start..).zip(items) {
        pairs.push(Value::tuple(vec![Value::Int(count), item]));
    }
    Ok(Value::iter("enumerate", pairs))
}

/// The items for which `function` is true; those that are true themselves if it is `None`.
fn filter<'a>(_: &Value<'a>, arguments: Bound<'a>, caller: &mut dyn Caller<'a>) -> CallResult<'a> {
    let mut kept = Vec::new();
    for item in arguments.value(1)?.items()? {
        let keeps = match arguments.some(0) {
            Some(function) => caller.call(function, vec![item.clone()])?.truthy(),
            None => item.truthy(),
        };
        kept.extend(keeps.then_some(item));
    }
    Ok(Value::iter("filter", kept))
}

/// The attribute of that name, or `default`. `AttributeError` if there is neither.
fn getattr<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let found = attribute(arguments.value(0)?, arguments.text(1)?);
    match (found, arguments.get(2)) {
        (Err(_), Some(default)) => Ok(default.clone()),
        (found, _) => found,
    }
}

/// Whether there is an attribute of that name.
fn hasattr<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let found = attribute(arguments.value(0)?, arguments.text(1)?);
    Ok(Value::Bool(found.is_ok()))
}

/// What gives one item after the other.
fn iter<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    match arguments.value(0)? {
        Value::Iter(iter) => Ok(Value::Iter(iter.clone())),
        other => Ok(Value::iter(iterator_of(other), other.items()?)),
    }
}

/// What Python calls the iterator of a value.
fn iterator_of(value: &Value<'_>) -> &'static str {
    match value {
        Value::Tuple(_) => "tuple_iterator",
        Value::Set(_) => "set_iterator",
        Value::Str(text) if text.is_ascii() => "str_ascii_iterator",
        Value::Str(_) => "str_iterator",
        Value::Range(_) => "range_iterator",
        Value::Dict(_) => "dict_keyiterator",
        Value::View(view) => match view.kind {
            ViewKind::Keys => "dict_keyiterator",
            ViewKind::Values => "dict_valueiterator",
            ViewKind::Items => "dict_itemiterator",
        },
        _ => "list_iterator",
    }
}

/// How many items there are.
fn len<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let value = arguments.value(0)?;
    let unsized_value = || arguments.unfit("a collection", value);
    value.len().map(Value::count).ok_or_else(unsized_value)
}

/// What `func` makes of each item, or of the items of several iterables side by side.
fn map<'a>(_: &Value<'a>, arguments: Bound<'a>, caller: &mut dyn Caller<'a>) -> CallResult<'a> {
    let mut columns = vec![arguments.value(1)?.items()?];
    for iterable in &arguments.rest {
        columns.push(iterable.items()?);
    }
    let mut results = Vec::new();
    for row in rows(columns) {
        results.push(caller.call(arguments.value(0)?, row)?);
    }
    Ok(Value::iter("map", results))
}

/// The next item of an iterator, or `default`. `StopIteration` if there is neither.
fn next<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let iterator = arguments.value(0)?;
    let Value::Iter(iter) = iterator else {
        return Err(arguments.unfit("an iterator", iterator));
    };
    let nothing = || Exception::new(ExceptionClass::StopIteration, "`next` of nothing");
    Iter::next(iter)
        .or_else(|| arguments.get(1).cloned())
        .ok_or_else(nothing)
}

/// Shows nothing: a BUILD file has no terminal. `TypeError` if `sep` or `end` is no text.
fn print<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    for at in [0, 1] {
        if arguments.some(at).is_some() {
            arguments.text(at)?;
        }
    }
    Ok(Value::None)
}

/// The items from the last to the first.
fn reversed<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let sequence = arguments.value(0)?;
    if let Value::Set(_) | Value::Iter(_) = sequence {
        return Err(arguments.unfit("a sequence", sequence));
    }
    let mut items = sequence.items()?;
    items.reverse();
    Ok(Value::iter("reversed", items))
}

/// `start` and all items, added up. Texts are joined by `str.join` instead: `TypeError`.
fn sum<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let mut total = arguments.get(1).cloned().unwrap_or(Value::Int(0));
    let items = arguments.value(0)?.items()?;
    if let Value::Str(_) = total {
        return Err(Exception::of_type(
            "`sum` does not join texts; `''.join(…)` does",
        ));
    }
    let mut copied = 0;
    for item in items {
        total = binary(Operator::Add, &total, &item)?;
        // Each sum of lists is a copy of all before it.
        copied += total.len().unwrap_or(0);
        if copied > MAX_COPIED {
            let message = "this `sum` copies too much; use a comprehension";
            return Err(Exception::refused(LanguageLimit::LargeResult, message));
        }
    }
    Ok(total)
}

/// The items of several iterables side by side, as long as there are some in each. `ValueError`
/// if `strict` and one is longer.
fn zip<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let mut columns = Vec::new();
    for iterable in &arguments.rest {
        columns.push(iterable.items()?);
    }
    let strict = arguments.get(0).is_some_and(Value::truthy);
    if strict
        && columns
            .windows(2)
            .any(|pair| pair[0].len() != pair[1].len())
    {
        return Err(Exception::of_value(
            "one of the iterables of `zip` is longer",
        ));
    }
    Ok(Value::iter(
        "zip",
        rows(columns).map(Value::tuple).collect(),
    ))
}

/// The columns row by row, up to the end of the shortest.
fn rows<'a>(columns: Vec<Vec<Value<'a>>>) -> impl Iterator<Item = Vec<Value<'a>>> {
    let count = columns.iter().map(Vec::len).min().unwrap_or(0);
    (0..count).map(move |row| columns.iter().map(|column| column[row].clone()).collect())
}
