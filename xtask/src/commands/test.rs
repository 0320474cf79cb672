//! `test`: runs tests.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use crate::arguments::{ActionArguments, IndexArguments, SelectionArguments, TestSettingArguments};
use crate::outcome::CommandOutcome;
use goals::error::GoalError;
use goals::session::Session;
use goals::testing::{TestReport, TestRequest, merge_reports, run as run_tests};

/// The arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    #[command(flatten)]
    selection: SelectionArguments,

    #[command(flatten)]
    pub(crate) settings: TestSettingArguments,

    #[command(flatten)]
    index: IndexArguments,

    #[command(flatten)]
    actions: ActionArguments,

    /// How results are printed: for people, or for scripts on stdout
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    output_format: ResultFormat,

    /// Print the modules that took longest
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "10")]
    slowest: Option<usize>,

    /// Run nothing: merge the reports and times of shards, which `--report` wrote into these folders
    #[arg(long, value_name = "DIR", num_args = 1.., exclusive = false)]
    merge: Vec<Utf8PathBuf>,

    /// Further arguments of pytest
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ResultFormat {
    /// For people
    Text,
    /// For scripts
    Json,
}

/// Runs the tests, and prints a line for each.
pub(crate) fn run(
    session: &Session,
    arguments: &TestArguments,
) -> Result<CommandOutcome, GoalError> {
    if !arguments.merge.is_empty() {
        let written = merge_reports(session, &arguments.merge)?;
        written.iter().for_each(|line| session.say(line));
        return Ok(CommandOutcome::Done);
    }
    let request = TestRequest {
        selection: arguments.selection.selection(),
        arguments: arguments.arguments.clone(),
        index: arguments.index.choice(),
        actions: arguments.actions.options(),
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
    print_more(session, arguments, &report);
    Ok(CommandOutcome::Exit(report.exit_code))
}

/// Prints what is wanted beside the summary.
fn print_more(session: &Session, arguments: &TestArguments, report: &TestReport) {
    for (title, attempts) in report.flaky() {
        session.warn(format_args!(
            "{title} is flaky: it passed at attempt {attempts}"
        ));
    }
    for (title, time) in report.slowest(arguments.slowest.unwrap_or_default()) {
        session.say(format_args!("{:>8.2}s {title}", time.as_secs_f64()));
    }
    let variable = |name| session.environment.contains_key(name);
    let rerun = session.settings.test.show_rerun_command;
    let failed = report.failed();
    if rerun.unwrap_or_else(|| variable("CI")) && !failed.is_empty() {
        let failed = failed.join(" ");
        session.say(format_args!(
            "\nTo run the failed tests again: cargo xtask test {failed}"
        ));
    }
    if variable("GITHUB_ACTIONS") {
        for line in report.annotations() {
            session.say(line);
        }
    }
    if arguments.output_format == ResultFormat::Json {
        let text = serde_json::to_string_pretty(&report.json()).unwrap_or_default();
        crate::terminal::print(text + "\n");
    }
}
