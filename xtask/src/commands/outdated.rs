//! `outdated`: newer versions of locked packages, and which of them the requirements and the Pythons
//! of the lock admit. The indexes are asked anew.

use clap::Args;

use crate::arguments::IndexArguments;
use crate::json::{self, FormatArguments};
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::locking::{self, OutdatedPackage};
use goals::session::Session;

/// The arguments of `outdated`.
#[derive(Debug, Args)]
pub(crate) struct OutdatedArguments {
    /// The resolve; without it the default one
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    #[command(flatten)]
    index: IndexArguments,

    #[command(flatten)]
    format: FormatArguments,
}

/// Prints the packages with newer versions.
pub(crate) fn run(
    session: &Session,
    arguments: &OutdatedArguments,
) -> Result<CommandOutcome, GoalError> {
    let resolve = session.resolve(arguments.resolve.as_deref());
    let found = locking::outdated(session, resolve, arguments.index.choice())?;
    match arguments.format.is_json() {
        true => json::print(&found)?,
        false => terminal::print(text(&found)),
    }
    Ok(CommandOutcome::Done)
}

/// Everything that does not admit the highest version.
fn held_by(row: &OutdatedPackage) -> String {
    let python = row.requires_python.iter();
    let python = python.map(|python| format!("{} {} wants Python {python}", row.name, row.latest));
    python
        .chain(row.held_by.iter().cloned())
        .collect::<Vec<_>>()
        .join("; ")
}

fn text(found: &[OutdatedPackage]) -> String {
    if found.is_empty() {
        return "Every package is the newest there is.\n".to_owned();
    }
    let head = ["package", "locked", "admitted", "latest", "held by"].map(str::to_owned);
    let rows = found.iter().map(|row| {
        [
            row.name.to_string(),
            row.locked.to_string(),
            row.admitted.to_string(),
            row.latest.to_string(),
            held_by(row),
        ]
    });
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(widths);
            let cells: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            let line = format!("{}  {}", cells.join("  "), row[4]);
            format!("{}\n", line.trim_end())
        })
        .collect()
}
