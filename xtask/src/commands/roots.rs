//! `roots`: the source roots, the folders that imports start from.

use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::graph::BuildFiles;
use goals::session::Session;

/// Prints the source roots, one per line.
pub(crate) fn run(session: &Session) -> Result<CommandOutcome, GoalError> {
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let shown = |root: &str| match root {
        "" => ".\n".to_owned(),
        root => format!("{root}\n"),
    };
    terminal::print(
        graph
            .source_roots()
            .into_iter()
            .map(shown)
            .collect::<String>(),
    );
    workspace.finish(session, &graph);
    Ok(CommandOutcome::Done)
}
