//! The words of the command line: commands with their options, as the parser declares them.

use std::ffi::OsString;

use clap::{ArgAction, ArgMatches, Args};

use crate::arguments::GlobalArguments;
use crate::called;

/// Goals without specs that can be named together with others.
const GOALS_WITHOUT_SPECS: &[&str] = &["export", "generate-lockfiles", "roots", "version"];

/// The commands and their options.
#[derive(Debug)]
pub(crate) struct CommandTable(clap::Command);

/// How many arguments behind an option are its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptionValue {
    /// None, or only one in the same argument.
    None,
    /// The next argument.
    Next,
}

impl CommandTable {
    /// What the command line has.
    pub(crate) fn new(command: clap::Command) -> Self {
        Self(command)
    }

    /// The parser's own form.
    pub(crate) fn parser(&self) -> clap::Command {
        self.0.clone()
    }

    /// What prints the help of a command, or of one below it; without words that of all.
    pub(crate) fn command_for_help(&self, words: &[&str]) -> Option<clap::Command> {
        let mut command = self.0.clone();
        command.build();
        let found = words
            .iter()
            .try_fold(&command, |command, word| command.find_subcommand(word));
        found.cloned()
    }

    /// Reads the words of one command.
    ///
    /// # Errors
    /// What the parser refuses, or prints, as it does help.
    pub(crate) fn read(
        &self,
        words: impl IntoIterator<Item = OsString>,
    ) -> Result<ArgMatches, clap::Error> {
        let program = OsString::from(called::name());
        let words: Vec<OsString> = words.into_iter().collect();
        self.parser_of(&words)
            .try_get_matches_from(std::iter::once(program).chain(words))
    }

    /// What reads these words. If they begin with a command, it knows no other: to prepare the options
    /// of every command takes longer than to read all words.
    fn parser_of(&self, words: &[OsString]) -> clap::Command {
        let first = words.first().and_then(|word| word.to_str());
        let Some(command) = first.and_then(|name| self.command(name)) else {
            return self.parser();
        };
        let name = called::name();
        let alone = clap::Command::new(name).bin_name(name);
        GlobalArguments::augment_args(alone)
            .disable_help_subcommand(true)
            .subcommand_required(true)
            .subcommand(command.clone())
    }

    /// The names of all commands.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &str> {
        let commands = self.0.get_subcommands().filter(|one| !one.is_hide_set());
        commands.map(clap::Command::get_name)
    }

    /// The command with a name, which may be an older one for it.
    pub(crate) fn command(&self, name: &str) -> Option<&clap::Command> {
        self.0.find_subcommand(name)
    }

    /// Whether a command can be named together with others.
    pub(crate) fn is_goal(&self, name: &str) -> bool {
        self.command(name).is_some_and(|command| {
            takes_specs(command) || GOALS_WITHOUT_SPECS.contains(&command.get_name())
        })
    }

    /// The goals.
    pub(crate) fn goals(&self) -> impl Iterator<Item = &str> {
        self.commands().filter(|name| self.is_goal(name))
    }

    /// Whether a goal is given targets.
    pub(crate) fn takes_specs(&self, name: &str) -> bool {
        self.command(name).is_some_and(takes_specs)
    }

    /// What an option of every command takes; none if it is no such option.
    pub(crate) fn of_root(&self, word: &str) -> Option<OptionValue> {
        option(&self.0, word)
    }

    /// What an option of a command takes; none if it has no such option.
    pub(crate) fn of(&self, command: &str, word: &str) -> Option<OptionValue> {
        let command = self.command(command)?;
        let below = command.get_subcommands();
        option(command, word).or_else(|| below.into_iter().find_map(|one| option(one, word)))
    }

    /// What an option of some goal takes.
    pub(crate) fn of_any(&self, word: &str) -> Option<OptionValue> {
        self.goals().find_map(|goal| self.of(goal, word))
    }
}

fn takes_specs(command: &clap::Command) -> bool {
    let mut positionals = command.get_positionals();
    positionals.any(|one| one.get_id() == "specs")
}

fn option(command: &clap::Command, word: &str) -> Option<OptionValue> {
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) = match long.split_once('=') {
            Some((name, _)) => (name, true),
            None => (long, false),
        };
        if ["help", "version"].contains(&name) {
            return Some(OptionValue::None);
        }
        let found = command.get_arguments().find(|argument| {
            argument.get_long() == Some(name)
                || argument
                    .get_all_aliases()
                    .is_some_and(|aliases| aliases.contains(&name))
        })?;
        return Some(match value {
            true => OptionValue::None,
            false => value_of(found),
        });
    }
    let mut letters = word.strip_prefix('-')?.chars();
    let (letter, rest) = (letters.next()?, letters.as_str());
    if ['h', 'V'].contains(&letter) && rest.is_empty() {
        return Some(OptionValue::None);
    }
    let mut arguments = command.get_arguments();
    let found = arguments.find(|argument| argument.get_short() == Some(letter))?;
    match (value_of(found), rest) {
        (value, "") => Some(value),
        // `-Cdir` and `-ldebug` have their value with them.
        (OptionValue::Next, _) => Some(OptionValue::None),
        // `-vv`
        (OptionValue::None, rest) => rest
            .chars()
            .all(|one| one == letter)
            .then_some(OptionValue::None),
    }
}

fn value_of(argument: &clap::Arg) -> OptionValue {
    let takes = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    let least = argument
        .get_num_args()
        .map_or(1, |range| range.min_values());
    match takes && least > 0 && !argument.is_require_equals_set() {
        true => OptionValue::Next,
        false => OptionValue::None,
    }
}

#[cfg(test)]
impl CommandTable {
    /// The long names of a command's options.
    pub(crate) fn options(&self, command: &str) -> Vec<&str> {
        let arguments = self.command(command).map(clap::Command::get_arguments);
        let arguments = arguments.into_iter().flatten();
        arguments.filter_map(clap::Arg::get_long).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;
    use crate::manual;

    #[test]
    fn a_command_alone_says_what_it_says_among_all() {
        let table = CommandTable::new(manual::decorated(Cli::command()));
        for command in table.commands() {
            for option in ["--help", "-h", "--no-such-option", "--version"] {
                let words = [command, option].map(OsString::from);
                let alone = table.read(words.clone()).unwrap_err();
                let words = std::iter::once(called::name().into()).chain(words);
                let among_all = table.parser().try_get_matches_from(words).unwrap_err();
                assert_eq!(
                    alone.to_string(),
                    among_all.to_string(),
                    "{command} {option}"
                );
            }
        }
    }
}
