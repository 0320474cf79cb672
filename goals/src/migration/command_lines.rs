//! Command lines of Pants in workflows, scripts and documents.

/// A command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// Where it begins, counted from 1.
    pub line: usize,
    /// As it stands there, on one line.
    pub text: String,
    /// The words behind `pants`.
    pub words: Vec<String>,
}

/// What stands for a value that is not known before the shell or a workflow puts it in.
const UNKNOWN: &str = "VALUE";
/// Words that begin a command of Pants, besides options.
const GOALS: &[&str] = &[
    "check",
    "count-loc",
    "dependees",
    "dependencies",
    "dependents",
    "deploy",
    "export",
    "export-codegen",
    "filedeps",
    "filter",
    "fix",
    "fmt",
    "generate-lockfiles",
    "goals",
    "help",
    "help-advanced",
    "help-all",
    "lint",
    "list",
    "package",
    "paths",
    "peek",
    "publish",
    "py-constraints",
    "repl",
    "roots",
    "run",
    "tailor",
    "targets",
    "test",
    "update-build-files",
    "validate",
    "version",
];

/// The command lines in a text.
pub fn command_lines(text: &str) -> Vec<CommandLine> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = at + 1;
        let mut whole = lines[at].trim_end().to_owned();
        at += 1;
        while whole.ends_with('\\') && at < lines.len() {
            whole.pop();
            whole.push_str(lines[at].trim());
            at += 1;
        }
        let mut rest = whole.as_str();
        while let Some((before, after)) = next_call(rest) {
            let command = without_descriptor(until_end(after, before), after);
            if let Some(words) = words(command) {
                let text = format!("pants {}", command.trim());
                found.push(CommandLine { line, text, words });
            }
            rest = after;
        }
    }
    found
}

/// The character before the next word `pants`, and what stands behind it.
fn next_call(text: &str) -> Option<(Option<char>, &str)> {
    let mut from = 0;
    while let Some(at) = text[from..].find("pants").map(|at| at + from) {
        let before = text[..at].trim_end_matches("./").chars().next_back();
        let after = &text[at + "pants".len()..];
        let begins = before.is_none_or(|one| one.is_whitespace() || "`'\"($;|&:".contains(one));
        if begins && after.starts_with(' ') {
            return Some((before, after));
        }
        from = at + "pants".len();
    }
    None
}

/// The command up to where the shell, or the quotes around it, end it.
fn until_end(text: &str, before: Option<char>) -> &str {
    let mut quote = None;
    let mut depth = 0_usize;
    let mut last = ' ';
    for (at, one) in text.char_indices() {
        match (quote, one) {
            (Some(open), _) if open == one => quote = None,
            (Some(_), _) => {}
            (None, '`') => return &text[..at],
            (None, '\'' | '"') if before == Some(one) => return &text[..at],
            (None, '\'' | '"') => quote = Some(one),
            (None, '{' | '(') if last == '$' || depth > 0 => depth += 1,
            (None, '}' | ')') if depth > 0 => depth -= 1,
            (None, ';' | '|' | '&' | ')' | '>') if depth == 0 => return &text[..at],
            (None, '#') if last == ' ' => return &text[..at],
            _ => {}
        }
        last = one;
    }
    text
}

/// The command without the number of the stream that a `>` behind it redirects.
fn without_descriptor<'t>(command: &'t str, after: &str) -> &'t str {
    let is_redirected = after[command.len()..].starts_with('>');
    let number = command
        .strip_suffix(['1', '2'])
        .filter(|rest| rest.ends_with(' '));
    match is_redirected {
        true => number.unwrap_or(command),
        false => command,
    }
}

/// The words of a command; none if it is no command, but a sentence about Pants.
fn words(command: &str) -> Option<Vec<String>> {
    let words = split(command);
    let first = words.iter().find(|word| !word.starts_with('-'))?;
    let is_command = GOALS.contains(&first.as_str()) && is_no_sentence(&words);
    is_command.then_some(words)
}

/// Whether the words behind the first goal are options, goals, or look like targets.
fn is_no_sentence(words: &[String]) -> bool {
    let may_be = |word: &String| {
        word.starts_with(['-', '$', '<'])
            || word.contains([':', '/', '.', '*', '#', '$', '<', '='])
            || word == UNKNOWN
            || GOALS.contains(&word.as_str())
    };
    let own = words.iter().take_while(|word| *word != "--");
    own.into_iter().all(may_be)
}

/// Words as a shell splits them, with a stand-in for what it puts in.
fn split(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut has_word = false;
    let mut quote = None;
    let mut rest = command.chars().peekable();
    while let Some(one) = rest.next() {
        match (quote, one) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => {
                quote = Some(one);
                has_word = true;
            }
            (Some('"') | None | Some('\''), '$')
                if rest.peek().is_some_and(|next| !next.is_whitespace()) =>
            {
                skip_variable(&mut rest);
                word.push_str(UNKNOWN);
                has_word = true;
            }
            (None, one) if one.is_whitespace() => {
                if has_word {
                    words.push(std::mem::take(&mut word));
                }
                has_word = false;
            }
            (_, one) => {
                word.push(one);
                has_word = true;
            }
        }
    }
    if has_word {
        words.push(word);
    }
    words
}

/// Skips the name of a variable, or what stands in braces.
fn skip_variable(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let mut depth = 0_usize;
    while let Some(next) = rest.peek() {
        match next {
            '{' | '(' => depth += 1,
            '}' | ')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    rest.next();
                    return;
                }
            }
            one if depth == 0 && !one.is_alphanumeric() && *one != '_' => return,
            _ => {}
        }
        rest.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        let shown =
            |one: CommandLine| format!("{}: {} | {}", one.line, one.text, one.words.join("·"));
        let lines: Vec<String> = command_lines(text).into_iter().map(shown).collect();
        lines.join("\n")
    }

    #[test]
    fn commands_of_workflows() {
        let text = "
run: |
  if pants lint --changed-since=$BASE_REF; then
    pants test --shard='${{ matrix.shard }}' \\
      tests/unit/:: -- -v
  fi
  pants list --filter-tag-regex='checksum' '::' | xargs -n 1 pants run
  ./pants --no-colors check \"$PATH_TO_CHECK\":: 2>&1 # slow
- run: pants export --resolve=a && pants version
";
        insta::assert_snapshot!(check(text), @r#"
        3: pants lint --changed-since=$BASE_REF | lint·--changed-since=VALUE
        4: pants test --shard='${{ matrix.shard }}' tests/unit/:: -- -v | test·--shard=VALUE·tests/unit/::·--·-v
        7: pants list --filter-tag-regex='checksum' '::' | list·--filter-tag-regex=checksum·::
        7: pants run | run
        8: pants --no-colors check "$PATH_TO_CHECK":: | --no-colors·check·VALUE::
        9: pants export --resolve=a | export·--resolve=a
        9: pants version | version
        "#);
    }

    #[test]
    fn sentences_about_pants() {
        let text = "
# NOTE: 'pants run' does not support parallelization
Use `pants fix ::` and `pants fmt ::`, for pants is good.
- name: Upload pants log
The pants check of types. mypants lint ::
pants test <changed-tests>
pants --tag='-slow' package ::
";
        insta::assert_snapshot!(check(text), @"
        2: pants run | run
        3: pants fix :: | fix·::
        3: pants fmt :: | fmt·::
        6: pants test <changed-tests | test·<changed-tests
        7: pants --tag='-slow' package :: | --tag=-slow·package·::
        ");
    }
}
