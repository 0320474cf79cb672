//! Lists and dictionaries that a template changes: `{% set seen = [] %}{% set _ = seen.append(x) %}` is how Jinja
//! templates (towncrier's own among them) gather things. minijinja's values never change, so an empty literal, and what
//! `set` gives a name, become objects that do.

use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use minijinja::value::{
    Enumerator, Kwargs, Object, ObjectRepr, Rest, Tuple, Value, ValueKind, ValueOrKwargs, from_args,
};
use minijinja::{Error, ErrorKind, State};

use crate::values::method_of_data;

/// Whether Python's method of this name changes a list or a dictionary.
pub(crate) fn is_changed_by(kind: ValueKind, method: &str) -> bool {
    match kind {
        ValueKind::Seq | ValueKind::Iterable => matches!(
            method,
            "append" | "clear" | "extend" | "insert" | "pop" | "remove" | "reverse" | "sort"
        ),
        ValueKind::Map => matches!(
            method,
            "clear" | "pop" | "popitem" | "setdefault" | "update"
        ),
        _ => false,
    }
}

/// A list or dictionary with the same content that can change, as do those in it; other values as they are, which
/// what can change already is too: it may have another name.
pub(crate) fn growing(value: Value) -> Result<Value, Error> {
    let is_namespace = |value: &Value| {
        let object = value.as_object();
        object.is_some_and(|object| object.type_name().ends_with("::Namespace"))
    };
    let is_growing = value.downcast_object_ref::<GrowingList>().is_some()
        || value.downcast_object_ref::<GrowingDict>().is_some();
    Ok(match value.kind() {
        ValueKind::Seq | ValueKind::Iterable if !is_growing && !value.is_tuple() => {
            let items: Result<Vec<Value>, Error> = value.try_iter()?.map(growing).collect();
            Value::from_object(GrowingList(Mutex::new(items?)))
        }
        ValueKind::Map if !is_growing && !is_namespace(&value) => {
            let pairs = pairs(&value)?.into_iter();
            let pairs = pairs.map(|(key, value)| Ok((key, growing(value)?)));
            let pairs: Result<IndexMap<Value, Value>, Error> = pairs.collect();
            Value::from_object(GrowingDict(Mutex::new(pairs?)))
        }
        _ => value,
    })
}

/// Jinja's `dict`: of a dictionary or of pairs, with what is named.
pub(crate) fn dict(arguments: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let values = arguments.into_values();
    let (first, named): (Option<Value>, Kwargs) = from_args(&values)?;
    let mut all: IndexMap<Value, Value> = match first {
        Some(of) if of.kind() == ValueKind::Map => pairs(&of)?.into_iter().collect(),
        Some(of) => {
            let pair = |pair: Value| {
                let (key, value) = (pair.get_item_by_index(0)?, pair.get_item_by_index(1)?);
                Ok((key, value))
            };
            of.try_iter()?.map(pair).collect::<Result<_, Error>>()?
        }
        None => IndexMap::new(),
    };
    for name in named.args() {
        all.insert(Value::from(name), named.get(name)?);
    }
    growing(Value::from_pairs(all))
}

fn pairs(value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    let keys = value.try_iter()?;
    keys.map(|key| Ok((key.clone(), value.get_item(&key)?)))
        .collect()
}

/// A list that Python's methods change.
#[derive(Debug)]
struct GrowingList(Mutex<Vec<Value>>);

impl GrowingList {
    fn with<T>(&self, job: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        job(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The place that an index of Python's means: from the end if it is negative, and no further than the ends.
    fn place(&self, index: &Value) -> Result<usize, Error> {
        let index = i64::try_from(index.clone())?;
        let length = self.with(|values| values.len());
        let distance = usize::try_from(index.unsigned_abs());
        let distance = distance.map_err(|_| failed("the index is too large"))?;
        Ok(match index < 0 {
            true => length.saturating_sub(distance),
            false => distance.min(length),
        })
    }
}

impl Object for GrowingList {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = key.as_usize()?;
        self.with(|values| values.get(at).cloned())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.with(|values| values.len()))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (method, args) {
            ("append", [value]) => self.with(|values| values.push(value.clone())),
            ("clear", []) => self.with(Vec::clear),
            ("extend", [more]) => {
                let more: Vec<Value> = more.try_iter()?.collect();
                self.with(|values| values.extend(more));
            }
            ("insert", [index, value]) => {
                let place = self.place(index)?;
                self.with(|values| values.insert(place, value.clone()));
            }
            ("pop", [] | [_]) => {
                let last = Value::from(-1);
                let place = self.place(args.first().unwrap_or(&last))?;
                let taken =
                    self.with(|values| (place < values.len()).then(|| values.remove(place)));
                return taken.ok_or_else(|| failed("pop index out of range"));
            }
            ("remove", [value]) => {
                let found = self.with(|values| {
                    let place = values.iter().position(|other| other == value)?;
                    Some(values.remove(place))
                });
                found.ok_or_else(|| failed("list.remove(x): x not in list"))?;
            }
            ("reverse", []) => self.with(|values| values.reverse()),
            ("sort", []) => self.with(|values| values.sort()),
            _ => {
                return method_of_data(
                    &Value::from(self.with(|values| values.clone())),
                    method,
                    args,
                );
            }
        }
        Ok(Value::from(()))
    }
}

/// A dictionary that Python's methods change.
#[derive(Debug)]
struct GrowingDict(Mutex<IndexMap<Value, Value>>);

impl GrowingDict {
    fn with<T>(&self, job: impl FnOnce(&mut IndexMap<Value, Value>) -> T) -> T {
        job(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Object for GrowingDict {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.with(|values| values.get(key).cloned())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.with(|values| values.keys().cloned().collect()))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let (positional, named): (&[Value], Kwargs) = from_args(args)?;
        match (method, positional) {
            ("clear", []) => self.with(IndexMap::clear),
            ("update", [] | [_]) => {
                let mut more = positional.first().map_or_else(|| Ok(Vec::new()), pairs)?;
                for name in named.args() {
                    more.push((Value::from(name), named.get(name)?));
                }
                self.with(|values| values.extend(more));
            }
            ("setdefault", [key] | [key, _]) => {
                let default = positional.get(1).cloned().unwrap_or(Value::from(()));
                return Ok(self.with(|values| values.entry(key.clone()).or_insert(default).clone()));
            }
            ("popitem", []) => {
                let last = self.with(IndexMap::pop);
                let last = last.ok_or_else(|| failed("popitem(): dictionary is empty"))?;
                return Ok(Value::from(Tuple::from([last.0, last.1])));
            }
            ("pop", [key] | [key, _]) => {
                let taken = self.with(|values| values.shift_remove(key));
                return taken
                    .or_else(|| positional.get(1).cloned())
                    .ok_or_else(|| failed(&format!("there is no {key}")));
            }
            _ => {
                let copy: Value = self.with(|values| values.clone().into_iter().collect());
                return method_of_data(&copy, method, args);
            }
        }
        Ok(Value::from(()))
    }
}

fn failed(message: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.to_owned())
}
