//! What Jinja's filters take and minijinja's do not: options by position, and a few filters.
//!
//! Source: Jinja's documentation, "List of Builtin Filters".

use std::fmt::Write as _;

use buildfile::Data;
use minijinja::value::{Kwargs, Rest, Tuple, Value, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind, State, filters};

use crate::json;
use crate::values::{fill_in, method_of_data};
use crate::wrap::{self, LineBreaks};

type Arguments = Rest<ValueOrKwargs>;

/// Adds the filters to an environment, in place of minijinja's.
pub(crate) fn add_to(environment: &mut Environment<'_>) {
    const ORDER: [&str; 2] = ["case_sensitive", "attribute"];
    environment.add_filter("sort", |state: &State, value: Value, rest: Arguments| {
        filters::sort(
            state,
            value,
            named(rest, &["reverse", "case_sensitive", "attribute"])?,
        )
    });
    environment.add_filter("dictsort", |value: Value, rest: Arguments| {
        filters::dictsort(&value, named(rest, &["case_sensitive", "by", "reverse"])?)
    });
    environment.add_filter("unique", |state: &State, value: Value, rest: Arguments| {
        filters::unique(state, value, named(rest, &ORDER)?)
    });
    environment.add_filter("min", |state: &State, value: Value, rest: Arguments| {
        filters::min(state, value, named(rest, &ORDER)?)
    });
    environment.add_filter("max", |state: &State, value: Value, rest: Arguments| {
        filters::max(state, value, named(rest, &ORDER)?)
    });
    environment.add_filter("groupby", |value: Value, rest: Arguments| {
        filters::groupby(
            value,
            None,
            named(rest, &["attribute", "default", "case_sensitive"])?,
        )
    });
    environment.add_filter(
        "truncate",
        |state: &mut State, value: Value, rest: Arguments| {
            let options = named(rest, &["length", "killwords", "end", "leeway"])?;
            minijinja_contrib::filters::truncate(state, &value, options)
        },
    );
    for name in ["default", "d"] {
        environment.add_filter(name, default);
    }
    environment.add_filter("int", int);
    environment.add_filter("indent", indent);
    environment.add_filter("center", center);
    environment.add_filter("wordcount", |text: String| {
        let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
        text.split(|c| !is_of_word(c))
            .filter(|word| !word.is_empty())
            .count()
    });
    environment.add_filter("wordwrap", wordwrap);
    environment.add_filter("sum", |state: &State, value: Value, rest: Arguments| {
        let options = named(rest, &["attribute", "start"])?;
        let start = options.get::<Option<Value>>("start")?;
        let attribute = options.get::<Option<String>>("attribute")?;
        options.assert_all_used()?;
        let none = std::iter::empty::<(String, Value)>().collect();
        filters::sum(state, value, attribute.as_deref(), start, none)
    });
    environment.add_filter("tojson", |value: &Value, rest: Arguments| {
        let options = named(rest, &["indent"])?;
        let indent = options.get("indent")?;
        options.assert_all_used()?;
        json::tojson(value, indent)
    });
    environment.add_filter("urlencode", urlencode);
    environment.add_filter("format", format);
    for (name, reason) in [
        ("random", "notes must be the same each time"),
        ("urlize", "it makes HTML"),
        ("xmlattr", "it makes HTML"),
    ] {
        let refused = format!("the filter `{name}` is left out: {reason}");
        environment.add_filter(name, move |_: Arguments| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, refused.clone()))
        });
    }
    environment.add_filter("pprint", |value: &Value| match value.as_str() {
        Some(text) => buildfile::text::repr(text),
        None => value.to_string(),
    });
    environment.add_filter("forceescape", filters::escape);
    environment.add_test("callable", |value: &Value| value.kind() == ValueKind::Plain);
    // What has a length and items.
    environment.add_test("sequence", |value: &Value| {
        matches!(
            value.kind(),
            ValueKind::Seq | ValueKind::Map | ValueKind::String
        )
    });
}

/// The arguments of a filter by name; `names` are those of Jinja, in their order.
fn named(rest: Arguments, names: &[&str]) -> Result<Kwargs, Error> {
    let values = rest.into_values();
    let (positional, given): (&[Value], Kwargs) = from_args(&values)?;
    if positional.len() > names.len() {
        return Err(Error::from(ErrorKind::TooManyArguments));
    }
    let by_position = names.iter().zip(positional);
    let mut all: Vec<(String, Value)> = by_position
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    for name in given.args() {
        all.push((name.to_owned(), given.get(name)?));
    }
    for (name, value) in &mut all {
        // The index of an item: minijinja reads a path.
        if name == "attribute" && value.is_integer() {
            *value = Value::from(value.to_string());
        }
    }
    Ok(all.into_iter().collect())
}

fn default(state: &State, value: Value, rest: Arguments) -> Result<Value, Error> {
    let options = named(rest, &["default_value", "boolean"])?;
    let other = options.get::<Option<Value>>("default_value")?;
    let lax = options.get::<Option<Value>>("boolean")?;
    options.assert_all_used()?;
    let both = [
        other.unwrap_or_else(|| Value::from("")),
        lax.unwrap_or_else(|| Value::from(false)),
    ];
    filters::default(state, &value, Rest(both.into()))
}

/// Python's `%`, with the values as arguments.
fn format(text: Value, rest: Arguments) -> Result<Value, Error> {
    let values = rest.into_values();
    let (positional, named): (&[Value], Kwargs) = from_args(&values)?;
    let text = Value::from(text.to_string());
    let names: Vec<&str> = named.args().collect();
    if names.is_empty() {
        return fill_in(&text, &Value::from(Tuple::new(positional.to_vec())));
    }
    if !positional.is_empty() {
        let both = "`format` takes values by position or by name, not both";
        return Err(Error::new(ErrorKind::InvalidOperation, both));
    }
    let pairs = names.into_iter().map(|name| Ok((name, named.get(name)?)));
    let pairs: Vec<(&str, Value)> = pairs.collect::<Result<_, Error>>()?;
    fill_in(&text, &Value::from_pairs(pairs))
}

/// The whole part of a number, and the default, 0, of what is none.
fn int(value: &Value, rest: Arguments) -> Result<Value, Error> {
    let options = named(rest, &["default", "base"])?;
    let default = options
        .get::<Option<Value>>("default")?
        .unwrap_or(Value::from(0));
    let base = options.get::<Option<u32>>("base")?.unwrap_or(10);
    options.assert_all_used()?;
    if value.kind() == ValueKind::Bool {
        return Ok(Value::from(i64::from(value.is_true())));
    }
    let text = value.to_string();
    let text = text.trim();
    let base = if value.as_str().is_some() { base } else { 10 };
    let part = || text.parse::<f64>().ok().map(f64::trunc);
    let part = || {
        part()
            .filter(|part| part.abs() < 2_f64.powi(63))
            .map(|part| part as i64)
    };
    Ok(whole(text, base).or_else(part).map_or(default, Value::from))
}

/// A whole number as Python's `int(text, base)` reads it.
fn whole(text: &str, base: u32) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let prefix = match base {
        2 => ["0b", "0B"],
        8 => ["0o", "0O"],
        16 => ["0x", "0X"],
        _ => ["", ""],
    };
    let digits = prefix
        .into_iter()
        .find_map(|prefix| digits.strip_prefix(prefix))
        .unwrap_or(digits);
    let is_number = (2..=36).contains(&base) && digits.starts_with(|c: char| c.is_digit(base));
    is_number.then(|| i64::from_str_radix(&format!("{sign}{digits}"), base).ok())?
}

/// All lines but the first and the blank ones begin with so many spaces, or with a text.
fn indent(text: String, rest: Arguments) -> Result<String, Error> {
    let options = named(rest, &["width", "first", "blank"])?;
    let width = options
        .get::<Option<Value>>("width")?
        .unwrap_or(Value::from(4));
    let first = options.get::<Option<bool>>("first")?.unwrap_or(false);
    let blank = options.get::<Option<bool>>("blank")?.unwrap_or(false);
    options.assert_all_used()?;
    let indent = match width.as_str() {
        Some(indent) => indent.to_owned(),
        None => " ".repeat(usize::try_from(width)?),
    };
    let lines = lines(&(text + "\n"))?;
    let indented = lines.iter().enumerate().map(|(at, line)| {
        let is_indented = if at == 0 {
            first
        } else {
            blank || !line.is_empty()
        };
        format!("{}{line}", if is_indented { indent.as_str() } else { "" })
    });
    Ok(indented.collect::<Vec<_>>().join("\n"))
}

fn center(text: Value, width: Option<usize>) -> Result<Value, Error> {
    let text = Value::from(text.to_string());
    method_of_data(&text, "center", &[Value::from(width.unwrap_or(80))])
}

/// Each line wrapped by itself.
fn wordwrap(text: String, rest: Arguments) -> Result<String, Error> {
    let options = named(
        rest,
        &[
            "width",
            "break_long_words",
            "wrapstring",
            "break_on_hyphens",
        ],
    )?;
    let width = options.get::<Option<usize>>("width")?.unwrap_or(79);
    let breaks = LineBreaks {
        within_long_words: options
            .get::<Option<bool>>("break_long_words")?
            .unwrap_or(true),
        after_hyphens: options
            .get::<Option<bool>>("break_on_hyphens")?
            .unwrap_or(true),
    };
    let end = options
        .get::<Option<String>>("wrapstring")?
        .unwrap_or_else(|| "\n".to_owned());
    options.assert_all_used()?;
    let wrapped = lines(&text)?
        .into_iter()
        .map(|line| wrap::wrap(&line, (width, breaks), "").join(&end));
    Ok(wrapped.collect::<Vec<_>>().join(&end))
}

/// A text as a part of a URL, or pairs as its query.
fn urlencode(value: &Value) -> Result<String, Error> {
    let quoted = |text: &str, kept: char| {
        let mut out = String::new();
        for byte in text.bytes() {
            let c = char::from(byte);
            if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '~') || c == kept {
                out.push(c);
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    };
    if matches!(value.kind(), ValueKind::String | ValueKind::Number) {
        return Ok(quoted(&value.to_string(), '/'));
    }
    let pairs = value.try_iter()?.map(|item| match value.kind() {
        ValueKind::Map => Ok((item.clone(), value.get_item(&item)?)),
        _ => Ok((item.get_item_by_index(0)?, item.get_item_by_index(1)?)),
    });
    let in_query = |text: &Value| quoted(&text.to_string(), ' ').replace(' ', "+");
    let pairs = pairs.map(|pair: Result<(Value, Value), Error>| {
        pair.map(|(key, value)| format!("{}={}", in_query(&key), in_query(&value)))
    });
    Ok(pairs.collect::<Result<Vec<_>, _>>()?.join("&"))
}

/// The lines of a text, as Python's `splitlines` parts them.
fn lines(text: &str) -> Result<Vec<String>, Error> {
    let arguments = buildfile::MethodArguments::default();
    let lines = buildfile::call_method(&Data::Str(text.into()), "splitlines", &arguments);
    let lines =
        lines.map_err(|exception| Error::new(ErrorKind::InvalidOperation, exception.message))?;
    Ok(lines.strings().into_iter().map(str::to_owned).collect())
}
