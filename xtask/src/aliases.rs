//! Words that stand for others, as `[cli] alias` declares them.

use std::collections::BTreeMap;

use goals::error::GoalError;

use crate::command_table::CommandTable;

/// Replaces words that are aliases, but for those behind `--`.
///
/// # Errors
/// An alias that is a command, has a name that none can have, or stands for itself.
pub(crate) fn expand(
    words: Vec<String>,
    aliases: &BTreeMap<String, String>,
    table: &CommandTable,
) -> Result<Vec<String>, GoalError> {
    let mut definitions = BTreeMap::new();
    for (name, text) in aliases {
        definitions.insert(name.as_str(), definition(name, text, table)?);
    }
    let own = words.iter().position(|word| word == "--");
    let (own, passed) = words.split_at(own.unwrap_or(words.len()));
    let mut expanded = expanded(own, &definitions, &mut Vec::new())?;
    expanded.extend_from_slice(passed);
    Ok(expanded)
}

fn definition(name: &str, text: &str, table: &CommandTable) -> Result<Vec<String>, GoalError> {
    let wrong = |reason: &str| {
        GoalError::misuse(format!("the alias `{name}` cannot be used")).because(reason)
    };
    let word = name.strip_prefix("--").unwrap_or(name);
    let is_letter = |one: char| one.is_alphanumeric() || "-_".contains(one);
    let is_word = word.len() > 1 && word.chars().all(is_letter);
    if !is_word || word.starts_with('-') || word.ends_with('-') {
        return Err(wrong(
            "it has two or more letters, digits, `-` and `_`, and may begin with `--`",
        ));
    }
    if table.command(name).is_some() {
        return Err(
            wrong("this is a command already").hint("give it another name in `[cli] alias`")
        );
    }
    shlex::split(text).ok_or_else(|| wrong("a quote in it does not end"))
}

fn expanded(
    words: &[String],
    definitions: &BTreeMap<&str, Vec<String>>,
    trail: &mut Vec<String>,
) -> Result<Vec<String>, GoalError> {
    let mut result = Vec::new();
    for word in words {
        let Some(definition) = definitions.get(word.as_str()) else {
            result.push(word.clone());
            continue;
        };
        if trail.contains(word) {
            trail.push(word.clone());
            return Err(
                GoalError::misuse(format!("the alias `{word}` stands for itself"))
                    .because(trail.join(" -> "))
                    .hint("change `[cli] alias`"),
            );
        }
        trail.push(word.clone());
        result.extend(expanded(definition, definitions, trail)?);
        trail.pop();
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    fn check(typed: &str, aliases: &[(&str, &str)]) -> String {
        let aliases = aliases
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let words = typed.split(' ').map(str::to_owned).collect();
        match expand(
            words,
            &aliases.collect(),
            &CommandTable::new(Cli::command()),
        ) {
            Ok(words) => words.join("|"),
            Err(error) => error.lines().collect::<Vec<_>>().join("\n"),
        }
    }

    #[test]
    fn words_and_options() {
        let aliases = [
            ("green", "fmt lint"),
            ("--all-changed", "--changed-since=HEAD --tag='a b'"),
            ("mine", "--all-changed green"),
        ];
        insta::assert_snapshot!(check("mine -- green", &aliases), @"--changed-since=HEAD|--tag=a b|fmt|lint|--|green");
    }

    #[test]
    fn wrong_aliases() {
        insta::assert_snapshot!(check("a1", &[("a1", "b1"), ("b1", "a1")]), @"
        the alias `a1` stands for itself
        a1 -> b1 -> a1
        change `[cli] alias`
        ");
        insta::assert_snapshot!(check("list", &[("lint", "fmt")]), @"
        the alias `lint` cannot be used
        this is a command already
        give it another name in `[cli] alias`
        ");
        insta::assert_snapshot!(check("list", &[("-x", "fmt")]), @"
        the alias `-x` cannot be used
        it has two or more letters, digits, `-` and `_`, and may begin with `--`
        ");
        insta::assert_snapshot!(check("list", &[("xx", "'fmt")]), @"
        the alias `xx` cannot be used
        a quote in it does not end
        ");
    }
}
