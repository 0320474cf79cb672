//! `filedeps`: the files of targets, BUILD files included.

use clap::Args;
use targets::query::{self, Reach};

use crate::arguments::SelectionArguments;
use crate::json::{self, FormatArguments};
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::graph::{BuildFiles, NoSpecs};
use goals::session::Session;

/// The arguments of `filedeps`.
#[derive(Debug, Args)]
pub(crate) struct FiledepsArguments {
    #[command(flatten)]
    selection: SelectionArguments,

    /// Include the files of all dependencies
    #[arg(long)]
    transitive: bool,

    /// Print absolute paths
    #[arg(long)]
    absolute: bool,

    #[command(flatten)]
    format: FormatArguments,
}

/// Prints the files, one per line.
pub(crate) fn run(
    session: &Session,
    arguments: &FiledepsArguments,
) -> Result<CommandOutcome, GoalError> {
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let selected = arguments
        .selection
        .selection(session)?
        .of(session, &graph, NoSpecs::Refused)?;
    let reach = match arguments.transitive {
        true => Reach::Transitive,
        false => Reach::Direct,
    };
    let files = query::files(&graph, &selected, reach)?;
    let paths: Vec<String> = files
        .into_iter()
        .map(|file| match arguments.absolute {
            true => session.root().join(file).into_string(),
            false => file,
        })
        .collect();
    match arguments.format.is_json() {
        true => json::print(&paths)?,
        false => terminal::print(
            paths
                .iter()
                .map(|path| format!("{path}\n"))
                .collect::<String>(),
        ),
    }
    workspace.finish(session, &graph);
    Ok(CommandOutcome::Done)
}
