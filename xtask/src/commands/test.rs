//! `test`: runs tests.

use clap::Args;

use crate::arguments::{IndexArguments, SelectionArguments, TestSettingArguments};
use crate::outcome::CommandOutcome;
use goals::error::GoalError;
use goals::session::Session;
use goals::testing::{TestRequest, run as run_tests};

/// The arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    #[command(flatten)]
    selection: SelectionArguments,

    #[command(flatten)]
    pub(crate) settings: TestSettingArguments,

    #[command(flatten)]
    index: IndexArguments,

    /// Further arguments of pytest
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// Runs the tests, and prints a line for each.
pub(crate) fn run(
    session: &Session,
    arguments: &TestArguments,
) -> Result<CommandOutcome, GoalError> {
    let request = TestRequest {
        selection: arguments.selection.selection(),
        arguments: arguments.arguments.clone(),
        index: arguments.index.choice(),
    };
    let report = run_tests(session, &request)?;
    if !report.lines.is_empty() {
        session.say("");
    }
    for line in &report.lines {
        session.say(line);
    }
    for note in &report.notes {
        session.say(note);
    }
    if let Some(error) = &report.error {
        crate::error::print(error);
    }
    Ok(CommandOutcome::Exit(report.exit_code))
}
