//! What every value can be asked.

use std::rc::Rc;

use super::types::{Dict, Iter, Key, List, Set, SetKind, Tuple, Value};
use crate::exception::{Exception, LanguageLimit};
use crate::limits::MAX_SIZE;

/// The types that a value can be asked for, by name.
const CLASSES: &[&str] = &[
    "NoneType",
    "bool",
    "dict",
    "dict_itemiterator",
    "dict_items",
    "dict_keyiterator",
    "dict_keys",
    "dict_valueiterator",
    "dict_values",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    "function",
    "generator",
    "int",
    "list",
    "list_iterator",
    "map",
    "range",
    "range_iterator",
    "reversed",
    "set",
    "set_iterator",
    "str",
    "str_ascii_iterator",
    "str_iterator",
    "tuple",
    "tuple_iterator",
    "type",
    "zip",
];

/// The name as that of a type, if it is one.
pub(crate) fn class(name: &str) -> Option<&'static str> {
    CLASSES.iter().copied().find(|class| *class == name)
}

impl<'a> Value<'a> {
    pub(crate) fn str(text: impl AsRef<str>) -> Self {
        Self::Str(Rc::from(text.as_ref()))
    }

    pub(crate) fn list(items: Vec<Value<'a>>) -> Self {
        Self::List(Rc::new(List::new(items)))
    }

    pub(crate) fn tuple(items: Vec<Value<'a>>) -> Self {
        Self::Tuple(Rc::new(Tuple::new(items)))
    }

    pub(crate) fn dict(dict: Dict<'a>) -> Self {
        Self::Dict(Rc::new(dict))
    }

    pub(crate) fn iter(kind: &'static str, items: Vec<Value<'a>>) -> Self {
        Self::Iter(Rc::new(Iter::new(kind, items)))
    }

    /// A set of values.
    ///
    /// # Errors
    /// One of them cannot be in a set.
    pub(crate) fn set(
        kind: SetKind,
        items: impl IntoIterator<Item = Value<'a>>,
    ) -> Result<Self, Exception> {
        let keys: Result<_, _> = items.into_iter().map(Key::new).collect();
        Ok(Self::Set(Rc::new(Set::new(kind, keys?))))
    }

    /// A count of what there is in memory.
    pub(crate) fn count(count: usize) -> Self {
        Self::Int(i64::try_from(count).unwrap_or_default())
    }

    /// Python's `bool()`.
    pub(crate) fn truthy(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            _ => self.len() != Some(0),
        }
    }

    /// Python's `len()`; `None` where there is none.
    pub(crate) fn len(&self) -> Option<usize> {
        Some(match self {
            Self::Str(text) if text.is_ascii() => text.len(),
            Self::Str(text) => text.chars().count(),
            Self::List(items) => items.borrow().len(),
            Self::Tuple(items) => items.len(),
            Self::Dict(dict) => dict.borrow().len(),
            Self::Set(set) => set.borrow().len(),
            Self::View(view) => view.dict.borrow().len(),
            Self::Range(range) => range.len(),
            _ => return None,
        })
    }

    /// What Python calls the type.
    pub(crate) fn type_name(&self) -> &str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Dict(_) => "dict",
            Self::Set(set) => set.kind.name(),
            Self::Range(_) => "range",
            Self::View(view) => view.kind.name(),
            Self::Iter(iter) => iter.kind,
            Self::Path(_) => "path",
            Self::Builtin(name) if class(name).is_some() => "type",
            Self::Function(_) | Self::Builtin(_) | Self::Method(_) => "function",
            Self::Symbol(_) => "target type",
            Self::Object(object) => &object.name,
            Self::Parametrize(_) => "parametrize",
        }
    }

    /// The number behind an int, float or bool.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            #[expect(clippy::cast_precision_loss, reason = "Python rounds the same way")]
            _ => self.as_int().map(|value| value as f64),
        }
    }

    /// The whole number behind an int or bool.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Bool(value) => Some(i64::from(*value)),
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The text of a str.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The items that a `for` loop sees; what is used up by iterating is then empty.
    ///
    /// # Errors
    /// The value cannot be iterated, or has too many items.
    pub(crate) fn items(&self) -> Result<Vec<Value<'a>>, Exception> {
        Ok(match self {
            Self::List(items) => items.borrow().clone(),
            Self::Tuple(items) => items.to_vec(),
            Self::Set(set) => set.borrow().iter().map(Key::value).collect(),
            Self::Dict(dict) => dict.borrow().keys().map(Key::value).collect(),
            Self::View(view) => view.items(),
            Self::Iter(iter) => iter.take_all(),
            Self::Range(range) if range.len() > MAX_SIZE => {
                return Err(Exception::refused(
                    LanguageLimit::LargeResult,
                    "this `range` is too long",
                ));
            }
            Self::Range(range) => range.numbers().map(Self::Int).collect(),
            Self::Str(text) => text
                .chars()
                .map(|character| Self::str(character.encode_utf8(&mut [0; 4])))
                .collect(),
            _ => {
                let message = format!("a {} cannot be iterated", self.type_name());
                return Err(Exception::of_type(message));
            }
        })
    }

    /// Whether both are one and the same, as `is` says.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::List(a), Self::List(b)) => Rc::ptr_eq(a, b),
            (Self::Tuple(a), Self::Tuple(b)) => Rc::ptr_eq(a, b) || a.is_empty() && b.is_empty(),
            (Self::Dict(a), Self::Dict(b)) => Rc::ptr_eq(a, b),
            (Self::Set(a), Self::Set(b)) => Rc::ptr_eq(a, b),
            (Self::Iter(a), Self::Iter(b)) => Rc::ptr_eq(a, b),
            (Self::View(a), Self::View(b)) => Rc::ptr_eq(a, b),
            (Self::Function(a), Self::Function(b)) => Rc::ptr_eq(a, b),
            (Self::Builtin(a), Self::Builtin(b)) => a == b,
            (Self::Symbol(a), Self::Symbol(b)) => a == b,
            _ => false,
        }
    }
}
