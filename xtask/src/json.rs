//! JSON on stdout, and the option that asks for it. This is the one place that prints it.
//!
//! `docs/src/reference/schemas/COMMAND.json` says what each command prints; every end-to-end test that asks for JSON
//! holds it against that file (`testkit::Repo`).

use clap::{Args, ValueEnum};
use goals::error::GoalError;
use serde::Serialize;

use crate::terminal;

/// How the result of a command is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    Text,
    /// For scripts, on stdout
    Json,
}

/// The option of commands that print for people or for scripts.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct FormatArguments {
    /// How to print it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) output_format: OutputFormat,
}

impl FormatArguments {
    /// Whether scripts read it.
    pub(crate) fn is_json(self) -> bool {
        self.output_format == OutputFormat::Json
    }
}

/// Prints a value.
pub(crate) fn print(value: &(impl Serialize + ?Sized)) -> Result<(), GoalError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| {
        GoalError::failure("cannot print the result as JSON").because(error.to_string())
    })?;
    terminal::print(text + "\n");
    Ok(())
}
