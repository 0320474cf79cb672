//! The `cargo xtask` command: arguments in, a command run, messages and an exit code out.

mod arguments;
mod cli;
mod commands;
mod dispatch;
mod error;
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

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse_from(arguments());
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
