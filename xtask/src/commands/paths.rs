//! `paths`: the chains of dependencies between two targets.

use clap::Args;

use targets::query;
use targets::{TargetGraph, TargetId};

use crate::json::{self, FormatArguments};
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::graph::{BuildFiles, specs};
use goals::session::Session;

/// The arguments of `paths`.
#[derive(Debug, Args)]
pub(crate) struct PathsArguments {
    /// The target at the start
    #[arg(value_name = "FROM")]
    from: String,

    /// The target at the end
    #[arg(value_name = "TO")]
    to: String,

    #[command(flatten)]
    format: FormatArguments,
}

/// Prints the shortest paths; exits with 1 if there is none.
pub(crate) fn run(
    session: &Session,
    arguments: &PathsArguments,
) -> Result<CommandOutcome, GoalError> {
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let select = |spec: &str| -> Result<_, GoalError> {
        Ok(specs(session, &[spec.to_owned()])?.select(&graph)?)
    };
    let paths = query::shortest_paths(&graph, &select(&arguments.from)?, &select(&arguments.to)?)?;
    workspace.finish(session, &graph);
    let addresses: Vec<Vec<&str>> = paths.iter().map(|path| addresses(&graph, path)).collect();
    if arguments.format.is_json() {
        json::print(&addresses)?;
    } else if addresses.is_empty() {
        session.say(format_args!(
            "`{}` does not depend on `{}`",
            arguments.from, arguments.to
        ));
    } else {
        let texts: Vec<String> = addresses
            .iter()
            .map(|path| path.join("\n  -> ") + "\n")
            .collect();
        terminal::print(texts.join("\n"));
    }
    Ok(match paths.is_empty() {
        true => CommandOutcome::Found,
        false => CommandOutcome::Done,
    })
}

fn addresses<'g>(graph: &'g TargetGraph<'_>, path: &[TargetId]) -> Vec<&'g str> {
    path.iter().map(|id| &*graph.target(*id).address).collect()
}
