//! Types as functions: `str(…)`, `list(…)` and so on.

use super::call::{Bound, BuiltinFunction, value as row};
use super::mapping::pairs;
use crate::exception::{Exception, ExceptionClass, LanguageLimit};
use crate::text::{NumberError, parse_float, parse_int};
use crate::value::{Dict, Range, SetKind, Value, class};

type Result<'a> = std::result::Result<Value<'a>, Exception>;

pub(super) const TABLE: &[BuiltinFunction] = &[
    row("bool", "object=False, /", |_, a| {
        Ok(Value::Bool(a.get(0).is_some_and(Value::truthy)))
    }),
    row("dict", "other=None, /, **kwargs", |_, a| {
        Ok(Value::dict(Dict::new(pairs(a)?)))
    }),
    row("float", "number=0, /", float),
    row("frozenset", "iterable=(), /", |_, a| {
        Value::set(SetKind::FrozenSet, items(a)?)
    }),
    row("int", "number=0, /, base=10", int),
    row("isinstance", "object, classinfo, /", isinstance),
    row("list", "iterable=(), /", |_, a| Ok(Value::list(items(a)?))),
    row("range", "start, stop=None, step=None, /", range),
    row("repr", "object, /", |_, a| {
        Ok(Value::str(a.value(0)?.repr()?))
    }),
    row("set", "iterable=(), /", |_, a| {
        Value::set(SetKind::Set, items(a)?)
    }),
    row("str", "object=''", str),
    row("tuple", "iterable=(), /", |_, a| {
        Ok(Value::tuple(items(a)?))
    }),
    row("type", "object, /", |_, a| Ok(class_of(a.value(0)?))),
];

fn items<'a>(arguments: &Bound<'a>) -> std::result::Result<Vec<Value<'a>>, Exception> {
    arguments.get(0).map_or(Ok(Vec::new()), Value::items)
}

/// The text of an object.
fn str<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    match arguments.get(0) {
        Some(Value::Str(text)) => Ok(Value::Str(text.clone())),
        Some(object) => Ok(Value::str(object.display()?)),
        None => Ok(Value::str("")),
    }
}

/// A whole number from a number, which is cut off towards zero, or from a text of digits in
/// `base`. `ValueError` if the text is none.
fn int<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let number = arguments.get(0);
    let base = match arguments.int_or(1, 10)? {
        base @ (0 | 2..=36) => u32::try_from(base).unwrap_or(10),
        _ => return Err(Exception::of_value("the base must be 0 or from 2 to 36")),
    };
    if let Some(Value::Str(text)) = number {
        let parsed = parse_int(text, base).map_err(|error| malformed(text, error))?;
        return Ok(Value::Int(parsed));
    }
    if arguments.get(1).is_some() {
        return Err(Exception::of_type("only a text has a base"));
    }
    match number {
        None => Ok(Value::Int(0)),
        Some(Value::Float(float)) if float.is_nan() => Err(Exception::of_value(
            "a float that is no number has no whole part",
        )),
        Some(Value::Float(float)) if float.is_infinite() => {
            let message = "an infinite float has no whole part";
            Err(Exception::new(ExceptionClass::OverflowError, message))
        }
        Some(Value::Float(float)) if float.abs() >= 9.2e18 => Err(Exception::large_number()),
        #[expect(clippy::cast_possible_truncation, reason = "this is what int() does")]
        Some(Value::Float(float)) => Ok(Value::Int(*float as i64)),
        Some(_) => Ok(Value::Int(arguments.int(0)?)),
    }
}

/// A floating point number from a number or a text.
fn float<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    match arguments.get(0) {
        None => Ok(Value::Float(0.0)),
        Some(Value::Str(text)) => {
            let parsed = parse_float(text).map_err(|error| malformed(text, error))?;
            Ok(Value::Float(parsed))
        }
        Some(other) => {
            let number = other
                .number()
                .ok_or_else(|| arguments.unfit("a number", other))?;
            Ok(Value::Float(number))
        }
    }
}

fn malformed(text: &str, error: NumberError) -> Exception {
    match error {
        NumberError::Malformed => Exception::of_value(format!("`{text}` is not a number")),
        NumberError::TooLarge => Exception::large_number(),
        NumberError::ForeignDigits => {
            let message = format!("`{text}` has digits beyond ASCII");
            Exception::refused(LanguageLimit::ForeignDigits, message)
        }
    }
}

/// The whole numbers from `start` (0 if there is one argument) up to `stop`, at a distance of
/// `step`. `ValueError` if that is 0.
fn range<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let (start, stop) = match arguments.get(1) {
        Some(_) => (arguments.int(0)?, arguments.int(1)?),
        None => (0, arguments.int(0)?),
    };
    match arguments.int_or(2, 1)? {
        0 => Err(Exception::of_value("the step of a `range` cannot be 0")),
        step => Ok(Value::Range(Range { start, stop, step })),
    }
}

/// Whether an object is of a type, or of one in a tuple of types.
fn isinstance<'a>(_: &Value<'a>, arguments: &Bound<'a>) -> Result<'a> {
    let object = arguments.value(0)?;
    let classes = match arguments.value(1)? {
        Value::Tuple(classes) => classes.to_vec(),
        class => vec![class.clone()],
    };
    for class in &classes {
        let name = match class {
            Value::Builtin(name) if is_class(name) => *name,
            other => return Err(arguments.unfit("types", other)),
        };
        let is_int = name == "int" && matches!(object, Value::Bool(_));
        if is_int || object.type_name() == name {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// The type of an object.
fn class_of<'a>(value: &Value<'a>) -> Value<'a> {
    let name = value.type_name();
    class(name).map_or_else(|| Value::str(name), Value::Builtin)
}

fn is_class(name: &str) -> bool {
    class(name).is_some()
}
