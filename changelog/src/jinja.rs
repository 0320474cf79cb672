//! The Jinja environment that towncrier's templates expect.
//!
//! minijinja has the language, and `buildfile` Python's methods on values. Missing is a list that
//! grows: `{% set seen = [] %}{% set _ = seen.append(x) %}` is how Jinja
//! templates (towncrier's own among them) gather things, so an empty list literal becomes one.

use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use buildfile::{Data, ExceptionClass, MethodArguments};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Rest, Value, ValueKind, from_args};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State};

const GROWING_LIST: &str = "__growing_list()";

/// Renders a template as `jinja2.Template(source, trim_blocks=True)` does.
///
/// # Errors
/// minijinja's, with the line in the template.
pub(crate) fn render(name: &str, source: &str, context: Value) -> Result<String, Error> {
    let source = with_growing_lists(source);
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_unknown_method_callback(python_method);
    minijinja_contrib::add_to_environment(&mut environment);
    environment.add_filter("int", int);
    // Jinja's takes the values one by one, minijinja-contrib's a list of them.
    environment.add_function("cycler", |items: Rest<Value>| {
        minijinja_contrib::globals::cycler(items.0)
    });
    environment.add_function("__growing_list", || {
        Value::from_object(GrowingList::default())
    });
    environment
        .template_from_named_str(name, &source)?
        .render(context)
}

/// Jinja's `int`: the whole part of a number, and the default, 0, of what is none.
fn int(value: &Value, arguments: Rest<Value>) -> Result<Value, Error> {
    let (positional, named): (&[Value], Kwargs) = from_args(&arguments.0)?;
    let default = match positional.first() {
        Some(default) => default.clone(),
        None => named
            .get::<Option<Value>>("default")?
            .unwrap_or(Value::from(0)),
    };
    if value.kind() == ValueKind::Bool {
        return Ok(Value::from(i64::from(value.is_true())));
    }
    let text = value.to_string();
    let text = text.trim();
    let whole = text.parse::<i64>().ok().map(Value::from);
    let part = text.split_once('.').and_then(|(whole, rest)| {
        let digits = rest.chars().all(|c| c.is_ascii_digit());
        whole
            .parse::<i64>()
            .ok()
            .filter(|_| digits)
            .map(Value::from)
    });
    Ok(whole.or(part).unwrap_or(default))
}

/// Calls a method of Python on a value of a template.
fn python_method(
    _: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    let (positional, named): (&[Value], Kwargs) = from_args(arguments)?;
    let positional = positional.iter().map(data).collect::<Result<_, _>>()?;
    let mut arguments = MethodArguments {
        positional,
        ..MethodArguments::default()
    };
    for name in named.args() {
        arguments
            .named
            .push((Rc::from(name), data(&named.get::<Value>(name)?)?));
    }
    match buildfile::call_method(&data(value)?, method, &arguments) {
        Ok(result) => Ok(template_value(&result)),
        Err(exception) if exception.class == ExceptionClass::AttributeError => {
            Err(Error::new(ErrorKind::UnknownMethod, exception.message))
        }
        Err(exception) => Err(Error::new(ErrorKind::InvalidOperation, exception.message)),
    }
}

/// A value of a template as plain data.
fn data(value: &Value) -> Result<Data, Error> {
    Ok(match value.kind() {
        ValueKind::None | ValueKind::Undefined => Data::None,
        ValueKind::Bool => Data::Bool(value.is_true()),
        ValueKind::Number => match i64::try_from(value.clone()) {
            Ok(int) if value.is_integer() => Data::Int(int),
            _ => Data::Float(f64::try_from(value.clone())?),
        },
        ValueKind::String => Data::Str(value.to_string().into()),
        ValueKind::Map => {
            let mut pairs = Vec::new();
            for key in value.try_iter()? {
                pairs.push((data(&key)?, data(&value.get_item(&key)?)?));
            }
            Data::Dict(pairs.into())
        }
        _ => {
            let items = value.try_iter()?.map(|item| data(&item));
            Data::List(items.collect::<Result<_, Error>>()?)
        }
    })
}

/// Plain data as a value of a template.
fn template_value(data: &Data) -> Value {
    match data {
        Data::None => Value::from(()),
        Data::Bool(value) => Value::from(*value),
        Data::Int(value) => Value::from(*value),
        Data::Float(value) => Value::from(*value),
        Data::List(items) => items.iter().map(template_value).collect(),
        Data::Dict(pairs) => {
            let pair = |(key, value): &(Data, Data)| (template_value(key), template_value(value));
            Value::from_pairs(pairs.iter().map(pair))
        }
        other => Value::from(
            other
                .as_str()
                .map_or_else(|| other.to_string(), str::to_owned),
        ),
    }
}

/// Replaces every empty list literal inside tags by a call that makes a growing list.
///
/// `[]` cannot mean anything else there: an empty subscript is no Jinja. Text outside tags,
/// comments, raw blocks' markers and string literals are left alone.
fn with_growing_lists(source: &str) -> String {
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
            false => replace_in_tag(&tag[..length], &mut out),
        }
        rest = &tag[length..];
    }
    out + rest
}

/// The length of the tag that `text` begins with, its end not looked for within strings.
fn tag_length(text: &str, end: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if text[at..].starts_with(end) => return at + end.len(),
            None => {}
        }
    }
    text.len()
}

fn replace_in_tag(tag: &str, out: &mut String) {
    let mut quote = None;
    let mut escaped = false;
    let mut chars = tag.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == '[' && chars.next_if_eq(&']').is_some() => {
                out.push_str(GROWING_LIST);
                continue;
            }
            None => {}
        }
        out.push(c);
    }
}

/// A list with `append` and `extend`.
#[derive(Debug, Default)]
struct GrowingList(Mutex<Vec<Value>>);

impl GrowingList {
    fn with<T>(&self, job: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        job(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
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
            ("extend", [more]) => {
                let more: Vec<Value> = more.try_iter()?.collect();
                self.with(|values| values.extend(more));
            }
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        }
        Ok(Value::from(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expect: &str) {
        assert_eq!(render("t", source, Value::from(())).unwrap(), expect);
    }

    #[test]
    fn lists_grow() {
        check(
            "{% set seen = [] %}{% for x in [1, 2] %}{% set _ = seen.append(x) %}{% endfor %}{{ seen|join(', ') }} {{ seen|length }}",
            "1, 2 2",
        );
        check(
            "{% if [] %}a{% else %}b{% endif %}[] {# [] #}{{ '[]' }}{{ \"}}[]\" }}",
            "b[] []}}[]",
        );
    }

    #[test]
    fn white_space_as_with_trim_blocks() {
        check("{% if true %}\na\n{%- endif %}\n\nb\n", "a\nb");
        check(
            "a {# c #}\nb{{ 'x' }}\nc",
            "a b x\nc".replace("b x", "bx").as_str(),
        );
        check("  {% if true %}\n  x\n  {% endif %}\n", "    x\n  ");
    }

    /// What templates of projects that use towncrier call beyond minijinja's own.
    #[test]
    fn functions_and_filters_of_jinja() {
        check(
            "{% set sep = joiner(' | ') %}{% for x in ['a', 'b'] %}{{ sep() }}{{ x }}{% endfor %}",
            "a | b",
        );
        check(
            "{% set c = cycler('x', 'y') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}",
            "xyx",
        );
        check(
            "{{ {'b': 1, 'A': 2}|dictsort }} {{ ['b', 'A', 'c']|sort|join }}",
            "[('A', 2), ('b', 1)] Abc",
        );
        check(
            "{{ dict(a=1).a }} {{ range(3)|list|length }} {{ 'a b'|title }} {{ 7|string ~ '!' }}",
            "1 3 A B 7!",
        );
        check(
            "{% set ns = namespace(n=0) %}{% for x in [1, 2] %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}",
            "3",
        );
        check(
            "{{ ['12', 'x']|map('int', default=0)|list }} {{ [1, 2, 3]|reject('odd')|list }}",
            "[12, 0] [2]",
        );
        check(
            "{{ 'a-b'.replace('-', '_').upper() }} {{ [3, 1].index(1) }} {{ {'a': 1}.get('b', 'no') }}",
            "A_B 1 no",
        );
        check(
            "{% macro head(text) %}{{ text }}\n{{ '=' * text|length }}{% endmacro %}{{ head('ab') }}",
            "ab\n==",
        );
    }

    #[test]
    fn python_on_values() {
        check(
            "{{ 'a: b'.split(': ', 1)[0] }} {{ 'ab'.endswith('b') }} {{ none }} {{ ['x'] }}",
            "a True None ['x']",
        );
        check(
            "{% for k, v in {'b': 1, 'a': 2}.items() %}{{ k }}{{ v }}{% endfor %}",
            "b1a2",
        );
    }
}
