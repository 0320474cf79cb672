//! Functions of a BUILD file: their definition, and a call of them.

use std::rc::Rc;

use ruff_python_ast::Parameters;
use ruff_text_size::TextSize;

use super::state::{EvalResult, Evaluator};
use super::statement::Flow;
use crate::error::Frame;
use crate::exception::{Exception, LanguageLimit};
use crate::limits::MAX_CALLS;
use crate::python::Keywords;
use crate::value::{Body, Dict, Key, Macro, Pairs, Scope, Tuple, Value};

/// What the parameters of a function are given.
pub(super) struct CallArguments<'a> {
    pub(super) positional: Vec<Value<'a>>,
    pub(super) keywords: Keywords<'a>,
    /// Where each keyword argument stands.
    pub(super) offsets: Vec<TextSize>,
    /// Where the call stands.
    pub(super) at: TextSize,
}

impl<'a> Evaluator<'a, '_> {
    /// A function value; evaluates the defaults of its parameters.
    pub(super) fn function(
        &mut self,
        name: &'a str,
        parameters: Option<&'a Parameters>,
        body: Body<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Value<'a>> {
        let mut optional = Vec::new();
        let mut defaults = Vec::new();
        for parameter in parameters
            .into_iter()
            .flat_map(Parameters::iter_non_variadic_params)
        {
            if let Some(default) = parameter.default() {
                optional.push(parameter.name().as_str());
                defaults.push(self.eval(default, scope)?);
            }
        }
        let Some(source) = self.file else {
            return Err(self.misfit(0.into(), "no file"));
        };
        Ok(Value::Function(Rc::new(Macro {
            name,
            source,
            parameters,
            body,
            scope: Rc::clone(scope),
            optional,
            defaults: Tuple::new(defaults),
        })))
    }

    /// Calls a function defined in a BUILD file.
    pub(super) fn invoke(
        &mut self,
        function: &Rc<Macro<'a>>,
        arguments: CallArguments<'a>,
    ) -> EvalResult<Value<'a>> {
        let at = arguments.at;
        if self.stack.len() >= MAX_CALLS {
            let message = format!("`{}` calls itself without end", function.name);
            return Err(self.error(at, Exception::refused(LanguageLimit::Endless, message)));
        }
        let scope = Scope::inside(&function.scope);
        let bound = bind(function, arguments, &scope);
        self.at(at, bound)?;
        if let Some(source) = self.file {
            self.stack.push(Frame {
                function: function.name.to_owned(),
                place: source.place(at),
            });
        }
        let caller = self.file.replace(function.source);
        let result = match &function.body {
            Body::Block(body) => match self.block(body, &scope) {
                Ok(Flow::Return(value)) => Ok(value),
                Ok(_) => Ok(Value::None),
                Err(error) => Err(error),
            },
            Body::Lambda(body) => self.eval(body, &scope),
        };
        self.file = caller;
        self.stack.pop();
        result
    }
}

/// Gives every parameter its value.
fn bind<'a>(
    function: &Macro<'a>,
    arguments: CallArguments<'a>,
    scope: &Scope<'a>,
) -> Result<(), Exception> {
    let CallArguments {
        positional,
        mut keywords,
        ..
    } = arguments;
    let mut rest = positional.into_iter();
    let mut missing = Vec::new();
    if let Some(parameters) = function.parameters {
        let before_slash = parameters.posonlyargs.len();
        let by_position = before_slash + parameters.args.len();
        let all = parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .chain(&parameters.kwonlyargs);
        for (at, parameter) in all.enumerate() {
            let name = parameter.name().as_str();
            let given = if at < by_position { rest.next() } else { None };
            let named = keywords
                .iter()
                .position(|(key, _)| at >= before_slash && &**key == name);
            let value = match (given, named) {
                (Some(_), Some(_)) => {
                    let message = format!("`{}` got `{name}` twice", function.name);
                    return Err(Exception::of_type(message));
                }
                (Some(value), None) => Some(value),
                (None, Some(index)) => Some(keywords.remove(index).1),
                (None, None) => function.default(name),
            };
            match value {
                Some(value) => scope.set(name, value),
                None => missing.push(name),
            }
        }
    }
    if !missing.is_empty() {
        let message = format!("`{}` misses `{}`", function.name, missing.join("`, `"));
        return Err(Exception::of_type(message));
    }
    gather(function, rest.collect(), keywords, scope)
}

/// Gives what is left to `*args` and `**kwargs`.
fn gather<'a>(
    function: &Macro<'a>,
    rest: Vec<Value<'a>>,
    keywords: Keywords<'a>,
    scope: &Scope<'a>,
) -> Result<(), Exception> {
    let name = function.name;
    let parameters = function.parameters;
    match parameters.and_then(|parameters| parameters.vararg.as_ref()) {
        Some(vararg) => scope.set(vararg.name.as_str(), Value::tuple(rest)),
        None if rest.is_empty() => {}
        None => {
            let message = format!("`{name}` got {} arguments too many", rest.len());
            return Err(Exception::of_type(message));
        }
    }
    match (
        parameters.and_then(|parameters| parameters.kwarg.as_ref()),
        keywords.first(),
    ) {
        (Some(kwarg), _) => {
            let mut pairs = Pairs::default();
            for (key, value) in keywords {
                pairs.insert(Key::new(Value::Str(key))?, value);
            }
            scope.set(kwarg.name.as_str(), Value::dict(Dict::new(pairs)));
        }
        (None, Some((key, _))) => {
            let message = format!("`{name}` has no parameter `{key}`");
            return Err(Exception::of_type(message));
        }
        (None, None) => {}
    }
    Ok(())
}
