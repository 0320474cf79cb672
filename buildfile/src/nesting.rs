//! Looks at the brackets and operators of a text before it is parsed: parsing, and dropping what was
//! parsed, go as deep as expressions are nested, and a stack has an end.

/// How deep brackets may nest.
const MAX_BRACKETS: usize = 200;
/// How many operators may stand in a row, those of the brackets around them included.
const MAX_OPERATORS: usize = 1_000;
/// What an operator counts that the parser goes deeper for: one in front of its operand.
const PREFIX: usize = 5;
/// How far a line may be indented.
const MAX_INDENT: usize = 400;

/// What is said of the brackets of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Nesting {
    /// Where it becomes too deep.
    pub(crate) too_deep: Option<usize>,
    /// The bracket that nothing closes: its place and itself.
    pub(crate) unclosed: Option<(usize, char)>,
}

/// A bracket that is open.
struct Open {
    at: usize,
    bracket: char,
    /// Operators since the last comma.
    operators: usize,
}

/// Reads the brackets of a text. It need not be valid.
pub(crate) fn nesting(text: &str) -> Nesting {
    let mut found = Nesting::default();
    let mut open = vec![Open {
        at: 0,
        bracket: '\n',
        operators: 0,
    }];
    let mut total = 0;
    let mut after_operator = true;
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let mut count = 0;
        match c {
            '#' => {
                while rest.next_if(|(_, c)| *c != '\n').is_some() {}
                continue;
            }
            '"' | '\'' => {
                let end = end_of_text(text, at);
                if is_formatted(&text[..at]) && depth(&text[at..end]) > MAX_BRACKETS / 2 {
                    found.too_deep = Some(at);
                    return found;
                }
                while rest.next_if(|(next, _)| *next < end).is_some() {}
                after_operator = false;
                continue;
            }
            '(' | '[' | '{' => {
                // A call or a subscript is one more step of a chain.
                count = usize::from(!after_operator);
                open.push(Open {
                    at,
                    bracket: c,
                    operators: 0,
                });
                after_operator = true;
            }
            ')' | ']' | '}' => {
                if open.len() > 1 {
                    let closed = open.pop();
                    total -= closed.as_ref().map_or(0, |one| one.operators);
                    let fits = closed.filter(|one| closes(one.bracket) != c);
                    if let (Some(one), None) = (fits, found.unclosed) {
                        found.unclosed = Some((one.at, one.bracket));
                    }
                }
                after_operator = false;
            }
            ',' | ';' => {
                reset(&mut open, &mut total);
                after_operator = true;
            }
            '\n' => {
                if open.len() == 1 {
                    reset(&mut open, &mut total);
                    after_operator = true;
                }
                let line = &text[at + 1..];
                let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
                if open.len() == 1 && indent > MAX_INDENT {
                    found.too_deep = Some(at + 1);
                    return found;
                }
            }
            c if c.is_whitespace() || c == '\\' => {}
            c if c.is_alphanumeric() || c == '_' => {
                let word = &text[at..];
                let end = word.find(|c: char| !c.is_alphanumeric() && c != '_');
                let word = &word[..end.unwrap_or(word.len())];
                while rest.next_if(|(next, _)| *next < at + word.len()).is_some() {}
                let nests = matches!(word, "not" | "lambda" | "if" | "else" | "await" | "yield");
                count = if nests { PREFIX } else { 0 };
                after_operator = nests || matches!(word, "in" | "is" | "and" | "or" | "return");
            }
            _ => {
                let power = c == '*' && text[at + 1..].starts_with('*');
                if power {
                    rest.next();
                }
                count = if after_operator || power { PREFIX } else { 1 };
                after_operator = true;
            }
        }
        let level = match (c, open.len()) {
            ('(' | '[' | '{', levels) => levels.saturating_sub(2),
            (_, levels) => levels - 1,
        };
        open[level].operators += count;
        total += count;
        if total > MAX_OPERATORS || open.len() > MAX_BRACKETS {
            found.too_deep = Some(at);
            return found;
        }
    }
    if let (Some(one), None) = (open[1..].last(), found.unclosed) {
        found.unclosed = Some((one.at, one.bracket));
    }
    found
}

fn closes(bracket: char) -> char {
    match bracket {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

fn reset(open: &mut [Open], total: &mut usize) {
    if let Some(last) = open.last_mut() {
        *total -= last.operators;
        last.operators = 0;
    }
}

/// Whether the letters before a quote say that what is in braces is code.
fn is_formatted(before: &str) -> bool {
    let letters = before.chars().rev().take(2);
    letters
        .take_while(char::is_ascii_alphabetic)
        .any(|letter| matches!(letter, 'f' | 'F' | 't' | 'T'))
}

/// How deep the brackets within a text nest.
fn depth(text: &str) -> usize {
    let mut deepest = 0;
    let mut now: usize = 0;
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => now += 1,
            ')' | ']' | '}' => now = now.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(now);
    }
    deepest
}

/// Where the literal ends that begins with the quote at `start`.
fn end_of_text(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let quote = &rest[..1];
    let triple = quote.repeat(3);
    let is_triple = rest.starts_with(&triple);
    let closing = if is_triple { triple.as_str() } else { quote };
    let mut at = closing.len();
    while let Some(c) = rest[at..].chars().next() {
        if rest[at..].starts_with(closing) {
            return start + at + closing.len();
        }
        if c == '\n' && !is_triple {
            break;
        }
        at += c.len_utf8();
        if c == '\\' {
            at += rest[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    start + at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_and_unclosed() {
        let deep = |text: &str| nesting(text).too_deep.is_some();
        assert!(!deep("a = [1, 2, (3)]\nf(x=g(1) + 'a(((' + 2)  # ((("));
        assert!(!deep(&format!("x = [{}]", "'a' 'b',\n".repeat(100_000))));
        assert!(!deep(
            &"target(name='x', tags=['a'] + ['b'])\n".repeat(10_000)
        ));
        for part in [
            "(",
            "-",
            "not ",
            "1+",
            "f()",
            ".a",
            "lambda: ",
            "x if y else ",
            "2**",
            "[0]",
        ] {
            assert!(deep(&format!("x = a{}", part.repeat(80_000))), "{part}");
        }
        assert!(deep(&format!("x = f'{{{}'", "(".repeat(300))));
        assert!(deep(&format!("\n{}if x:", " ".repeat(500))));
        let unclosed = |text: &str| nesting(text).unclosed;
        assert_eq!(unclosed("f(a=[1, 2)\n"), Some((4, '[')));
        assert_eq!(unclosed("f(a=1\ng(b=2)\n"), Some((1, '(')));
        assert_eq!(unclosed("f('(', \"\"\"[\"\"\")"), None);
        assert_eq!(unclosed("'(\n)"), None);
    }
}
