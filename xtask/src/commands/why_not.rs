//! `why-not`: what prevents a version of a package, in the resolver's words.

use clap::Args;
use lockfile::Lock;
use lockfile::diff::PackageChange;
use model::{LockedPackage, Requirement};
use serde::Serialize;

use crate::arguments::IndexArguments;
use crate::json::{self, FormatArguments};
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::locking::{self, AskedRequirement, Existing, LockPath};
use goals::session::Session;

/// The arguments of `why-not`.
#[derive(Debug, Args)]
pub(crate) struct WhyNotArguments {
    /// The versions, such as `PACKAGE>=3`
    #[arg(value_name = "REQUIREMENT")]
    requirement: Requirement,

    /// The resolve; without it the default one
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    #[command(flatten)]
    index: IndexArguments,

    #[command(flatten)]
    format: FormatArguments,
}

/// The answer for scripts.
#[derive(Debug, Serialize)]
struct WhyNotAnswer<'a> {
    requirement: String,
    resolve: &'a str,
    /// Whether the lock has it already.
    locked: bool,
    /// Whether something stops it.
    possible: bool,
    /// What stops it, as lines.
    reasons: Vec<String>,
    /// What would change.
    changes: Vec<PackageChange>,
}

/// Resolves with the requirement added. Prints what would change or, if nothing satisfies it, why.
pub(crate) fn run(
    session: &Session,
    arguments: &WhyNotArguments,
) -> Result<CommandOutcome, GoalError> {
    let resolve = session.resolve(arguments.resolve.as_deref());
    let asked = &arguments.requirement;
    let path = LockPath::of(session, resolve)?;
    let existing = Existing::parse(path.read()?.as_deref(), &path)?;
    let locked = Locked::of(existing.lock(), asked);
    let mut answer = WhyNotAnswer {
        requirement: asked.to_string(),
        resolve,
        locked: matches!(locked, Locked::AsAsked(_)),
        possible: true,
        reasons: Vec::new(),
        changes: Vec::new(),
    };
    if answer.locked && arguments.format.is_json() {
        json::print(&answer)?;
        return Ok(CommandOutcome::Done);
    }
    if let Locked::AsAsked(versions) = &locked {
        terminal::print(format_args!(
            "Nothing stops `{asked}`: {} has {} {versions}.\n",
            path.relative, asked.name
        ));
        return Ok(CommandOutcome::Done);
    }
    let found = locking::lock_asking(
        session,
        resolve,
        &AskedRequirement {
            requirement: asked,
            existing: &existing,
        },
        arguments.index.choice(),
    )
    .map_err(|error| match &locked {
        Locked::Otherwise(versions) => {
            error.because(format!("{} has {} {versions}", path.relative, asked.name))
        }
        _ => error,
    });
    if arguments.format.is_json() {
        match &found {
            Ok(lock) => answer.changes = lockfile::diff(&existing.as_lock(lock), lock).packages,
            Err(error) => {
                answer.possible = false;
                answer.reasons = error.lines().map(str::to_owned).collect();
            }
        }
        json::print(&answer)?;
        return found.map(|_| CommandOutcome::Done);
    }
    let lock = found?;
    terminal::print(heading(asked, &locked, &path));
    for change in lockfile::diff(&existing.as_lock(&lock), &lock).packages {
        terminal::print(format_args!("  {change}\n"));
    }
    terminal::print(way(session, (resolve, asked), &locked));
    Ok(CommandOutcome::Done)
}

/// The state of the project in the lock, with versions as text.
enum Locked {
    /// The lock has what is asked for.
    AsAsked(String),
    /// The lock has other versions, or other extras.
    Otherwise(String),
    /// The lock does not have the project.
    Not,
}

impl Locked {
    fn of(lock: Option<&Lock>, asked: &Requirement) -> Self {
        let packages = lock.iter().flat_map(|lock| &lock.packages);
        let named: Vec<&LockedPackage> = packages
            .filter(|package| package.name == asked.name)
            .collect();
        if named.is_empty() {
            return Self::Not;
        }
        let satisfies = |package: &&LockedPackage| {
            let extras = asked
                .extras
                .iter()
                .all(|extra| package.extras.contains(extra));
            extras && lockfile::answers(package, asked)
        };
        let versions: Vec<String> = named
            .iter()
            .map(|package| package.version.to_string())
            .collect();
        let versions = versions.join(" and ");
        match named.iter().all(satisfies) {
            true => Self::AsAsked(versions),
            false => Self::Otherwise(versions),
        }
    }
}

fn heading(asked: &Requirement, locked: &Locked, path: &LockPath) -> String {
    let unknown = match locked {
        Locked::Not => format!(", and so far nothing requires {}", asked.name),
        _ => String::new(),
    };
    format!(
        "Nothing stops `{asked}`{unknown}. It would change {}:\n",
        path.relative
    )
}

/// How to get what is asked for.
fn way(session: &Session, (resolve, asked): (&str, &Requirement), locked: &Locked) -> String {
    let option = match session.settings.python.default_resolve == resolve {
        true => String::new(),
        false => format!(" --resolve {resolve}"),
    };
    let command = format!("cargo xtask generate-lockfiles{option}");
    // An upgrade can bring a version. Extras, and projects that nothing requires, must be required.
    match locked {
        Locked::Otherwise(_) if asked.extras.is_empty() && asked.specifiers().is_some() => {
            format!("To have it: `{command} --upgrade-package '{asked}'`\n")
        }
        _ => format!(
            "To have it, add `{asked}` to the requirements of `{resolve}` and run `{command}`\n"
        ),
    }
}
