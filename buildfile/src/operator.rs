//! Operators on values: arithmetic, concatenation, set algebra, comparison.

use std::cmp::Ordering;
use std::rc::Rc;

use ruff_python_ast::{CmpOp, Operator, UnaryOp};
use ruff_text_size::TextSize;

use super::format;
use super::interpreter::{Interpreter, Outcome};
use super::value::Value;

/// The longest text or list that `*` may build.
const MAX_REPEAT: usize = 1 << 20;

impl<'a> Interpreter<'a, '_> {
    pub(super) fn binary(
        &mut self,
        at: TextSize,
        op: Operator,
        left: &Value<'a>,
        right: &Value<'a>,
    ) -> Outcome<Value<'a>> {
        use Value::{Dict, List, Path, Set, Str, Tuple};
        let result = match (op, left, right) {
            (Operator::Add, Str(a), Str(b)) => Some(Value::str(format!("{a}{b}"))),
            (Operator::Add, List(a), List(b)) => {
                let mut items = a.borrow().clone();
                items.extend(b.borrow().iter().cloned());
                Some(Value::list(items))
            }
            (Operator::Add, Tuple(a), Tuple(b)) => {
                Some(Tuple(a.iter().chain(b.iter()).cloned().collect()))
            }
            (Operator::BitOr, Dict(a), Dict(b)) => {
                let mut merged = a.borrow().clone();
                for (key, value) in &b.borrow().pairs {
                    merged.insert(key.clone(), value.clone());
                }
                Some(Value::dict(merged))
            }
            (Operator::Div, Path(a), Str(b) | Path(b)) => Some(Path(Rc::from(join(a, b)))),
            (Operator::Mod, Str(template), argument) => Some(Value::str(
                format::percent(template, argument).map_err(|message| self.error(at, message))?,
            )),
            (Operator::Mult, Str(_) | List(_) | Tuple(_), count) => self.repeat(at, left, count)?,
            (Operator::Mult, count, Str(_) | List(_) | Tuple(_)) => {
                self.repeat(at, right, count)?
            }
            (_, Set(a), Set(b)) => sets(op, &a.borrow(), &b.borrow()),
            _ => arithmetic(op, left, right).map_err(|message| self.error(at, message))?,
        };
        result.ok_or_else(|| {
            self.error(
                at,
                format!(
                    "`{op}` does not work between a {} and a {}",
                    left.type_name(),
                    right.type_name()
                ),
            )
        })
    }

    /// `a += b`: lists grow in place, as all who share them expect.
    pub(super) fn augment(
        &mut self,
        at: TextSize,
        op: Operator,
        left: Value<'a>,
        right: &Value<'a>,
    ) -> Outcome<Value<'a>> {
        match (&left, op) {
            (Value::List(items), Operator::Add) => {
                let more = self.iterate(at, right)?;
                items.borrow_mut().extend(more);
                Ok(left)
            }
            _ => self.binary(at, op, &left, right),
        }
    }

    fn repeat(
        &self,
        at: TextSize,
        value: &Value<'a>,
        count: &Value<'a>,
    ) -> Outcome<Option<Value<'a>>> {
        let Some(count) = count.as_int() else {
            return Ok(None);
        };
        let count = usize::try_from(count).unwrap_or(0);
        let items = self.iterate(at, value)?;
        if items.len().saturating_mul(count) > MAX_REPEAT {
            return Err(self.error(at, "the result of `*` is too large"));
        }
        let repeated = || items.iter().cycle().take(items.len() * count).cloned();
        Ok(Some(match value {
            Value::Str(text) => Value::str(text.repeat(count)),
            Value::Tuple(_) => Value::Tuple(repeated().collect()),
            _ => Value::list(repeated().collect()),
        }))
    }

    pub(super) fn unary(&self, at: TextSize, op: UnaryOp, value: &Value<'a>) -> Outcome<Value<'a>> {
        match (op, value) {
            (UnaryOp::Not, _) => Ok(Value::Bool(!value.truthy())),
            (UnaryOp::USub, Value::Float(number)) => Ok(Value::Float(-number)),
            (UnaryOp::UAdd, Value::Float(number)) => Ok(Value::Float(*number)),
            _ => {
                let number = value.as_int().and_then(|number| match op {
                    UnaryOp::USub => number.checked_neg(),
                    UnaryOp::Invert => Some(!number),
                    _ => Some(number),
                });
                number.map(Value::Int).ok_or_else(|| {
                    let message = format!("`{op}` does not work on a {}", value.type_name());
                    self.error(at, message)
                })
            }
        }
    }

    pub(super) fn compare(
        &self,
        at: TextSize,
        op: CmpOp,
        left: &Value<'a>,
        right: &Value<'a>,
    ) -> Outcome<bool> {
        let ordering = || {
            order(left, right).ok_or_else(|| {
                let message = format!(
                    "`{op}` does not work between a {} and a {}",
                    left.type_name(),
                    right.type_name()
                );
                self.error(at, message)
            })
        };
        Ok(match op {
            CmpOp::Eq => left.equals(right),
            CmpOp::NotEq => !left.equals(right),
            CmpOp::Is => left.type_name() == right.type_name() && left.equals(right),
            CmpOp::IsNot => left.type_name() != right.type_name() || !left.equals(right),
            CmpOp::In => self.contains(at, right, left)?,
            CmpOp::NotIn => !self.contains(at, right, left)?,
            CmpOp::Lt => ordering()? == Ordering::Less,
            CmpOp::LtE => ordering()? != Ordering::Greater,
            CmpOp::Gt => ordering()? == Ordering::Greater,
            CmpOp::GtE => ordering()? != Ordering::Less,
        })
    }

    fn contains(&self, at: TextSize, container: &Value<'a>, item: &Value<'a>) -> Outcome<bool> {
        match (container, item) {
            (Value::Str(text), Value::Str(part)) => Ok(text.contains(&**part)),
            (Value::Dict(dict), key) => Ok(dict.borrow().get(key).is_some()),
            _ => Ok(self
                .iterate(at, container)?
                .iter()
                .any(|have| have.equals(item))),
        }
    }
}

/// Python's ordering of numbers, texts, and lists of them; `None` if there is none.
pub(super) fn order<'a>(left: &Value<'a>, right: &Value<'a>) -> Option<Ordering> {
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::List(_), Value::List(_)) | (Value::Tuple(_), Value::Tuple(_)) => {
            let (a, b) = (left.items()?, right.items()?);
            for (a, b) in a.iter().zip(&b) {
                match order(a, b)? {
                    Ordering::Equal => {}
                    other => return Some(other),
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        _ => left.number()?.partial_cmp(&right.number()?),
    }
}

fn sets<'a>(op: Operator, a: &[Value<'a>], b: &[Value<'a>]) -> Option<Value<'a>> {
    let within = |item: &Value<'a>, set: &[Value<'a>]| set.iter().any(|have| have.equals(item));
    let items: Vec<Value<'a>> = match op {
        Operator::BitOr => a.iter().chain(b).cloned().collect(),
        Operator::BitAnd => a.iter().filter(|item| within(item, b)).cloned().collect(),
        Operator::Sub => a.iter().filter(|item| !within(item, b)).cloned().collect(),
        Operator::BitXor => a
            .iter()
            .filter(|item| !within(item, b))
            .chain(b.iter().filter(|item| !within(item, a)))
            .cloned()
            .collect(),
        _ => return None,
    };
    Some(Value::set(items))
}

/// `Ok(None)` if the operator does not fit, `Err` if the result is none.
fn arithmetic<'a>(
    op: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
) -> Result<Option<Value<'a>>, String> {
    if let (Some(a), Some(b)) = (left.as_int(), right.as_int())
        && op != Operator::Div
    {
        return integers(op, a, b).map(|value| value.map(Value::Int));
    }
    let (Some(a), Some(b)) = (left.number(), right.number()) else {
        return Ok(None);
    };
    let result = match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b == 0.0 => return Err("division by zero".to_owned()),
        Operator::Div => a / b,
        Operator::Pow => a.powf(b),
        _ => return Ok(None),
    };
    Ok(Some(Value::Float(result)))
}

fn integers(op: Operator, a: i64, b: i64) -> Result<Option<i64>, String> {
    if b == 0 && matches!(op, Operator::FloorDiv | Operator::Mod) {
        return Err("division by zero".to_owned());
    }
    let result = match op {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mult => a.checked_mul(b),
        Operator::FloorDiv => a.checked_div_euclid(b).map(|quotient| {
            // Python rounds towards minus infinity also when the divisor is negative.
            if b < 0 && a.rem_euclid(b) != 0 {
                quotient - 1
            } else {
                quotient
            }
        }),
        Operator::Mod => a
            .checked_rem_euclid(b)
            .map(|rest| if b < 0 && rest != 0 { rest + b } else { rest }),
        Operator::Pow => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        Operator::BitOr => Some(a | b),
        Operator::BitAnd => Some(a & b),
        Operator::BitXor => Some(a ^ b),
        Operator::LShift => u32::try_from(b).ok().and_then(|b| a.checked_shl(b)),
        Operator::RShift => u32::try_from(b).ok().and_then(|b| a.checked_shr(b)),
        _ => return Ok(None),
    };
    result
        .map(Some)
        .ok_or_else(|| "the result is too large".to_owned())
}

/// Joins two paths as `PurePath` does.
fn join(base: &str, part: &str) -> String {
    match (base, part) {
        ("", part) => part.to_owned(),
        (_, part) if part.starts_with('/') => part.to_owned(),
        (base, part) => format!("{base}/{part}"),
    }
}
