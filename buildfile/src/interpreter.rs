//! Runs the statements of a module or function and keeps what all parts share: the current
//! file, the call stack, limits, and the events declared so far.

use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::{Expr, Stmt, StmtFor, StmtFunctionDef, StmtIf, StmtImport, StmtImportFrom};
use ruff_text_size::{Ranged, TextSize};

use super::error::{EvalError, Frame};
use super::value::{Body, Dict, Function, Scope, Value};
use super::{Context, Event, Source};

/// A result whose error is boxed: it is rare and large.
pub(super) type Outcome<T> = Result<T, Box<EvalError>>;

/// How deep calls may nest before it is taken for endless recursion.
const MAX_CALLS: usize = 64;
/// How deep expressions may nest; the stack of a worker thread bears it.
const MAX_DEPTH: usize = 200;
/// How many statements and calls a BUILD file may run before it is taken for endless.
const MAX_STEPS: usize = 5_000_000;

pub(super) struct Interpreter<'a, 'c> {
    pub(super) context: Context<'c>,
    pub(super) events: Vec<Event>,
    pub(super) stack: Vec<Frame>,
    file: Option<&'a Arc<Source>>,
    depth: usize,
    steps: usize,
}

/// How a statement ended.
pub(super) enum Flow<'a> {
    Next,
    Break,
    Continue,
    Return(Value<'a>),
}

impl<'a, 'c> Interpreter<'a, 'c> {
    pub(super) fn new(context: Context<'c>) -> Self {
        Self {
            context,
            events: Vec::new(),
            stack: Vec::new(),
            file: None,
            depth: 0,
            steps: 0,
        }
    }

    pub(super) fn run(
        mut self,
        file: &'a Arc<Source>,
        preludes: &'a [Arc<Source>],
    ) -> Result<Vec<Event>, EvalError> {
        let prelude_scope = Scope::module();
        for prelude in preludes {
            self.file = Some(prelude);
            self.block(prelude.body(), &prelude_scope)
                .map_err(|error| *error)?;
        }
        self.file = Some(file);
        let scope = Scope::inside(&prelude_scope);
        match self.block(file.body(), &scope) {
            Ok(_) => Ok(self.events),
            Err(error) => Err(*error),
        }
    }

    /// An error at a byte offset of the current file.
    pub(super) fn error(&self, at: TextSize, message: impl Into<String>) -> Box<EvalError> {
        let place = self
            .file
            .map_or_else(|| model::Place::file(""), |source| source.place(at));
        let mut error = EvalError::new(message, place);
        error.stack = self.stack.clone();
        Box::new(error)
    }

    pub(super) fn source(&self) -> Option<&'a Arc<Source>> {
        self.file
    }

    /// Counts one step and one level; pair with [`Self::leave`].
    pub(super) fn enter(&mut self, at: TextSize) -> Outcome<()> {
        self.depth += 1;
        self.steps += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(at, "expressions are nested too deeply"));
        }
        if self.steps > MAX_STEPS {
            return Err(self.error(at, "this file does not come to an end"));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn block(&mut self, body: &'a [Stmt], scope: &Rc<Scope<'a>>) -> Outcome<Flow<'a>> {
        for statement in body {
            match self.statement(statement, scope)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &'a Stmt, scope: &Rc<Scope<'a>>) -> Outcome<Flow<'a>> {
        match statement {
            Stmt::Expr(expr) => {
                self.eval(&expr.value, scope)?;
            }
            Stmt::Assign(assign) => {
                let value = self.eval(&assign.value, scope)?;
                for target in &assign.targets {
                    self.assign(target, value.clone(), scope)?;
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let value = self.eval(value, scope)?;
                    self.assign(&assign.target, value, scope)?;
                }
            }
            Stmt::AugAssign(assign) => {
                let old = self.eval(&assign.target, scope)?;
                let value = self.eval(&assign.value, scope)?;
                let new = self.augment(assign.start(), assign.op, old, &value)?;
                self.assign(&assign.target, new, scope)?;
            }
            Stmt::FunctionDef(def) => self.define(def, scope)?,
            Stmt::If(branch) => return self.branch(branch, scope),
            Stmt::For(each) => return self.each(each, scope),
            Stmt::While(repeat) => {
                while self.eval(&repeat.test, scope)?.truthy() {
                    self.enter(repeat.start())?;
                    self.leave();
                    match self.block(&repeat.body, scope)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => return Ok(Flow::Next),
                        Flow::Return(value) => return Ok(Flow::Return(value)),
                    }
                }
                return self.block(&repeat.orelse, scope);
            }
            Stmt::Return(result) => {
                return Ok(Flow::Return(match &result.value {
                    Some(value) => self.eval(value, scope)?,
                    None => Value::None,
                }));
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    self.delete(target, scope)?;
                }
            }
            Stmt::Pass(_) => {}
            Stmt::Break(_) => return Ok(Flow::Break),
            Stmt::Continue(_) => return Ok(Flow::Continue),
            Stmt::Assert(assert) => {
                if !self.eval(&assert.test, scope)?.truthy() {
                    let message = match &assert.msg {
                        Some(message) => self.eval(message, scope)?.display(),
                        None => "assertion failed".to_owned(),
                    };
                    return Err(self.error(assert.start(), message));
                }
            }
            Stmt::Raise(raise) => {
                return Err(self.raise(raise.exc.as_deref(), raise.start(), scope)?);
            }
            other => return Err(self.refuse(other)),
        }
        Ok(Flow::Next)
    }

    fn refuse(&self, statement: &Stmt) -> Box<EvalError> {
        let what = match statement {
            Stmt::Import(StmtImport { .. }) | Stmt::ImportFrom(StmtImportFrom { .. }) => {
                return Box::new(
                    self.error(statement.start(), "a BUILD file cannot import modules")
                        .hint("write the value here, or define a macro in a file that `build_file_prelude_globs` names"),
                );
            }
            Stmt::ClassDef(_) => "`class`",
            Stmt::Try(_) => "`try`",
            Stmt::With(_) => "`with`",
            Stmt::Match(_) => "`match`",
            Stmt::Global(_) | Stmt::Nonlocal(_) => "`global` or `nonlocal`",
            _ => "this statement",
        };
        self.error(
            statement.start(),
            format!("{what} is not supported in BUILD files"),
        )
    }

    /// The error that a `raise` statement stands for.
    fn raise(
        &mut self,
        exception: Option<&'a Expr>,
        at: TextSize,
        scope: &Rc<Scope<'a>>,
    ) -> Outcome<Box<EvalError>> {
        let message = match exception {
            Some(Expr::Call(call)) => match call.arguments.args.first() {
                Some(argument) => self.eval(argument, scope)?.display(),
                None => "raised by a macro".to_owned(),
            },
            _ => "raised by a macro".to_owned(),
        };
        Ok(self.error(at, message))
    }

    fn branch(&mut self, branch: &'a StmtIf, scope: &Rc<Scope<'a>>) -> Outcome<Flow<'a>> {
        if self.eval(&branch.test, scope)?.truthy() {
            return self.block(&branch.body, scope);
        }
        for clause in &branch.elif_else_clauses {
            let taken = match &clause.test {
                Some(test) => self.eval(test, scope)?.truthy(),
                None => true,
            };
            if taken {
                return self.block(&clause.body, scope);
            }
        }
        Ok(Flow::Next)
    }

    fn each(&mut self, each: &'a StmtFor, scope: &Rc<Scope<'a>>) -> Outcome<Flow<'a>> {
        let iterable = self.eval(&each.iter, scope)?;
        for item in self.iterate(each.iter.start(), &iterable)? {
            self.assign(&each.target, item, scope)?;
            match self.block(&each.body, scope)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
            }
        }
        self.block(&each.orelse, scope)
    }

    fn define(&mut self, def: &'a StmtFunctionDef, scope: &Rc<Scope<'a>>) -> Outcome<()> {
        if let Some(decorator) = def.decorator_list.first() {
            return Err(self.error(
                decorator.start(),
                "decorators are not supported in BUILD files",
            ));
        }
        let function = self.function(
            def.name.as_str(),
            Some(&*def.parameters),
            Body::Block(&def.body),
            scope,
        )?;
        scope.set(def.name.as_str(), function);
        Ok(())
    }

    /// A function value; evaluates the defaults of its parameters.
    pub(super) fn function(
        &mut self,
        name: &'a str,
        parameters: Option<&'a ruff_python_ast::Parameters>,
        body: Body<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Outcome<Value<'a>> {
        let mut defaults = Vec::new();
        for parameter in parameters
            .into_iter()
            .flat_map(ruff_python_ast::Parameters::iter_non_variadic_params)
        {
            if let Some(default) = parameter.default() {
                defaults.push((parameter.name().as_str(), self.eval(default, scope)?));
            }
        }
        let source = self.file.ok_or_else(|| self.error(0.into(), "no file"))?;
        Ok(Value::Function(Rc::new(Function {
            name,
            source,
            parameters,
            body,
            scope: Rc::clone(scope),
            defaults,
        })))
    }

    /// Removes a name or an item.
    fn delete(&mut self, target: &'a Expr, scope: &Rc<Scope<'a>>) -> Outcome<()> {
        let at = target.start();
        match target {
            Expr::Name(name) => scope
                .remove(name.id.as_str())
                .ok_or_else(|| self.error(at, format!("`{}` is not defined here", name.id)))
                .map(drop),
            Expr::Subscript(subscript) => {
                let container = self.eval(&subscript.value, scope)?;
                let key = self.eval(&subscript.slice, scope)?;
                match &container {
                    Value::Dict(dict) => {
                        let removed = dict.borrow_mut().remove(&key);
                        removed
                            .map(drop)
                            .ok_or_else(|| self.error(at, format!("no key {} here", key.repr())))
                    }
                    Value::List(items) => {
                        let index = self.index(at, &key, items.borrow().len())?;
                        items.borrow_mut().remove(index);
                        Ok(())
                    }
                    other => {
                        let message = format!("cannot remove items of a {}", other.type_name());
                        Err(self.error(at, message))
                    }
                }
            }
            _ => Err(self.error(at, "cannot remove this in a BUILD file")),
        }
    }

    /// Binds `value` to a name, an item, or a pattern of them.
    pub(super) fn assign(
        &mut self,
        target: &'a Expr,
        value: Value<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Outcome<()> {
        match target {
            Expr::Name(name) => {
                scope.set(name.id.as_str(), value);
                Ok(())
            }
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, target.start(), &value, scope),
            Expr::List(list) => self.unpack(&list.elts, target.start(), &value, scope),
            Expr::Subscript(subscript) => {
                let container = self.eval(&subscript.value, scope)?;
                let key = self.eval(&subscript.slice, scope)?;
                self.store(target.start(), &container, key, value)
            }
            _ => Err(self.error(target.start(), "cannot assign to this in a BUILD file")),
        }
    }

    fn store(
        &mut self,
        at: TextSize,
        container: &Value<'a>,
        key: Value<'a>,
        value: Value<'a>,
    ) -> Outcome<()> {
        match container {
            Value::Dict(dict) => dict.borrow_mut().insert(key, value),
            Value::List(items) => {
                let index = self.index(at, &key, items.borrow().len())?;
                items.borrow_mut()[index] = value;
            }
            other => {
                return Err(self.error(at, format!("cannot set items of a {}", other.type_name())));
            }
        }
        Ok(())
    }

    fn unpack(
        &mut self,
        targets: &'a [Expr],
        at: TextSize,
        value: &Value<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Outcome<()> {
        let mut items = self.iterate(at, value)?;
        let starred = targets.iter().position(|target| target.is_starred_expr());
        let fits = match starred {
            Some(_) => items.len() + 1 >= targets.len(),
            None => items.len() == targets.len(),
        };
        if !fits {
            let message = format!("{} names for {} values", targets.len(), items.len());
            return Err(self.error(at, message));
        }
        if let Some(at) = starred {
            let taken: Vec<_> = items
                .drain(at..items.len() + at + 1 - targets.len())
                .collect();
            items.insert(at, Value::list(taken));
        }
        for (target, item) in targets.iter().zip(items) {
            let target = match target {
                Expr::Starred(starred) => &starred.value,
                other => other,
            };
            self.assign(target, item, scope)?;
        }
        Ok(())
    }

    /// The items of an iterable value.
    pub(super) fn iterate(&self, at: TextSize, value: &Value<'a>) -> Outcome<Vec<Value<'a>>> {
        value
            .items()
            .ok_or_else(|| self.error(at, format!("a {} cannot be iterated", value.type_name())))
    }

    /// Calls a function defined in a BUILD file.
    pub(super) fn invoke(
        &mut self,
        function: &Rc<Function<'a>>,
        positional: Vec<Value<'a>>,
        keywords: Vec<(Rc<str>, Value<'a>)>,
        at: TextSize,
    ) -> Outcome<Value<'a>> {
        if self.stack.len() >= MAX_CALLS {
            return Err(self.error(at, format!("`{}` calls itself without end", function.name)));
        }
        let scope = Scope::inside(&function.scope);
        self.bind(function, positional, keywords, (&scope, at))?;
        if let Some(source) = self.file {
            self.stack.push(Frame {
                function: function.name.to_owned(),
                place: source.place(at),
            });
        }
        let caller = self.file.replace(function.source);
        let depth = std::mem::take(&mut self.depth);
        let result = match &function.body {
            Body::Block(body) => match self.block(body, &scope) {
                Ok(Flow::Return(value)) => Ok(value),
                Ok(_) => Ok(Value::None),
                Err(error) => Err(error),
            },
            Body::Lambda(body) => self.eval(body, &scope),
        };
        self.depth = depth;
        self.file = caller;
        self.stack.pop();
        result
    }

    /// Gives every parameter its value.
    fn bind(
        &mut self,
        function: &Function<'a>,
        positional: Vec<Value<'a>>,
        mut keywords: Vec<(Rc<str>, Value<'a>)>,
        (scope, at): (&Rc<Scope<'a>>, TextSize),
    ) -> Outcome<()> {
        let Some(parameters) = function.parameters else {
            return Ok(());
        };
        let mut rest = positional.into_iter();
        let by_position = parameters.posonlyargs.iter().chain(&parameters.args);
        let mut missing = Vec::new();
        for (parameter, from_position) in by_position.map(|parameter| (parameter, true)).chain(
            parameters
                .kwonlyargs
                .iter()
                .map(|parameter| (parameter, false)),
        ) {
            let name = parameter.name().as_str();
            let given = if from_position { rest.next() } else { None };
            let named = keywords.iter().position(|(key, _)| &**key == name);
            let value = match (given, named) {
                (Some(_), Some(_)) => {
                    let message = format!("`{}` got `{name}` twice", function.name);
                    return Err(self.error(at, message));
                }
                (Some(value), None) => Some(value),
                (None, Some(index)) => Some(keywords.remove(index).1),
                (None, None) => function
                    .defaults
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| value.clone()),
            };
            match value {
                Some(value) => scope.set(name, value),
                None => missing.push(name),
            }
        }
        if !missing.is_empty() {
            let message = format!("`{}` misses `{}`", function.name, missing.join("`, `"));
            return Err(self.error(at, message));
        }
        let rest: Vec<_> = rest.collect();
        match &parameters.vararg {
            Some(vararg) => scope.set(vararg.name.as_str(), Value::Tuple(rest.into())),
            None if rest.is_empty() => {}
            None => {
                let message = format!("`{}` got {} arguments too many", function.name, rest.len());
                return Err(self.error(at, message));
            }
        }
        match &parameters.kwarg {
            Some(kwarg) => {
                let mut dict = Dict::default();
                for (key, value) in keywords {
                    dict.insert(Value::Str(key), value);
                }
                scope.set(kwarg.name.as_str(), Value::dict(dict));
            }
            None => {
                if let Some((key, _)) = keywords.first() {
                    let message = format!("`{}` has no parameter `{key}`", function.name);
                    return Err(self.error(at, message));
                }
            }
        }
        Ok(())
    }
}
