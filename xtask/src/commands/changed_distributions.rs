//! `changed-distributions`: the distributions whose contents a release changes.

use ::release::changed::{ChangeCause, changed_distributions};
use clap::{Args, ValueEnum};
use model::PackageName;

use crate::commands::publish::last_tag;
use crate::json;
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::releasing::changed::compared;
use goals::session::Session;

/// The arguments of `changed-distributions`.
#[derive(Debug, Args)]
pub(crate) struct ChangedDistributionsArguments {
    /// What is compared with; without it the newest release that this branch contains
    #[arg(long, value_name = "REF")]
    since: Option<String>,

    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One a line, with the reason
    Text,
    /// For scripts
    Json,
}

/// Prints the distributions that differ from a revision, each with its reason.
pub(crate) fn run(
    session: &Session,
    arguments: &ChangedDistributionsArguments,
) -> Result<CommandOutcome, GoalError> {
    let since = arguments
        .since
        .clone()
        .map_or_else(|| last_tag(session), Ok)?;
    let changes = changed_distributions(&compared(session, &since)?);
    match arguments.output_format {
        Format::Text => {
            for (name, change) in &changes {
                terminal::print(format_args!("{name}\t{}\n", reason(change)));
            }
        }
        Format::Json => {
            let all = changes.iter().map(|(name, change)| of_change(name, change));
            let all: Vec<serde_json::Value> = all.collect();
            json::print(&all)?;
        }
    }
    Ok(CommandOutcome::Done)
}

fn reason(change: &ChangeCause) -> String {
    match change {
        ChangeCause::Contents(files) if files.len() == 1 => files[0].clone(),
        ChangeCause::Contents(files) => format!("{} and {} more", files[0], files.len() - 1),
        ChangeCause::Requires(chain) => {
            let names: Vec<&str> = chain.iter().map(PackageName::as_str).collect();
            format!("requires {}", names.join(", which requires "))
        }
    }
}

fn of_change(name: &PackageName, change: &ChangeCause) -> serde_json::Value {
    match change {
        ChangeCause::Contents(files) => {
            serde_json::json!({ "name": name.as_str(), "files": files })
        }
        ChangeCause::Requires(chain) => {
            let chain: Vec<&str> = chain.iter().map(PackageName::as_str).collect();
            serde_json::json!({ "name": name.as_str(), "requires": chain })
        }
    }
}
