//! `==`, `<` and `in`.

use std::cmp::Ordering;

use super::types::Value;
use crate::exception::{Exception, LanguageLimit};
use crate::limits::{MAX_NESTING, MAX_PARTS};

/// How far a comparison may still go.
struct Comparison {
    nesting: usize,
    parts: usize,
}

impl<'a> Value<'a> {
    /// Python's `==`.
    ///
    /// # Errors
    /// The values are too large or too deep.
    pub(crate) fn equals(&self, other: &Self) -> Result<bool, Exception> {
        Comparison::new().equal(self, other)
    }

    /// What is before what; `None` if one of them is no number.
    ///
    /// # Errors
    /// The values have no order.
    pub(crate) fn order(&self, other: &Self) -> Result<Option<Ordering>, Exception> {
        Comparison::new().order(self, other)
    }

    /// The position of the first item that is or equals this value.
    ///
    /// # Errors
    /// The values are too large or too deep.
    pub(crate) fn position_in(&self, items: &[Self]) -> Result<Option<usize>, Exception> {
        let mut comparison = Comparison::new();
        for (at, item) in items.iter().enumerate() {
            if same(item, self, &mut comparison)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

/// What is one value is equal, without looking at its parts.
fn same<'a>(a: &Value<'a>, b: &Value<'a>, comparison: &mut Comparison) -> Result<bool, Exception> {
    Ok(a.is(b) || comparison.equal(a, b)?)
}

impl Comparison {
    fn new() -> Self {
        Self {
            nesting: MAX_NESTING,
            parts: MAX_PARTS,
        }
    }

    fn descend(&mut self) -> Result<(), Exception> {
        if self.nesting == 0 || self.parts == 0 {
            let message = "these values are nested too deeply to be compared";
            return Err(Exception::refused(LanguageLimit::Nesting, message));
        }
        self.nesting -= 1;
        self.parts -= 1;
        Ok(())
    }

    fn equal<'a>(&mut self, a: &Value<'a>, b: &Value<'a>) -> Result<bool, Exception> {
        self.descend()?;
        let equal = self.equal_inner(a, b);
        self.nesting += 1;
        equal
    }

    fn equal_inner<'a>(&mut self, a: &Value<'a>, b: &Value<'a>) -> Result<bool, Exception> {
        use Value::{Dict, Function, List, Object, Parametrize, Path, Range, Set, Str, Tuple};
        Ok(match (a, b) {
            (Str(a), Str(b)) | (Path(a), Path(b)) => a == b,
            (List(_), List(_)) if a.is(b) => true,
            (List(a), List(b)) => self.equal_items(&a.borrow(), &b.borrow())?,
            (Tuple(a), Tuple(b)) => self.equal_items(a, b)?,
            (Range(a), Range(b)) => {
                let (len, last) = (a.len(), a.len().saturating_sub(1));
                len == b.len() && (len == 0 || a.start == b.start && a.get(last) == b.get(last))
            }
            (Set(a), Set(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                a.len() == b.len() && a.iter().all(|key| b.contains(key))
            }
            (Dict(_), Dict(_)) if a.is(b) => true,
            (Dict(a), Dict(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (key, value) in a.iter() {
                    let other = b.get(key);
                    if !other.map_or(Ok(false), |other| same(value, other, self))? {
                        return Ok(false);
                    }
                }
                true
            }
            (Object(a), Object(b)) => a == b,
            (Parametrize(a), Parametrize(b)) => a == b,
            (Function(_), _) => a.is(b),
            _ => match (a.number(), b.number()) {
                (Some(_), Some(_)) => numbers(a, b) == Some(Ordering::Equal),
                _ => a.is(b),
            },
        })
    }

    fn equal_items<'a>(&mut self, a: &[Value<'a>], b: &[Value<'a>]) -> Result<bool, Exception> {
        if a.len() != b.len() {
            return Ok(false);
        }
        for (a, b) in a.iter().zip(b) {
            if !same(a, b, self)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn order<'a>(&mut self, a: &Value<'a>, b: &Value<'a>) -> Result<Option<Ordering>, Exception> {
        self.descend()?;
        let order = match (a, b) {
            (Value::Str(a), Value::Str(b)) => Ok(Some(a.cmp(b))),
            (Value::List(a), Value::List(b)) => self.order_items(&a.borrow(), &b.borrow()),
            (Value::Tuple(a), Value::Tuple(b)) => self.order_items(a, b),
            (Value::Set(a), Value::Set(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                Ok(
                    match (
                        a.iter().all(|key| b.contains(key)),
                        b.iter().all(|key| a.contains(key)),
                    ) {
                        (true, true) => Some(Ordering::Equal),
                        (true, false) => Some(Ordering::Less),
                        (false, true) => Some(Ordering::Greater),
                        (false, false) => None,
                    },
                )
            }
            _ if a.number().is_some() && b.number().is_some() => Ok(numbers(a, b)),
            _ => {
                let (a, b) = (a.type_name(), b.type_name());
                let message = format!("cannot order a {a} and a {b}");
                Err(Exception::of_type(message))
            }
        };
        self.nesting += 1;
        order
    }

    /// The order of the first items that differ.
    fn order_items<'a>(
        &mut self,
        a: &[Value<'a>],
        b: &[Value<'a>],
    ) -> Result<Option<Ordering>, Exception> {
        for (a, b) in a.iter().zip(b) {
            if !same(a, b, self)? {
                return self.order(a, b);
            }
        }
        Ok(Some(a.len().cmp(&b.len())))
    }
}

/// The order of two numbers, exactly: a float is not rounded to compare it, nor is an int.
fn numbers(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a.as_int(), b.as_int()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (Some(a), None) => int_and_float(a, b.number()?),
        (None, Some(b)) => int_and_float(b, a.number()?).map(Ordering::reverse),
        (None, None) => a.number()?.partial_cmp(&b.number()?),
    }
}

fn int_and_float(int: i64, float: f64) -> Option<Ordering> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2 ** 63
    if float.is_nan() {
        return None;
    }
    if float >= LIMIT {
        return Some(Ordering::Less);
    }
    if float < -LIMIT {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "it lies within 64 bits")]
    let whole = float.trunc() as i64;
    let fraction = float - float.trunc();
    Some(int.cmp(&whole).then(0.0.partial_cmp(&fraction)?))
}
