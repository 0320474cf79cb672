//! Calls: evaluates the arguments, then hands them to a macro, a builtin, a method or a
//! target type.

use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextSize};

use super::interpreter::{Interpreter, Outcome};
use super::value::{Scope, Value};
use super::{Call, Event, Field, Plugins};
use crate::data::{Data, Parametrize};
use model::nearest;

/// Evaluated arguments of one call.
pub(super) struct Arguments<'a> {
    pub(super) positional: Vec<Value<'a>>,
    pub(super) keywords: Vec<(Rc<str>, Value<'a>)>,
    /// Where each keyword argument stands.
    pub(super) offsets: Vec<TextSize>,
    /// Where the call stands.
    pub(super) at: TextSize,
}

impl<'a> Arguments<'a> {
    /// The argument at a position or of that name.
    pub(super) fn get(&self, position: usize, name: &str) -> Option<&Value<'a>> {
        self.positional.get(position).or_else(|| {
            self.keywords
                .iter()
                .find(|(key, _)| &**key == name)
                .map(|(_, value)| value)
        })
    }
}

/// What a name that is called turns out to be.
enum Declares {
    Target,
    Opaque,
}

impl<'a> Interpreter<'a, '_> {
    pub(super) fn call(&mut self, call: &'a ExprCall, scope: &Rc<Scope<'a>>) -> Outcome<Value<'a>> {
        let callee = match self.opaque(call, scope) {
            Some(name) => {
                let arguments = self.arguments(call, scope)?;
                return self.declare(name, Declares::Opaque, arguments);
            }
            None => self.eval(&call.func, scope)?,
        };
        let arguments = self.arguments(call, scope)?;
        self.apply(&callee, arguments)
    }

    /// Calls `callee` with evaluated arguments.
    pub(super) fn apply(
        &mut self,
        callee: &Value<'a>,
        arguments: Arguments<'a>,
    ) -> Outcome<Value<'a>> {
        match callee {
            Value::TargetType(name) => self.declare(name, Declares::Target, arguments),
            Value::Builtin(name) => self.builtin(name, arguments),
            Value::Method(method) => self.method(&method.0, method.1, &arguments),
            Value::Function(function) => self.invoke(
                function,
                arguments.positional,
                arguments.keywords,
                arguments.at,
            ),
            other => {
                let message = format!("a {} cannot be called", other.type_name());
                Err(self.error(arguments.at, message))
            }
        }
    }

    /// The name of a target type that only a plugin can know.
    fn opaque(&self, call: &'a ExprCall, scope: &Rc<Scope<'a>>) -> Option<&'a str> {
        let Expr::Name(name) = &*call.func else {
            return None;
        };
        let id = name.id.as_str();
        let types = self.context.target_types.names();
        if self.context.plugins == Plugins::None
            || !call.arguments.args.is_empty()
            || types.binary_search(&id).is_ok()
            || super::builtins::find(id).is_some()
            || scope.get(id).is_some()
        {
            return None;
        }
        let near = nearest(id, types.iter().copied().chain(scope.names()));
        near.is_none().then_some(id)
    }

    fn arguments(&mut self, call: &'a ExprCall, scope: &Rc<Scope<'a>>) -> Outcome<Arguments<'a>> {
        let mut arguments = Arguments {
            positional: Vec::with_capacity(call.arguments.args.len()),
            keywords: Vec::with_capacity(call.arguments.keywords.len()),
            offsets: Vec::with_capacity(call.arguments.keywords.len()),
            at: call.start(),
        };
        for argument in &call.arguments.args {
            match argument {
                Expr::Starred(starred) => {
                    let value = self.eval(&starred.value, scope)?;
                    arguments
                        .positional
                        .extend(self.iterate(starred.start(), &value)?);
                }
                other => arguments.positional.push(self.eval(other, scope)?),
            }
        }
        for keyword in &call.arguments.keywords {
            let value = self.eval(&keyword.value, scope)?;
            match &keyword.arg {
                Some(name) => {
                    self.keyword(
                        &mut arguments,
                        Rc::from(name.as_str()),
                        value,
                        keyword.start(),
                    )?;
                }
                None => self.unpack_keywords(&mut arguments, value, keyword.start())?,
            }
        }
        Ok(arguments)
    }

    fn keyword(
        &self,
        arguments: &mut Arguments<'a>,
        name: Rc<str>,
        value: Value<'a>,
        at: TextSize,
    ) -> Outcome<()> {
        if arguments.keywords.iter().any(|(key, _)| *key == name) {
            return Err(self.error(at, format!("the argument `{name}` is given twice")));
        }
        arguments.keywords.push((name, value));
        arguments.offsets.push(at);
        Ok(())
    }

    fn unpack_keywords(
        &self,
        arguments: &mut Arguments<'a>,
        value: Value<'a>,
        at: TextSize,
    ) -> Outcome<()> {
        match value {
            Value::Dict(dict) => {
                for (key, value) in &dict.borrow().pairs {
                    match key {
                        Value::Str(name) => {
                            self.keyword(arguments, Rc::clone(name), value.clone(), at)?;
                        }
                        _ => return Err(self.error(at, "keyword names must be texts")),
                    }
                }
                Ok(())
            }
            Value::Parametrize(choices) => {
                let group = Parametrize {
                    group: true,
                    ..(*choices).clone()
                };
                let name = Rc::from(format!("parametrize_{}", arguments.keywords.len()));
                self.keyword(arguments, name, Value::Parametrize(Rc::new(group)), at)
            }
            other => {
                let message = format!("`**` needs a dict, not a {}", other.type_name());
                Err(self.error(at, message))
            }
        }
    }

    /// Records the declaration of a target.
    fn declare(
        &mut self,
        name: &str,
        declares: Declares,
        arguments: Arguments<'a>,
    ) -> Outcome<Value<'a>> {
        if !arguments.positional.is_empty() {
            let message = format!("`{name}` takes its fields by keyword only");
            return Err(self.error(arguments.at, message));
        }
        let call = self.record(name, &arguments)?;
        self.events.push(Event::Target(Call {
            opaque: matches!(declares, Declares::Opaque),
            ..call
        }));
        Ok(Value::None)
    }

    /// The call as plain data.
    pub(super) fn record(&self, name: &str, arguments: &Arguments<'a>) -> Outcome<Call> {
        let source = self
            .source()
            .ok_or_else(|| self.error(arguments.at, "no file"))?;
        Ok(Call {
            name: Arc::from(name),
            positional: arguments.positional.iter().map(Value::freeze).collect(),
            fields: arguments
                .keywords
                .iter()
                .zip(&arguments.offsets)
                .map(|((name, value), offset)| Field {
                    name: Arc::from(&**name),
                    value: value.freeze(),
                    offset: offset.to_u32(),
                })
                .collect(),
            source: Arc::clone(source),
            offset: arguments.at.to_u32(),
            stack: self.stack.clone(),
            opaque: false,
        })
    }

    /// `parametrize(…)` as a value.
    pub(super) fn parametrize(arguments: &Arguments<'a>) -> Value<'a> {
        Value::Parametrize(Rc::new(Parametrize {
            positional: arguments.positional.iter().map(Value::freeze).collect(),
            named: freeze_named(&arguments.keywords),
            group: false,
        }))
    }
}

/// Keyword arguments as plain data.
pub(super) fn freeze_named(keywords: &[(Rc<str>, Value<'_>)]) -> Vec<(Arc<str>, Data)> {
    keywords
        .iter()
        .map(|(name, value)| (Arc::from(&**name), value.freeze()))
        .collect()
}
