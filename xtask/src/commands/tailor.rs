//! `tailor`: adds the targets that files lack.

use clap::Args;
use goals::error::GoalError;
use goals::session::Session;
use goals::tailoring::{self, TailorReport};
use workspace::settings::SettingFlag;

use crate::arguments::SelectionArguments;
use crate::outcome::CommandOutcome;
use crate::terminal::print;

/// The arguments of `tailor`.
#[derive(Debug, Args)]
pub(crate) struct TailorArguments {
    #[command(flatten)]
    selection: SelectionArguments,

    /// Change nothing; fail if there is something to change
    #[arg(long)]
    check: bool,
}

impl TailorArguments {
    /// The settings that these arguments stand for.
    pub(crate) fn settings(&self) -> Vec<SettingFlag> {
        let check = self
            .check
            .then(|| SettingFlag::new("tailor", "check", "true"));
        // What is asked for is BUILD files, in the place of what follows without them.
        let own = SettingFlag::new("GLOBAL", "infer_projects", "false");
        check.into_iter().chain([own]).collect()
    }
}

/// Adds the targets, and prints which.
pub(crate) fn run(
    session: &Session,
    arguments: &TailorArguments,
) -> Result<CommandOutcome, GoalError> {
    let report = tailoring::tailor(session, &arguments.selection.selection(session)?)?;
    print(text(&report));
    Ok(match report.is_check && !report.edits.is_empty() {
        true => CommandOutcome::Found,
        false => CommandOutcome::Done,
    })
}

fn text(report: &TailorReport) -> String {
    let mut text = String::new();
    for edit in &report.edits {
        let verb = match (report.is_check, edit.is_new) {
            (true, true) => "Would create",
            (true, false) => "Would update",
            (false, true) => "Created",
            (false, false) => "Updated",
        };
        text.push_str(&format!("{verb} {}:\n", edit.path));
        for (kind, name) in &edit.targets {
            text.push_str(&format!("  - Add {kind} target {name}\n"));
        }
    }
    if report.is_check && !report.edits.is_empty() {
        text.push_str("\nTo fix `tailor` failures, run `cargo xtask tailor`.\n");
    }
    text
}
