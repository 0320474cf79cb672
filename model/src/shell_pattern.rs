//! Patterns of names as Python's `fnmatch` reads them.

use regex::Regex;

/// A pattern of names: `*`, `?`, `[set]`, `[!set]`; everything else means itself.
///
/// Source: <https://docs.python.org/3/library/fnmatch.html>.
#[derive(Debug, Clone)]
pub struct ShellPattern(Regex);

impl ShellPattern {
    /// Reads a pattern. `None` for a set that can match nothing, such as `[z-a]`.
    #[must_use]
    pub fn parse(pattern: &str) -> Option<Self> {
        let mut regex = String::from("(?s)^");
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            match (chars[at], set_end(&chars, at)) {
                ('*', _) => regex.push_str(".*"),
                ('?', _) => regex.push('.'),
                ('[', Some(end)) => {
                    regex.push_str(&set(&chars[at + 1..end]));
                    at = end;
                }
                (c, _) => regex.push_str(&regex::escape(&c.to_string())),
            }
            at += 1;
        }
        regex.push('$');
        Regex::new(&regex).ok().map(Self)
    }

    /// Whether a name fits as a whole.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

/// The position of the `]` that closes the set at `at`; one right at its start is a member.
fn set_end(chars: &[char], at: usize) -> Option<usize> {
    let first = at + 1 + usize::from(chars.get(at + 1) == Some(&'!'));
    let end = chars.iter().skip(first + 1).position(|&c| c == ']')?;
    Some(first + 1 + end)
}

fn set(members: &[char]) -> String {
    let (negated, members) = match members {
        ['!', rest @ ..] => ("^", rest),
        all => ("", all),
    };
    let escape = |&c: &char| match c {
        '\\' | '[' | ']' | '^' | '&' | '~' => format!("\\{c}"),
        _ => c.to_string(),
    };
    format!(
        "[{negated}{}]",
        members.iter().map(escape).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let fits = |pattern: &str, name: &str| {
            ShellPattern::parse(pattern).is_some_and(|pattern| pattern.matches(name))
        };
        for (pattern, name, expect) in [
            ("*.t?t", "a.txt", true),
            ("*.t?t", "a.tt", false),
            ("A?C", "AC", false),
            ("[AB]_*", "B_x", true),
            ("[!a]b", "cb", true),
            ("[!a]b", "ab", false),
            ("[A-C]X", "BX", true),
            ("[]a]", "]", true),
            ("[]x]", "]", true),
            ("[", "[", true),
            ("[z-a]", "z", false),
            ("{a,b}", "{a,b}", true),
            ("*_*_*", "a_b", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, name), expect, "{pattern} {name}");
        }
    }
}
