//! Evaluates expressions: literals, names, comprehensions, subscripts, f-strings.

use std::rc::Rc;

use ruff_python_ast::{
    BoolOp, Comprehension, ConversionFlag, Expr, ExprFString, ExprName, ExprSlice, ExprSubscript,
    FStringPart, InterpolatedStringElement, InterpolatedStringElements, Number,
};
use ruff_text_size::{Ranged, TextSize};

use super::interpreter::{Interpreter, Outcome};
use super::value::{Body, Dict, Scope, Value};
use super::{builtins, format};
use model::nearest;

impl<'a> Interpreter<'a, '_> {
    pub(super) fn eval(&mut self, expr: &'a Expr, scope: &Rc<Scope<'a>>) -> Outcome<Value<'a>> {
        self.enter(expr.start())?;
        let value = self.eval_inner(expr, scope);
        self.leave();
        value
    }

    fn eval_inner(&mut self, expr: &'a Expr, scope: &Rc<Scope<'a>>) -> Outcome<Value<'a>> {
        match expr {
            Expr::StringLiteral(text) => Ok(Value::str(text.value.to_str())),
            Expr::Name(name) => self.name(name, scope),
            Expr::Call(call) => self.call(call, scope),
            Expr::List(list) => Ok(Value::list(self.elements(&list.elts, scope)?)),
            Expr::Tuple(tuple) => Ok(Value::Tuple(self.elements(&tuple.elts, scope)?.into())),
            Expr::Set(set) => Ok(Value::set(self.elements(&set.elts, scope)?)),
            Expr::Dict(dict) => self.dict(dict, scope),
            Expr::BooleanLiteral(literal) => Ok(Value::Bool(literal.value)),
            Expr::NoneLiteral(_) => Ok(Value::None),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(value) => value
                    .as_i64()
                    .map(Value::Int)
                    .ok_or_else(|| self.error(expr.start(), "this number is too large")),
                Number::Float(value) => Ok(Value::Float(*value)),
                Number::Complex { .. } => Err(self.unsupported(expr)),
            },
            Expr::FString(text) => self.fstring(text, scope),
            Expr::BinOp(op) => {
                let left = self.eval(&op.left, scope)?;
                let right = self.eval(&op.right, scope)?;
                self.binary(op.start(), op.op, &left, &right)
            }
            Expr::UnaryOp(op) => {
                let value = self.eval(&op.operand, scope)?;
                self.unary(op.start(), op.op, &value)
            }
            Expr::BoolOp(op) => {
                let mut value = Value::None;
                for operand in &op.values {
                    value = self.eval(operand, scope)?;
                    if value.truthy() == (op.op == BoolOp::Or) {
                        break;
                    }
                }
                Ok(value)
            }
            Expr::Compare(compare) => {
                let mut left = self.eval(&compare.left, scope)?;
                for (op, right) in compare.ops.iter().zip(&compare.comparators) {
                    let right = self.eval(right, scope)?;
                    if !self.compare(compare.start(), *op, &left, &right)? {
                        return Ok(Value::Bool(false));
                    }
                    left = right;
                }
                Ok(Value::Bool(true))
            }
            Expr::If(choice) => {
                if self.eval(&choice.test, scope)?.truthy() {
                    self.eval(&choice.body, scope)
                } else {
                    self.eval(&choice.orelse, scope)
                }
            }
            Expr::Named(named) => {
                let value = self.eval(&named.value, scope)?;
                self.assign(&named.target, value.clone(), scope)?;
                Ok(value)
            }
            Expr::Lambda(lambda) => self.function(
                "lambda",
                lambda.parameters.as_deref(),
                Body::Lambda(&lambda.body),
                scope,
            ),
            Expr::Attribute(attribute) => {
                let value = self.eval(&attribute.value, scope)?;
                self.attribute(attribute.attr.start(), value, attribute.attr.as_str())
            }
            Expr::Subscript(subscript) => self.subscript(subscript, scope),
            Expr::ListComp(comp) => Ok(Value::list(self.comprehend(
                &comp.generators,
                &comp.elt,
                scope,
            )?)),
            Expr::Generator(comp) => Ok(Value::list(self.comprehend(
                &comp.generators,
                &comp.elt,
                scope,
            )?)),
            Expr::SetComp(comp) => Ok(Value::set(self.comprehend(
                &comp.generators,
                &comp.elt,
                scope,
            )?)),
            Expr::DictComp(comp) => {
                let mut dict = Dict::default();
                let inner = Scope::inside(scope);
                self.generate(&comp.generators, &inner, &mut |this, scope| {
                    let key = match &comp.key {
                        Some(key) => this.eval(key, scope)?,
                        None => return Err(this.unsupported(expr)),
                    };
                    let value = this.eval(&comp.value, scope)?;
                    dict.insert(key, value);
                    Ok(())
                })?;
                Ok(Value::dict(dict))
            }
            _ => Err(self.unsupported(expr)),
        }
    }

    fn unsupported(&self, expr: &Expr) -> Box<super::EvalError> {
        let what = match expr {
            Expr::BytesLiteral(_) => "a bytes literal",
            Expr::Await(_) => "`await`",
            Expr::Yield(_) | Expr::YieldFrom(_) => "`yield`",
            Expr::EllipsisLiteral(_) => "`...`",
            _ => "this expression",
        };
        self.error(
            expr.start(),
            format!("{what} is not supported in BUILD files"),
        )
    }

    fn name(&mut self, name: &'a ExprName, scope: &Rc<Scope<'a>>) -> Outcome<Value<'a>> {
        let id = name.id.as_str();
        if let Some(value) = scope.get(id) {
            return Ok(value);
        }
        if id == "PANTS_VERSION" {
            return Ok(Value::str(self.context.pants_version));
        }
        if let Some(builtin) = builtins::find(id) {
            return Ok(Value::Builtin(builtin));
        }
        if self.context.target_types.names().binary_search(&id).is_ok() {
            return Ok(Value::TargetType(Rc::from(id)));
        }
        let near = {
            let own = scope.names();
            nearest(
                id,
                own.into_iter()
                    .chain(self.context.target_types.names().iter().copied())
                    .chain(builtins::NAMES.iter().copied()),
            )
        };
        let error = self.error(name.start(), format!("`{id}` is not defined"));
        Err(match near {
            Some(near) => Box::new(error.hint(format!("did you mean `{near}`?"))),
            None => error,
        })
    }

    /// The items of a list, tuple or set display, with `*` unpacked.
    fn elements(&mut self, elts: &'a [Expr], scope: &Rc<Scope<'a>>) -> Outcome<Vec<Value<'a>>> {
        let mut items = Vec::with_capacity(elts.len());
        for elt in elts {
            match elt {
                Expr::Starred(starred) => {
                    let value = self.eval(&starred.value, scope)?;
                    items.extend(self.iterate(starred.start(), &value)?);
                }
                other => items.push(self.eval(other, scope)?),
            }
        }
        Ok(items)
    }

    fn dict(
        &mut self,
        dict: &'a ruff_python_ast::ExprDict,
        scope: &Rc<Scope<'a>>,
    ) -> Outcome<Value<'a>> {
        let mut result = Dict::default();
        for item in &dict.items {
            let value = self.eval(&item.value, scope)?;
            match (&item.key, value) {
                (Some(key), value) => {
                    let key = self.eval(key, scope)?;
                    result.insert(key, value);
                }
                (None, Value::Dict(other)) => {
                    for (key, value) in &other.borrow().pairs {
                        result.insert(key.clone(), value.clone());
                    }
                }
                (None, other) => {
                    let message = format!("`**` needs a dict, not a {}", other.type_name());
                    return Err(self.error(item.value.start(), message));
                }
            }
        }
        Ok(Value::dict(result))
    }

    fn comprehend(
        &mut self,
        generators: &'a [Comprehension],
        element: &'a Expr,
        scope: &Rc<Scope<'a>>,
    ) -> Outcome<Vec<Value<'a>>> {
        let mut items = Vec::new();
        let inner = Scope::inside(scope);
        self.generate(generators, &inner, &mut |this, scope| {
            items.push(this.eval(element, scope)?);
            Ok(())
        })?;
        Ok(items)
    }

    /// Runs `yield_one` for every combination that the `for … if …` clauses produce.
    fn generate(
        &mut self,
        generators: &'a [Comprehension],
        scope: &Rc<Scope<'a>>,
        yield_one: &mut dyn FnMut(&mut Self, &Rc<Scope<'a>>) -> Outcome<()>,
    ) -> Outcome<()> {
        let Some((first, rest)) = generators.split_first() else {
            return yield_one(self, scope);
        };
        let iterable = self.eval(&first.iter, scope)?;
        'items: for item in self.iterate(first.iter.start(), &iterable)? {
            self.assign(&first.target, item, scope)?;
            for condition in &first.ifs {
                if !self.eval(condition, scope)?.truthy() {
                    continue 'items;
                }
            }
            self.generate(rest, scope, yield_one)?;
        }
        Ok(())
    }

    fn subscript(&mut self, expr: &'a ExprSubscript, scope: &Rc<Scope<'a>>) -> Outcome<Value<'a>> {
        let container = self.eval(&expr.value, scope)?;
        if let Expr::Slice(slice) = &*expr.slice {
            return self.slice(expr.start(), &container, slice, scope);
        }
        let key = self.eval(&expr.slice, scope)?;
        match &container {
            Value::Dict(dict) => {
                let found = dict.borrow().get(&key).cloned();
                found.ok_or_else(|| {
                    self.error(expr.slice.start(), format!("no key {} here", key.repr()))
                })
            }
            _ => {
                let items = self.iterate(expr.start(), &container)?;
                let index = self.index(expr.slice.start(), &key, items.len())?;
                Ok(items[index].clone())
            }
        }
    }

    /// A list index counted from either end.
    pub(super) fn index(&self, at: TextSize, key: &Value<'a>, len: usize) -> Outcome<usize> {
        let Some(index) = key.as_int() else {
            let message = format!("an index must be an int, not a {}", key.type_name());
            return Err(self.error(at, message));
        };
        let size = i64::try_from(len).unwrap_or(i64::MAX);
        usize::try_from(if index < 0 { index + size } else { index })
            .ok()
            .filter(|index| *index < len)
            .ok_or_else(|| self.error(at, format!("index {index} is out of range")))
    }

    fn slice(
        &mut self,
        at: TextSize,
        container: &Value<'a>,
        slice: &'a ExprSlice,
        scope: &Rc<Scope<'a>>,
    ) -> Outcome<Value<'a>> {
        let mut bounds = [None, None, None];
        for (bound, expr) in bounds
            .iter_mut()
            .zip([&slice.lower, &slice.upper, &slice.step])
        {
            if let Some(expr) = expr {
                *bound = self.eval(expr, scope)?.as_int();
            }
        }
        let items = self.iterate(at, container)?;
        let picked = pick(&items, bounds[0], bounds[1], bounds[2].unwrap_or(1))
            .ok_or_else(|| self.error(at, "a slice step cannot be 0"))?;
        Ok(match container {
            Value::Str(_) => {
                let parts: Vec<String> = picked.iter().map(Value::display).collect();
                Value::str(parts.concat())
            }
            Value::Tuple(_) => Value::Tuple(picked.into()),
            _ => Value::list(picked),
        })
    }

    fn fstring(&mut self, text: &'a ExprFString, scope: &Rc<Scope<'a>>) -> Outcome<Value<'a>> {
        let mut result = String::new();
        for part in &text.value {
            match part {
                FStringPart::Literal(literal) => result.push_str(literal.as_str()),
                FStringPart::FString(fstring) => {
                    self.interpolate(&fstring.elements, &mut result, scope)?;
                }
            }
        }
        Ok(Value::str(result))
    }

    fn interpolate(
        &mut self,
        elements: &'a InterpolatedStringElements,
        result: &mut String,
        scope: &Rc<Scope<'a>>,
    ) -> Outcome<()> {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => result.push_str(&literal.value),
                InterpolatedStringElement::Interpolation(inner) => {
                    let mut value = self.eval(&inner.expression, scope)?;
                    if let Some(debug) = &inner.debug_text {
                        result.push_str(debug.as_str());
                    }
                    match inner.conversion {
                        ConversionFlag::None if inner.debug_text.is_some() => {
                            value = Value::str(value.repr());
                        }
                        ConversionFlag::None => {}
                        ConversionFlag::Str => value = Value::str(value.display()),
                        ConversionFlag::Ascii | ConversionFlag::Repr => {
                            value = Value::str(value.repr());
                        }
                    }
                    let mut spec = String::new();
                    if let Some(format_spec) = &inner.format_spec {
                        self.interpolate(&format_spec.elements, &mut spec, scope)?;
                    }
                    let text = format::with_spec(&value, &spec)
                        .map_err(|message| self.error(inner.start(), message))?;
                    result.push_str(&text);
                }
            }
        }
        Ok(())
    }
}

/// The items of a Python slice; `None` if the step is 0.
fn pick<T: Clone>(
    items: &[T],
    lower: Option<i64>,
    upper: Option<i64>,
    step: i64,
) -> Option<Vec<T>> {
    let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let clamp = |bound: i64, low: i64, high: i64| {
        (if bound < 0 { bound + len } else { bound }).clamp(low, high)
    };
    let at = |index: i64| {
        usize::try_from(index)
            .ok()
            .and_then(|index| items.get(index))
    };
    let mut picked = Vec::new();
    match step {
        0 => return None,
        1.. => {
            let end = upper.map_or(len, |bound| clamp(bound, 0, len));
            let mut index = lower.map_or(0, |bound| clamp(bound, 0, len));
            while index < end {
                picked.extend(at(index).cloned());
                index = index.saturating_add(step);
            }
        }
        _ => {
            let end = upper.map_or(-1, |bound| clamp(bound, -1, len - 1));
            let mut index = lower.map_or(len - 1, |bound| clamp(bound, -1, len - 1));
            while index > end {
                picked.extend(at(index).cloned());
                index = index.saturating_add(step);
            }
        }
    }
    Some(picked)
}
