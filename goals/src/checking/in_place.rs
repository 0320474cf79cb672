//! The tools of a goal, from the settings to the report.

use super::choice::ChosenTools;
use super::partition::SelectedFiles;
use super::program::ToolBox;
use super::report::CheckReport;
use super::request::{CheckGoal, CheckRequest};
use super::{fixing, linting};
use crate::error::GoalError;
use crate::graph::BuildFiles;
use crate::session::Session;

/// Runs the tools that the settings choose, on files as they are.
pub(super) fn run(session: &Session, request: &CheckRequest) -> Result<CheckReport, GoalError> {
    let chosen = ChosenTools::of(session, request)?;
    let build_files = BuildFiles::load(session)?;
    let graph = build_files.graph()?;
    let selected = SelectedFiles::of(session, &graph, request)?;
    let partitions = chosen
        .tools
        .iter()
        .map(|tool| Ok((*tool, selected.partitions(session, &graph, tool)?)))
        .collect::<Result<Vec<_>, GoalError>>()?;
    selected.say_if_nothing(
        session,
        request,
        partitions.iter().all(|(_, of)| of.is_empty()),
    );
    let tool_box = ToolBox::new(session, &graph, request)?;
    let report = match request.goal {
        CheckGoal::Lint | CheckGoal::Check => linting::run(&tool_box, &partitions),
        CheckGoal::Fmt | CheckGoal::Fix => fixing::run(&tool_box, &partitions),
    };
    build_files.finish(session, &graph);
    report
}
