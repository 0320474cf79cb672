//! `update-build-files`: formats BUILD files, and replaces old names in them.

use clap::Args;
use goals::actions::ActionOptions;
use goals::checking::{BuildFilesReport, CheckGoal, CheckRequest, update_build_files};
use goals::error::GoalError;
use goals::session::Session;
use workspace::settings::SettingFlag;

use crate::arguments::{IndexArguments, SelectionArguments};
use crate::outcome::CommandOutcome;
use crate::terminal::print;

/// The arguments of `update-build-files`.
#[derive(Debug, Args)]
pub(crate) struct UpdateBuildFilesArguments {
    #[command(flatten)]
    selection: SelectionArguments,

    /// Change nothing; fail if there is something to change
    #[arg(long)]
    check: bool,

    /// Only replace old names
    #[arg(long)]
    no_fmt: bool,

    /// Keep old names
    #[arg(long)]
    no_fix_safe_deprecations: bool,

    /// Format with this tool: black, ruff or yapf
    #[arg(long, value_name = "TOOL")]
    formatter: Option<String>,

    #[command(flatten)]
    index: IndexArguments,
}

impl UpdateBuildFilesArguments {
    /// The settings that these arguments stand for.
    pub(crate) fn settings(&self) -> Vec<SettingFlag> {
        let set = |key: &str, value: &str| SettingFlag::new("update-build-files", key, value);
        let switches = [
            (self.check, set("check", "true")),
            (self.no_fmt, set("fmt", "false")),
            (
                self.no_fix_safe_deprecations,
                set("fix_safe_deprecations", "false"),
            ),
        ];
        let switches = switches.into_iter().filter(|(is_given, _)| *is_given);
        let formatter = self.formatter.iter().map(|tool| set("formatter", tool));
        // What follows from projects is in no file.
        let own = SettingFlag::new("GLOBAL", "infer_projects", "false");
        let switches = switches.map(|(_, flag)| flag);
        switches.chain(formatter).chain([own]).collect()
    }
}

/// Updates the files, and prints which.
pub(crate) fn run(
    session: &Session,
    arguments: &UpdateBuildFilesArguments,
) -> Result<CommandOutcome, GoalError> {
    let request = CheckRequest {
        goal: CheckGoal::Fmt,
        selection: arguments.selection.selection(session)?,
        is_staged: false,
        only: None,
        uses_daemon: false,
        wants_findings: false,
        arguments: Vec::new(),
        actions: ActionOptions::default(),
        index: arguments.index.choice(),
    };
    let report = update_build_files(session, &request)?;
    print(text(&report));
    Ok(match report.is_check && !report.changes.is_empty() {
        true => CommandOutcome::Found,
        false => CommandOutcome::Done,
    })
}

fn text(report: &BuildFilesReport) -> String {
    let mut text = String::new();
    let verb = match report.is_check {
        true => "Would update",
        false => "Updated",
    };
    for (path, changes) in &report.changes {
        text.push_str(&format!("{verb} {path}:\n  - {}\n", changes.join("\n  - ")));
    }
    if report.is_check && !report.changes.is_empty() {
        text.push_str(
            "\nTo fix `update-build-files` failures, run `cargo xtask update-build-files`.\n",
        );
    }
    text
}
