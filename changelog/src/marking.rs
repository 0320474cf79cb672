//! Prepares the source of a template: what minijinja does otherwise than Jinja becomes a call of a function.
//!
//! Literals that a template may change are handed to [`GROWING`], and the operands of `%`, which formats texts in
//! Python, to [`REMAINDER`]; `macros` has what macros do otherwise. Text outside tags, comments, the marks of raw blocks and string literals are left alone.

use std::ops::Range;

use crate::macros;
use crate::tags::{TemplatePiece, Token, code, inner, pieces, tokens};

/// The function that lists and dictionaries are handed to.
pub(crate) const GROWING: &str = "__growing";
/// The function that is Python's `%`.
pub(crate) const REMAINDER: &str = "__remainder";
/// The source with the calls.
pub(crate) fn marked(source: &str) -> String {
    let pieces = macros::marked(pieces(source));
    let marked = pieces.into_iter().map(|piece| match piece {
        TemplatePiece::Text(text) => text,
        TemplatePiece::Tag(tag) => with_remainders(with_growing(&tag)),
    });
    marked.collect()
}

/// A tag whose empty literals, and what `set` gives a name, can change. `[]` cannot mean anything else: an empty
/// subscript is no Jinja.
fn with_growing(tag: &str) -> String {
    let mut out = String::new();
    let named = named_value(tag).unwrap_or(tag.len()..tag.len());
    let mut copied = 0;
    let mut until = |at: usize, out: &mut String| {
        out.push_str(&tag[copied..at]);
        copied = at;
    };
    let mut before: Option<(usize, char)> = None;
    let inner = inner(tag);
    for (at, c) in tag.char_indices().filter(|(at, _)| inner.contains(at)) {
        if at == named.start {
            until(at, &mut out);
            // Two brackets, since values with commas are a tuple.
            out.push_str(GROWING);
            out.push_str("((");
        }
        let empty = before.filter(|(_, open)| matches!((open, c), ('[', ']') | ('{', '}')));
        if let Some((open, _)) = empty.filter(|(open, _)| tag[open + 1..at].trim().is_empty())
            && is_code(tag, at)
        {
            until(open, &mut out);
            out.push_str(GROWING);
            out.push('(');
            until(at + 1, &mut out);
            out.push(')');
        }
        if !c.is_whitespace() {
            before = Some((at, c));
        }
        if at + c.len_utf8() == named.end {
            until(named.end, &mut out);
            out.push_str("))");
        }
    }
    until(tag.len(), &mut out);
    out
}

fn is_code(tag: &str, at: usize) -> bool {
    code(tag).any(|(place, _)| place == at)
}

/// Where the value is that `{% set NAME = … %}` names. What several names are given is left as it is.
fn named_value(tag: &str) -> Option<Range<usize>> {
    let inner = inner(tag);
    let statement = tag
        .starts_with("{%")
        .then(|| tag[inner.clone()].trim_start())?;
    let target = statement
        .strip_prefix("set")?
        .strip_prefix(char::is_whitespace)?;
    let (name, value) = target.split_once('=')?;
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let value = value.trim_start();
    let end = inner.end - (value.len() - value.trim_end().len());
    let start = inner.end - value.len();
    (name.trim().chars().all(is_of_name) && start < end).then_some(start..end)
}

/// A tag whose `%` are calls.
fn with_remainders(mut tag: String) -> String {
    let mut from = 2;
    while let Some((left, right)) = remainder(&tag, from) {
        let call = format!("{REMAINDER}(({}), (", &tag[left.clone()]);
        // There may be others in the right operand.
        from = left.start + call.len();
        tag = [
            &tag[..left.start],
            &call,
            &tag[right.clone()],
            "))",
            &tag[right.end..],
        ]
        .concat();
    }
    tag
}

/// The operands of the first `%` from a place on. Where another operator of the same or a higher rank is beside them,
/// they are numbers, which minijinja computes.
fn remainder(tag: &str, from: usize) -> Option<(Range<usize>, Range<usize>)> {
    let inner = inner(tag);
    let tokens = tokens(tag, &inner);
    let operators = tokens.iter().enumerate();
    let mut operators =
        operators.filter(|(_, token)| token.start >= from && tag[token.range()] == *"%");
    operators.find_map(|(at, _)| {
        let first = operand_before(tag, &tokens[..at])?;
        let after = operand_after(tag, &tokens[at + 1..])?;
        let text = |token: Option<&Token>| token.map_or("", |token| &tag[token.range()]);
        let is_product = |text: &str| matches!(text, "*" | "/");
        let before = first.checked_sub(1).and_then(|before| tokens.get(before));
        let next = at + 1 + after;
        if is_product(text(before))
            || text(tokens.get(next)) == "*" && text(tokens.get(next + 1)) == "*"
        {
            return None;
        }
        let end = tokens[next - 1].end;
        Some((
            tokens[first].start..tokens[at - 1].end,
            tokens[at + 1].start..end,
        ))
    })
}

/// Words that are no operand.
const KEYWORDS: [&str; 8] = ["and", "else", "if", "in", "is", "not", "or", "set"];

fn is_operand(tag: &str, token: Token) -> bool {
    let text = &tag[token.range()];
    let is_value = text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '\''));
    is_value && !KEYWORDS.contains(&text)
}

/// The index of the first token of the operand that these tokens end with.
fn operand_before(tag: &str, tokens: &[Token]) -> Option<usize> {
    let text = |at: usize| tokens.get(at).map_or("", |token| &tag[token.range()]);
    let mut at = tokens.len();
    loop {
        at = at.checked_sub(1)?;
        if matches!(text(at), ")" | "]" | "}") {
            let mut depth = 1;
            while depth > 0 {
                at = at.checked_sub(1)?;
                match text(at) {
                    ")" | "]" | "}" => depth += 1,
                    "(" | "[" | "{" => depth -= 1,
                    _ => {}
                }
            }
            // Arguments or a subscript of what is before.
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            if text(at) != "{"
                && before.is_some_and(|before| {
                    is_operand(tag, *before) || matches!(&tag[before.range()], ")" | "]")
                })
            {
                continue;
            }
        } else if !is_operand(tag, tokens[at]) {
            return None;
        }
        match at.checked_sub(1).map(text) {
            Some("." | "|") => at -= 1,
            // A sign, unless something is subtracted from what is before.
            Some("-" | "+") => {
                let before = at.checked_sub(2).and_then(|before| tokens.get(before));
                let subtracts = before.is_some_and(|before| {
                    is_operand(tag, *before) || matches!(&tag[before.range()], ")" | "]" | "}")
                });
                return Some(if subtracts { at } else { at - 1 });
            }
            _ => return Some(at),
        }
    }
}

/// How many of these tokens are the operand that they begin with.
fn operand_after(tag: &str, tokens: &[Token]) -> Option<usize> {
    let text = |at: usize| tokens.get(at).map_or("", |token| &tag[token.range()]);
    let closed = |mut at: usize| {
        let mut depth = 0_usize;
        loop {
            match text(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                "" => return None,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                return Some(at);
            }
        }
    };
    let mut at = usize::from(matches!(text(0), "-" | "+"));
    at = match text(at) {
        "(" | "[" | "{" => closed(at)?,
        _ => {
            is_operand(tag, *tokens.get(at)?).then_some(())?;
            at + 1
        }
    };
    loop {
        at = match text(at) {
            "(" | "[" => closed(at)?,
            "." | "|" => at + 2,
            _ => return Some(at.min(tokens.len())),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: &str, expect: &str) {
        assert_eq!(marked(tag), expect);
    }

    #[test]
    fn what_can_change() {
        check(
            "{% set a = [] %}[]{# [] #}",
            "{% set a = __growing((__growing([]))) %}[]{# [] #}",
        );
        check(
            "{%- set a.b = x.split() -%}",
            "{%- set a.b = __growing((x.split())) -%}",
        );
        check(
            "{% set a = 1, '[]' %}",
            "{% set a = __growing((1, '[]')) %}",
        );
        check(
            "{% set a, b = c %}{% set a %}",
            "{% set a, b = c %}{% set a %}",
        );
        check(
            "{{ f({ }, x=[]) }}",
            "{{ f(__growing({ }), x=__growing([])) }}",
        );
    }

    #[test]
    fn operands_of_remainders() {
        check(
            "{{ '%s' % a.b[0]|f('%') ~ c }}",
            "{{ __remainder(('%s'), (a.b[0]|f('%'))) ~ c }}",
        );
        check(
            "{{ a - x|f(1) % (b % c) }}",
            "{{ a - __remainder((x|f(1)), ((__remainder((b), (c))))) }}",
        );
        check(
            "{{ f(a)['%'] % -1 % 2 }}",
            "{{ __remainder((__remainder((f(a)['%']), (-1))), (2)) }}",
        );
        check(
            "{%- if a %}% b %{% endif -%}",
            "{%- if a %}% b %{% endif -%}",
        );
        for number in [
            "{{ 2 * 7 % 4 }}",
            "{{ 2 % 3 ** 4 }}",
            "{{ % a }}",
            "{{ a % }}",
            "{{ a if % b }}",
        ] {
            check(number, number);
        }
    }
}
