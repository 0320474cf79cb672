//! Functions that BUILD files can call: Python's, and those of the BUILD language.

use std::rc::Rc;
use std::sync::Arc;

use super::arguments::{Arguments, freeze_named};
use super::interpreter::{Interpreter, Outcome};
use super::operator::order;
use super::value::{Dict, Value};
use super::{Event, method};
use crate::data::Object;

/// Every builtin name.
pub(super) const NAMES: &[&str] = &[
    "__defaults__",
    "__dependencies_rules__",
    "__dependents_rules__",
    "abs",
    "all",
    "any",
    "bool",
    "build_file_dir",
    "dict",
    "enumerate",
    "env",
    "filter",
    "float",
    "frozenset",
    "getattr",
    "hasattr",
    "http_source",
    "int",
    "isinstance",
    "iter",
    "jvm_exclude",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "node_build_script",
    "node_test_script",
    "parametrize",
    "per_platform",
    "print",
    "python_artifact",
    "range",
    "repr",
    "reversed",
    "set",
    "setup_py",
    "sorted",
    "stevedore_namespace",
    "str",
    "sum",
    "tuple",
    "type",
    "zip",
];

/// The longest `range` there may be.
const MAX_RANGE: usize = 1 << 20;

/// The static name of a builtin.
pub(super) fn find(name: &str) -> Option<&'static str> {
    NAMES.binary_search(&name).ok().map(|at| NAMES[at])
}

impl<'a> Interpreter<'a, '_> {
    pub(super) fn builtin(
        &mut self,
        name: &'static str,
        mut arguments: Arguments<'a>,
    ) -> Outcome<Value<'a>> {
        let at = arguments.at;
        match name {
            "__defaults__" => {
                let call = self.record(name, &arguments)?;
                self.events.push(Event::Defaults(call));
            }
            "__dependencies_rules__" => {
                let call = self.record(name, &arguments)?;
                self.events.push(Event::DependenciesRules(call));
            }
            "__dependents_rules__" => {
                let call = self.record(name, &arguments)?;
                self.events.push(Event::DependentsRules(call));
            }
            "parametrize" => return Ok(Self::parametrize(&arguments)),
            "python_artifact"
            | "setup_py"
            | "http_source"
            | "per_platform"
            | "stevedore_namespace"
            | "jvm_exclude"
            | "node_build_script"
            | "node_test_script" => return Ok(object(name, &arguments)),
            "build_file_dir" => return Ok(Value::Path(Rc::from(self.context.directory))),
            "env" => return self.env(&arguments),
            "print" => {}
            "dict" => return self.make_dict(arguments),
            "range" => return self.range(&arguments),
            "zip" => return self.zip(&arguments),
            "map" | "filter" => return self.map_or_filter(name, arguments),
            "sorted" | "min" | "max" => return self.sorted(name, arguments),
            "isinstance" => return Ok(Value::Bool(is_instance(&arguments))),
            "hasattr" | "getattr" => return self.get_attribute(name, &arguments),
            _ => {
                if arguments.positional.is_empty() {
                    return self.empty(name, at);
                }
                let value = arguments.positional.remove(0);
                return self.convert(name, value, &arguments);
            }
        }
        Ok(Value::None)
    }

    /// What `str()`, `list()` and the like are without an argument.
    fn empty(&self, name: &str, at: ruff_text_size::TextSize) -> Outcome<Value<'a>> {
        Ok(match name {
            "str" => Value::str(""),
            "list" => Value::list(Vec::new()),
            "tuple" => Value::Tuple(Rc::from([])),
            "set" | "frozenset" => Value::set([]),
            "int" => Value::Int(0),
            "float" => Value::Float(0.0),
            "bool" => Value::Bool(false),
            _ => return Err(self.error(at, format!("`{name}` needs an argument"))),
        })
    }

    /// Builtins of one value.
    fn convert(
        &mut self,
        name: &str,
        value: Value<'a>,
        arguments: &Arguments<'a>,
    ) -> Outcome<Value<'a>> {
        let at = arguments.at;
        let misfit = |this: &Self| {
            this.error(
                at,
                format!("`{name}` does not work on a {}", value.type_name()),
            )
        };
        Ok(match name {
            "str" => Value::str(value.display()),
            "repr" => Value::str(value.repr()),
            "bool" => Value::Bool(value.truthy()),
            "type" => match find(value.type_name()) {
                Some(class) => Value::Builtin(class),
                None => Value::str(value.type_name()),
            },
            // Generators are lists here, so that the first item is the next one.
            "iter" => Value::list(self.iterate(at, &value)?),
            "next" => {
                let first = self.iterate(at, &value)?.into_iter().next();
                let default = || arguments.positional.first().cloned();
                first
                    .or_else(default)
                    .ok_or_else(|| self.error(at, "`next` of nothing"))?
            }
            "int" => match &value {
                #[expect(clippy::cast_possible_truncation, reason = "int() truncates")]
                Value::Float(number) => Value::Int(*number as i64),
                Value::Str(text) => Value::Int(
                    text.trim()
                        .parse()
                        .map_err(|_| self.error(at, format!("`{text}` is not a whole number")))?,
                ),
                other => Value::Int(other.as_int().ok_or_else(|| misfit(self))?),
            },
            "float" => match &value {
                Value::Str(text) => Value::Float(
                    text.trim()
                        .parse()
                        .map_err(|_| self.error(at, format!("`{text}` is not a number")))?,
                ),
                other => Value::Float(other.number().ok_or_else(|| misfit(self))?),
            },
            "abs" => match (value.as_int(), value.number()) {
                (Some(number), _) => Value::Int(number.saturating_abs()),
                (None, Some(number)) => Value::Float(number.abs()),
                _ => return Err(misfit(self)),
            },
            "len" => {
                let len = self.iterate(at, &value)?.len();
                Value::Int(i64::try_from(len).unwrap_or(i64::MAX))
            }
            "list" => Value::list(self.iterate(at, &value)?),
            "tuple" => Value::Tuple(self.iterate(at, &value)?.into()),
            "set" | "frozenset" => Value::set(self.iterate(at, &value)?),
            "reversed" => Value::list(self.iterate(at, &value)?.into_iter().rev().collect()),
            "any" => Value::Bool(self.iterate(at, &value)?.iter().any(Value::truthy)),
            "all" => Value::Bool(self.iterate(at, &value)?.iter().all(Value::truthy)),
            "enumerate" => self.enumerate(&value, arguments)?,
            "sum" => {
                let mut total = arguments.get(0, "start").cloned().unwrap_or(Value::Int(0));
                for item in self.iterate(at, &value)? {
                    total = self.binary(at, ruff_python_ast::Operator::Add, &total, &item)?;
                }
                total
            }
            _ => return Err(misfit(self)),
        })
    }

    fn enumerate(&self, value: &Value<'a>, arguments: &Arguments<'a>) -> Outcome<Value<'a>> {
        let start = arguments
            .get(0, "start")
            .and_then(Value::as_int)
            .unwrap_or(0);
        let items = self.iterate(arguments.at, value)?.into_iter();
        Ok(Value::list(
            items
                .zip(start..)
                .map(|(item, at)| Value::Tuple(Rc::from([Value::Int(at), item])))
                .collect(),
        ))
    }

    fn env(&self, arguments: &Arguments<'a>) -> Outcome<Value<'a>> {
        match arguments.get(0, "name") {
            Some(Value::Str(name)) => Ok(match self.context.env.get(&**name) {
                Some(value) => Value::str(value),
                None => arguments.get(1, "default").cloned().unwrap_or(Value::None),
            }),
            _ => Err(self.error(arguments.at, "`env` needs the name of a variable")),
        }
    }

    fn make_dict(&self, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
        let mut dict = Dict::default();
        if let Some(first) = arguments.positional.first() {
            method::update(&mut dict, first)
                .map_err(|message| self.error(arguments.at, message))?;
        }
        for (name, value) in arguments.keywords {
            dict.insert(Value::Str(name), value);
        }
        Ok(Value::dict(dict))
    }

    fn range(&self, arguments: &Arguments<'a>) -> Outcome<Value<'a>> {
        let numbers: Option<Vec<i64>> = arguments.positional.iter().map(Value::as_int).collect();
        let (start, end, step) = match numbers.as_deref() {
            Some([end]) => (0, *end, 1),
            Some([start, end]) => (*start, *end, 1),
            Some([start, end, step]) if *step != 0 => (*start, *end, *step),
            _ => return Err(self.error(arguments.at, "`range` needs one to three whole numbers")),
        };
        let mut items = Vec::new();
        let mut at = start;
        while (step > 0 && at < end) || (step < 0 && at > end) {
            items.push(Value::Int(at));
            at = at.saturating_add(step);
            if items.len() > MAX_RANGE {
                return Err(self.error(arguments.at, "this `range` is too long"));
            }
        }
        Ok(Value::list(items))
    }

    fn zip(&self, arguments: &Arguments<'a>) -> Outcome<Value<'a>> {
        let mut columns = Vec::new();
        for value in &arguments.positional {
            columns.push(self.iterate(arguments.at, value)?);
        }
        let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
        Ok(Value::list(
            (0..rows)
                .map(|row| Value::Tuple(columns.iter().map(|column| column[row].clone()).collect()))
                .collect(),
        ))
    }

    fn map_or_filter(&mut self, name: &str, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
        let [function, iterable] = arguments.positional.as_slice() else {
            let message = format!("`{name}` needs a function and an iterable");
            return Err(self.error(arguments.at, message));
        };
        let mut result = Vec::new();
        for item in self.iterate(arguments.at, iterable)? {
            let value = match function {
                Value::None => item.clone(),
                _ => self.apply_one(function, item.clone(), arguments.at)?,
            };
            match name {
                "map" => result.push(value),
                _ if value.truthy() => result.push(item),
                _ => {}
            }
        }
        Ok(Value::list(result))
    }

    fn apply_one(
        &mut self,
        function: &Value<'a>,
        item: Value<'a>,
        at: ruff_text_size::TextSize,
    ) -> Outcome<Value<'a>> {
        self.apply(
            function,
            Arguments {
                positional: vec![item],
                keywords: Vec::new(),
                offsets: Vec::new(),
                at,
            },
        )
    }

    /// `sorted`, `min` and `max`, with `key` and `reverse`.
    fn sorted(&mut self, name: &str, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
        let at = arguments.at;
        let items = match arguments.positional.as_slice() {
            [one] => self.iterate(at, one)?,
            many => many.to_vec(),
        };
        let named = |name: &str| arguments.get(usize::MAX, name).cloned();
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            let key = match named("key") {
                Some(function) => self.apply_one(&function, item.clone(), at)?,
                None => item.clone(),
            };
            keyed.push((key, item));
        }
        if let Some([a, b]) = keyed.windows(2).find_map(|pair| {
            order(&pair[0].0, &pair[1].0)
                .is_none()
                .then(|| [&pair[0].0, &pair[1].0])
        }) {
            let message = format!("cannot order a {} and a {}", a.type_name(), b.type_name());
            return Err(self.error(at, message));
        }
        keyed.sort_by(|a, b| order(&a.0, &b.0).unwrap_or(std::cmp::Ordering::Equal));
        let mut items: Vec<Value<'a>> = keyed.into_iter().map(|(_, item)| item).collect();
        if named("reverse").is_some_and(|value| value.truthy()) {
            items.reverse();
        }
        let one = match name {
            "sorted" => return Ok(Value::list(items)),
            "min" => items.into_iter().next(),
            _ => items.pop(),
        };
        one.ok_or_else(|| self.error(at, format!("`{name}` of nothing")))
    }

    fn get_attribute(&mut self, name: &str, arguments: &Arguments<'a>) -> Outcome<Value<'a>> {
        let (Some(value), Some(Value::Str(attribute))) =
            (arguments.positional.first(), arguments.positional.get(1))
        else {
            let message = format!("`{name}` needs a value and a name");
            return Err(self.error(arguments.at, message));
        };
        let found = method::lookup(value, attribute);
        if name == "hasattr" {
            return Ok(Value::Bool(found.is_some()));
        }
        found
            .or_else(|| arguments.positional.get(2).cloned())
            .ok_or_else(|| {
                let message = format!("a {} has no `{attribute}`", value.type_name());
                self.error(arguments.at, message)
            })
    }
}

fn object<'a>(name: &str, arguments: &Arguments<'a>) -> Value<'a> {
    let mut all: Vec<(Arc<str>, crate::data::Data)> = arguments
        .positional
        .iter()
        .map(|value| (Arc::from(""), value.freeze()))
        .collect();
    all.extend(freeze_named(&arguments.keywords));
    Value::Object(Rc::new(Object {
        name: Arc::from(name),
        arguments: all,
    }))
}

fn is_instance(arguments: &Arguments<'_>) -> bool {
    let Some(value) = arguments.positional.first() else {
        return false;
    };
    let classes = match arguments.positional.get(1) {
        Some(Value::Tuple(classes)) => classes.to_vec(),
        Some(class) => vec![class.clone()],
        None => Vec::new(),
    };
    classes
        .iter()
        .any(|class| matches!(class, Value::Builtin(name) if *name == value.type_name()))
}
