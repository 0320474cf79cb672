//! `roots`: the source roots, the folders that imports start from.

use clap::Args;

use crate::json::{self, FormatArguments};
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::graph::BuildFiles;
use goals::session::Session;

/// The arguments of `roots`.
#[derive(Debug, Args)]
pub(crate) struct RootsArguments {
    #[command(flatten)]
    format: FormatArguments,
}

/// Prints the source roots, one per line.
pub(crate) fn run(
    session: &Session,
    arguments: &RootsArguments,
) -> Result<CommandOutcome, GoalError> {
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let shown = |root: &str| match root {
        "" => ".".to_owned(),
        root => root.to_owned(),
    };
    let roots = graph.source_roots().into_iter();
    let roots: Vec<String> = roots.map(shown).collect();
    match arguments.format.is_json() {
        true => json::print(&roots)?,
        false => terminal::print(
            roots
                .iter()
                .map(|root| format!("{root}\n"))
                .collect::<String>(),
        ),
    }
    workspace.finish(session, &graph);
    Ok(CommandOutcome::Done)
}
