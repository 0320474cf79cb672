//! `count-loc`: how many lines of which language files have.

use clap::Args;
use goals::error::GoalError;
use goals::graph::{BuildFiles, LineCounts, lines_of_code};
use goals::session::Session;

use crate::arguments::SelectionArguments;
use crate::outcome::CommandOutcome;
use crate::terminal::print;

/// The arguments of `count-loc`.
#[derive(Debug, Args)]
pub(crate) struct CountLocArguments {
    #[command(flatten)]
    selection: SelectionArguments,
}

/// Prints a table.
pub(crate) fn run(
    session: &Session,
    arguments: &CountLocArguments,
) -> Result<CommandOutcome, GoalError> {
    let build_files = BuildFiles::load(session)?;
    let graph = build_files.graph()?;
    let counts = lines_of_code(session, &graph, &arguments.selection.selection(session)?)?;
    build_files.finish(session, &graph);
    let mut sorted: Vec<(&str, LineCounts)> = counts.into_iter().collect();
    sorted.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.code));
    let mut total = LineCounts::default();
    let mut text = format!(
        "{:<20} {:>8} {:>9} {:>8} {:>9} {:>9}\n",
        "Language", "Files", "Lines", "Blanks", "Comments", "Code"
    );
    for (name, counts) in &sorted {
        text.push_str(&row(name, counts));
        total.files += counts.files;
        total.blanks += counts.blanks;
        total.comments += counts.comments;
        total.code += counts.code;
    }
    text.push_str(&row("Total", &total));
    print(text);
    Ok(CommandOutcome::Done)
}

fn row(name: &str, counts: &LineCounts) -> String {
    format!(
        "{name:<20} {:>8} {:>9} {:>8} {:>9} {:>9}\n",
        counts.files,
        counts.lines(),
        counts.blanks,
        counts.comments,
        counts.code
    )
}
