//! Expressions.

use std::rc::Rc;

use model::nearest;
use ruff_python_ast::{
    BoolOp, Expr, ExprBinOp, ExprBoolOp, ExprCompare, ExprName, ExprNumberLiteral, ExprSlice,
    ExprSubscript, Number,
};
use ruff_text_size::{Ranged, TextSize};

use super::state::{EvalResult, Evaluator, weight};
use crate::error::EvalError;
use crate::exception::{Exception, ExceptionClass};
use crate::python::{self, SliceBounds};
use crate::value::{Body, Scope, Value};
use crate::vocabulary::Symbol;

impl<'a> Evaluator<'a, '_> {
    pub(super) fn eval(&mut self, expr: &'a Expr, scope: &Rc<Scope<'a>>) -> EvalResult<Value<'a>> {
        self.enter(expr.start())?;
        let value = self.eval_inner(expr, scope);
        self.leave();
        value
    }

    fn eval_inner(&mut self, expr: &'a Expr, scope: &Rc<Scope<'a>>) -> EvalResult<Value<'a>> {
        match expr {
            Expr::StringLiteral(text) => Ok(Value::str(text.value.to_str())),
            Expr::BooleanLiteral(literal) => Ok(Value::Bool(literal.value)),
            Expr::NoneLiteral(_) => Ok(Value::None),
            Expr::NumberLiteral(literal) => self.number(literal),
            Expr::FString(text) => self.fstring(text, scope),
            Expr::Name(name) => self.name(name, scope),
            Expr::Call(call) => self.call(call, scope),
            Expr::List(list) => Ok(Value::list(self.elements(&list.elts, scope)?)),
            Expr::Tuple(tuple) => Ok(Value::tuple(self.elements(&tuple.elts, scope)?)),
            Expr::Set(set) => {
                let items = self.elements(&set.elts, scope)?;
                self.set(expr.start(), items)
            }
            Expr::Dict(dict) => self.dict(dict, scope),
            Expr::ListComp(comp) => {
                let items = self.comprehend(&comp.generators, &comp.elt, scope)?;
                Ok(Value::list(items))
            }
            Expr::Generator(comp) => {
                let items = self.comprehend(&comp.generators, &comp.elt, scope)?;
                Ok(Value::iter("generator", items))
            }
            Expr::SetComp(comp) => {
                let items = self.comprehend(&comp.generators, &comp.elt, scope)?;
                self.set(expr.start(), items)
            }
            Expr::DictComp(comp) => self.dict_comprehension(comp, scope),
            Expr::BinOp(op) => self.binary(op, scope),
            Expr::UnaryOp(op) => {
                let value = self.eval(&op.operand, scope)?;
                self.at(op.start(), python::unary(op.op, &value))
            }
            Expr::BoolOp(op) => self.bool_op(op, scope),
            Expr::Compare(compare) => self.compare(compare, scope),
            Expr::If(choice) => match self.eval(&choice.test, scope)?.truthy() {
                true => self.eval(&choice.body, scope),
                false => self.eval(&choice.orelse, scope),
            },
            Expr::Named(named) => {
                let value = self.eval(&named.value, scope)?;
                self.assign(&named.target, value.clone(), scope)?;
                Ok(value)
            }
            Expr::Lambda(lambda) => {
                let body = Body::Lambda(&lambda.body);
                self.function("lambda", lambda.parameters.as_deref(), body, scope)
            }
            Expr::Attribute(attribute) => {
                let value = self.eval(&attribute.value, scope)?;
                self.attribute(attribute.attr.start(), &value, attribute.attr.as_str())
            }
            Expr::Subscript(subscript) => self.subscript(subscript, scope),
            _ => Err(self.unknown_expression(expr)),
        }
    }

    fn unknown_expression(&self, expr: &Expr) -> Box<EvalError> {
        let what = match expr {
            Expr::BytesLiteral(_) => "a bytes literal",
            Expr::Await(_) => "`await`",
            Expr::Yield(_) | Expr::YieldFrom(_) => "`yield`",
            Expr::EllipsisLiteral(_) => "`...`",
            _ => "this expression",
        };
        self.unsupported(expr.start(), what)
    }

    fn number(&self, literal: &ExprNumberLiteral) -> EvalResult<Value<'a>> {
        let at = literal.start();
        match &literal.value {
            Number::Int(value) => {
                let value = value.as_i64().ok_or_else(Exception::large_number);
                Ok(Value::Int(self.at(at, value)?))
            }
            Number::Float(value) => Ok(Value::Float(*value)),
            Number::Complex { .. } => Err(self.unsupported(at, "a complex number")),
        }
    }

    fn name(&mut self, name: &'a ExprName, scope: &Rc<Scope<'a>>) -> EvalResult<Value<'a>> {
        let id = name.id.as_str();
        if let Some(value) = scope.get(id) {
            return Ok(value);
        }
        if let Some(builtin) = python::builtin(id) {
            return Ok(Value::Builtin(builtin.name));
        }
        match self.vocabulary.find(id) {
            Some(Symbol::Constant(data)) => return self.at(name.start(), Value::thaw(&data)),
            Some(_) => return Ok(Value::Symbol(Rc::from(id))),
            None => {}
        }
        let mut names: Vec<&str> = self.vocabulary.names();
        names.extend(scope.names());
        let builtins: Vec<&str> = python::builtin_names().collect();
        names.extend(builtins);
        let near = nearest(id, names);
        let message = format!("`{id}` is not defined");
        let exception = Exception::new(ExceptionClass::NameError, message);
        Err(self.with_suggestion(name.start(), exception, near))
    }

    fn attribute(&self, at: TextSize, value: &Value<'a>, name: &str) -> EvalResult<Value<'a>> {
        python::attribute(value, name).map_err(|exception| {
            let near = nearest(name, python::attribute_names(value));
            self.with_suggestion(at, exception, near)
        })
    }

    fn with_suggestion(
        &self,
        at: TextSize,
        exception: Exception,
        near: Option<&str>,
    ) -> Box<EvalError> {
        let error = self.error(at, exception);
        match near {
            Some(near) => Box::new(error.hint(format!("did you mean `{near}`?"))),
            None => error,
        }
    }

    fn binary(&mut self, op: &'a ExprBinOp, scope: &Rc<Scope<'a>>) -> EvalResult<Value<'a>> {
        let left = self.eval(&op.left, scope)?;
        let right = self.eval(&op.right, scope)?;
        let result = self.at(op.start(), python::binary(op.op, &left, &right))?;
        self.charge(op.start(), weight(&left) + weight(&right) + weight(&result))?;
        Ok(result)
    }

    fn bool_op(&mut self, op: &'a ExprBoolOp, scope: &Rc<Scope<'a>>) -> EvalResult<Value<'a>> {
        let mut value = Value::None;
        for operand in &op.values {
            value = self.eval(operand, scope)?;
            if value.truthy() == (op.op == BoolOp::Or) {
                break;
            }
        }
        Ok(value)
    }

    fn compare(
        &mut self,
        compare: &'a ExprCompare,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Value<'a>> {
        let at = compare.start();
        let mut left = self.eval(&compare.left, scope)?;
        for (op, right) in compare.ops.iter().zip(&compare.comparators) {
            let right = self.eval(right, scope)?;
            if !matches!(right, Value::Dict(_) | Value::Set(_)) {
                self.charge(at, weight(&right))?;
            }
            if !self.at(at, python::compare(*op, &left, &right))? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn subscript(
        &mut self,
        expr: &'a ExprSubscript,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Value<'a>> {
        let container = self.eval(&expr.value, scope)?;
        let at = expr.slice.start();
        if let Expr::Slice(slice) = &*expr.slice {
            let bounds = self.bounds(slice, scope)?;
            let part = self.at(expr.start(), python::slice(&container, &bounds))?;
            self.charge(at, weight(&container))?;
            return Ok(part);
        }
        let key = self.eval(&expr.slice, scope)?;
        if let Value::Str(_) = container {
            self.charge(at, weight(&container))?;
        }
        self.at(at, python::get(&container, &key))
    }

    fn bounds(
        &mut self,
        slice: &'a ExprSlice,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<SliceBounds<'a>> {
        let mut bound = |expr: &'a Option<Box<Expr>>| match expr {
            Some(expr) => self.eval(expr, scope),
            None => Ok(Value::None),
        };
        Ok(SliceBounds {
            lower: bound(&slice.lower)?,
            upper: bound(&slice.upper)?,
            step: bound(&slice.step)?,
        })
    }
}
