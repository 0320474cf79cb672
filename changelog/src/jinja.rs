//! The Jinja environment that towncrier's templates expect.
//!
//! minijinja has the language, and `buildfile` Python's methods on values. `filters` has what Jinja's filters take and
//! minijinja's do not, `growing` the lists and dictionaries that a template changes, and `marking` the source that calls
//! for both.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use indexmap::IndexMap;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{
    Kwargs, Object, ObjectRepr, Rest, Tuple, Value, ValueKind, ValueOrKwargs, from_args,
};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, context};

use crate::values::{fill_in, method_of_data};
use crate::{filters, growing, macros, marking};

/// Renders a template as `jinja2.Template(source, trim_blocks=True)` does.
///
/// # Errors
/// minijinja's, with the line in the template.
pub(crate) fn render(name: &str, source: &str, context: Value) -> Result<String, Error> {
    let source = marking::marked(source);
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_unknown_method_callback(python_method);
    minijinja_contrib::add_to_environment(&mut environment);
    filters::add_to(&mut environment);
    environment.add_function("cycler", Cycler::of);
    environment.add_function("dict", growing::dict);
    environment.add_function(marking::GROWING, growing::growing);
    environment.add_function(marking::REMAINDER, remainder);
    environment.add_function(macros::GATHERED, gathered);
    environment
        .template_from_named_str(name, &source)?
        .render(context)
}

/// Python's `%`, which fills in a text.
fn remainder(state: &mut State<'_, '_>, left: Value, right: Value) -> Result<Value, Error> {
    if left.kind() != ValueKind::String {
        let numbers = state.env().compile_expression("left % right")?;
        return numbers.eval(context! { left, right });
    }
    fill_in(&left, &right)
}

/// Calls a macro that gathers what its parameters have no place for: `varargs` and `kwargs` of Jinja, which
/// [`macros`] makes parameters of.
fn gathered(
    state: &mut State<'_, '_>,
    called: Value,
    arguments: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let arguments = arguments.into_values();
    let (given, named): (&[Value], Kwargs) = from_args(&arguments)?;
    let parameters = called.get_attr("arguments")?.try_iter()?;
    let parameters: Vec<String> = parameters.map(|name| name.to_string()).collect();
    let (own, gathering) = parameters.split_at(
        parameters
            .iter()
            .position(|name| [macros::VARARGS, macros::KWARGS].contains(&name.as_str()))
            .unwrap_or(parameters.len()),
    );
    let gathers = |name: &str| gathering.iter().any(|gathering| gathering == name);
    let (given, more) = given.split_at(given.len().min(own.len()));
    let mut passed: Vec<(String, Value)> = Vec::new();
    let mut others = IndexMap::new();
    for name in named.args() {
        let value = named.get::<Value>(name)?;
        let is_own = name == "caller" || own.iter().any(|own| own == name);
        match gathers(macros::KWARGS) && !is_own {
            true => drop(others.insert(Value::from(name), value)),
            false => passed.push((name.to_owned(), value)),
        }
    }
    if gathers(macros::VARARGS) {
        let more = Value::from(Tuple::new(more.to_vec()));
        passed.push((macros::VARARGS.to_owned(), more));
    } else if !more.is_empty() {
        return Err(Error::from(ErrorKind::TooManyArguments));
    }
    if gathers(macros::KWARGS) {
        let others = growing::growing(Value::from_pairs(others))?;
        passed.push((macros::KWARGS.to_owned(), others));
    }
    let mut all = given.to_vec();
    all.push(passed.into_iter().collect::<Kwargs>().into());
    called.call(state, &all)
}

/// Jinja's `cycler`.
#[derive(Debug)]
struct Cycler {
    items: Vec<Value>,
    at: AtomicUsize,
}

impl Cycler {
    fn of(items: Rest<Value>) -> Result<Value, Error> {
        match items.0.is_empty() {
            true => Err(Error::new(
                ErrorKind::MissingArgument,
                "at least one item has to be provided",
            )),
            false => Ok(Value::from_object(Self {
                items: items.0,
                at: AtomicUsize::new(0),
            })),
        }
    }

    fn current(&self) -> Value {
        self.items[self.at.load(Ordering::Relaxed) % self.items.len()].clone()
    }
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some("current")).then(|| self.current())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        _: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "next" => {
                let current = self.current();
                self.at.fetch_add(1, Ordering::Relaxed);
                Ok(current)
            }
            "reset" => {
                self.at.store(0, Ordering::Relaxed);
                Ok(Value::from(()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// Calls a method of Python on a value of a template.
fn python_method(
    _: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    if let (true, [affixes]) = (matches!(method, "startswith" | "endswith"), arguments)
        && affixes.kind() == ValueKind::Seq
    {
        // A tuple of Python's is a list here.
        let mut any = false;
        for affix in affixes.try_iter()? {
            any |= method_of_data(value, method, &[affix])?.is_true();
        }
        return Ok(Value::from(any));
    }
    if growing::is_changed_by(value.kind(), method) {
        // What Python changes is a copy here: nothing would happen.
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!(
                "`{method}` can change only what `{{% set NAME = … %}}` gave a name, `[]` and `{{}}`"
            ),
        ));
    }
    if let ("format_map", [names]) = (method, arguments) {
        let names = names
            .try_iter()?
            .map(|name| Ok((name.to_string(), names.get_item(&name)?)));
        let names: Kwargs = names.collect::<Result<_, Error>>()?;
        return method_of_data(value, "format", &[names.into()]);
    }
    let tuple = |value: &Value| -> Result<Value, Error> {
        Ok(Value::from(Tuple::new(value.try_iter()?.collect())))
    };
    let found = method_of_data(value, method, arguments)?;
    // Plain data has lists alone.
    match (method, value.kind()) {
        ("partition" | "rpartition", _) => tuple(&found),
        ("items", ValueKind::Map) => found.try_iter()?.map(|pair| tuple(&pair)).collect(),
        _ => Ok(found),
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
    fn what_python_changes_is_changed_or_refused() {
        check(
            "{% set d = {} %}{% set _ = d.update({'a': 1}, b=2) %}{% set _ = d.setdefault('c', []).append('x') %}{{ d }} {{ d.pop('a') }} {{ d|length }} {{ 'a' in d }}",
            "{'a': 1, 'b': 2, 'c': ['x']} 1 2 False",
        );
        check(
            "{%- set l = ['b', 'c'] -%}{% set _ = l.insert(0, 'a') %}{% set last = l.pop() %}{% set _ = l.reverse() %}{{ l }} {{ last }} {{ l.index('a') }} {{ l + ['d'] }}",
            "['b', 'a'] c 1 ['b', 'a', 'd']",
        );
        check(
            "{% set l = [3, 1, 2] %}{% set _ = l.sort() %}{% set _ = l.remove(2) %}{{ l }}{% set _ = l.clear() %}{{ l or 'none' }}",
            "[1, 3]none",
        );
        check(
            "{% set d = {'b': 1, 'a': [2]} %}{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %} {{ d['b'] }} {{ d.a[0] }} {{ d.get('z', 0) }}",
            "b1a[2] 1 2 0",
        );
        let refused = render("t", "{{ 'a b'.split().append('c') }}", Value::from(())).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "invalid operation: `append` can change only what `{% set NAME = … %}` gave a name, `[]` and `{}` (in t:1)"
        );
    }

    #[test]
    fn whatever_has_a_name_can_change() {
        check(
            "{% set l = 'a b'.split() %}{% set m = l %}{% set _ = m.append('c') %}{{ l }}{% set k = {'x': [1]}.keys()|list %}{{ k.pop() }}{{ k }}",
            "['a', 'b', 'c']x[]",
        );
        check(
            "{% set d = dict([('a', [1])], b=2) %}{% set _ = d.update(c=3) %}{% set _ = d.a.append(4) %}{{ d }}{{ d.popitem() }}",
            "{'a': [1, 4], 'b': 2, 'c': 3}('c', 3)",
        );
        check(
            "{% set d = {'x': [1], 'y': {'z': [2]}} %}{% set _ = d.x.extend([3]) %}{% set _ = d['y'].z.insert(0, 4) %}{{ d }}",
            "{'x': [1, 3], 'y': {'z': [4, 2]}}",
        );
        check(
            "{% set ns = namespace(n=[]) %}{% set ns.n = ns.n + [1] %}{% set _ = ns.n.append(2) %}{{ ns.n }}{% set t = 1, 2 %}{{ t }}",
            "[1, 2](1, 2)",
        );
        check(
            "{% set c = cycler('x', 'y') %}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.next() }}{{ c.reset() or '' }}{{ c.next() }}",
            "xyyxx",
        );
    }

    #[test]
    fn python_on_values() {
        check(
            "{{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith(['x']) }}",
            "True False",
        );
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
