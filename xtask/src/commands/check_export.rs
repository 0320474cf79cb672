//! `check-export`: checks which environments no longer match their lock. It is fast enough for a
//! git hook.

use clap::Args;
use install::environment::{Changes, EnvironmentFinding};

use crate::outcome::CommandOutcome;
use crate::style::HINT;
use goals::environments::{ExportOptions, Exporter, relative};
use goals::error::GoalError;
use goals::session::Session;

/// The arguments of `check-export`.
#[derive(Debug, Args)]
pub(crate) struct CheckExportArguments {
    /// Check this resolve even if it was never exported; may be repeated
    #[arg(long = "resolve", value_name = "NAME")]
    resolves: Vec<String>,
}

/// The largest number of names in a line.
const SHOWN: usize = 5;

/// Checks the exported environments. The exit code is 1 if one differs.
pub(crate) fn run(
    session: &Session,
    arguments: &CheckExportArguments,
) -> Result<CommandOutcome, GoalError> {
    let exporter = Exporter::new(session, ExportOptions::default())?;
    let resolves = if arguments.resolves.is_empty() {
        let all = exporter.all().into_iter();
        all.filter(|resolve| exporter.was_exported(resolve))
            .collect()
    } else {
        arguments.resolves.clone()
    };
    let mut stale = Vec::new();
    for resolve in resolves {
        let findings = exporter.check(&resolve)?;
        for finding in &findings {
            session.say(format_args!("{resolve}: {}", text(session, finding)));
        }
        if findings
            .iter()
            .any(|finding| !matches!(finding, EnvironmentFinding::Foreign(_)))
        {
            stale.push(resolve);
        }
    }
    if stale.is_empty() {
        return Ok(CommandOutcome::Done);
    }
    let options: String = stale
        .iter()
        .map(|name| format!(" --resolve {name}"))
        .collect();
    session.say(format_args!(
        "{HINT}hint{HINT:#}: run `cargo xtask export{options}`"
    ));
    Ok(CommandOutcome::Found)
}

fn text(session: &Session, finding: &EnvironmentFinding) -> String {
    match finding {
        EnvironmentFinding::Missing => "there is no environment of the Python that fits".to_owned(),
        EnvironmentFinding::Interrupted => {
            "the run that changed the environment was interrupted".to_owned()
        }
        EnvironmentFinding::OtherPython(there, wanted) => {
            format!("it was made with {there}, and {wanted} is found now")
        }
        EnvironmentFinding::Packages(changes) => {
            format!("the lock has changed: {}", packages(changes))
        }
        EnvironmentFinding::Settings => {
            "the repository's own distributions or source roots have changed".to_owned()
        }
        EnvironmentFinding::ChangedFiles(files) => {
            let names: Vec<String> = files
                .iter()
                .map(|file| relative(session, file).to_string())
                .collect();
            format!("changed by hand: {}", shortened(&names))
        }
        EnvironmentFinding::Foreign(names) => {
            format!("installed by other means: {}", shortened(names))
        }
    }
}

fn packages(changes: &Changes) -> String {
    let added = changes
        .added
        .iter()
        .map(|(name, version)| format!("+{name} {version}"));
    let removed = changes
        .removed
        .iter()
        .map(|(name, version)| format!("-{name} {version}"));
    let updated = changes
        .updated
        .iter()
        .map(|(name, from, to)| format!("{name} {from} -> {to}"));
    shortened(&updated.chain(added).chain(removed).collect::<Vec<_>>())
}

fn shortened(names: &[String]) -> String {
    let shown = names
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
