//! `lint`, `fmt`, `fix` and `check`: a team's tools, each run as its makers mean it, on the files that
//! targets name.

mod choice;
mod code_environment;
mod contents;
mod fixing;
mod linting;
mod look;
mod partition;
mod process;
mod program;
mod report;
mod request;
mod trial;
mod watcher;

use crate::error::GoalError;
use crate::graph::BuildFiles;
use crate::session::Session;

pub use report::{CheckReport, ToolState, ToolSummary};
pub use request::{CheckGoal, CheckRequest};

use choice::ChosenTools;
use partition::SelectedFiles;
use program::ToolBox;

/// Runs the tools that the settings choose.
///
/// # Errors
/// Where no tool is chosen, a tool cannot be had or started, or the selection names nothing.
pub fn run(session: &Session, request: &CheckRequest) -> Result<CheckReport, GoalError> {
    let chosen = ChosenTools::of(session, request)?;
    let build_files = BuildFiles::load(session)?;
    let graph = build_files.graph()?;
    let selected = SelectedFiles::of(session, &graph, &request.selection)?;
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
