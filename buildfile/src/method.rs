//! Attributes and methods of texts, lists, dictionaries, sets and paths.

use std::rc::Rc;

use ruff_text_size::TextSize;

use super::arguments::Arguments;
use super::format;
use super::interpreter::{Interpreter, Outcome};
use super::value::{Dict, Value};
use model::nearest;

const STR: &[&str] = &[
    "capitalize",
    "count",
    "endswith",
    "find",
    "format",
    "index",
    "isalnum",
    "isalpha",
    "isdigit",
    "islower",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "title",
    "upper",
    "zfill",
];
const LIST: &[&str] = &[
    "append", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort",
];
const DICT: &[&str] = &[
    "copy",
    "get",
    "items",
    "keys",
    "pop",
    "setdefault",
    "update",
    "values",
];
const SET: &[&str] = &[
    "add",
    "copy",
    "difference",
    "discard",
    "intersection",
    "issubset",
    "issuperset",
    "union",
    "update",
];

fn names(value: &Value<'_>) -> &'static [&'static str] {
    match value {
        Value::Str(_) => STR,
        Value::List(_) => LIST,
        Value::Tuple(_) => &["count", "index"],
        Value::Dict(_) => DICT,
        Value::Set(_) => SET,
        Value::Path(_) => &["as_posix", "name", "parent", "parts", "stem", "suffix"],
        _ => &[],
    }
}

/// The attribute of that name, if the value has it.
pub(super) fn lookup<'a>(value: &Value<'a>, name: &str) -> Option<Value<'a>> {
    let known = names(value).iter().find(|known| **known == name)?;
    if let (Value::Path(path), false) = (value, *known == "as_posix") {
        return Some(path_attribute(path, known));
    }
    Some(Value::Method(Rc::new((value.clone(), known))))
}

fn path_attribute<'a>(path: &str, name: &str) -> Value<'a> {
    let (parent, last) = path.rsplit_once('/').unwrap_or(("", path));
    let dot = last.rfind('.').filter(|at| *at > 0).unwrap_or(last.len());
    match name {
        "parent" => Value::Path(Rc::from(if parent.is_empty() { "." } else { parent })),
        "parts" => Value::Tuple(path.split('/').map(Value::str).collect()),
        "stem" => Value::str(&last[..dot]),
        "suffix" => Value::str(&last[dot..]),
        _ => Value::str(last),
    }
}

/// Takes the pairs of a dictionary or of a list of pairs into `dict`.
///
/// # Errors
/// A message if the value is neither.
pub(super) fn update<'a>(dict: &mut Dict<'a>, value: &Value<'a>) -> Result<(), String> {
    if let Value::Dict(other) = value {
        for (key, value) in &other.borrow().pairs {
            dict.insert(key.clone(), value.clone());
        }
        return Ok(());
    }
    let misfit = || format!("a dict cannot be made of a {}", value.type_name());
    for pair in value.items().ok_or_else(misfit)? {
        match pair.items().as_deref() {
            Some([key, value]) => dict.insert(key.clone(), value.clone()),
            _ => return Err(misfit()),
        }
    }
    Ok(())
}

impl<'a> Interpreter<'a, '_> {
    pub(super) fn attribute(
        &self,
        at: TextSize,
        value: Value<'a>,
        name: &'a str,
    ) -> Outcome<Value<'a>> {
        lookup(&value, name).ok_or_else(|| {
            let error = self.error(at, format!("a {} has no `{name}`", value.type_name()));
            match nearest(name, names(&value).iter().copied()) {
                Some(near) => Box::new(error.hint(format!("did you mean `{near}`?"))),
                None => error,
            }
        })
    }

    pub(super) fn method(
        &mut self,
        value: &Value<'a>,
        name: &str,
        arguments: &Arguments<'a>,
    ) -> Outcome<Value<'a>> {
        let result = match value {
            Value::Str(text) => text_method(text, name, arguments),
            Value::List(items) => {
                if name == "sort" {
                    let sorted = self.sorted_in_place(value, arguments)?;
                    *items.borrow_mut() = sorted;
                    return Ok(Value::None);
                }
                list_method(&mut items.borrow_mut(), name, arguments)
            }
            Value::Tuple(items) => list_method(&mut items.to_vec(), name, arguments),
            Value::Dict(dict) => dict_method(&mut dict.borrow_mut(), name, arguments),
            Value::Set(items) => set_method(&mut items.borrow_mut(), name, arguments),
            Value::Path(path) => Some(Ok(Value::str(&**path))),
            _ => None,
        };
        match result {
            Some(Ok(value)) => Ok(value),
            Some(Err(message)) => Err(self.error(arguments.at, message)),
            None => {
                let message = format!("wrong arguments for `{name}` of a {}", value.type_name());
                Err(self.error(arguments.at, message))
            }
        }
    }

    fn sorted_in_place(
        &mut self,
        list: &Value<'a>,
        arguments: &Arguments<'a>,
    ) -> Outcome<Vec<Value<'a>>> {
        let sorted = self.builtin(
            "sorted",
            Arguments {
                positional: vec![list.clone()],
                keywords: arguments.keywords.clone(),
                offsets: arguments.offsets.clone(),
                at: arguments.at,
            },
        )?;
        Ok(sorted.items().unwrap_or_default())
    }
}

/// `None`: the arguments do not fit; `Some(Err)`: the operation failed.
type Attempt<'a> = Option<Result<Value<'a>, String>>;

fn done<'a>(value: Value<'a>) -> Attempt<'a> {
    Some(Ok(value))
}

fn text_method<'a>(text: &str, name: &str, arguments: &Arguments<'a>) -> Attempt<'a> {
    let first = arguments.positional.first();
    let first_text = first.and_then(as_text);
    let texts = |parts: Vec<&str>| Value::list(parts.into_iter().map(Value::str).collect());
    let position = |at: Option<usize>| {
        at.map_or(-1, |at| {
            i64::try_from(text[..at].chars().count()).unwrap_or(i64::MAX)
        })
    };
    done(match name {
        "format" => {
            return Some(
                format::braces(text, &arguments.positional, &arguments.keywords).map(Value::str),
            );
        }
        "join" => {
            let parts: Option<Vec<Rc<str>>> = first?.items()?.iter().map(as_rc).collect();
            Value::str(parts?.join(text))
        }
        "split" => match (
            first_text,
            arguments.get(1, "maxsplit").and_then(Value::as_int),
        ) {
            (None, None) => texts(text.split_whitespace().collect()),
            (Some(mark), Some(max)) if max >= 0 => {
                texts(text.splitn(usize::try_from(max).ok()? + 1, mark).collect())
            }
            (Some(mark), _) if !mark.is_empty() => texts(text.split(mark).collect()),
            _ => return None,
        },
        "rsplit" => match (
            first_text,
            arguments.get(1, "maxsplit").and_then(Value::as_int),
        ) {
            (Some(mark), Some(max)) if max >= 0 => {
                let mut parts: Vec<&str> =
                    text.rsplitn(usize::try_from(max).ok()? + 1, mark).collect();
                parts.reverse();
                texts(parts)
            }
            (Some(mark), _) if !mark.is_empty() => texts(text.split(mark).collect()),
            _ => texts(text.split_whitespace().collect()),
        },
        "splitlines" => texts(text.lines().collect()),
        "partition" | "rpartition" => {
            let mark = first_text?;
            let found = match name {
                "partition" => text.split_once(mark).map(|(a, b)| [a, mark, b]),
                _ => text.rsplit_once(mark).map(|(a, b)| [a, mark, b]),
            };
            let parts = found.unwrap_or(match name {
                "partition" => [text, "", ""],
                _ => ["", "", text],
            });
            Value::Tuple(parts.into_iter().map(Value::str).collect())
        }
        "startswith" | "endswith" => {
            let parts = match first? {
                Value::Tuple(parts) => parts.to_vec(),
                other => vec![other.clone()],
            };
            Value::Bool(parts.iter().filter_map(as_text).any(|part| match name {
                "startswith" => text.starts_with(part),
                _ => text.ends_with(part),
            }))
        }
        "replace" => {
            let new = arguments.positional.get(1).and_then(as_text)?;
            Value::str(text.replace(first_text?, new))
        }
        "strip" | "lstrip" | "rstrip" => Value::str(strip(text, name, first_text)),
        "removeprefix" => Value::str(text.strip_prefix(first_text?).unwrap_or(text)),
        "removesuffix" => Value::str(text.strip_suffix(first_text?).unwrap_or(text)),
        "find" => Value::Int(position(text.find(first_text?))),
        "rfind" => Value::Int(position(text.rfind(first_text?))),
        "index" => match text.find(first_text?) {
            Some(at) => Value::Int(position(Some(at))),
            None => return Some(Err("substring not found".to_owned())),
        },
        "count" => Value::Int(i64::try_from(text.matches(first_text?).count()).ok()?),
        "lower" => Value::str(text.to_lowercase()),
        "upper" => Value::str(text.to_uppercase()),
        "capitalize" => Value::str(capitalize(text)),
        "title" => {
            let words: Vec<String> = text.split(' ').map(capitalize).collect();
            Value::str(words.join(" "))
        }
        "isdigit" => all_chars(text, |c| c.is_ascii_digit()),
        "isalpha" => all_chars(text, char::is_alphabetic),
        "isalnum" => all_chars(text, char::is_alphanumeric),
        "islower" => Value::Bool(text.to_lowercase() == text && text.to_uppercase() != text),
        "isupper" => Value::Bool(text.to_uppercase() == text && text.to_lowercase() != text),
        "zfill" | "ljust" | "rjust" => {
            let width = usize::try_from(first?.as_int()?).ok()?.min(10_000);
            Value::str(match name {
                "zfill" => format!("{text:0>width$}"),
                "ljust" => format!("{text:<width$}"),
                _ => format!("{text:>width$}"),
            })
        }
        _ => return None,
    })
}

fn as_text<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Str(text) => Some(text),
        _ => None,
    }
}

fn as_rc(value: &Value<'_>) -> Option<Rc<str>> {
    match value {
        Value::Str(text) => Some(Rc::clone(text)),
        _ => None,
    }
}

fn strip<'t>(text: &'t str, name: &str, characters: Option<&str>) -> &'t str {
    let matches = |c: char| match characters {
        Some(characters) => characters.contains(c),
        None => c.is_whitespace(),
    };
    match name {
        "lstrip" => text.trim_start_matches(matches),
        "rstrip" => text.trim_end_matches(matches),
        _ => text.trim_matches(matches),
    }
}

fn capitalize(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => {
            first.to_uppercase().collect::<String>() + &characters.as_str().to_lowercase()
        }
        None => String::new(),
    }
}

fn all_chars<'a>(text: &str, test: impl Fn(char) -> bool) -> Value<'a> {
    Value::Bool(!text.is_empty() && text.chars().all(test))
}

fn list_method<'a>(
    items: &mut Vec<Value<'a>>,
    name: &str,
    arguments: &Arguments<'a>,
) -> Attempt<'a> {
    let first = arguments.positional.first();
    let find =
        |items: &[Value<'a>], what: &Value<'a>| items.iter().position(|have| have.equals(what));
    done(match name {
        "append" => {
            items.push(first?.clone());
            Value::None
        }
        "extend" => {
            items.extend(first?.items()?);
            Value::None
        }
        "insert" => {
            let at = usize::try_from(first?.as_int()?)
                .unwrap_or(0)
                .min(items.len());
            items.insert(at, arguments.positional.get(1)?.clone());
            Value::None
        }
        "pop" => {
            let at = match first {
                Some(at) => usize::try_from(at.as_int()?).ok()?,
                None => items.len().wrapping_sub(1),
            };
            if at >= items.len() {
                return Some(Err("pop from a list that has no such item".to_owned()));
            }
            items.remove(at)
        }
        "remove" => match find(items, first?) {
            Some(at) => {
                items.remove(at);
                Value::None
            }
            None => return Some(Err("the item to remove is not in the list".to_owned())),
        },
        "reverse" => {
            items.reverse();
            Value::None
        }
        "copy" => Value::list(items.clone()),
        "count" => {
            let what = first?;
            let count = items.iter().filter(|have| have.equals(what)).count();
            Value::Int(i64::try_from(count).ok()?)
        }
        "index" => match find(items, first?) {
            Some(at) => Value::Int(i64::try_from(at).ok()?),
            None => return Some(Err("the item is not in the list".to_owned())),
        },
        _ => return None,
    })
}

fn dict_method<'a>(dict: &mut Dict<'a>, name: &str, arguments: &Arguments<'a>) -> Attempt<'a> {
    let first = arguments.positional.first();
    let second = || arguments.positional.get(1).cloned();
    done(match name {
        "get" => dict
            .get(first?)
            .cloned()
            .or_else(second)
            .unwrap_or(Value::None),
        "items" => Value::list(
            dict.pairs
                .iter()
                .map(|(key, value)| Value::Tuple(Rc::from([key.clone(), value.clone()])))
                .collect(),
        ),
        "keys" => Value::list(dict.pairs.iter().map(|(key, _)| key.clone()).collect()),
        "values" => Value::list(dict.pairs.iter().map(|(_, value)| value.clone()).collect()),
        "copy" => Value::dict(dict.clone()),
        "pop" => match dict.remove(first?).or_else(second) {
            Some(value) => value,
            None => return Some(Err(format!("no key {} here", first?.repr()))),
        },
        "setdefault" => match dict.get(first?) {
            Some(value) => value.clone(),
            None => {
                let value = second().unwrap_or(Value::None);
                dict.insert(first?.clone(), value.clone());
                value
            }
        },
        "update" => {
            if let Some(other) = first
                && let Err(message) = update(dict, other)
            {
                return Some(Err(message));
            }
            for (key, value) in &arguments.keywords {
                dict.insert(Value::Str(Rc::clone(key)), value.clone());
            }
            Value::None
        }
        _ => return None,
    })
}

fn set_method<'a>(
    items: &mut Vec<Value<'a>>,
    name: &str,
    arguments: &Arguments<'a>,
) -> Attempt<'a> {
    let first = arguments.positional.first();
    let within = |items: &[Value<'a>], what: &Value<'a>| items.iter().any(|have| have.equals(what));
    let other = || first.map_or(Some(Vec::new()), Value::items);
    done(match name {
        "add" => {
            let item = first?;
            if !within(items, item) {
                items.push(item.clone());
            }
            Value::None
        }
        "discard" => {
            let item = first?;
            items.retain(|have| !have.equals(item));
            Value::None
        }
        "update" => {
            for item in other()? {
                if !within(items, &item) {
                    items.push(item);
                }
            }
            Value::None
        }
        "copy" => Value::set(items.clone()),
        "union" => Value::set(items.iter().cloned().chain(other()?)),
        "intersection" => {
            let other = other()?;
            Value::set(items.iter().filter(|item| within(&other, item)).cloned())
        }
        "difference" => {
            let other = other()?;
            Value::set(items.iter().filter(|item| !within(&other, item)).cloned())
        }
        "issubset" => {
            let other = other()?;
            Value::Bool(items.iter().all(|item| within(&other, item)))
        }
        "issuperset" => Value::Bool(other()?.iter().all(|item| within(items, item))),
        _ => return None,
    })
}
