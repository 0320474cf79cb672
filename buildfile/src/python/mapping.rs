//! The methods of `dict`.

use std::rc::Rc;

use super::call::{Bound, BuiltinFunction, value as row};
use crate::exception::{Exception, ExceptionClass};
use crate::value::{Dict, Key, Pairs, Value, View, ViewKind};

type Result<'a> = std::result::Result<Value<'a>, Exception>;

pub(super) const TABLE: &[BuiltinFunction] = &[
    row("copy", "", copy),
    row("get", "key, default=None, /", get),
    row("items", "", |this, _| view(this, ViewKind::Items)),
    row("keys", "", |this, _| view(this, ViewKind::Keys)),
    row("pop", "key, default=None, /", pop),
    row("setdefault", "key, default=None, /", setdefault),
    row("update", "other=None, /, **kwargs", update),
    row("values", "", |this, _| view(this, ViewKind::Values)),
];

/// A copy of the dictionary, with the same keys and values.
fn copy<'a>(this: &Value<'a>, _: &Bound<'a>) -> Result<'a> {
    let pairs = dict(this)?.borrow().clone();
    Ok(Value::dict(Dict::new(pairs)))
}

/// The value of `key`, or `default`.
fn get<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let key = Key::new(arguments.value(0)?.clone())?;
    let found = dict(this)?.borrow().get(&key).cloned();
    Ok(found
        .or_else(|| arguments.get(1).cloned())
        .unwrap_or(Value::None))
}

/// A view on the keys, values or pairs, which shows later changes as well.
fn view<'a>(this: &Value<'a>, kind: ViewKind) -> Result<'a> {
    let dict = Rc::clone(dict(this)?);
    Ok(Value::View(Rc::new(View { kind, dict })))
}

/// Removes `key` and returns its value, or `default`. `KeyError` if there is neither.
fn pop<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let key = Key::new(arguments.value(0)?.clone())?;
    let removed = dict(this)?.borrow_mut().shift_remove(&key);
    removed
        .or_else(|| arguments.get(1).cloned())
        .map_or_else(|| Err(missing(key.as_value())), Ok)
}

/// The value of `key`, which is set to `default` if there is none.
fn setdefault<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let key = Key::new(arguments.value(0)?.clone())?;
    let default = arguments.get(1).cloned().unwrap_or(Value::None);
    Ok(dict(this)?
        .borrow_mut()
        .entry(key)
        .or_insert(default)
        .clone())
}

/// Takes over the pairs of another dictionary, or of an iterable of pairs, and the keywords.
fn update<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let more = pairs(arguments)?;
    dict(this)?.borrow_mut().extend(more);
    Ok(Value::None)
}

/// The pairs that the arguments of `dict` and `dict.update` stand for.
pub(super) fn pairs<'a>(arguments: &Bound<'a>) -> std::result::Result<Pairs<'a>, Exception> {
    let mut pairs = match arguments.get(0) {
        Some(Value::Dict(other)) => other.borrow().clone(),
        Some(iterable) => {
            let mut pairs = Pairs::default();
            for pair in iterable.items()? {
                let [key, value] = <[Value<'a>; 2]>::try_from(pair.items()?)
                    .map_err(|_| Exception::of_value("a dict is made of pairs of key and value"))?;
                pairs.insert(Key::new(key)?, value);
            }
            pairs
        }
        None => Pairs::default(),
    };
    for (name, value) in &arguments.keywords {
        pairs.insert(Key::new(Value::Str(Rc::clone(name)))?, value.clone());
    }
    Ok(pairs)
}

/// The `KeyError` of a key that is not there.
pub(super) fn missing(key: &Value<'_>) -> Exception {
    let shown = key.repr().unwrap_or_default();
    Exception::new(ExceptionClass::KeyError, format!("no key {shown} here"))
}

fn dict<'v, 'a>(value: &'v Value<'a>) -> std::result::Result<&'v Rc<Dict<'a>>, Exception> {
    match value {
        Value::Dict(dict) => Ok(dict),
        other => Err(Exception::of_type(format!(
            "a {} is no dict",
            other.type_name()
        ))),
    }
}
