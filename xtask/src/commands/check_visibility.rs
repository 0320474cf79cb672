//! `check-visibility`: every dependency that rules in BUILD files forbid or warn of.

use clap::Args;
use targets::{RuleAction, TargetId};

use crate::arguments::SelectionArguments;
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::graph::{BuildFiles, NoSpecs};
use goals::session::Session;

/// The arguments of `check-visibility`.
#[derive(Debug, Args)]
pub(crate) struct CheckVisibilityArguments {
    #[command(flatten)]
    selection: SelectionArguments,
}

/// Prints the violations, one per line; exits with 1 if one is forbidden.
pub(crate) fn run(
    session: &Session,
    arguments: &CheckVisibilityArguments,
) -> Result<CommandOutcome, GoalError> {
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let selected = arguments
        .selection
        .selection(session)?
        .of(session, &graph, NoSpecs::All)?;
    let of_interest = |id: TargetId| selected.binary_search(&id).is_ok();
    let mut lines = Vec::new();
    let mut outcome = CommandOutcome::Done;
    for violation in graph.violations()? {
        if !of_interest(violation.from) {
            continue;
        }
        let how = match violation.action {
            RuleAction::Deny => {
                outcome = CommandOutcome::Found;
                "denied"
            }
            _ => "warned",
        };
        lines.push(format!("{how}: {}\n", graph.describe(&violation)));
    }
    lines.sort_unstable();
    terminal::print(lines.concat());
    workspace.finish(session, &graph);
    Ok(outcome)
}
