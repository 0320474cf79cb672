//! Splits arguments in settings as a POSIX shell does: `--pytest-args="-k 'a or b' -q"`.
//!
//! Source: <https://docs.python.org/3/library/shlex.html#shlex.split>.

/// The words of a line; `None` where a quote is not closed.
#[must_use]
pub fn shell_words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => quoted(&mut chars, word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().push(chars.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// Reads to the end of a double quote.
fn quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => return Some(()),
            '\\' => match chars.next()? {
                c @ ('"' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_line() {
        let check = |line, expect: &[&str]| {
            let words = shell_words(line);
            assert_eq!(
                words.as_deref(),
                Some(&*expect.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
            );
        };
        check("-k alpha  -q", &["-k", "alpha", "-q"]);
        check("-k 'a or b' --x=\"c d\"e", &["-k", "a or b", "--x=c de"]);
        check(r#"a\ b "c\"d\n" ''"#, &["a b", "c\"d\\n", ""]);
        check("", &[]);
        assert_eq!(shell_words("-k 'open"), None);
        assert_eq!(shell_words("\"open"), None);
        assert_eq!(shell_words("a\\"), None);
    }
}
