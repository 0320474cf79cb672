//! Statements.

use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::{
    Expr, Operator, Stmt, StmtFor, StmtFunctionDef, StmtIf, StmtWhile, StmtWith,
};
use ruff_text_size::{Ranged, TextSize};

use super::state::{EvalResult, Evaluator, weight};
use crate::declaration::Call;
use crate::error::EvalError;
use crate::exception::{Exception, ExceptionClass, LanguageLimit};
use crate::python;
use crate::source::BuildFile;
use crate::value::{Body, Scope, TEXT_FILE, Value};

/// How a statement ended.
pub(super) enum Flow<'a> {
    Next,
    Break,
    Continue,
    Return(Value<'a>),
}

impl<'a> Evaluator<'a, '_> {
    /// Runs the preludes and then the file, which sees their names.
    pub(super) fn run(
        mut self,
        file: &'a Arc<BuildFile>,
        preludes: &'a [Arc<BuildFile>],
    ) -> Result<Vec<Call>, EvalError> {
        let prelude_scope = Scope::module();
        for prelude in preludes {
            self.file = Some(prelude);
            self.block(prelude.body(), &prelude_scope)
                .map_err(|error| *error)?;
        }
        self.file = Some(file);
        let scope = Scope::inside(&prelude_scope);
        match self.block(file.body(), &scope) {
            Ok(_) => Ok(self.calls),
            Err(error) => Err(*error),
        }
    }

    pub(super) fn block(
        &mut self,
        body: &'a [Stmt],
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Flow<'a>> {
        for statement in body {
            self.enter(statement.start())?;
            let flow = self.statement(statement, scope);
            self.leave();
            match flow? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &'a Stmt, scope: &Rc<Scope<'a>>) -> EvalResult<Flow<'a>> {
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
            Stmt::While(repeat) => return self.repeat(repeat, scope),
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
            Stmt::With(with) => return self.with(with, scope),
            Stmt::Pass(_) => {}
            Stmt::Break(_) => return Ok(Flow::Break),
            Stmt::Continue(_) => return Ok(Flow::Continue),
            Stmt::Assert(assert) => {
                if !self.eval(&assert.test, scope)?.truthy() {
                    return Err(self.failed(assert.start(), assert.msg.as_deref(), scope)?);
                }
            }
            Stmt::Raise(raise) => {
                return Err(self.raise(raise.exc.as_deref(), raise.start(), scope)?);
            }
            other => return Err(self.refuse(other)),
        }
        Ok(Flow::Next)
    }

    fn augment(
        &mut self,
        at: TextSize,
        op: Operator,
        old: Value<'a>,
        value: &Value<'a>,
    ) -> EvalResult<Value<'a>> {
        self.charge(at, weight(value))?;
        let new = self.at(at, python::augment(op, old, value))?;
        if !matches!(new, Value::List(_) | Value::Dict(_) | Value::Set(_)) {
            self.charge(at, weight(&new))?;
        }
        Ok(new)
    }

    fn refuse(&self, statement: &Stmt) -> Box<EvalError> {
        let at = statement.start();
        let what = match statement {
            Stmt::Import(_) | Stmt::ImportFrom(_) => {
                let message = "a BUILD file cannot import modules";
                let exception = Exception::refused(LanguageLimit::Syntax, message);
                return Box::new(self.error(at, exception).hint(
                    "write the value here, or define a macro in a file that \
                     `build_file_prelude_globs` names",
                ));
            }
            Stmt::ClassDef(_) => "`class`",
            Stmt::Try(_) => "`try`",
            Stmt::Match(_) => "`match`",
            Stmt::Global(_) | Stmt::Nonlocal(_) => "`global` or `nonlocal`",
            _ => "this statement",
        };
        self.unsupported(at, what)
    }

    /// The error of an `assert` that does not hold.
    fn failed(
        &mut self,
        at: TextSize,
        message: Option<&'a Expr>,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Box<EvalError>> {
        let message = match message {
            Some(message) => {
                let value = self.eval(message, scope)?;
                self.at(at, value.display())?
            }
            None => "assertion failed".to_owned(),
        };
        Ok(self.error(at, Exception::new(ExceptionClass::AssertionError, message)))
    }

    /// The error that a `raise` statement stands for.
    fn raise(
        &mut self,
        exception: Option<&'a Expr>,
        at: TextSize,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Box<EvalError>> {
        let argument = match exception {
            Some(Expr::Call(call)) => call.arguments.args.first(),
            _ => None,
        };
        let message = match argument {
            Some(argument) => {
                let value = self.eval(argument, scope)?;
                self.at(at, value.display())?
            }
            None => "raised by a macro".to_owned(),
        };
        Ok(self.raised(at, message))
    }

    fn branch(&mut self, branch: &'a StmtIf, scope: &Rc<Scope<'a>>) -> EvalResult<Flow<'a>> {
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

    fn repeat(&mut self, repeat: &'a StmtWhile, scope: &Rc<Scope<'a>>) -> EvalResult<Flow<'a>> {
        while self.eval(&repeat.test, scope)?.truthy() {
            match self.block(&repeat.body, scope)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
            }
        }
        self.block(&repeat.orelse, scope)
    }

    /// `with open(…) as file:`; nothing else is entered and left.
    fn with(&mut self, with: &'a StmtWith, scope: &Rc<Scope<'a>>) -> EvalResult<Flow<'a>> {
        for item in &with.items {
            let value = self.eval(&item.context_expr, scope)?;
            if !matches!(&value, Value::Iter(iter) if iter.kind == TEXT_FILE) {
                return Err(self.unsupported(with.start(), "`with` for what is no file"));
            }
            if let Some(target) = &item.optional_vars {
                self.assign(target, value, scope)?;
            }
        }
        self.block(&with.body, scope)
    }

    fn each(&mut self, each: &'a StmtFor, scope: &Rc<Scope<'a>>) -> EvalResult<Flow<'a>> {
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

    fn define(&mut self, def: &'a StmtFunctionDef, scope: &Rc<Scope<'a>>) -> EvalResult<()> {
        if let Some(decorator) = def.decorator_list.first() {
            return Err(self.unsupported(decorator.start(), "a decorator"));
        }
        let name = def.name.as_str();
        let function =
            self.function(name, Some(&*def.parameters), Body::Block(&def.body), scope)?;
        scope.set(name, function);
        Ok(())
    }

    /// Removes a name or an item.
    fn delete(&mut self, target: &'a Expr, scope: &Rc<Scope<'a>>) -> EvalResult<()> {
        let at = target.start();
        match target {
            Expr::Name(name) if scope.remove(name.id.as_str()).is_some() => Ok(()),
            Expr::Name(name) => {
                let message = format!("`{}` is not defined here", name.id);
                Err(self.error(at, Exception::new(ExceptionClass::NameError, message)))
            }
            Expr::Subscript(subscript) => {
                let container = self.eval(&subscript.value, scope)?;
                let key = self.eval(&subscript.slice, scope)?;
                self.charge(at, weight(&container))?;
                self.at(at, python::delete(&container, &key))
            }
            Expr::Tuple(several) => {
                for target in &several.elts {
                    self.delete(target, scope)?;
                }
                Ok(())
            }
            _ => Err(self.unsupported(at, "removing this")),
        }
    }

    /// Binds `value` to a name, an item, or a pattern of them.
    pub(super) fn assign(
        &mut self,
        target: &'a Expr,
        value: Value<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<()> {
        let at = target.start();
        match target {
            Expr::Name(name) => scope.set(name.id.as_str(), value),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, (at, value), scope)?,
            Expr::List(list) => self.unpack(&list.elts, (at, value), scope)?,
            Expr::Subscript(subscript) => {
                let container = self.eval(&subscript.value, scope)?;
                let key = self.eval(&subscript.slice, scope)?;
                self.at(at, python::assign(&container, key, value))?;
            }
            _ => return Err(self.unsupported(at, "assigning to this")),
        }
        Ok(())
    }

    fn unpack(
        &mut self,
        targets: &'a [Expr],
        (at, value): (TextSize, Value<'a>),
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<()> {
        let mut items = self.iterate(at, &value)?;
        let starred = targets.iter().position(Expr::is_starred_expr);
        let fits = match starred {
            Some(_) => items.len() + 1 >= targets.len(),
            None => items.len() == targets.len(),
        };
        if !fits {
            let message = format!("{} names for {} values", targets.len(), items.len());
            return Err(self.error(at, Exception::of_value(message)));
        }
        if let Some(at) = starred {
            let end = items.len() + at + 1 - targets.len();
            let taken = items.drain(at..end).collect();
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
}
