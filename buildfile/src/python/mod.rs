//! Python's functions and methods, as far as BUILD files have them: one documented Rust function
//! each, in tables. `tests/cpython.rs` calls every entry of the tables with generated arguments,
//! here and in a real CPython.
//!
//! Different from CPython on purpose, beside what [`LanguageLimit`](crate::LanguageLimit) lists: iterators
//! compute their items when they are made, a loop sees a collection as it was when the loop began,
//! sets keep the order of insertion, and a float that is no number is equal to nothing, not even
//! to itself within a list.

mod attribute;
mod builtins;
mod call;
mod conversion;
mod file;
mod format;
mod mapping;
mod operator;
mod sequence;
mod set;
mod sorting;
mod str;
mod subscript;

pub(crate) use attribute::{attribute, attribute_names, method};
pub(crate) use call::{BuiltinFunction, CallError, CallResult, Caller, Keywords};
pub(crate) use format::{ascii, with_spec};
pub(crate) use operator::{augment, binary, compare, unary};
pub(crate) use subscript::{SliceBounds, delete, get, set as assign, slice};

use std::rc::Rc;

use attribute::{METHODS, Table, find, no_attribute};

use crate::data::Data;
use crate::exception::Exception;
use crate::limits::MAX_PARTS;
use crate::value::Value;

/// The functions that have a name of their own.
const BUILTINS: Table = &[builtins::TABLE, conversion::TABLE, sorting::TABLE];

/// A function or method as the manual and the tests see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PythonFunction {
    /// The type that it is a method of; `None` for a function.
    pub owner: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// Its parameters as `inspect.signature` shows them.
    pub signature: &'static str,
}

/// Every function and method of Python that BUILD files have.
pub fn reference() -> impl Iterator<Item = PythonFunction> {
    let entry = |owner| {
        move |function: &'static BuiltinFunction| PythonFunction {
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
pub(crate) fn builtin(name: &str) -> Option<&'static BuiltinFunction> {
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

/// The arguments of a method of plain data.
#[derive(Clone, Debug, Default)]
pub struct MethodArguments {
    /// By position.
    pub positional: Vec<Data>,
    /// By name.
    pub named: Vec<(Rc<str>, Data)>,
}

/// Calls a method of plain data: what a template does with the values that it is given.
///
/// # Errors
/// There is none of that name, its arguments do not fit, or it fails.
pub fn call_method(
    receiver: &Data,
    name: &str,
    arguments: &MethodArguments,
) -> Result<Data, Exception> {
    let thawed = arguments.positional.iter().map(Value::thaw);
    let positional = thawed.collect::<Result<Vec<_>, _>>()?;
    let mut named = Vec::new();
    for (name, value) in &arguments.named {
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

/// What stands right of the `%` that fills a text in.
#[derive(Clone, Debug)]
pub enum PercentValues {
    /// One value, or a dictionary for a text with keys.
    One(Data),
    /// A tuple: a value for each place.
    Tuple(Vec<Data>),
}

/// Python's `text % values`.
///
/// # Errors
/// A value is missing, left over or of the wrong type, or the text is malformed.
pub fn fill_in(text: &str, values: &PercentValues) -> Result<String, Exception> {
    let values = match values {
        PercentValues::One(value) => Value::thaw(value)?,
        PercentValues::Tuple(items) => {
            Value::tuple(items.iter().map(Value::thaw).collect::<Result<_, _>>()?)
        }
    };
    format::percent(text, &values)
}

/// Plain data has no functions.
struct NoFunctions;

impl<'a> Caller<'a> for NoFunctions {
    fn call(&mut self, function: &Value<'a>, _: Vec<Value<'a>>) -> CallResult<'a> {
        let message = format!("a {} cannot be called", function.type_name());
        Err(Exception::of_type(message).into())
    }
}
