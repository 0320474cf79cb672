//! Conditions on a part of a text: `'linux' in sys_platform`, `platform_machine in 'x86_64 AMD64'`.
//!
//! `pep508_rs` takes each of them for a variable of its own, which may hold whatever `sys_platform` is:
//! a requirement of Linux would be one of Windows as well. A marker that is read has them decided for
//! the values that usual platforms have, and asks them of other values alone. A marker that is
//! written says them as they were.

use pep508_rs::{MarkerExpression, MarkerOperator, MarkerTree, MarkerTreeKind, MarkerValueString};

/// The usual values of a variable.
fn usual(variable: &MarkerValueString) -> &'static [&'static str] {
    match variable {
        MarkerValueString::SysPlatform => &["linux", "darwin", "win32"],
        MarkerValueString::OsName => &["posix", "nt"],
        MarkerValueString::PlatformSystem => &["Linux", "Darwin", "Windows"],
        MarkerValueString::PlatformMachine => &["x86_64", "AMD64", "aarch64", "arm64"],
        MarkerValueString::ImplementationName => &["cpython", "pypy"],
        MarkerValueString::PlatformPythonImplementation => &["CPython", "PyPy"],
        _ => &[],
    }
}

/// The marker with conditions on parts decided for usual values.
pub(crate) fn decided(marker: MarkerTree) -> MarkerTree {
    if !is_in(&marker) {
        return marker;
    }
    let clauses = marker.to_dnf().into_iter();
    clauses.fold(MarkerTree::FALSE, |any, clause| {
        or(
            any,
            clause
                .into_iter()
                .map(of_literal)
                .fold(MarkerTree::TRUE, and),
        )
    })
}

fn of_literal(literal: MarkerExpression) -> MarkerTree {
    let Some(positive) = positive(&literal) else {
        return MarkerTree::expression(literal);
    };
    let is_positive = positive == literal;
    let (holding, others) = sides(&positive);
    let decided = or(holding, and(MarkerTree::expression(positive), others));
    match is_positive {
        true => decided,
        false => decided.negate(),
    }
}

/// Where conditions of the marker on parts are what they are for usual values; `None` if it has no such
/// condition. Within this, the marker is as it was before they were decided.
pub(crate) fn consistent(marker: &MarkerTree) -> Option<MarkerTree> {
    if !is_in(marker) {
        return None;
    }
    let literals = marker.to_dnf().into_iter().flatten();
    let positive = literals.filter_map(|literal| positive(&literal));
    Some(positive.fold(MarkerTree::TRUE, |all, positive| {
        let (holding, others) = sides(&positive);
        let condition = MarkerTree::expression(positive);
        let without = and(
            or(holding.clone(), others.clone()).negate(),
            condition.negate(),
        );
        and(all, or(or(and(holding, condition), without), others))
    }))
}

fn and(mut one: MarkerTree, other: MarkerTree) -> MarkerTree {
    one.and(other);
    one
}

fn or(mut one: MarkerTree, other: MarkerTree) -> MarkerTree {
    one.or(other);
    one
}

/// The condition that the part is there, if the literal is about a part.
fn positive(literal: &MarkerExpression) -> Option<MarkerExpression> {
    let MarkerExpression::String {
        key,
        operator,
        value,
    } = literal
    else {
        return None;
    };
    let operator = match operator {
        MarkerOperator::In | MarkerOperator::NotIn => MarkerOperator::In,
        MarkerOperator::Contains | MarkerOperator::NotContains => MarkerOperator::Contains,
        _ => return None,
    };
    (!usual(key).is_empty()).then(|| MarkerExpression::String {
        key: key.clone(),
        operator,
        value: value.clone(),
    })
}

/// Where the variable has a usual value for which the condition holds, and where it has no usual one.
fn sides(positive: &MarkerExpression) -> (MarkerTree, MarkerTree) {
    let (mut holding, mut others) = (MarkerTree::FALSE, MarkerTree::TRUE);
    if let MarkerExpression::String {
        key,
        operator,
        value,
    } = positive
    {
        for one in usual(key) {
            let here = MarkerTree::expression(MarkerExpression::String {
                key: key.clone(),
                operator: MarkerOperator::Equal,
                value: (*one).to_owned(),
            });
            others.and(here.negate());
            let holds = match operator {
                MarkerOperator::In => value.contains(one),
                _ => one.contains(value.as_str()),
            };
            if holds {
                holding.or(here);
            }
        }
    }
    (holding, others)
}

/// Whether a condition on a part of such a variable is in the marker.
fn is_in(tree: &MarkerTree) -> bool {
    let is_here = |key: &MarkerValueString| !usual(key).is_empty();
    match tree.kind() {
        MarkerTreeKind::True | MarkerTreeKind::False => false,
        MarkerTreeKind::In(node) => {
            is_here(node.key()) || node.children().any(|(_, tree)| is_in(&tree))
        }
        MarkerTreeKind::Contains(node) => {
            is_here(node.key()) || node.children().any(|(_, tree)| is_in(&tree))
        }
        MarkerTreeKind::Version(node) => node.edges().any(|(_, tree)| is_in(&tree)),
        MarkerTreeKind::String(node) => node.children().any(|(_, tree)| is_in(&tree)),
        MarkerTreeKind::Extra(node) => node.children().any(|(_, tree)| is_in(&tree)),
    }
}
