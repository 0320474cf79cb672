//! `filedeps`: the files of targets, BUILD files included.

use clap::Args;
use targets::query::{self, Reach};

use crate::arguments::SelectionArguments;
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

    /// Print a JSON list
    #[arg(long = "output-format", value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    output_format: String,
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
        .selection(session)
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
    terminal::print(match arguments.output_format.as_str() {
        "json" => serde_json::to_string_pretty(&paths).unwrap_or_default() + "\n",
        _ => paths.iter().map(|path| format!("{path}\n")).collect(),
    });
    workspace.finish(session, &graph);
    Ok(CommandOutcome::Done)
}
