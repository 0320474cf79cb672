//! `list`: the targets that specs name.

use clap::Args;

use crate::arguments::SelectionArguments;
use crate::outcome::CommandOutcome;
use crate::output::{Edges, TargetFormat, print_targets};
use goals::error::GoalError;
use goals::graph::{BuildFiles, NoSpecs};
use goals::session::Session;

/// The arguments of `list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    selection: SelectionArguments,

    /// How to print them
    #[arg(long, value_enum, default_value_t = TargetFormat::Text)]
    output_format: TargetFormat,
}

/// Prints the targets.
pub(crate) fn run(
    session: &Session,
    arguments: &ListArguments,
) -> Result<CommandOutcome, GoalError> {
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let selected = arguments
        .selection
        .selection(session)?
        .of(session, &graph, NoSpecs::Refused)?;
    let how = (arguments.output_format, Edges::None);
    print_targets(&graph, &selected, how)?;
    workspace.finish(session, &graph);
    Ok(CommandOutcome::Done)
}
