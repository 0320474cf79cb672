//! `lint`, `fmt`, `fix` and `check`: the tools that the settings choose, on the files of targets.

use checks::{ToolKind, Verdict};
use clap::{Args, ValueEnum};
use goals::actions::ActionOptions;
use goals::checking::{self, CheckGoal, CheckReport, CheckRequest, ToolState};
use goals::error::GoalError;
use goals::session::Session;
use workspace::settings::SettingFlag;

use crate::arguments::{ActionArguments, IndexArguments, SelectionArguments};
use crate::json;
use crate::outcome::CommandOutcome;
use crate::style::{BAD, GOOD};

/// The arguments of these commands.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    selection: SelectionArguments,

    /// Only these tools, by their names; may be repeated
    #[arg(long, value_name = "TOOL", value_delimiter = ',')]
    only: Vec<String>,

    /// Leave formatters out
    #[arg(long)]
    skip_formatters: bool,

    /// Leave fixers out
    #[arg(long)]
    skip_fixers: bool,

    /// Look again at what was clean before
    #[arg(long)]
    force: bool,

    /// Only what is staged, as the next commit will have it
    #[arg(long, conflicts_with = "changed_since")]
    staged: bool,

    /// Ask a type checker that stays, for quicker answers: dmypy
    #[arg(long)]
    daemon: bool,

    /// How to print what the tools find: their own words, or one document on stdout
    #[arg(long, value_enum, default_value_t = FindingFormat::Text)]
    output_format: FindingFormat,

    #[command(flatten)]
    pub(crate) actions: ActionArguments,

    #[command(flatten)]
    index: IndexArguments,

    /// More arguments of the tool
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FindingFormat {
    /// As each tool prints them
    Text,
    /// For scripts
    Json,
    /// Commands that GitHub turns into annotations
    Github,
    /// For code scanning
    Sarif,
}

impl CheckArguments {
    /// How processes are run.
    fn actions(&self, session: &Session, goal: CheckGoal) -> ActionOptions {
        let is_forced = goal == CheckGoal::Check && session.settings.check.force;
        let mut options = self.actions.options();
        if self.force || is_forced {
            options.force();
        }
        options
    }

    /// The settings that these arguments stand for.
    pub(crate) fn settings(&self, goal: CheckGoal) -> Vec<SettingFlag> {
        let section = goal.name();
        let switch =
            |name: &str, given: bool| given.then(|| SettingFlag::new(section, name, "true"));
        let only = self.only.iter();
        let only = only.map(|name| SettingFlag::new(section, "only", name));
        only.chain(switch("skip_formatters", self.skip_formatters))
            .chain(switch("skip_fixers", self.skip_fixers))
            .collect()
    }
}

/// Runs the tools, and prints how each came out.
pub(crate) fn run(
    session: &Session,
    arguments: &CheckArguments,
    goal: CheckGoal,
) -> Result<CommandOutcome, GoalError> {
    let request = CheckRequest {
        goal,
        selection: arguments.selection.selection(session)?,
        is_staged: arguments.staged,
        only: None,
        uses_daemon: arguments.daemon,
        wants_findings: arguments.output_format != FindingFormat::Text,
        arguments: arguments.arguments.clone(),
        actions: arguments.actions(session, goal),
        index: arguments.index.choice(),
    };
    let report = checking::run(session, &request)?;
    print_summary(session, &report, goal);
    print_findings(&report, arguments.output_format)?;
    Ok(match report.verdict {
        Verdict::Clean => CommandOutcome::Done,
        Verdict::Findings => CommandOutcome::Found,
        other => CommandOutcome::Exit(other.exit_code()),
    })
}

/// Prints findings for other programs.
fn print_findings(report: &CheckReport, format: FindingFormat) -> Result<(), GoalError> {
    match format {
        FindingFormat::Text => {}
        FindingFormat::Json => json::print(&report.json())?,
        FindingFormat::Sarif => json::print(&report.sarif())?,
        FindingFormat::Github => {
            let lines = report.annotations().into_iter();
            crate::terminal::print(lines.map(|line| line + "\n").collect::<String>());
        }
    }
    Ok(())
}

fn print_summary(session: &Session, report: &CheckReport, goal: CheckGoal) {
    if report.tools.is_empty() {
        return;
    }
    let mut lines = String::new();
    for tool in &report.tools {
        let (style, sign, words) = match tool.state {
            ToolState::Succeeded => (GOOD, "✓", "succeeded"),
            ToolState::Failed | ToolState::Broken => (BAD, "✕", "failed"),
            ToolState::MadeChanges => (GOOD, "+", "made changes"),
            ToolState::MadeNoChanges => (GOOD, "✓", "made no changes"),
        };
        lines.push_str(&format!("\n{style}{sign}{style:#} {} {words}.", tool.label));
    }
    for (kind, what, command) in [
        (ToolKind::Formatter, "formatters", "fmt"),
        (ToolKind::Fixer, "fixers", "fix"),
    ] {
        if goal == CheckGoal::Lint && report.has_found(kind) {
            lines.push_str(&format!(
                "\n\n(One or more {what} failed. Run `cargo xtask {command}` to fix.)"
            ));
        }
    }
    session.tell_result(lines);
}
