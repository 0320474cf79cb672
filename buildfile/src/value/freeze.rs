//! From values to plain data, and back.

use std::rc::Rc;
use std::sync::Arc;

use super::types::{Dict, Key, Pairs, Value};
use crate::data::Data;
use crate::exception::{Exception, LanguageLimit};
use crate::limits::MAX_NESTING;

impl<'a> Value<'a> {
    /// The plain data behind the value, of at most `left` parts, which are taken off; functions
    /// become their printed form.
    ///
    /// # Errors
    /// The value is too large or too deep.
    pub(crate) fn freeze(&self, left: &mut usize) -> Result<Data, Exception> {
        freeze(self, 0, left)
    }

    /// The value that `data` is.
    ///
    /// # Errors
    /// A key cannot be one.
    pub(crate) fn thaw(data: &Data) -> Result<Self, Exception> {
        Ok(match data {
            Data::None => Self::None,
            Data::Bool(value) => Self::Bool(*value),
            Data::Int(value) => Self::Int(*value),
            Data::Float(value) => Self::Float(*value),
            Data::Str(text) => Self::str(text),
            Data::List(items) => {
                Self::list(items.iter().map(Self::thaw).collect::<Result<_, _>>()?)
            }
            Data::Dict(pairs) => {
                let mut dict = Pairs::default();
                for (key, value) in pairs.iter() {
                    dict.insert(Key::new(Self::thaw(key)?)?, Self::thaw(value)?);
                }
                Self::dict(Dict::new(dict))
            }
            Data::Object(object) => Self::Object(Rc::new((**object).clone())),
            Data::Parametrize(choices) => Self::Parametrize(Rc::new((**choices).clone())),
            Data::Symbol(name) => Self::Symbol(Rc::from(&**name)),
        })
    }
}

fn freeze(value: &Value<'_>, depth: usize, left: &mut usize) -> Result<Data, Exception> {
    if depth > MAX_NESTING || *left == 0 {
        let message = "this value is too large or nested too deeply";
        return Err(Exception::refused(LanguageLimit::Nesting, message));
    }
    *left -= 1;
    let mut all = |items: &[Value<'_>]| {
        let frozen: Result<Arc<[Data]>, Exception> = items
            .iter()
            .map(|item| freeze(item, depth + 1, left))
            .collect();
        frozen.map(Data::List)
    };
    Ok(match value {
        Value::None => Data::None,
        Value::Bool(value) => Data::Bool(*value),
        Value::Int(value) => Data::Int(*value),
        Value::Float(value) => Data::Float(*value),
        Value::Str(text) | Value::Path(text) => Data::Str(Arc::from(&**text)),
        Value::List(items) => all(&items.borrow())?,
        Value::Tuple(items) => all(items)?,
        Value::Set(_) | Value::Range(_) | Value::View(_) => all(&value.items()?)?,
        Value::Iter(iter) => all(&iter.take_all())?,
        Value::Dict(dict) => {
            let mut pairs = Vec::new();
            for (key, value) in dict.borrow().iter() {
                let key = freeze(key.as_value(), depth + 1, left)?;
                pairs.push((key, freeze(value, depth + 1, left)?));
            }
            Data::Dict(pairs.into())
        }
        Value::Object(object) => Data::Object(Arc::new((**object).clone())),
        Value::Parametrize(choices) => Data::Parametrize(Arc::new((**choices).clone())),
        Value::Symbol(name) => Data::Symbol(Arc::from(&**name)),
        Value::Function(_) | Value::Builtin(_) | Value::Method(_) => {
            Data::Str(Arc::from(value.repr()?))
        }
    })
}
