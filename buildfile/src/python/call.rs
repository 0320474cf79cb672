//! How functions of Python are described, and how arguments find their parameters.

use std::rc::Rc;

use crate::error::EvalError;
use crate::exception::Exception;
use crate::value::Value;

/// A function or method of Python.
pub(crate) struct BuiltinFunction {
    pub(crate) name: &'static str,
    /// The parameters as `inspect.signature` shows them, without the parentheses.
    pub(crate) signature: &'static str,
    pub(crate) run: FunctionBody,
}

/// What a function does with the value that it is a method of, and with its arguments.
pub(crate) enum FunctionBody {
    /// A method of `str`.
    Text(for<'a> fn(&str, &Bound<'a>) -> Result<Value<'a>, Exception>),
    /// A function (of `None`), or a method of another type.
    Value(for<'a> fn(&Value<'a>, &Bound<'a>) -> Result<Value<'a>, Exception>),
    /// A function that calls those among its arguments.
    Calling(for<'a> fn(&Value<'a>, Bound<'a>, &mut dyn Caller<'a>) -> CallResult<'a>),
}

/// What a call gives.
pub(crate) type CallResult<'a> = Result<Value<'a>, CallError>;

/// Why a call failed.
pub(crate) enum CallError {
    /// The call itself.
    Exception(Exception),
    /// A function that it called, at a place of its own.
    Inner(Box<EvalError>),
}

/// Calls functions that are among the arguments, such as the `key` of `sorted`.
pub(crate) trait Caller<'a> {
    fn call(&mut self, function: &Value<'a>, positional: Vec<Value<'a>>) -> CallResult<'a>;
}

/// Arguments by parameter.
pub(crate) struct Bound<'a> {
    function: &'static str,
    slots: Vec<Option<Value<'a>>>,
    /// What `*` gathers.
    pub(crate) rest: Vec<Value<'a>>,
    /// What `**` gathers.
    pub(crate) keywords: Keywords<'a>,
}

/// Arguments by name.
pub(crate) type Keywords<'a> = Vec<(Rc<str>, Value<'a>)>;

impl From<Exception> for CallError {
    fn from(exception: Exception) -> Self {
        Self::Exception(exception)
    }
}

/// A method of `str`, for a table.
pub(super) const fn text(
    name: &'static str,
    signature: &'static str,
    run: for<'a> fn(&str, &Bound<'a>) -> Result<Value<'a>, Exception>,
) -> BuiltinFunction {
    let run = FunctionBody::Text(run);
    BuiltinFunction {
        name,
        signature,
        run,
    }
}

/// A function, or a method of a type beside `str`, for a table.
pub(super) const fn value(
    name: &'static str,
    signature: &'static str,
    run: for<'a> fn(&Value<'a>, &Bound<'a>) -> Result<Value<'a>, Exception>,
) -> BuiltinFunction {
    let run = FunctionBody::Value(run);
    BuiltinFunction {
        name,
        signature,
        run,
    }
}

/// A function or method that calls those among its arguments, for a table.
pub(super) const fn calling(
    name: &'static str,
    signature: &'static str,
    run: for<'a> fn(&Value<'a>, Bound<'a>, &mut dyn Caller<'a>) -> CallResult<'a>,
) -> BuiltinFunction {
    let run = FunctionBody::Calling(run);
    BuiltinFunction {
        name,
        signature,
        run,
    }
}

impl BuiltinFunction {
    /// Calls it; `receiver` is what it is a method of.
    ///
    /// # Errors
    /// The arguments do not fit, or the function fails.
    pub(crate) fn call<'a>(
        &self,
        receiver: &Value<'a>,
        arguments: (Vec<Value<'a>>, Keywords<'a>),
        caller: &mut dyn Caller<'a>,
    ) -> CallResult<'a> {
        let bound = self.bind(arguments.0, arguments.1)?;
        match self.run {
            FunctionBody::Text(run) => Ok(run(receiver.as_str().unwrap_or_default(), &bound)?),
            FunctionBody::Value(run) => Ok(run(receiver, &bound)?),
            FunctionBody::Calling(run) => run(receiver, bound, caller),
        }
    }

    /// Gives every parameter its argument.
    ///
    /// # Errors
    /// The arguments do not fit the parameters.
    fn bind<'a>(
        &self,
        positional: Vec<Value<'a>>,
        mut keywords: Keywords<'a>,
    ) -> Result<Bound<'a>, Exception> {
        let mut given = positional.into_iter();
        let mut bound = Bound {
            function: self.name,
            slots: Vec::new(),
            rest: Vec::new(),
            keywords: Vec::new(),
        };
        let parts: Vec<&str> = self
            .signature
            .split(", ")
            .filter(|p| !p.is_empty())
            .collect();
        let only_positional = parts.iter().position(|part| *part == "/").unwrap_or(0);
        let mut by_position = true;
        for (at, part) in parts.iter().enumerate() {
            match *part {
                "/" => {}
                "*" => by_position = false,
                _ if part.starts_with("**") => bound.keywords = std::mem::take(&mut keywords),
                _ if part.starts_with('*') => {
                    bound.rest = given.by_ref().collect();
                    by_position = false;
                }
                _ => {
                    let (name, optional) = match part.split_once('=') {
                        Some((name, _)) => (name, true),
                        None => (*part, false),
                    };
                    let mut value = if by_position { given.next() } else { None };
                    let named = keywords.iter().position(|(key, _)| &**key == name);
                    if let Some(named) = named.filter(|_| at >= only_positional) {
                        if value.is_some() {
                            return Err(self.misfit(&format!("got `{name}` twice")));
                        }
                        value = Some(keywords.remove(named).1);
                    }
                    if value.is_none() && !optional {
                        return Err(self.misfit(&format!("needs an argument, `{name}`")));
                    }
                    bound.slots.push(value);
                }
            }
        }
        match (given.len(), keywords.first()) {
            (0, None) => Ok(bound),
            (0, Some((name, _))) => Err(self.misfit(&format!("has no parameter `{name}`"))),
            (more, _) => Err(self.misfit(&format!("got {more} arguments too many"))),
        }
    }

    fn misfit(&self, what: &str) -> Exception {
        Exception::of_type(format!("`{}` {what}", self.name))
    }
}

impl<'a> Bound<'a> {
    /// The argument of a parameter, if it was given.
    pub(crate) fn get(&self, at: usize) -> Option<&Value<'a>> {
        self.slots.get(at)?.as_ref()
    }

    /// The argument of a parameter, if it was given and is not `None`.
    pub(crate) fn some(&self, at: usize) -> Option<&Value<'a>> {
        self.get(at).filter(|value| !matches!(value, Value::None))
    }

    /// The argument of a parameter that has no default.
    pub(crate) fn value(&self, at: usize) -> Result<&Value<'a>, Exception> {
        let missing = || Exception::of_type(format!("`{}` needs an argument", self.function));
        self.get(at).ok_or_else(missing)
    }

    /// The text of a parameter.
    pub(crate) fn text(&self, at: usize) -> Result<&str, Exception> {
        let value = self.value(at)?;
        value.as_str().ok_or_else(|| self.unfit("a str", value))
    }

    /// The whole number of a parameter.
    pub(crate) fn int(&self, at: usize) -> Result<i64, Exception> {
        let value = self.value(at)?;
        value.as_int().ok_or_else(|| self.unfit("an int", value))
    }

    /// The whole number of a parameter that may be left out.
    pub(crate) fn int_or(&self, at: usize, default: i64) -> Result<i64, Exception> {
        match self.get(at) {
            Some(_) => self.int(at),
            None => Ok(default),
        }
    }

    /// A `TypeError` about an argument.
    pub(crate) fn unfit(&self, wanted: &str, got: &Value<'a>) -> Exception {
        let got = got.type_name();
        Exception::of_type(format!("`{}` needs {wanted}, not a {got}", self.function))
    }
}
