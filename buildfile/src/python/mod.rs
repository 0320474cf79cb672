//! Python's functions and methods, as far as BUILD files have them: one documented Rust function
//! each, in tables. `tests/cpython.rs` calls every entry of the tables with generated arguments,
//! here and in a real CPython.
//!
//! Different from CPython on purpose, beside what [`Refusal`](crate::Refusal) lists: iterators
//! compute their items when they are made, a loop sees a collection as it was when the loop began,
//! sets keep the order of insertion, and a float that is no number is equal to nothing, not even
//! to itself within a list.

mod builtins;
mod call;
mod conversion;
mod format;
mod mapping;
mod operator;
mod sequence;
mod set;
mod sorting;
mod str;
mod subscript;

pub(crate) use call::{CallError, CallResult, Caller, Function, Keywords};
pub(crate) use format::{ascii, with_spec};
pub(crate) use operator::{augment, binary, compare, unary};
pub(crate) use subscript::{SliceBounds, delete, get, set as assign, slice};

use std::rc::Rc;

use crate::data::Data;
use crate::exception::{Exception, ExceptionClass};
use crate::limits::MAX_PARTS;
use crate::value::{SetKind, Value};

/// A table of functions: of a type, or of no type.
pub(crate) type Table = &'static [&'static [Function]];

/// The functions that have a name of their own.
const BUILTINS: Table = &[builtins::TABLE, conversion::TABLE, sorting::TABLE];

/// The methods of the types that have some, by the type's name.
const METHODS: &[(&str, Table)] = &[
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

/// A function or method as the manual and the tests see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The type that it is a method of; `None` for a function.
    pub owner: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// Its parameters as `inspect.signature` shows them.
    pub signature: &'static str,
}

/// Every function and method of Python that BUILD files have.
pub fn reference() -> impl Iterator<Item = Entry> {
    let entry = |owner| {
        move |function: &'static Function| Entry {
            owner,
            name: function.name,
            signature: function.signature,
        }
    };
    let methods = METHODS
        .iter()
        .flat_map(move |(owner, table)| table.iter().copied().flatten().map(entry(Some(*owner))));
    let functions = BUILTINS.iter().copied().flatten().map(entry(None));
    functions.chain(methods)
}

/// The function of that name.
pub(crate) fn builtin(name: &str) -> Option<&'static Function> {
    find(BUILTINS, name)
}

/// The names of all functions.
pub(crate) fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILTINS
        .iter()
        .copied()
        .flatten()
        .map(|function| function.name)
}

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
pub(crate) fn method(value: &Value<'_>, name: &str) -> Option<&'static Function> {
    find(methods(value), name)
}

/// Calls a method of plain data: what a template does with the values that it is given.
///
/// # Errors
/// There is none of that name, its arguments do not fit, or it fails.
pub fn call_method(
    receiver: &Data,
    name: &str,
    positional: &[Data],
    keywords: &[(Rc<str>, Data)],
) -> Result<Data, Exception> {
    let thawed = positional.iter().map(Value::thaw);
    let positional = thawed.collect::<Result<Vec<_>, _>>()?;
    let mut named = Vec::new();
    for (name, value) in keywords {
        named.push((Rc::clone(name), Value::thaw(value)?));
    }
    let receiver = Value::thaw(receiver)?;
    let method = method(&receiver, name).ok_or_else(|| no_attribute(&receiver, name))?;
    match method.call(&receiver, (positional, named), &mut NoFunctions) {
        Ok(value) => value.freeze(&mut MAX_PARTS.clone()),
        Err(CallError::Exception(exception)) => Err(exception),
        Err(CallError::Inner(error)) => Err(Exception::of_type(error.message)),
    }
}

fn no_attribute(value: &Value<'_>, name: &str) -> Exception {
    let message = format!("a {} has no `{name}`", value.type_name());
    Exception::new(ExceptionClass::AttributeError, message)
}

/// Plain data has no functions.
struct NoFunctions;

impl<'a> Caller<'a> for NoFunctions {
    fn call(&mut self, function: &Value<'a>, _: Vec<Value<'a>>) -> CallResult<'a> {
        let message = format!("a {} cannot be called", function.type_name());
        Err(Exception::of_type(message).into())
    }
}

fn find(table: Table, name: &str) -> Option<&'static Function> {
    table
        .iter()
        .copied()
        .flatten()
        .find(|function| function.name == name)
}

fn methods(value: &Value<'_>) -> Table {
    let name = match value {
        Value::Path(_) => return &[PATH_METHODS],
        Value::Set(set) if set.kind == SetKind::FrozenSet => "frozenset",
        _ => value.type_name(),
    };
    let found = METHODS.iter().find(|(owner, _)| *owner == name);
    found.map_or(&[], |(_, table)| table)
}

const PATH_METHODS: &[Function] = &[call::value("as_posix", "", |path, _| {
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
