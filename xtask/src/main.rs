//! The `cargo xtask` command: arguments in, a command run, messages and an exit code out.

mod cli;
mod commands;
mod environments;
mod error;
mod files;
mod git;
mod graph;
mod locking;
mod packaging;
mod processes;
mod progress;
mod releasing;
mod session;
mod settings;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse_from(arguments());
    match commands::run(cli) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            error.print();
            error.exit_code()
        }
    }
}

/// The arguments as a user typed them: as a cargo subcommand the first is `xtask`.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|argument| argument == "xtask") {
        arguments.remove(1);
    }
    arguments
}
