//! `generate-lockfiles`: lock the third-party requirements of each resolve.

use clap::Args;
use model::{ForkStrategy, nearest};
use resolve::ResolveWarning;

use crate::arguments::IndexArguments;
use crate::json::{self, FormatArguments};
use crate::outcome::CommandOutcome;
use crate::style::HINT;
use crate::summary::SummaryText;
use goals::error::GoalError;
use goals::locking::{
    LockGeneration, LockReport, LockRequest, Status, Summary, Upgrade, WriteLocks, generate,
};
use goals::session::Session;

/// The arguments of `generate-lockfiles`.
#[derive(Debug, Args)]
pub(crate) struct GenerateLockfilesArguments {
    /// Lock only this resolve; may be repeated
    #[arg(long = "resolve", value_name = "NAME")]
    resolves: Vec<String>,

    /// What is no option: resolves are named by `--resolve`
    #[arg(hide = true)]
    stray: Vec<String>,

    /// Write nothing; exit with 1 if a lock is not what its inputs ask for
    #[arg(long)]
    check: bool,

    /// Keep no pins: choose the newest versions
    #[arg(long)]
    upgrade: bool,

    /// Do not keep the pin of this package; `NAME<3` also limits its version; may be repeated
    #[arg(long = "upgrade-package", value_name = "NAME")]
    upgrade_packages: Vec<String>,

    #[command(flatten)]
    index: IndexArguments,

    /// Require a wheel of every package for each platform, for sites that cannot build
    #[arg(long)]
    require_wheels: bool,

    /// When a project gets several versions: `requires-python`, where an older Python would keep it
    /// from its newest version on the others, or `fewest` [default: the setting]
    #[arg(long, value_name = "STRATEGY")]
    fork_strategy: Option<ForkStrategy>,

    /// Write a page with what took how long, and the same as JSON, to `dist/timings`
    #[arg(long)]
    pub(crate) timings: bool,

    #[command(flatten)]
    format: FormatArguments,
}

/// Locks the resolves at the same time. If one fails, the others are written.
pub(crate) fn run(
    session: &Session,
    arguments: &GenerateLockfilesArguments,
) -> Result<CommandOutcome, GoalError> {
    if let Some(name) = arguments.stray.first() {
        let known = session.settings.python.resolves.keys().map(String::as_str);
        let near = nearest(name, known).unwrap_or(name);
        return Err(GoalError::misuse(format!("unexpected argument `{name}`"))
            .hint(format!("`--resolve {near}` locks one resolve")));
    }
    let request = LockRequest {
        resolves: arguments.resolves.clone(),
        upgrade: Upgrade::new(arguments.upgrade, &arguments.upgrade_packages)?,
        write: match arguments.check {
            true => WriteLocks::No,
            false => WriteLocks::Yes,
        },
        index: arguments.index.choice(),
        require_wheels: arguments.require_wheels,
        fork_strategy: arguments.fork_strategy,
    };
    let LockReport { locked, failed } = generate(session, &request)?;
    let outcome = report(session, arguments, &locked)?;
    failed.map_or(Ok(outcome), Err)
}

/// Says what was locked.
pub(crate) fn say(session: &Session, locked: &[LockGeneration]) {
    warn(session, locked);
    for one in locked {
        session.say(SummaryText(&one.summary));
    }
}

fn warn(session: &Session, locked: &[LockGeneration]) {
    for one in locked {
        for warning in &one.warnings {
            match warning {
                ResolveWarning::MissingExtra(name, extra) => {
                    session.warn(format_args!(
                        "{}: {name} has no extra `{extra}`",
                        one.summary.resolve
                    ));
                }
            }
        }
    }
}

fn report(
    session: &Session,
    arguments: &GenerateLockfilesArguments,
    locked: &[LockGeneration],
) -> Result<CommandOutcome, GoalError> {
    match arguments.format.is_json() {
        false => say(session, locked),
        true => {
            warn(session, locked);
            let summaries: Vec<&Summary> = locked.iter().map(|one| &one.summary).collect();
            json::print(&summaries)?;
        }
    }
    let stale: Vec<&str> = locked
        .iter()
        .filter(|one| one.summary.status == Status::Stale)
        .map(|one| one.summary.resolve.as_str())
        .collect();
    if stale.is_empty() {
        return Ok(CommandOutcome::Done);
    }
    if !arguments.format.is_json() {
        session.say(format_args!(
            "{HINT}hint{HINT:#}: run `cargo xtask generate-lockfiles{}`",
            stale
                .iter()
                .map(|name| format!(" --resolve {name}"))
                .collect::<String>()
        ));
    }
    Ok(CommandOutcome::Found)
}
