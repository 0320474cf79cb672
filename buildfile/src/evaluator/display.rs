//! What is written out item by item: collections, comprehensions and f-strings.

use std::rc::Rc;

use ruff_python_ast::{
    Comprehension, ConversionFlag, Expr, ExprDict, ExprDictComp, ExprFString, FStringPart,
    InterpolatedElement, InterpolatedStringElement, InterpolatedStringElements,
};
use ruff_text_size::{Ranged, TextSize};

use super::state::{EvalResult, Evaluator};
use crate::python::{self, ascii};
use crate::value::{Dict, Key, Pairs, Scope, SetKind, Value};

/// What a comprehension does with each combination of its clauses.
type Yield<'y, 'a, 'v> =
    &'y mut dyn FnMut(&mut Evaluator<'a, 'v>, &Rc<Scope<'a>>) -> EvalResult<()>;

impl<'a, 'v> Evaluator<'a, 'v> {
    /// The items of a list, tuple or set display, with `*` unpacked.
    pub(super) fn elements(
        &mut self,
        elts: &'a [Expr],
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Vec<Value<'a>>> {
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

    pub(super) fn set(&self, at: TextSize, items: Vec<Value<'a>>) -> EvalResult<Value<'a>> {
        self.at(at, Value::set(SetKind::Set, items))
    }

    pub(super) fn dict(
        &mut self,
        dict: &'a ExprDict,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Value<'a>> {
        let mut pairs = Pairs::default();
        for item in &dict.items {
            let at = item.value.start();
            match &item.key {
                Some(key) => {
                    let key = self.eval(key, scope)?;
                    let value = self.eval(&item.value, scope)?;
                    pairs.insert(self.at(at, Key::new(key))?, value);
                }
                None => match self.eval(&item.value, scope)? {
                    Value::Dict(other) => {
                        self.charge(at, other.borrow().len())?;
                        pairs.extend(other.borrow().clone());
                    }
                    other => {
                        let message = format!("`**` needs a dict, not a {}", other.type_name());
                        return Err(self.misfit(at, message));
                    }
                },
            }
        }
        Ok(Value::dict(Dict::new(pairs)))
    }

    pub(super) fn dict_comprehension(
        &mut self,
        comp: &'a ExprDictComp,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Value<'a>> {
        let mut pairs = Pairs::default();
        let inner = Scope::inside(scope);
        self.generate(&comp.generators, &inner, &mut |this, scope| {
            let Some(key) = &comp.key else {
                return Err(this.unsupported(comp.start(), "this comprehension"));
            };
            let key = this.eval(key, scope)?;
            let value = this.eval(&comp.value, scope)?;
            pairs.insert(this.at(comp.start(), Key::new(key))?, value);
            Ok(())
        })?;
        Ok(Value::dict(Dict::new(pairs)))
    }

    /// The values of a comprehension or generator.
    pub(super) fn comprehend(
        &mut self,
        generators: &'a [Comprehension],
        element: &'a Expr,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Vec<Value<'a>>> {
        let mut items = Vec::new();
        let inner = Scope::inside(scope);
        self.generate(generators, &inner, &mut |this, scope| {
            items.push(this.eval(element, scope)?);
            Ok(())
        })?;
        Ok(items)
    }

    /// Runs `each` for every combination that the `for … if …` clauses produce.
    fn generate(
        &mut self,
        generators: &'a [Comprehension],
        scope: &Rc<Scope<'a>>,
        each: Yield<'_, 'a, 'v>,
    ) -> EvalResult<()> {
        let Some((first, rest)) = generators.split_first() else {
            return each(self, scope);
        };
        let iterable = self.eval(&first.iter, scope)?;
        'items: for item in self.iterate(first.iter.start(), &iterable)? {
            self.assign(&first.target, item, scope)?;
            for condition in &first.ifs {
                if !self.eval(condition, scope)?.truthy() {
                    continue 'items;
                }
            }
            self.generate(rest, scope, each)?;
        }
        Ok(())
    }

    pub(super) fn fstring(
        &mut self,
        text: &'a ExprFString,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<Value<'a>> {
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
    ) -> EvalResult<()> {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => result.push_str(&literal.value),
                InterpolatedStringElement::Interpolation(inner) => {
                    let text = self.interpolation(inner, scope)?;
                    self.charge(inner.start(), text.len() / 16)?;
                    result.push_str(&text);
                }
            }
        }
        Ok(())
    }

    fn interpolation(
        &mut self,
        element: &'a InterpolatedElement,
        scope: &Rc<Scope<'a>>,
    ) -> EvalResult<String> {
        let at = element.start();
        let mut value = self.eval(&element.expression, scope)?;
        let mut spec = String::new();
        if let Some(format_spec) = &element.format_spec {
            self.interpolate(&format_spec.elements, &mut spec, scope)?;
        }
        let shown = match element.conversion {
            // `{value=}` shows what `repr` gives, unless it is formatted.
            ConversionFlag::None if element.debug_text.is_some() && spec.is_empty() => {
                Some(self.at(at, value.repr())?)
            }
            ConversionFlag::None => None,
            ConversionFlag::Str => Some(self.at(at, value.display())?),
            ConversionFlag::Repr => Some(self.at(at, value.repr())?),
            ConversionFlag::Ascii => Some(ascii(&self.at(at, value.repr())?)),
        };
        if let Some(shown) = shown {
            value = Value::str(shown);
        }
        let formatted = self.at(at, python::with_spec(&value, &spec))?;
        Ok(match &element.debug_text {
            Some(debug) => debug.as_str().to_owned() + &formatted,
            None => formatted,
        })
    }
}
