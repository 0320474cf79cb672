//! `check-export`: checks which environments no longer match their lock. It is fast enough for a
//! git hook.

use clap::Args;
use install::environment::{Changes, Environment, EnvironmentFinding};
use serde::Serialize;

use crate::json::{self, FormatArguments};
use crate::outcome::CommandOutcome;
use crate::style::HINT;
use goals::environments::{CheckedEnvironment, ExportOptions, Exporter, relative};
use goals::error::GoalError;
use goals::session::Session;

/// The arguments of `check-export`.
#[derive(Debug, Args)]
pub(crate) struct CheckExportArguments {
    /// Check this resolve even if it was never exported; may be repeated
    #[arg(long = "resolve", value_name = "NAME")]
    resolves: Vec<String>,

    /// Fail if a lock is not what its requirements ask for
    #[arg(long)]
    locked: bool,

    #[command(flatten)]
    format: FormatArguments,
}

/// A resolve whose environments were checked.
#[derive(Debug, Serialize)]
struct CheckedResolve {
    resolve: String,
    /// Why the lock is not what its requirements ask for; none where it is.
    stale: Vec<String>,
    environments: Vec<EnvironmentState>,
}

/// An environment, with how it differs from its lock.
#[derive(Debug, Serialize)]
struct EnvironmentState {
    /// The folder, relative to the root.
    path: String,
    /// What makes it differ.
    findings: Vec<String>,
    /// What is in it beside the lock.
    foreign: Vec<String>,
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
    if resolves.is_empty() {
        session.warn("no environment was exported, so none was judged; run `cargo xtask export`");
    }
    let mut hints = Vec::new();
    let mut all = Vec::new();
    for resolve in resolves {
        let checked = exporter.check(&resolve)?;
        let states = checked.iter().map(|one| EnvironmentState::of(session, one));
        let mut state = CheckedResolve {
            resolve: resolve.clone(),
            stale: Vec::new(),
            environments: states.collect(),
        };
        let several = checked.len() > 1;
        for CheckedEnvironment {
            environment,
            findings,
        } in &checked
        {
            let version = environment.root().file_name().unwrap_or_default();
            let title = match several {
                true => format!("{resolve}/{version}"),
                false => resolve.clone(),
            };
            for finding in findings.iter().filter(|_| !arguments.format.is_json()) {
                session.say(format_args!("{title}: {}", text(session, finding)));
            }
            hints.extend(hint(session, &resolve, environment, findings));
        }
        if let Some(reasons) = exporter.stale_reasons(&resolve)? {
            session.warn(format_args!(
                "the lock of `{resolve}` is not what its requirements ask for: {}; run `cargo xtask generate-lockfiles --resolve {resolve}`",
                shortened(&reasons)
            ));
            state.stale = reasons;
            if arguments.locked {
                hints.push(format!(
                    "run `cargo xtask generate-lockfiles --resolve {resolve}`"
                ));
            }
        }
        all.push(state);
    }
    if arguments.format.is_json() {
        json::print(&all)?;
    }
    if hints.is_empty() {
        return Ok(CommandOutcome::Done);
    }
    hints.dedup();
    for hint in hints.iter().filter(|_| !arguments.format.is_json()) {
        session.say(format_args!("{HINT}hint{HINT:#}: {hint}"));
    }
    Ok(CommandOutcome::Found)
}

impl EnvironmentState {
    fn of(session: &Session, checked: &CheckedEnvironment) -> Self {
        let mut state = Self {
            path: relative(session, checked.environment.root()).to_string(),
            findings: Vec::new(),
            foreign: Vec::new(),
        };
        for finding in &checked.findings {
            match finding {
                EnvironmentFinding::Foreign(names) => state.foreign.extend(names.iter().cloned()),
                other => state.findings.push(text(session, other)),
            }
        }
        state
    }
}

/// What makes an environment right again; nothing if it is.
fn hint(
    session: &Session,
    resolve: &str,
    environment: &Environment,
    findings: &[EnvironmentFinding],
) -> Option<String> {
    let mut amiss = findings
        .iter()
        .filter(|finding| !matches!(finding, EnvironmentFinding::Foreign(_)))
        .peekable();
    amiss.peek()?;
    let useless = amiss.any(|finding| {
        matches!(
            finding,
            EnvironmentFinding::UnsuitablePython(_) | EnvironmentFinding::NoPython(_)
        )
    });
    if useless {
        let folder = relative(session, environment.root());
        return Some(format!("remove it: `rm -r {folder}`"));
    }
    Some(format!("run `cargo xtask export --resolve {resolve}`"))
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
        EnvironmentFinding::UnsuitablePython(reason) => format!("it is of no use: {reason}"),
        EnvironmentFinding::NoPython(python) => {
            format!("it was made with {python}, which is gone")
        }
        EnvironmentFinding::Moved(from) => format!("it was made at {from} and moved"),
        EnvironmentFinding::OtherVersions(names) => {
            format!(
                "other versions were installed by other means: {}",
                shortened(names)
            )
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
        .map(|(name, from, to)| match from == to {
            true => format!("{name} {to} (other files)"),
            false => format!("{name} {from} -> {to}"),
        });
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
