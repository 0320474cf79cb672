//! `list`: the targets that specs name.

use clap::Args;

use crate::commands::Outcome;
use goals::error::CommandError;
use goals::graph::{Edges, Format, Selection, Unsaid, Workspace, print_targets};
use goals::session::Session;

/// What can be said to `list`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,

    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
}

/// Prints the targets.
pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<Outcome, CommandError> {
    let workspace = Workspace::load(session)?;
    let graph = workspace.graph()?;
    let selected = arguments.selection.of(session, &graph, Unsaid::Refused)?;
    let how = (arguments.output_format, Edges::None);
    print_targets(session, &graph, &selected, how)?;
    workspace.finish(session, &graph);
    Ok(Outcome::Done)
}
