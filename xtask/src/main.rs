//! The `cargo xtask` command, also installed as `xt`: arguments in, a command run, messages and an exit
//! code out.

mod aliases;
mod arguments;
mod called;
mod cli;
mod command_table;
mod commands;
mod dispatch;
mod error;
mod goal_words;
mod json;
mod manual;
mod outcome;
mod output;
mod pants_goals;
mod picture;
mod processes;
mod progress;
#[cfg(test)]
mod reference;
mod style;
mod summary;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use goals::error::GoalError;
use workspace::Workspace;

use crate::cli::Cli;
use crate::command_table::CommandTable;
use crate::error::CommandError;
use crate::goal_words::{GoalWords, WordContext};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    called::keep(&arguments.next().unwrap_or_default());
    let mut typed: Vec<OsString> = arguments.collect();
    // If cargo runs this program as a subcommand, the first argument is its name.
    if typed.first().is_some_and(|argument| argument == "xtask") {
        typed.remove(0);
    }
    let table = CommandTable::new(manual::decorated(Cli::command()));
    let texts = typed.iter().map(|one| one.to_str().map(str::to_owned));
    let Some(texts) = texts.collect::<Option<Vec<String>>>() else {
        return command(&table, typed, &GoalWords::default());
    };
    match words(texts, &table) {
        Ok(words) => all(&table, &words),
        Err(error) => failed(error),
    }
}

/// What was typed, with aliases replaced, for each goal.
fn words(typed: Vec<String>, table: &CommandTable) -> Result<GoalWords, GoalError> {
    let root = root_of(&typed);
    let aliases = Workspace::aliases(root.as_deref().map(AsRef::as_ref))?;
    let typed = match aliases.is_empty() {
        true => typed,
        false => aliases::expand(typed, &aliases, table)?,
    };
    let exists = |path: &str| std::path::Path::new(path).exists();
    let context = WordContext {
        table,
        exists: &exists,
    };
    GoalWords::parse(&typed, &context)
}

/// The folder that `-C` names.
fn root_of(typed: &[String]) -> Option<String> {
    let own = typed.iter().take_while(|word| *word != "--");
    let mut own = own.skip_while(|word| !word.starts_with("-C") && !word.starts_with("--root"));
    let word = own.next()?;
    let glued = word
        .strip_prefix("-C")
        .or_else(|| word.strip_prefix("--root"))?;
    let glued = glued.strip_prefix('=').unwrap_or(glued);
    match glued.is_empty() {
        true => own.next().cloned(),
        false => Some(glued.to_owned()),
    }
}

/// Runs one goal after the other, until one fails.
fn all(table: &CommandTable, words: &GoalWords) -> ExitCode {
    for typed in &words.commands {
        let code = command(table, typed.iter().map(OsString::from), words);
        if code != ExitCode::SUCCESS {
            return code;
        }
    }
    ExitCode::SUCCESS
}

/// Reads and runs one command, and prints its error.
fn command(
    table: &CommandTable,
    typed: impl IntoIterator<Item = OsString>,
    words: &GoalWords,
) -> ExitCode {
    let read = table.read(typed);
    let mut cli = match read.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(refused) => return error::print_refused(&refused),
    };
    cli.global.add(&words.settings, &words.unused);
    match dispatch::run(cli, table) {
        Ok(outcome) => outcome.into(),
        Err(error) => failed(error),
    }
}

fn failed(error: GoalError) -> ExitCode {
    let error = CommandError::from(error);
    error.print();
    error.exit_code()
}
