//! `py-constraints`: which Pythons targets and all that they depend on are for.

use clap::Args;
use goals::error::GoalError;
use goals::graph::{BuildFiles, ConstraintsReport, NoSpecs};
use goals::session::Session;

use crate::arguments::SelectionArguments;
use crate::outcome::CommandOutcome;
use crate::terminal::print;

/// The arguments of `py-constraints`.
#[derive(Debug, Args)]
pub(crate) struct PyConstraintsArguments {
    #[command(flatten)]
    selection: SelectionArguments,
}

/// Prints the constraints of all together, then those of each.
pub(crate) fn run(
    session: &Session,
    arguments: &PyConstraintsArguments,
) -> Result<CommandOutcome, GoalError> {
    let build_files = BuildFiles::load(session)?;
    let graph = build_files.graph()?;
    let selected = arguments
        .selection
        .selection(session)?
        .of(session, &graph, NoSpecs::Refused)?;
    let report = ConstraintsReport::of(session, &graph, &selected)?;
    build_files.finish(session, &graph);
    if report.targets.is_empty() {
        session.warn("no Python file or target is named");
        return Ok(CommandOutcome::Done);
    }
    let mut text = format!("Final merged constraints: {}\n", report.merged);
    for (constraints, addresses) in &report.targets {
        text.push_str(&format!("\n{constraints}\n"));
        for address in addresses {
            text.push_str(&format!("  {address}\n"));
        }
    }
    print(text);
    Ok(CommandOutcome::Done)
}
