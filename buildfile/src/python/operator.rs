//! Operators on values: arithmetic, concatenation, set algebra, comparison.

use std::cmp::Ordering;
use std::rc::Rc;

use ruff_python_ast::{CmpOp, Operator, UnaryOp};

use super::format;
use super::set::{common, keys, member};
use crate::exception::{Exception, ExceptionClass, LanguageLimit};
use crate::limits::MAX_SIZE;
use crate::value::{Dict, Key, Keys, Set, SetKind, Value, ViewKind};

/// `left op right`.
///
/// # Errors
/// The operator does not fit the values, or there is no result.
pub(crate) fn binary<'a>(
    op: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
) -> Result<Value<'a>, Exception> {
    use Value::{Dict as D, List, Path, Str, Tuple};
    match (op, left, right) {
        (Operator::Add, Str(a), Str(b)) => {
            sized(a.len() + b.len())?;
            Ok(Value::str(format!("{a}{b}")))
        }
        (Operator::Add, List(_), List(_)) => Ok(Value::list(joined(left, right)?)),
        (Operator::Add, Tuple(_), Tuple(_)) => Ok(Value::tuple(joined(left, right)?)),
        (Operator::BitOr, D(a), D(b)) => {
            let mut merged = a.borrow().clone();
            merged.extend(b.borrow().clone());
            Ok(Value::dict(Dict::new(merged)))
        }
        (Operator::Div, Path(a), Str(b) | Path(b)) => Ok(Path(Rc::from(join_paths(a, b)))),
        (Operator::Mod, Str(template), argument) => {
            format::percent(template, argument).map(Value::str)
        }
        (Operator::Mult, Str(_) | List(_) | Tuple(_), count) if count.as_int().is_some() => {
            repeat(left, count)
        }
        (Operator::Mult, count, Str(_) | List(_) | Tuple(_)) if count.as_int().is_some() => {
            repeat(right, count)
        }
        _ => match (members(left), members(right)) {
            (Some(a), Some(b)) => sets(op, left, (a, b)).ok_or_else(|| misfit(op, left, right)),
            _ => arithmetic(op, left, right)?.ok_or_else(|| misfit(op, left, right)),
        },
    }
}

fn misfit(op: Operator, left: &Value<'_>, right: &Value<'_>) -> Exception {
    let (left, right) = (left.type_name(), right.type_name());
    Exception::of_type(format!(
        "`{op}` does not work between a {left} and a {right}"
    ))
}

/// `left op= right`: what can change is changed in place, as all who share it expect.
///
/// # Errors
/// As of [`binary`].
pub(crate) fn augment<'a>(
    op: Operator,
    left: Value<'a>,
    right: &Value<'a>,
) -> Result<Value<'a>, Exception> {
    match (&left, op) {
        (Value::List(items), Operator::Add) => {
            let more = right.items()?;
            sized(items.borrow().len() + more.len())?;
            items.borrow_mut().extend(more);
            Ok(left)
        }
        (Value::List(items), Operator::Mult) => {
            let repeated = binary(op, &left, right)?.items()?;
            *items.borrow_mut() = repeated;
            Ok(left)
        }
        (
            Value::Set(set),
            Operator::BitOr | Operator::BitAnd | Operator::Sub | Operator::BitXor,
        ) if set.kind == SetKind::Set => {
            let result = keys(&binary(op, &left, right)?)?;
            *set.borrow_mut() = result;
            Ok(left)
        }
        (Value::Dict(dict), Operator::BitOr) => {
            let more = match right {
                Value::Dict(other) => other.borrow().clone(),
                _ => return Err(misfit(op, &left, right)),
            };
            dict.borrow_mut().extend(more);
            Ok(left)
        }
        _ => binary(op, &left, right),
    }
}

fn joined<'a>(left: &Value<'a>, right: &Value<'a>) -> Result<Vec<Value<'a>>, Exception> {
    let mut items = left.items()?;
    let more = right.items()?;
    sized(items.len() + more.len())?;
    items.extend(more);
    Ok(items)
}

fn repeat<'a>(value: &Value<'a>, count: &Value<'a>) -> Result<Value<'a>, Exception> {
    let count = usize::try_from(count.as_int().unwrap_or_default()).unwrap_or(0);
    if let Value::Str(text) = value {
        sized(text.len().saturating_mul(count))?;
        return Ok(Value::str(text.repeat(count)));
    }
    let items = value.items()?;
    sized(items.len().saturating_mul(count))?;
    let repeated = items.iter().cycle().take(items.len() * count).cloned();
    Ok(match value {
        Value::Tuple(_) => Value::tuple(repeated.collect()),
        _ => Value::list(repeated.collect()),
    })
}

fn sized(length: usize) -> Result<(), Exception> {
    match length > MAX_SIZE {
        true => Err(Exception::refused(
            LanguageLimit::LargeResult,
            "the result is too large",
        )),
        false => Ok(()),
    }
}

/// `op value`.
///
/// # Errors
/// The operator does not fit the value.
pub(crate) fn unary<'a>(op: UnaryOp, value: &Value<'a>) -> Result<Value<'a>, Exception> {
    let misfit = || {
        let message = format!("`{op}` does not work on a {}", value.type_name());
        Exception::of_type(message)
    };
    match (op, value) {
        (UnaryOp::Not, _) => Ok(Value::Bool(!value.truthy())),
        (UnaryOp::USub, Value::Float(number)) => Ok(Value::Float(-number)),
        (UnaryOp::UAdd, Value::Float(number)) => Ok(Value::Float(*number)),
        _ => {
            let number = value.as_int().ok_or_else(misfit)?;
            let result = match op {
                UnaryOp::USub => number.checked_neg().ok_or_else(Exception::large_number)?,
                UnaryOp::Invert => !number,
                _ => number,
            };
            Ok(Value::Int(result))
        }
    }
}

/// `left op right` for comparisons.
///
/// # Errors
/// The values cannot be compared so.
pub(crate) fn compare<'a>(
    op: CmpOp,
    left: &Value<'a>,
    right: &Value<'a>,
) -> Result<bool, Exception> {
    // A view that is like a set is compared as one.
    let viewed = |value: &Value<'a>| match members(value) {
        Some(keys) => Value::Set(Rc::new(Set::new(SetKind::Set, keys))),
        None => value.clone(),
    };
    let order = || match (left, right) {
        (Value::View(_), _) | (_, Value::View(_)) => viewed(left).order(&viewed(right)),
        _ => left.order(right),
    };
    Ok(match op {
        CmpOp::Eq => left.equals(right)?,
        CmpOp::NotEq => !left.equals(right)?,
        CmpOp::Is => left.is(right),
        CmpOp::IsNot => !left.is(right),
        CmpOp::In => contains(right, left)?,
        CmpOp::NotIn => !contains(right, left)?,
        CmpOp::Lt => order()? == Some(Ordering::Less),
        CmpOp::LtE => matches!(order()?, Some(Ordering::Less | Ordering::Equal)),
        CmpOp::Gt => order()? == Some(Ordering::Greater),
        CmpOp::GtE => matches!(order()?, Some(Ordering::Greater | Ordering::Equal)),
    })
}

fn contains<'a>(container: &Value<'a>, item: &Value<'a>) -> Result<bool, Exception> {
    match (container, item) {
        (Value::Str(text), Value::Str(part)) => Ok(text.contains(&**part)),
        (Value::Str(_), _) => {
            let message = format!("a {} cannot be part of a str", item.type_name());
            Err(Exception::of_type(message))
        }
        (Value::Dict(dict), key) => Ok(dict.borrow().contains_key(&Key::new(key.clone())?)),
        (Value::Set(set), item) => Ok(set.borrow().contains(&member(item)?)),
        (Value::View(view), key) if view.kind == ViewKind::Keys => {
            Ok(view.dict.borrow().contains_key(&Key::new(key.clone())?))
        }
        (Value::Range(range), _) if item.as_int().is_some() => Ok(item
            .as_int()
            .and_then(|number| range.position(number))
            .is_some()),
        (Value::Iter(iter), _) => {
            // What is passed over on the way is used up.
            while let Some(next) = iter.next() {
                if next.is(item) || next.equals(item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Ok(item.position_in(&container.items()?)?.is_some()),
    }
}

/// The members of what set operators work on.
fn members<'a>(value: &Value<'a>) -> Option<Keys<'a>> {
    match value {
        Value::Set(set) => Some(set.borrow().clone()),
        Value::View(view) if view.kind != ViewKind::Values => keys(value).ok(),
        _ => None,
    }
}

fn sets<'a>(op: Operator, left: &Value<'a>, (a, b): (Keys<'a>, Keys<'a>)) -> Option<Value<'a>> {
    let result: Keys<'a> = match op {
        Operator::BitOr => a.into_iter().chain(b).collect(),
        Operator::BitAnd => common(a, b),
        Operator::Sub => a.into_iter().filter(|key| !b.contains(key)).collect(),
        Operator::BitXor => a.symmetric_difference(&b).cloned().collect(),
        _ => return None,
    };
    let kind = match left {
        Value::Set(set) => set.kind,
        _ => SetKind::Set,
    };
    Some(Value::Set(Rc::new(Set::new(kind, result))))
}

/// `None` if the operator does not fit.
fn arithmetic<'a>(
    op: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
) -> Result<Option<Value<'a>>, Exception> {
    if let (Value::Bool(a), Value::Bool(b)) = (left, right) {
        match op {
            Operator::BitAnd => return Ok(Some(Value::Bool(a & b))),
            Operator::BitOr => return Ok(Some(Value::Bool(a | b))),
            Operator::BitXor => return Ok(Some(Value::Bool(a ^ b))),
            _ => {}
        }
    }
    if let (Some(a), Some(b)) = (left.as_int(), right.as_int()) {
        return integers(op, a, b);
    }
    let (Some(a), Some(b)) = (left.number(), right.number()) else {
        return Ok(None);
    };
    let by_zero = b == 0.0;
    let result = match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div | Operator::FloorDiv | Operator::Mod if by_zero => return Err(zero()),
        Operator::Div => a / b,
        Operator::FloorDiv => floor_division(a, b).0,
        Operator::Mod => floor_division(a, b).1,
        Operator::Pow => power(a, b)?,
        _ => return Ok(None),
    };
    Ok(Some(Value::Float(result)))
}

fn zero() -> Exception {
    Exception::new(ExceptionClass::ZeroDivisionError, "division by zero")
}

fn integers<'a>(op: Operator, a: i64, b: i64) -> Result<Option<Value<'a>>, Exception> {
    const EXACT: i64 = 1 << 53; // The floats up to here hold every whole number.
    if b == 0 && matches!(op, Operator::Div | Operator::FloorDiv | Operator::Mod) {
        return Err(zero());
    }
    let shift = |b: i64| match u32::try_from(b) {
        Ok(b) => Ok(b),
        Err(_) if b < 0 => Err(Exception::of_value("a shift cannot be negative")),
        Err(_) => Ok(u32::MAX),
    };
    let result = match op {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mult => a.checked_mul(b),
        #[expect(clippy::cast_precision_loss, reason = "the numbers are checked to fit")]
        Operator::Div if a.unsigned_abs() <= EXACT as u64 && b.unsigned_abs() <= EXACT as u64 => {
            return Ok(Some(Value::Float(a as f64 / b as f64)));
        }
        Operator::Div => None,
        // Python rounds towards minus infinity, whatever the signs are.
        Operator::FloorDiv => a
            .checked_div(b)
            .map(|quotient| quotient - i64::from(a % b != 0 && (a < 0) != (b < 0))),
        Operator::Mod => a
            .checked_rem(b)
            .map(|rest| {
                if rest != 0 && (rest < 0) != (b < 0) {
                    rest + b
                } else {
                    rest
                }
            })
            .or(Some(0)),
        Operator::Pow if b < 0 => {
            #[expect(clippy::cast_precision_loss, reason = "Python rounds the same way")]
            return power(a as f64, b as f64).map(|float| Some(Value::Float(float)));
        }
        Operator::Pow if matches!(a, -1..=1) => Some(if b == 0 || a == -1 && b % 2 == 0 {
            1
        } else {
            a
        }),
        Operator::Pow => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        Operator::BitOr => Some(a | b),
        Operator::BitAnd => Some(a & b),
        Operator::BitXor => Some(a ^ b),
        Operator::LShift => match shift(b)? {
            _ if a == 0 => Some(0),
            b @ ..=62 => a.checked_mul(1 << b),
            _ => None,
        },
        Operator::RShift => Some(a >> shift(b)?.min(63)),
        Operator::MatMult => return Ok(None),
    };
    match result {
        Some(result) => Ok(Some(Value::Int(result))),
        None => Err(Exception::large_number()),
    }
}

/// Quotient and rest of two floats, as CPython's `float_divmod` computes them.
fn floor_division(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0_f64.copysign(a / b), rest);
    }
    let floor = quotient.floor();
    (
        if quotient - floor > 0.5 {
            floor + 1.0
        } else {
            floor
        },
        rest,
    )
}

fn power(a: f64, b: f64) -> Result<f64, Exception> {
    if a == 0.0 && b < 0.0 {
        return Err(zero());
    }
    if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 {
        let message = "the result would be a complex number";
        return Err(Exception::refused(LanguageLimit::ComplexNumber, message));
    }
    let result = a.powf(b);
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(Exception::new(
            ExceptionClass::OverflowError,
            "the result is too large",
        ));
    }
    Ok(result)
}

/// Joins two paths as `PurePath` does.
fn join_paths(base: &str, part: &str) -> String {
    match (base, part) {
        ("", part) => part.to_owned(),
        (_, part) if part.starts_with('/') => part.to_owned(),
        (base, part) => format!("{base}/{part}"),
    }
}
