//! Calls: evaluates the arguments, then hands them to a macro, a function or method of Python, or
//! to what the vocabulary says about the name.

use std::rc::Rc;
use std::sync::Arc;

use model::nearest;
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextSize};

use super::function::CallArguments;
use super::state::{EvalResult, Evaluator, weight};
use crate::data::{Data, Object, Parametrize};
use crate::declaration::{Call, Field};
use crate::exception::{Exception, LanguageLimit};
use crate::python::{self, CallError, CallResult, Caller, Keywords};
use crate::value::{Scope, TEXT_FILE, Value};
use crate::vocabulary::{FileFunction, Positional, Symbol, UnknownNames};

/// Functions among the arguments of a function of Python are called where that call stands.
struct CallSite<'e, 'a, 'v> {
    evaluator: &'e mut Evaluator<'a, 'v>,
    at: TextSize,
}

impl<'a> Caller<'a> for CallSite<'_, 'a, '_> {
    fn call(&mut self, function: &Value<'a>, positional: Vec<Value<'a>>) -> CallResult<'a> {
        let arguments = CallArguments {
            positional,
            keywords: Vec::new(),
            offsets: Vec::new(),
            at: self.at,
        };
        let called = self.evaluator.apply(function, arguments);
        called.map_err(CallError::Inner)
    }
}

impl<'a> Evaluator<'a, '_> {
    pub(super) fn call(
        &mut self,
        call: &'a ExprCall,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Value<'a>> {
        if let Some(name) = self.opaque(call, scope) {
            let arguments = self.arguments(call, scope)?;
            let mut declared = self.record(name, &arguments)?;
            declared.opaque = true;
            self.calls.push(declared);
            return Ok(Value::None);
        }
        let callee = self.eval(&call.func, scope)?;
        let arguments = self.arguments(call, scope)?;
        self.apply(&callee, arguments)
    }

    /// Calls `callee` with evaluated arguments.
    fn apply(&mut self, callee: &Value<'a>, arguments: CallArguments<'a>) -> EvalResult<Value<'a>> {
        let at = arguments.at;
        let (receiver, function) = match callee {
            Value::Function(function) => {
                self.enter(at)?;
                let result = self.invoke(function, arguments);
                self.leave();
                return result;
            }
            Value::Symbol(name) => return self.symbol(name, arguments),
            Value::Builtin(name) => (&Value::None, python::builtin(name)),
            Value::Method(method) => (&method.0, python::method(&method.0, method.1)),
            _ => (&Value::None, None),
        };
        let Some(function) = function else {
            let message = format!("a {} cannot be called", callee.type_name());
            return Err(self.misfit(at, message));
        };
        // A method of a dictionary or set looks at one item of it.
        let looked_at = match receiver {
            Value::Dict(_) | Value::Set(_) => 0,
            other => weight(other),
        };
        let given: usize = arguments.positional.iter().map(weight).sum();
        self.charge(at, 1 + looked_at + given)?;
        let mut site = CallSite {
            evaluator: self,
            at,
        };
        let CallArguments {
            positional,
            keywords,
            ..
        } = arguments;
        let result = function.call(receiver, (positional, keywords), &mut site);
        let value = self.called(at, result)?;
        self.charge(at, weight(&value))?;
        Ok(value)
    }

    /// The name of a declaration that only others can know.
    fn opaque(&self, call: &'a ExprCall, scope: &Rc<Scope<'a>>) -> Option<&'a str> {
        let Expr::Name(name) = &*call.func else {
            return None;
        };
        let id = name.id.as_str();
        if self.vocabulary.unknown_names() == UnknownNames::Errors
            || !call.arguments.args.is_empty()
            || scope.get(id).is_some()
            || python::builtin(id).is_some()
            || self.vocabulary.find(id).is_some()
        {
            return None;
        }
        let near = nearest(id, self.vocabulary.names().into_iter().chain(scope.names()));
        (near.is_none() || self.vocabulary.is_added(id)).then_some(id)
    }

    fn arguments(
        &mut self,
        call: &'a ExprCall,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<CallArguments<'a>> {
        let mut arguments = CallArguments {
            positional: self.elements(&call.arguments.args, scope)?,
            keywords: Vec::with_capacity(call.arguments.keywords.len()),
            offsets: Vec::with_capacity(call.arguments.keywords.len()),
            at: call.start(),
        };
        for keyword in &call.arguments.keywords {
            let value = self.eval(&keyword.value, scope)?;
            let at = keyword.start();
            let added = match &keyword.arg {
                Some(name) => arguments.add(Rc::from(name.as_str()), value, at),
                None => arguments.unpack(value, at),
            };
            self.at(at, added)?;
        }
        Ok(arguments)
    }

    /// Calls what the vocabulary says about a name.
    fn symbol(&mut self, name: &str, arguments: CallArguments<'a>) -> EvalResult<Value<'a>> {
        let at = arguments.at;
        let vocabulary = self.vocabulary;
        match vocabulary.find(name) {
            Some(Symbol::Declaration(positional)) => {
                if positional == Positional::Refused && !arguments.positional.is_empty() {
                    let message = format!("`{name}` takes its fields by keyword only");
                    return Err(self.misfit(at, message));
                }
                let call = self.record(name, &arguments)?;
                self.calls.push(call);
                Ok(Value::None)
            }
            Some(Symbol::Path(path)) => Ok(Value::Path(Rc::from(path))),
            Some(Symbol::Constructor) => {
                let positional = self.freeze(&arguments)?;
                let unnamed = positional.into_iter().map(|value| (Arc::from(""), value));
                let named = self.freeze_named(&arguments)?;
                Ok(Value::Object(Rc::new(Object {
                    name: Arc::from(name),
                    arguments: unnamed.chain(named).collect(),
                })))
            }
            Some(Symbol::Choice) => Ok(Value::Parametrize(Rc::new(Parametrize {
                positional: self.freeze(&arguments)?,
                named: self.freeze_named(&arguments)?,
                group: false,
            }))),
            Some(Symbol::Function(function)) => {
                let (positional, named) =
                    (self.freeze(&arguments)?, self.freeze_named(&arguments)?);
                let result = function(&positional, &named).map_err(Exception::of_type);
                let data = self.at(at, result)?;
                self.at(at, Value::thaw(&data))
            }
            Some(Symbol::Open(read)) => self.open(&read, &arguments),
            Some(Symbol::Constant(_)) | None => {
                Err(self.misfit(at, format!("`{name}` cannot be called")))
            }
        }
    }

    /// `open(file, mode="r", …)`: an iterator of lines, which has the methods of a file.
    fn open(
        &mut self,
        read: &FileFunction<'_>,
        arguments: &CallArguments<'a>,
    ) -> EvalResult<Value<'a>> {
        let at = arguments.at;
        let argument = |place: usize, name: &str| {
            let named = arguments.keywords.iter().find(|(key, _)| **key == *name);
            arguments
                .positional
                .get(place)
                .or(named.map(|(_, value)| value))
        };
        let path = match argument(0, "file") {
            Some(Value::Str(path) | Value::Path(path)) => Rc::clone(path),
            _ => return Err(self.misfit(at, "`open` needs the path of a file")),
        };
        let mode = argument(1, "mode").map(Value::display).transpose();
        let mode = self.at(at, mode)?.unwrap_or_else(|| "r".to_owned());
        if !matches!(&*mode, "r" | "rt") {
            let message = format!("a BUILD file can read text files, not open them with `{mode}`");
            let exception = Exception::refused(LanguageLimit::Syntax, message);
            return Err(self.error(at, exception));
        }
        let text = read(&path).map_err(Exception::of_value);
        let text = self.at(at, text)?;
        self.charge(at, text.len())?;
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let lines = text.split_inclusive('\n').map(Value::str).collect();
        Ok(Value::iter(TEXT_FILE, lines))
    }

    /// The call as plain data.
    fn record(&mut self, name: &str, arguments: &CallArguments<'a>) -> EvalResult<Call> {
        let at = arguments.at;
        let Some(source) = self.file else {
            return Err(self.misfit(at, "no file"));
        };
        let named = self.freeze_named(arguments)?;
        let fields = named.into_iter().zip(&arguments.offsets);
        Ok(Call {
            name: Arc::from(name),
            positional: self.freeze(arguments)?,
            fields: fields
                .map(|((name, value), offset)| Field {
                    name,
                    value,
                    offset: offset.to_u32(),
                })
                .collect(),
            source: Arc::clone(source),
            offset: at.to_u32(),
            stack: self.stack.clone(),
            opaque: false,
        })
    }

    /// Positional arguments as plain data; each part of them is a step.
    fn freeze(&mut self, arguments: &CallArguments<'a>) -> EvalResult<Vec<Data>> {
        let mut frozen = Vec::with_capacity(arguments.positional.len());
        for value in &arguments.positional {
            let data = value.freeze(&mut self.steps_left);
            frozen.push(self.at(arguments.at, data)?);
        }
        Ok(frozen)
    }

    /// Keyword arguments as plain data.
    fn freeze_named(&mut self, arguments: &CallArguments<'a>) -> EvalResult<Vec<(Arc<str>, Data)>> {
        let mut frozen = Vec::with_capacity(arguments.keywords.len());
        for (name, value) in &arguments.keywords {
            let data = value.freeze(&mut self.steps_left);
            frozen.push((Arc::from(&**name), self.at(arguments.at, data)?));
        }
        Ok(frozen)
    }
}

impl<'a> CallArguments<'a> {
    fn add(&mut self, name: Rc<str>, value: Value<'a>, at: TextSize) -> Result<(), Exception> {
        let keywords: &mut Keywords<'a> = &mut self.keywords;
        if keywords.iter().any(|(key, _)| *key == name) {
            let message = format!("the argument `{name}` is given twice");
            return Err(Exception::of_type(message));
        }
        keywords.push((name, value));
        self.offsets.push(at);
        Ok(())
    }

    /// Adds what `**value` stands for.
    fn unpack(&mut self, value: Value<'a>, at: TextSize) -> Result<(), Exception> {
        match value {
            Value::Dict(dict) => {
                for (key, value) in dict.borrow().iter() {
                    let Value::Str(name) = key.as_value() else {
                        return Err(Exception::of_type("keyword names must be texts"));
                    };
                    self.add(Rc::clone(name), value.clone(), at)?;
                }
                Ok(())
            }
            Value::Parametrize(choices) => {
                let group = Parametrize {
                    group: true,
                    ..(*choices).clone()
                };
                let name = Rc::from(format!("parametrize_{}", self.keywords.len()));
                self.add(name, Value::Parametrize(Rc::new(group)), at)
            }
            other => {
                let message = format!("`**` needs a dict, not a {}", other.type_name());
                Err(Exception::of_type(message))
            }
        }
    }
}
