//! Values of templates as plain data, on which Python's methods are called.

use std::rc::Rc;

use buildfile::{Data, Exception, ExceptionClass, MethodArguments, PercentValues};
use minijinja::value::{Kwargs, Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind};

/// Calls a method of Python on a copy.
pub(crate) fn method_of_data(
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
            let told = format!("templates have no method `{method}` for a {}", value.kind());
            Err(Error::new(ErrorKind::UnknownMethod, told))
        }
        Err(exception) => Err(failed(exception)),
    }
}

/// Python's `text % right`.
pub(crate) fn fill_in(text: &Value, right: &Value) -> Result<Value, Error> {
    let values = match right.is_tuple() {
        true => PercentValues::Tuple(
            right
                .try_iter()?
                .map(|item| data(&item))
                .collect::<Result<_, _>>()?,
        ),
        false => PercentValues::One(data(right)?),
    };
    let filled = buildfile::fill_in(text.as_str().unwrap_or_default(), &values);
    filled.map(Value::from).map_err(failed)
}

fn failed(exception: Exception) -> Error {
    Error::new(ErrorKind::InvalidOperation, exception.message)
}

/// A value of a template as plain data.
fn data(value: &Value) -> Result<Data, Error> {
    Ok(match value.kind() {
        ValueKind::None => Data::None,
        // What Jinja shows of it.
        ValueKind::Undefined => Data::Str("".into()),
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
