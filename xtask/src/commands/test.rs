//! `test`: runs tests.

use std::io::IsTerminal;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use crate::arguments::{ActionArguments, IndexArguments, SelectionArguments};
use crate::outcome::CommandOutcome;
use goals::actions::ActionOptions;
use goals::error::GoalError;
use goals::session::Session;
use goals::testing::{
    ShardMerge, TestReport, TestRequest, WatchedFiles, open_page, run as run_tests,
};

/// The arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    #[command(flatten)]
    selection: SelectionArguments,

    #[command(flatten)]
    index: IndexArguments,

    #[command(flatten)]
    pub(crate) actions: ActionArguments,

    /// How results are printed: for people, or for scripts on stdout
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    output_format: ResultFormat,

    /// Print the modules that took longest
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "10")]
    slowest: Option<usize>,

    /// Say why a test is selected by what changed, and why one runs although it ran before
    #[arg(long)]
    explain: bool,

    /// Run again what changed, until Ctrl+C
    #[arg(long)]
    watch: bool,

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
        let merge = ShardMerge {
            folders: arguments.merge.clone(),
            index: arguments.index.choice(),
            actions: arguments.actions.options(),
        };
        let merged = merge.run(session)?;
        merged
            .lines
            .iter()
            .for_each(|line| session.tell_result(line));
        return Ok(CommandOutcome::Exit(merged.exit_code));
    }
    if arguments.watch {
        return watch(session, arguments);
    }
    let report = run_tests(session, &arguments.request(session)?)?;
    if !report.lines.is_empty() {
        session.tell_result("");
    }
    for line in &report.lines {
        session.tell_result(line);
    }
    print_report(session, arguments, &report);
    Ok(CommandOutcome::Exit(report.exit_code))
}

impl TestArguments {
    fn request(&self, session: &Session) -> Result<TestRequest, GoalError> {
        let actions = self.actions.options();
        Ok(TestRequest {
            selection: self.selection.selection(session)?,
            arguments: self.arguments.clone(),
            index: self.index.choice(),
            actions: ActionOptions {
                explain: self.explain,
                ..actions
            },
            cases: self.output_format == ResultFormat::Json,
            known: Vec::new(),
        })
    }
}

/// Runs tests, and again what changed whenever something did, until the user interrupts it.
fn watch(first: &Session, arguments: &TestArguments) -> Result<CommandOutcome, GoalError> {
    let mut reopened: Option<Session> = None;
    let mut request = arguments.request(first)?;
    loop {
        let session = reopened.as_ref().unwrap_or(first);
        let files = WatchedFiles::now(session)?;
        match run_tests(session, &request) {
            Ok(report) if report.is_interrupted => {
                print_news(session, &report);
                return Ok(CommandOutcome::Exit(report.exit_code));
            }
            Ok(report) => {
                print_news(session, &report);
                print_report(session, arguments, &report);
                request.known = report.failures();
            }
            Err(error) => crate::error::print(&error),
        }
        session.say(format_args!(
            "\nWatching {} files: what changes is run again, and Ctrl+C ends it",
            files.count()
        ));
        let changed = files.wait(session)?;
        let (named, more) = changed.split_at(changed.len().min(NAMED));
        let more = match more.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        session.say(format_args!("Changed: {}{more}", named.join(", ")));
        match session.at(session.root()) {
            Ok(session) => reopened = Some(session),
            Err(error) => crate::error::print(&error.into()),
        }
    }
}

/// How many files that changed are named.
const NAMED: usize = 5;

/// Prints what is new: what ran, and what fails still.
fn print_news(session: &Session, report: &TestReport) {
    session.tell_result("");
    let mut count = 0;
    for line in report.news() {
        session.tell_result(line);
        count += 1;
    }
    match report.lines.len() - count {
        0 => {}
        1 => session.tell_result("✓ 1 other passed before, and nothing of it changed."),
        count => session.tell_result(format_args!(
            "✓ {count} others passed before, and nothing of them changed."
        )),
    }
}

/// Prints what belongs to a summary.
fn print_report(session: &Session, arguments: &TestArguments, report: &TestReport) {
    for note in &report.notes {
        session.tell_result(note);
    }
    report.errors.iter().for_each(crate::error::print);
    print_more(session, arguments, report);
    if session.settings.test.open_coverage {
        open_coverage(session, report);
    }
}

/// Opens the pages of a coverage report, where someone sees them.
fn open_coverage(session: &Session, report: &TestReport) {
    let Some(page) = &report.coverage_page else {
        session.warn("there is no coverage report to open: `html` in `[coverage-py] report` makes one, with `--use-coverage`");
        return;
    };
    if !std::io::stderr().is_terminal() {
        session.detail(format_args!("{page} is not opened: this is no terminal"));
        return;
    }
    if let Err(error) = open_page(session, page) {
        crate::error::print(&error);
    }
}

/// Prints what is wanted beside the summary.
fn print_more(session: &Session, arguments: &TestArguments, report: &TestReport) {
    for (title, attempts) in report.flaky() {
        session.warn(format_args!(
            "{title} is flaky: it passed at attempt {attempts}"
        ));
    }
    for (title, time) in report.slowest(arguments.slowest.unwrap_or_default()) {
        session.tell_result(format_args!("{:>8.2}s {title}", time.as_secs_f64()));
    }
    let variable = |name| session.environment.contains_key(name);
    let rerun = session.settings.test.show_rerun_command;
    let failed = report.failed();
    if rerun.unwrap_or_else(|| variable("CI")) && !failed.is_empty() {
        let failed = failed.join(" ");
        session.tell_result(format_args!(
            "\nTo run the failed tests again: cargo xtask test {failed}"
        ));
    }
    if variable("GITHUB_ACTIONS") {
        for line in report.annotations() {
            session.tell_result(line);
        }
    }
    if arguments.output_format == ResultFormat::Json
        && let Err(error) = crate::json::print(&report.json())
    {
        crate::error::print(&error);
    }
}
