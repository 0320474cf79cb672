//! The methods of `set` and `frozenset`.

use super::call::{Bound, BuiltinFunction, value as row};
use crate::exception::Exception;
use crate::value::{Key, Keys, Set, SetKind, Value};

type Result<'a> = std::result::Result<Value<'a>, Exception>;

/// What both have.
pub(super) const TABLE: &[BuiltinFunction] = &[
    row("copy", "", copy),
    row("difference", "*others", difference),
    row("intersection", "*others", intersection),
    row("issubset", "other, /", issubset),
    row("issuperset", "other, /", issuperset),
    row("union", "*others", union),
];

/// What changes a `set`.
pub(super) const MUTABLE: &[BuiltinFunction] = &[
    row("add", "object, /", add),
    row("discard", "object, /", discard),
    row("update", "*others", update),
];

/// A copy of the set, with the same members.
fn copy<'a>(this: &Value<'a>, _: &Bound<'a>) -> Result<'a> {
    let this = set(this)?;
    Ok(of_kind(this.kind, this.borrow().clone()))
}

/// The members that are in none of the others.
fn difference<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let this = set(this)?;
    let mut left = this.borrow().clone();
    for other in &arguments.rest {
        let other = keys(other)?;
        left.retain(|key| !other.contains(key));
    }
    Ok(of_kind(this.kind, left))
}

/// The members that are in all of the others.
fn intersection<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let this = set(this)?;
    let mut left = this.borrow().clone();
    for other in &arguments.rest {
        let members = keys(other)?;
        left = match other {
            Value::Set(_) => common(left, members),
            _ => members
                .into_iter()
                .filter(|key| left.contains(key))
                .collect(),
        };
    }
    Ok(of_kind(this.kind, left))
}

/// The members of both. Of two that are equal, such as 1 and `True`, that of the smaller set
/// stays, as in CPython.
pub(super) fn common<'a>(a: Keys<'a>, b: Keys<'a>) -> Keys<'a> {
    let (kept, asked) = if b.len() > a.len() { (a, b) } else { (b, a) };
    kept.into_iter().filter(|key| asked.contains(key)).collect()
}

/// Whether every member is in `other`.
fn issubset<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let other = keys(arguments.value(0)?)?;
    Ok(Value::Bool(
        set(this)?.borrow().iter().all(|key| other.contains(key)),
    ))
}

/// Whether every member of `other` is in the set.
fn issuperset<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let this = set(this)?.borrow();
    let other = keys(arguments.value(0)?)?;
    Ok(Value::Bool(other.iter().all(|key| this.contains(key))))
}

/// The members of the set and of all others.
fn union<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let this = set(this)?;
    let mut all = this.borrow().clone();
    for other in &arguments.rest {
        all.extend(keys(other)?);
    }
    Ok(of_kind(this.kind, all))
}

/// Adds a member.
fn add<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let key = Key::new(arguments.value(0)?.clone())?;
    set(this)?.borrow_mut().insert(key);
    Ok(Value::None)
}

/// Removes a member, if it is one.
fn discard<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let key = member(arguments.value(0)?)?;
    set(this)?.borrow_mut().shift_remove(&key);
    Ok(Value::None)
}

/// Adds the members of all others.
fn update<'a>(this: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    for other in &arguments.rest {
        let more = keys(other)?;
        set(this)?.borrow_mut().extend(more);
    }
    Ok(Value::None)
}

fn set<'v, 'a>(value: &'v Value<'a>) -> std::result::Result<&'v Set<'a>, Exception> {
    match value {
        Value::Set(set) => Ok(set),
        other => Err(Exception::of_type(format!(
            "a {} is no set",
            other.type_name()
        ))),
    }
}

fn of_kind<'a>(kind: SetKind, keys: Keys<'a>) -> Value<'a> {
    Value::Set(std::rc::Rc::new(Set::new(kind, keys)))
}

/// A value as the member that it would be. A set is looked up as the frozenset of its members.
pub(super) fn member<'a>(value: &Value<'a>) -> std::result::Result<Key<'a>, Exception> {
    match value {
        Value::Set(set) => Key::new(of_kind(SetKind::FrozenSet, set.borrow().clone())),
        other => Key::new(other.clone()),
    }
}

/// The items of an iterable as members of a set.
pub(super) fn keys<'a>(iterable: &Value<'a>) -> std::result::Result<Keys<'a>, Exception> {
    match iterable {
        Value::Set(set) => Ok(set.borrow().clone()),
        other => other.items()?.into_iter().map(Key::new).collect(),
    }
}
