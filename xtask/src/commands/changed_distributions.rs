//! `changed-distributions`: the distributions whose contents a release changes.

use std::collections::BTreeSet;

use ::git::Git;
use ::release::changed::{ChangeCause, DistributionFiles, changed_distributions};
use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use model::PackageName;

use crate::commands::publish::last_tag;
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::packaging::{Choice, ImportCollection, PackagedDistribution, PackagedFiles, select};
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
    let choice = Choice {
        specs: &[],
        tags: &[],
        changed_since: None,
        imports: ImportCollection::Skipped,
    };
    let selected = select(session, choice)?;
    let shipped = selected
        .all
        .iter()
        .map(|distribution| shipped(distribution, &selected.all))
        .collect::<Result<Vec<_>, _>>()?;
    let changes = changed_distributions(&shipped, &changed_files(session, &since)?);
    match arguments.output_format {
        Format::Text => {
            for (name, change) in &changes {
                terminal::print(format_args!("{name}\t{}\n", reason(change)));
            }
        }
        Format::Json => {
            let json: Vec<serde_json::Value> = changes
                .iter()
                .map(|(name, change)| json(name, change))
                .collect();
            terminal::print(format_args!("{:#}\n", serde_json::Value::Array(json)));
        }
    }
    Ok(CommandOutcome::Done)
}

fn shipped(
    distribution: &PackagedDistribution,
    all: &[PackagedDistribution],
) -> Result<DistributionFiles, GoalError> {
    let name = |distribution: &PackagedDistribution| -> Result<PackageName, GoalError> {
        let name = distribution.artifact.name.to_string();
        name.parse().map_err(|_| {
            GoalError::failure(format!("`{name}` is no name of a distribution"))
                .at(distribution.place.clone())
        })
    };
    let required = all
        .iter()
        .filter(|other| distribution.first_party.contains(&other.address));
    let owned: Vec<&str> = match &distribution.files {
        PackagedFiles::Any(files) => files.iter().map(|file| file.path.as_str()).collect(),
        PackagedFiles::ByPlatform(platforms) => platforms
            .values()
            .flatten()
            .map(|file| file.path.as_str())
            .collect(),
    };
    let mut files: BTreeSet<Utf8PathBuf> = owned.into_iter().map(Utf8PathBuf::from).collect();
    files.extend(
        distribution
            .long_description_path
            .iter()
            .map(Utf8PathBuf::from),
    );
    files.insert((*distribution.place.path).into());
    Ok(DistributionFiles {
        name: name(distribution)?,
        files,
        requires: required.map(name).collect::<Result<_, _>>()?,
    })
}

fn changed_files(session: &Session, since: &str) -> Result<BTreeSet<Utf8PathBuf>, GoalError> {
    let difference = Git::at(session.root()).difference(since).map_err(|_| {
        GoalError::failure(format!("`{since}` names no commit"))
            .hint("fetch it first: `git fetch origin --tags`")
    })?;
    Ok(difference.into_paths())
}

fn reason(change: &ChangeCause) -> String {
    match change {
        ChangeCause::Contents(files) if files.len() == 1 => files[0].to_string(),
        ChangeCause::Contents(files) => format!("{} and {} more files", files[0], files.len() - 1),
        ChangeCause::Requires(chain) => {
            let names: Vec<&str> = chain.iter().map(PackageName::as_str).collect();
            format!("requires {}", names.join(", which requires "))
        }
    }
}

fn json(name: &PackageName, change: &ChangeCause) -> serde_json::Value {
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
