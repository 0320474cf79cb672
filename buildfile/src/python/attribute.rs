//! Which attributes values have: the tables of methods, and the parts of a path.

use std::rc::Rc;

use super::call::{self, BuiltinFunction};
use super::{file, mapping, sequence, set, sorting, str};
use crate::exception::{Exception, ExceptionClass};
use crate::value::{SetKind, TEXT_FILE, Value};

/// A table of functions: of a type, or of no type.
pub(crate) type Table = &'static [&'static [BuiltinFunction]];

/// The methods of the types that have some, by the type's name.
pub(super) const METHODS: &[(&str, Table)] = &[
    ("str", &[str::TABLE]),
    ("list", &[sequence::TABLE, sequence::LIST, sorting::LIST]),
    ("tuple", &[sequence::TABLE]),
    ("range", &[sequence::TABLE]),
    ("dict", &[mapping::TABLE]),
    ("set", &[set::TABLE, set::MUTABLE]),
    ("frozenset", &[set::TABLE]),
];

/// The attributes of paths that are no methods.
const PATH: &[&str] = &["name", "parent", "parts", "stem", "suffix"];

/// The names of what `value` has.
pub(crate) fn attribute_names(value: &Value<'_>) -> Vec<&'static str> {
    let methods = methods(value).iter().copied().flatten().map(|f| f.name);
    let path: &[&str] = match value {
        Value::Path(_) => PATH,
        _ => &[],
    };
    methods.chain(path.iter().copied()).collect()
}

/// The attribute of that name.
///
/// # Errors
/// `AttributeError`.
pub(crate) fn attribute<'a>(value: &Value<'a>, name: &str) -> Result<Value<'a>, Exception> {
    if let Value::Path(path) = value
        && let Some(name) = PATH.iter().find(|known| **known == name)
    {
        return Ok(path_attribute(path, name));
    }
    match method(value, name) {
        Some(method) => Ok(Value::Method(Rc::new((value.clone(), method.name)))),
        None => Err(no_attribute(value, name)),
    }
}

/// The method of that name.
pub(crate) fn method(value: &Value<'_>, name: &str) -> Option<&'static BuiltinFunction> {
    find(methods(value), name)
}

pub(super) fn no_attribute(value: &Value<'_>, name: &str) -> Exception {
    let message = format!("a {} has no `{name}`", value.type_name());
    Exception::new(ExceptionClass::AttributeError, message)
}

pub(super) fn find(table: Table, name: &str) -> Option<&'static BuiltinFunction> {
    table
        .iter()
        .copied()
        .flatten()
        .find(|function| function.name == name)
}

fn methods(value: &Value<'_>) -> Table {
    let name = match value {
        Value::Path(_) => return &[PATH_METHODS],
        Value::Iter(iter) if iter.kind == TEXT_FILE => return &[file::TABLE],
        Value::Set(set) if set.kind == SetKind::FrozenSet => "frozenset",
        _ => value.type_name(),
    };
    let found = METHODS.iter().find(|(owner, _)| *owner == name);
    found.map_or(&[], |(_, table)| table)
}

const PATH_METHODS: &[BuiltinFunction] = &[call::value("as_posix", "", |path, _| {
    Ok(Value::str(path.display()?))
})];

fn path_attribute<'a>(path: &str, name: &str) -> Value<'a> {
    let (parent, last) = path.rsplit_once('/').unwrap_or(("", path));
    let dot = last.rfind('.').filter(|at| *at > 0).unwrap_or(last.len());
    match name {
        "parent" => Value::Path(Rc::from(if parent.is_empty() { "." } else { parent })),
        "parts" => Value::tuple(path.split('/').map(Value::str).collect()),
        "stem" => Value::str(&last[..dot]),
        "suffix" => Value::str(&last[dot..]),
        _ => Value::str(last),
    }
}
