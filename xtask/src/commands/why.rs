//! `why`: the chains from requirements to a locked package.

use clap::Args;
use lockfile::{Chain, ChainLink, Why};
use model::{PackageName, Platform, Requirement};
use serde::Serialize;

use crate::json::{self, FormatArguments};
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::locking::{LockPath, ResolveDeclaration};
use goals::session::Session;

/// The arguments of `why`.
#[derive(Debug, Args)]
pub(crate) struct WhyArguments {
    /// The package
    #[arg(value_name = "PACKAGE")]
    package: PackageName,

    /// The resolve; without it the default one
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    /// Only the part for this platform
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,

    /// The largest number of chains for each version, the shortest first
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,

    #[command(flatten)]
    format: FormatArguments,
}

/// A locked version of the package, with the chains to it.
#[derive(Debug, Serialize)]
struct WhyVersion {
    version: String,
    /// The environments that have it.
    marker: String,
    chains: Vec<WhyChain>,
    /// Whether there are more chains than were asked for.
    more: bool,
}

/// A chain from a requirement to the package.
#[derive(Debug, Serialize)]
struct WhyChain {
    /// Where the requirement is declared: `requirements.txt:3`.
    declared: Option<String>,
    /// The environments in which all of it holds.
    marker: String,
    links: Vec<WhyLink>,
}

/// A requirement, and the package that satisfies it.
#[derive(Debug, Serialize)]
struct WhyLink {
    requirement: String,
    package: String,
    version: String,
}

/// Prints the chains. Fails if the package is not locked.
pub(crate) fn run(
    session: &Session,
    arguments: &WhyArguments,
) -> Result<CommandOutcome, GoalError> {
    let resolve = session.resolve(arguments.resolve.as_deref());
    let path = LockPath::of(session, resolve)?;
    let mut lock = path.lock(resolve)?;
    if let Some(platform) = arguments.platform {
        lock = lockfile::export::for_platform(&lock, platform);
    }
    let found = lockfile::why(&lock, arguments.package.as_str(), arguments.limit);
    if found.is_empty() {
        return Err(not_locked(&lock, &arguments.package, arguments.platform));
    }
    // If it cannot be found where requirements are declared, the chains are printed without that.
    let declared = declared(session, resolve).ok();
    let origin: &dyn Fn(&Requirement) -> Option<String> = &|requirement: &Requirement| {
        let place = declared.as_ref()?.place(requirement)?;
        Some(format!("{}:{}", place.path, place.line))
    };
    if arguments.format.is_json() {
        let versions = found.iter().map(|why| WhyVersion::of(why, origin));
        json::print(&versions.collect::<Vec<_>>())?;
        return Ok(CommandOutcome::Done);
    }
    for why in &found {
        terminal::print(format_args!("{}\n", why.heading()));
        for chain in &why.chains {
            terminal::print(format_args!("  {}\n", chain.text(origin)));
        }
        if why.more {
            terminal::print("  … and more: see `--limit`\n");
        }
    }
    Ok(CommandOutcome::Done)
}

impl WhyVersion {
    fn of(why: &Why<'_>, origin: &dyn Fn(&Requirement) -> Option<String>) -> Self {
        let chain = |chain: &Chain<'_>| WhyChain {
            declared: chain
                .steps
                .first()
                .and_then(|link| origin(link.requirement)),
            marker: chain.marker.to_string(),
            links: chain.steps.iter().map(WhyLink::of).collect(),
        };
        Self {
            version: why.package.version.to_string(),
            marker: why.package.marker.to_string(),
            chains: why.chains.iter().map(chain).collect(),
            more: why.more,
        }
    }
}

impl WhyLink {
    fn of(link: &ChainLink<'_>) -> Self {
        Self {
            requirement: link.requirement.to_string(),
            package: link.package.name.to_string(),
            version: link.package.version.to_string(),
        }
    }
}

fn declared(session: &Session, resolve: &str) -> Result<ResolveDeclaration, GoalError> {
    let options = session.target_options();
    let repository = workspace::load(session.root(), options)?;
    ResolveDeclaration::collect(session, &repository, resolve, |_| {
        Err(GoalError::failure("a direct reference has no name"))
    })
}

/// An error that names the nearest package.
pub(crate) fn not_locked(
    lock: &lockfile::Lock,
    package: &PackageName,
    platform: Option<Platform>,
) -> GoalError {
    let on = platform.map_or(String::new(), |platform| format!(" for {platform}"));
    let error = GoalError::failure(format!(
        "{package} is not in the lock of `{}`{on}",
        lock.resolve
    ));
    let known = lock.packages.iter().map(|package| package.name.as_str());
    match model::nearest(package.as_str(), known) {
        Some(nearest) => error.hint(format!("did you mean {nearest}?")),
        None => error,
    }
}
