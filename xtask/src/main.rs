//! The `cargo xtask` command: arguments in, a command run, messages and an exit code out.

mod arguments;
mod cli;
mod commands;
mod dispatch;
mod error;
mod goal_words;
mod outcome;
mod output;
mod processes;
mod progress;
mod style;
mod summary;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::error::CommandError;
use crate::goal_words::GoalWords;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut arguments = arguments().into_iter();
    let program = arguments.next().unwrap_or_default();
    let typed: Vec<OsString> = arguments.collect();
    let texts: Option<Vec<String>> = typed
        .iter()
        .map(|one| one.to_str().map(str::to_owned))
        .collect();
    let Some(texts) = texts else {
        return run(Cli::parse_from(std::iter::once(program).chain(typed)));
    };
    let words = GoalWords::parse(&texts);
    for command in &words.commands {
        let command = command.iter().map(OsString::from);
        let mut cli = Cli::parse_from(std::iter::once(program.clone()).chain(command));
        cli.global.add(&words.settings);
        let code = run(cli);
        if code != ExitCode::SUCCESS {
            return code;
        }
    }
    ExitCode::SUCCESS
}

/// Runs one command, and prints its error.
fn run(cli: Cli) -> ExitCode {
    match dispatch::run(cli) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            let error = CommandError::from(error);
            error.print();
            error.exit_code()
        }
    }
}

/// The arguments of the user. If cargo runs this program as a subcommand, the first one is `xtask`.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|argument| argument == "xtask") {
        arguments.remove(1);
    }
    arguments.into_iter().map(excluding).collect()
}

/// Turns `-dir::`, a spec that excludes, into the option for it. The argument parser would take it
/// for single-letter options.
fn excluding(argument: OsString) -> OsString {
    let spec = argument.to_str().and_then(|text| text.strip_prefix('-'));
    match spec {
        Some(spec) if !spec.starts_with(['-', 'C']) && spec.contains([':', '/', '.', '#']) => {
            format!("--exclude={spec}").into()
        }
        _ => argument,
    }
}
