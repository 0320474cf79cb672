//! Values while a BUILD file runs: shared and mutable as Python's are, until they are frozen
//! into [`Data`].

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::{Expr, Parameters, Stmt};
use rustc_hash::FxHashMap;

use super::source::Source;
use crate::data::{Data, Object, Parametrize, quote};

/// A value of the BUILD language.
#[derive(Clone)]
pub(crate) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Rc<str>),
    List(Rc<RefCell<Vec<Value<'a>>>>),
    Tuple(Rc<[Value<'a>]>),
    Dict(Rc<RefCell<Dict<'a>>>),
    Set(Rc<RefCell<Vec<Value<'a>>>>),
    /// `build_file_dir()`: a path with `.name`, `.parent` and `/`.
    Path(Rc<str>),
    Function(Rc<Function<'a>>),
    Builtin(&'static str),
    Method(Rc<(Value<'a>, &'a str)>),
    TargetType(Rc<str>),
    Object(Rc<Object>),
    Parametrize(Rc<Parametrize>),
}

/// A function defined in a BUILD file or a prelude.
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    pub(crate) source: &'a Arc<Source>,
    pub(crate) parameters: Option<&'a Parameters>,
    pub(crate) body: Body<'a>,
    pub(crate) scope: Rc<Scope<'a>>,
    /// Defaults, evaluated once where the function was defined, by parameter name.
    pub(crate) defaults: Vec<(&'a str, Value<'a>)>,
}

pub(crate) enum Body<'a> {
    Block(&'a [Stmt]),
    Lambda(&'a Expr),
}

/// Names of one function call, comprehension or module; unknown ones are looked up outside.
pub(crate) struct Scope<'a> {
    names: RefCell<FxHashMap<&'a str, Value<'a>>>,
    outer: Option<Rc<Scope<'a>>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn module() -> Rc<Self> {
        Rc::new(Self {
            names: RefCell::default(),
            outer: None,
        })
    }

    pub(crate) fn inside(outer: &Rc<Self>) -> Rc<Self> {
        Rc::new(Self {
            names: RefCell::default(),
            outer: Some(Rc::clone(outer)),
        })
    }

    pub(crate) fn set(&self, name: &'a str, value: Value<'a>) {
        self.names.borrow_mut().insert(name, value);
    }

    /// Takes a name out of this scope, not of those outside.
    pub(crate) fn remove(&self, name: &str) -> Option<Value<'a>> {
        self.names.borrow_mut().remove(name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        let found = self.names.borrow().get(name).cloned();
        found.or_else(|| self.outer.as_ref()?.get(name))
    }

    /// Every name in reach, for suggestions.
    pub(crate) fn names(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.names.borrow().keys().copied().collect();
        if let Some(outer) = &self.outer {
            names.extend(outer.names());
        }
        names
    }
}

/// A dictionary in order of insertion.
#[derive(Clone, Default)]
pub(crate) struct Dict<'a> {
    pub(crate) pairs: Vec<(Value<'a>, Value<'a>)>,
}

impl<'a> Dict<'a> {
    pub(crate) fn get(&self, key: &Value<'a>) -> Option<&Value<'a>> {
        self.pairs
            .iter()
            .find(|(have, _)| have.equals(key))
            .map(|(_, value)| value)
    }

    pub(crate) fn insert(&mut self, key: Value<'a>, value: Value<'a>) {
        match self.pairs.iter_mut().find(|(have, _)| have.equals(&key)) {
            Some(pair) => pair.1 = value,
            None => self.pairs.push((key, value)),
        }
    }

    pub(crate) fn remove(&mut self, key: &Value<'a>) -> Option<Value<'a>> {
        let at = self.pairs.iter().position(|(have, _)| have.equals(key))?;
        Some(self.pairs.remove(at).1)
    }
}

impl<'a> Value<'a> {
    pub(crate) fn str(text: impl AsRef<str>) -> Self {
        Self::Str(Rc::from(text.as_ref()))
    }

    pub(crate) fn list(items: Vec<Value<'a>>) -> Self {
        Self::List(Rc::new(RefCell::new(items)))
    }

    pub(crate) fn dict(pairs: Dict<'a>) -> Self {
        Self::Dict(Rc::new(RefCell::new(pairs)))
    }

    pub(crate) fn set(items: impl IntoIterator<Item = Value<'a>>) -> Self {
        let mut unique: Vec<Value<'a>> = Vec::new();
        for item in items {
            if !unique.iter().any(|have| have.equals(&item)) {
                unique.push(item);
            }
        }
        Self::Set(Rc::new(RefCell::new(unique)))
    }

    pub(crate) fn truthy(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::List(items) | Self::Set(items) => !items.borrow().is_empty(),
            Self::Tuple(items) => !items.is_empty(),
            Self::Dict(dict) => !dict.borrow().pairs.is_empty(),
            _ => true,
        }
    }

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
            Self::Set(_) => "set",
            Self::Path(_) => "path",
            Self::Function(_) | Self::Builtin(_) | Self::Method(_) => "function",
            Self::TargetType(_) => "target type",
            Self::Object(object) => &object.name,
            Self::Parametrize(_) => "parametrize",
        }
    }

    /// Python's `==`.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Str(a), Self::Str(b)) | (Self::Path(a), Self::Path(b)) => a == b,
            (Self::TargetType(a), Self::TargetType(b)) => a == b,
            (Self::Builtin(a), Self::Builtin(b)) => a == b,
            (Self::List(a), Self::List(b)) => same_items(&a.borrow(), &b.borrow()),
            (Self::Tuple(a), Self::Tuple(b)) => same_items(a, b),
            (Self::Set(a), Self::Set(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                a.len() == b.len() && a.iter().all(|item| b.iter().any(|have| have.equals(item)))
            }
            (Self::Dict(a), Self::Dict(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                a.pairs.len() == b.pairs.len()
                    && a.pairs
                        .iter()
                        .all(|(key, value)| b.get(key).is_some_and(|have| have.equals(value)))
            }
            (Self::Function(a), Self::Function(b)) => Rc::ptr_eq(a, b),
            (Self::Object(a), Self::Object(b)) => a == b,
            (Self::Parametrize(a), Self::Parametrize(b)) => a == b,
            _ => match (self.number(), other.number()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }

    /// The number behind an int, float or bool.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            #[expect(clippy::cast_precision_loss, reason = "Python compares the same way")]
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Bool(value) => Some(i64::from(*value)),
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The items that a `for` loop would see; `None` if it cannot be iterated.
    pub(crate) fn items(&self) -> Option<Vec<Value<'a>>> {
        Some(match self {
            Self::List(items) | Self::Set(items) => items.borrow().clone(),
            Self::Tuple(items) => items.to_vec(),
            Self::Dict(dict) => dict
                .borrow()
                .pairs
                .iter()
                .map(|(key, _)| key.clone())
                .collect(),
            Self::Str(text) => text
                .chars()
                .map(|character| Self::str(character.encode_utf8(&mut [0; 4])))
                .collect(),
            _ => return None,
        })
    }

    /// Python's `str()`.
    pub(crate) fn display(&self) -> String {
        match self {
            Self::Str(text) | Self::Path(text) => text.to_string(),
            _ => self.repr(),
        }
    }

    /// Python's `repr()`.
    pub(crate) fn repr(&self) -> String {
        match self {
            Self::Tuple(items) if items.len() == 1 => format!("({},)", items[0].repr()),
            Self::Tuple(items) => format!("({})", join(items)),
            Self::List(items) => format!("[{}]", join(&items.borrow())),
            Self::Set(items) if items.borrow().is_empty() => "set()".to_owned(),
            Self::Set(items) => format!("{{{}}}", join(&items.borrow())),
            Self::Str(text) => {
                let mut quoted = String::new();
                let _infallible = quote(&mut quoted, text);
                quoted
            }
            Self::Path(text) => format!("PurePath({text:?})"),
            Self::Dict(dict) => {
                let pairs: Vec<String> = dict
                    .borrow()
                    .pairs
                    .iter()
                    .map(|(key, value)| format!("{}: {}", key.repr(), value.repr()))
                    .collect();
                format!("{{{}}}", pairs.join(", "))
            }
            Self::Function(function) => format!("<function {}>", function.name),
            Self::Builtin(name) => format!("<function {name}>"),
            Self::Method(method) => format!("<method {}>", method.1),
            _ => self.freeze().to_string(),
        }
    }

    /// The plain data behind the value; functions become their printed form.
    pub(crate) fn freeze(&self) -> Data {
        match self {
            Self::None => Data::None,
            Self::Bool(value) => Data::Bool(*value),
            Self::Int(value) => Data::Int(*value),
            Self::Float(value) => Data::Float(*value),
            Self::Str(text) | Self::Path(text) => Data::Str(Arc::from(&**text)),
            Self::List(items) | Self::Set(items) => {
                Data::List(items.borrow().iter().map(Value::freeze).collect())
            }
            Self::Tuple(items) => Data::List(items.iter().map(Value::freeze).collect()),
            Self::Dict(dict) => Data::Dict(
                dict.borrow()
                    .pairs
                    .iter()
                    .map(|(key, value)| (key.freeze(), value.freeze()))
                    .collect(),
            ),
            Self::Object(object) => Data::Object(Arc::new((**object).clone())),
            Self::Parametrize(choices) => Data::Parametrize(Arc::new((**choices).clone())),
            Self::TargetType(name) => Data::TargetType(Arc::from(&**name)),
            Self::Function(_) | Self::Builtin(_) | Self::Method(_) => {
                Data::Str(Arc::from(self.repr()))
            }
        }
    }
}

fn same_items<'a>(a: &[Value<'a>], b: &[Value<'a>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b))
}

fn join(items: &[Value<'_>]) -> String {
    let parts: Vec<String> = items.iter().map(Value::repr).collect();
    parts.join(", ")
}
