//! What a BUILD file says, as plain immutable data: the values of fields after evaluation.

use std::fmt;
use std::sync::Arc;

use crate::text;

/// A value of a field, after evaluation; nothing in it can still change or be called.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// A text.
    Str(Arc<str>),
    /// A list, tuple or set, in order.
    List(Arc<[Data]>),
    /// A dictionary, in order of insertion.
    Dict(Arc<[(Data, Data)]>),
    /// `python_artifact(…)` and the like: the name called and its arguments.
    Object(Arc<Object>),
    /// `parametrize(…)`: one target for each choice.
    Parametrize(Arc<Parametrize>),
    /// A name that a [`Vocabulary`](crate::Vocabulary) adds, as in `__defaults__({python_sources: …})`.
    Symbol(Arc<str>),
}

/// A constructed object, such as `python_artifact(name="x")`.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// The name that was called.
    pub name: Arc<str>,
    /// Its keyword arguments in order; positional ones have an empty name.
    pub arguments: Vec<(Arc<str>, Data)>,
}

impl Object {
    /// The argument of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Data> {
        self.arguments
            .iter()
            .find(|(key, _)| &**key == name)
            .map(|(_, value)| value)
    }
}

/// The choices of a `parametrize(…)` call.
#[derive(Clone, Debug, PartialEq)]
pub struct Parametrize {
    /// Positional choices, each its own alias.
    pub positional: Vec<Data>,
    /// Named choices.
    pub named: Vec<(Arc<str>, Data)>,
    /// Whether it was unpacked with `**`: the first positional choice names a group of fields.
    pub group: bool,
}

impl Data {
    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is `True` or `False`.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The items, if it is a list, tuple or set.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Data]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The pairs, if it is a dictionary.
    #[must_use]
    pub fn as_dict(&self) -> Option<&[(Data, Data)]> {
        match self {
            Self::Dict(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// Every text in a list of texts; a single text counts as a list of one.
    #[must_use]
    pub fn strings(&self) -> Vec<&str> {
        match self {
            Self::Str(text) => vec![text],
            Self::List(items) => items.iter().filter_map(Data::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The value under a text key of a dictionary.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Data> {
        self.as_dict()?
            .iter()
            .find(|(name, _)| name.as_str() == Some(key))
            .map(|(_, value)| value)
    }

    /// What Python calls the type.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Dict(_) => "dict",
            Self::Object(object) => &object.name,
            Self::Parametrize(_) => "parametrize",
            Self::Symbol(_) => "target type",
        }
    }
}

/// As Python's `repr` would print it.
impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => f.write_str(&text::float_repr(*value)),
            Self::Str(text) => f.write_str(&text::repr(text)),
            Self::Symbol(name) => f.write_str(name),
            Self::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Dict(pairs) => {
                f.write_str("{")?;
                for (at, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if at > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
            Self::Object(object) => f.write_str(&call(&object.name, &[], &object.arguments)),
            Self::Parametrize(choices) => {
                f.write_str(&call("parametrize", &choices.positional, &choices.named))
            }
        }
    }
}

/// `name(…)` with positional and named arguments.
fn call(name: &str, positional: &[Data], named: &[(Arc<str>, Data)]) -> String {
    let positional = positional.iter().map(ToString::to_string);
    let named = named.iter().map(|(key, value)| format!("{key}={value}"));
    let arguments: Vec<String> = positional.chain(named).collect();
    format!("{name}({})", arguments.join(", "))
}
