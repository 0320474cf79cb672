//! `dependencies` and `dependents`: the dependencies of targets, or the targets that depend on
//! them.

use clap::Args;
use targets::query::{self, Reach};

use crate::arguments::SelectionArguments;
use crate::outcome::CommandOutcome;
use crate::output::{Edges, TargetFormat, print_targets};
use goals::error::GoalError;
use goals::graph::{BuildFiles, NoSpecs};
use goals::session::Session;

/// The arguments of `dependencies` and `dependents`.
#[derive(Debug, Args)]
pub(crate) struct DependenciesArguments {
    #[command(flatten)]
    selection: SelectionArguments,

    /// Include indirect ones
    #[arg(long)]
    transitive: bool,

    /// Include the named targets
    #[arg(long)]
    closed: bool,

    /// How to print them
    #[arg(long, value_enum, default_value_t = TargetFormat::Text)]
    output_format: TargetFormat,
}

/// The direction in which the graph is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To the dependencies of targets.
    Dependencies,
    /// To the targets that depend on targets.
    Dependents,
}

/// Prints the dependencies of targets, or the targets that depend on them.
pub(crate) fn run(
    session: &Session,
    arguments: &DependenciesArguments,
    direction: Direction,
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
    let mut found = match direction {
        Direction::Dependencies => query::dependencies(&graph, &selected, reach)?,
        Direction::Dependents => query::dependents(&graph, &selected, reach)?,
    };
    let pictures = [TargetFormat::Dot, TargetFormat::Svg, TargetFormat::Html];
    if arguments.closed || pictures.contains(&arguments.output_format) {
        found.extend(&selected);
    }
    let how = (arguments.output_format, Edges::Between);
    print_targets(&graph, &found, how)?;
    workspace.finish(session, &graph);
    Ok(CommandOutcome::Done)
}
