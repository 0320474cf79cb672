//! Lists and dictionaries that a template changes: `{% set seen = [] %}{% set _ = seen.append(x) %}` is how Jinja
//! templates (towncrier's own among them) gather things. minijinja's values never change, so an empty literal, and a
//! literal that `set` gives a name, become objects that do.

use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State};

use crate::values::method_of_data;

/// The function that literals are handed to.
pub(crate) const FUNCTION: &str = "__growing";

/// Whether Python's method of this name changes a list or a dictionary.
pub(crate) fn is_changed_by(kind: ValueKind, method: &str) -> bool {
    match kind {
        ValueKind::Seq | ValueKind::Iterable => matches!(
            method,
            "append" | "clear" | "extend" | "insert" | "pop" | "remove" | "reverse" | "sort"
        ),
        ValueKind::Map => matches!(method, "clear" | "pop" | "setdefault" | "update"),
        _ => false,
    }
}

/// A list or dictionary with the same content that can change; other values as they are.
pub(crate) fn growing(value: Value) -> Result<Value, Error> {
    Ok(match value.kind() {
        ValueKind::Seq => Value::from_object(GrowingList(Mutex::new(value.try_iter()?.collect()))),
        ValueKind::Map => Value::from_object(GrowingDict(Mutex::new(
            pairs(&value)?.into_iter().collect(),
        ))),
        _ => value,
    })
}

fn pairs(value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    let keys = value.try_iter()?;
    keys.map(|key| Ok((key.clone(), value.get_item(&key)?)))
        .collect()
}

/// Hands literals in the tags of a template to [`growing`].
///
/// `[]` cannot mean anything else: an empty subscript is no Jinja. Text outside tags, comments, raw blocks' markers and
/// string literals are left alone.
pub(crate) fn marked(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest
        .find("{%")
        .into_iter()
        .chain(rest.find("{{"))
        .chain(rest.find("{#"))
        .min()
    {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let length = match &tag[..2] {
            "{#" => tag.find("#}").map_or(tag.len(), |end| end + 2),
            opening => tag_length(tag, if opening == "{%" { "%}" } else { "}}" }),
        };
        match tag.starts_with("{#") {
            true => out.push_str(&tag[..length]),
            false => mark_tag(&tag[..length], &mut out),
        }
        rest = &tag[length..];
    }
    out + rest
}

/// The length of the tag that `text` begins with, its end not looked for within strings and brackets.
fn tag_length(text: &str, end: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code(text).filter(|(at, _)| *at >= 2) {
        match c {
            _ if depth == 0 && text[at..].starts_with(end) => return at + end.len(),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    // Brackets that do not match: minijinja says so.
    text.find(end).map_or(text.len(), |at| at + end.len())
}

/// The characters outside of strings.
fn code(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut quote, mut escaped) = (None, false);
    text.char_indices().filter(move |(_, c)| match quote {
        Some(open) => {
            if !escaped && *c == open {
                quote = None;
            }
            escaped = *c == '\\' && !escaped;
            false
        }
        None if matches!(c, '"' | '\'') => {
            quote = Some(*c);
            false
        }
        None => true,
    })
}

fn mark_tag(tag: &str, out: &mut String) {
    let named = named_literal(tag).unwrap_or(tag.len()..tag.len());
    let mut copied = 0;
    let mut until = |at: usize, out: &mut String| {
        out.push_str(&tag[copied..at]);
        copied = at;
    };
    let mut before: Option<(usize, char)> = None;
    for (at, c) in code(tag).filter(|(at, _)| (2..tag.len() - 2).contains(at)) {
        if at == named.start {
            until(at, out);
            out.push_str(FUNCTION);
            out.push('(');
        }
        let empty = before.filter(|(_, open)| matches!((open, c), ('[', ']') | ('{', '}')));
        if let Some((open, _)) =
            empty.filter(|(open, _)| *open != named.start && tag[open + 1..at].trim().is_empty())
        {
            until(open, out);
            out.push_str(FUNCTION);
            out.push('(');
            until(at + 1, out);
            out.push(')');
        }
        if !c.is_whitespace() {
            before = Some((at, c));
        }
        if at + c.len_utf8() == named.end {
            until(named.end, out);
            out.push(')');
        }
    }
    until(tag.len(), out);
}

/// Where the literal is that `{% set NAME = [ … ] %}` gives a name.
fn named_literal(tag: &str) -> Option<std::ops::Range<usize>> {
    let inner = tag.strip_prefix("{%")?.strip_suffix("%}")?;
    let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner).trim_end();
    let end = 2 + inner.len();
    let statement = inner.trim_start_matches(['-', '+']).trim_start();
    let target = statement
        .strip_prefix("set")?
        .strip_prefix(char::is_whitespace)?;
    let (name, literal) = target.split_once('=')?;
    let is_name = name.trim().chars().all(|c| c.is_alphanumeric() || c == '_');
    let literal = literal.trim_start();
    let is_literal = literal.starts_with('[') && literal.ends_with(']')
        || literal.starts_with('{') && literal.ends_with('}');
    (is_name && is_literal).then(|| end - literal.len()..end)
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
