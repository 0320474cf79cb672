//! Values written as Python literals, outside of BUILD files.

use std::sync::Arc;

use ruff_python_ast::{Expr, Number, UnaryOp};

use crate::data::Data;
use crate::limits::MAX_NESTING;

/// The value of a literal, as `ast.literal_eval` reads it, with `true` and `false` as well; `None`
/// if `text` is no literal of texts, numbers, booleans, `None`, and lists, tuples and dicts of them.
///
/// ```
/// let value = buildfile::literal("{'a': [1, -2], 'b': (True,)}").unwrap();
/// assert_eq!(value.to_string(), "{'a': [1, -2], 'b': [True]}");
/// assert_eq!(buildfile::literal("open('x')"), None);
/// ```
#[must_use]
pub fn literal(text: &str) -> Option<Data> {
    let parsed = ruff_python_parser::parse_expression(text.trim()).ok()?;
    value(parsed.expr(), 0)
}

fn value(expr: &Expr, depth: usize) -> Option<Data> {
    if depth > MAX_NESTING {
        return None;
    }
    let all = |items: &[Expr]| {
        let items: Option<Arc<[Data]>> = items.iter().map(|item| value(item, depth + 1)).collect();
        items.map(Data::List)
    };
    Some(match expr {
        Expr::StringLiteral(text) => Data::Str(Arc::from(text.value.to_str())),
        Expr::BooleanLiteral(literal) => Data::Bool(literal.value),
        Expr::NoneLiteral(_) => Data::None,
        Expr::Name(name) => match name.id.as_str() {
            "true" => Data::Bool(true),
            "false" => Data::Bool(false),
            _ => return None,
        },
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(int) => Data::Int(int.as_i64()?),
            Number::Float(float) => Data::Float(*float),
            Number::Complex { .. } => return None,
        },
        Expr::UnaryOp(op) => match (op.op, value(&op.operand, depth + 1)?) {
            (UnaryOp::USub, Data::Int(int)) => Data::Int(int.checked_neg()?),
            (UnaryOp::USub, Data::Float(float)) => Data::Float(-float),
            (UnaryOp::UAdd, number @ (Data::Int(_) | Data::Float(_))) => number,
            _ => return None,
        },
        Expr::List(list) => all(&list.elts)?,
        Expr::Tuple(tuple) => all(&tuple.elts)?,
        Expr::Dict(dict) => {
            let pair = |item: &ruff_python_ast::DictItem| {
                let key = value(item.key.as_ref()?, depth + 1)?;
                Some((key, value(&item.value, depth + 1)?))
            };
            Data::Dict(dict.items.iter().map(pair).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
