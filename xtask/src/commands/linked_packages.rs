//! `linked-packages`: the first-party folders to mount or link for a subset of the repository.

use clap::Args;
use targets::query::linked_folders;

use crate::arguments::SelectionArguments;
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::graph::{BuildFiles, NoSpecs};
use goals::session::Session;

/// The arguments of `linked-packages`.
#[derive(Debug, Args)]
pub(crate) struct LinkedPackagesArguments {
    #[command(flatten)]
    selection: SelectionArguments,
}

/// Prints the folders, one per line.
pub(crate) fn run(
    session: &Session,
    arguments: &LinkedPackagesArguments,
) -> Result<CommandOutcome, GoalError> {
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let selected = arguments
        .selection
        .selection(session)?
        .of(session, &graph, NoSpecs::Refused)?;
    let folders = linked_folders(&graph, &selected)?;
    terminal::print(
        folders
            .iter()
            .map(|folder| format!("{folder}\n"))
            .collect::<String>(),
    );
    workspace.finish(session, &graph);
    Ok(CommandOutcome::Done)
}
