//! `outdated`: newer versions of locked packages, and which of them the requirements admit.

use clap::{Args, ValueEnum};
use index::{ListedVersion, RequiresPython};
use lockfile::{Lock, LockGraph};
use model::{
    LockedPackage, PackageName, PackageSource, PrereleasePolicy, Requirement, Version,
    VersionRange, specifiers_range,
};
use serde::Serialize;

use crate::arguments::IndexArguments;
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::locking::{LockPath, PackageIndexes};
use goals::session::Session;

/// The arguments of `outdated`.
#[derive(Debug, Args)]
pub(crate) struct OutdatedArguments {
    /// The resolve; without it the default one
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    #[command(flatten)]
    index: IndexArguments,

    /// How to print it
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output_format: OutputFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// For people
    Text,
    /// For scripts
    Json,
}

/// A package with a newer version.
#[derive(Debug, Serialize)]
struct Outdated {
    name: PackageName,
    locked: Version,
    /// The highest version that every requirement admits.
    admitted: Version,
    /// The highest version.
    latest: Version,
    /// The requirements that do not admit the highest version, and what declares them.
    held_by: Vec<String>,
}

/// Prints the packages with newer versions.
pub(crate) fn run(
    session: &Session,
    arguments: &OutdatedArguments,
) -> Result<CommandOutcome, GoalError> {
    let resolve = session.resolve(arguments.resolve.as_deref());
    let lock = LockPath::of(session, resolve)?.lock(resolve)?;
    let index = PackageIndexes::new(session, arguments.index.choice())?.index_of(resolve)?;
    let of_index = |package: &&LockedPackage| matches!(package.source, PackageSource::Index(_));
    for package in lock.packages.iter().filter(of_index) {
        index.prefetch_listing(&package.name);
    }
    let graph = lockfile::graph(&lock);
    let mut found = Vec::new();
    for (at, package) in lock.packages.iter().enumerate() {
        if of_index(&package) {
            let listing = index.listing(&package.name)?;
            found.extend(outdated(&graph, at, listing.versions().rev()));
        }
    }
    terminal::print(match arguments.output_format {
        OutputFormat::Text => text(&found),
        OutputFormat::Json => {
            let json = serde_json::to_string_pretty(&found);
            let json = json.map_err(|error| GoalError::failure(error.to_string()))?;
            json + "\n"
        }
    });
    Ok(CommandOutcome::Done)
}

/// Finds newer versions of a package. `versions` are in ascending order.
fn outdated<'a>(
    graph: &LockGraph<'_>,
    at: usize,
    versions: impl Iterator<Item = ListedVersion<'a>>,
) -> Option<Outdated> {
    let (lock, package) = (graph.lock(), graph.package(at));
    let admits = |requirement: &Requirement, version: &Version| {
        requirement
            .specifiers()
            .is_none_or(|specifiers| specifiers.contains(version))
    };
    let requirements: Vec<(String, &Requirement)> = requirements(graph, at);
    let mut admitted = package.version.clone();
    let mut latest = package.version.clone();
    let usable = versions
        .filter(|listed| *listed.version() > package.version && is_usable(listed, package, lock));
    for listed in usable {
        latest = listed.version().clone();
        if requirements
            .iter()
            .all(|(_, requirement)| admits(requirement, &latest))
        {
            admitted = latest.clone();
        }
    }
    if latest == package.version {
        return None;
    }
    let mut held_by: Vec<String> = requirements
        .into_iter()
        .filter(|(_, requirement)| !admits(requirement, &latest))
        .map(|(whose, asked)| format!("{whose}{}{}", asked.name, asked.source))
        .collect();
    held_by.sort();
    held_by.dedup();
    Some(Outdated {
        name: package.name.clone(),
        locked: package.version.clone(),
        admitted,
        latest,
        held_by,
    })
}

/// The requirements and constraints on a package, each with what declares it.
fn requirements<'a>(graph: &LockGraph<'a>, at: usize) -> Vec<(String, &'a Requirement)> {
    let package = graph.package(at);
    let required = graph.dependents(at).map(|(from, edge)| {
        let whose = from.map_or(String::new(), |from| {
            let from = graph.package(from);
            format!("{} {} requires ", from.name, from.version)
        });
        (whose, edge.requirement)
    });
    let constraints = graph.lock().inputs.constraints.iter();
    let constraints = constraints
        .filter(|constraint| {
            constraint.name == package.name && !constraint.marker.is_disjoint(&package.marker)
        })
        .map(|constraint| ("constraint ".to_owned(), constraint));
    required.chain(constraints).collect()
}

fn is_usable(listed: &ListedVersion<'_>, package: &LockedPackage, lock: &Lock) -> bool {
    let allowed = lock.inputs.prereleases == PrereleasePolicy::Allow
        || package.version.any_prerelease()
        || !listed.version().any_prerelease();
    let pythons: VersionRange = lock.inputs.interpreter_constraints.range();
    let fits = match listed.requires_python() {
        RequiresPython::Same(Some(python)) => pythons.subset_of(&specifiers_range(python)),
        // There is no `Requires-Python`, or that of the files differs, so some file may be usable.
        RequiresPython::Same(None) | RequiresPython::Differ => true,
    };
    allowed && fits && !listed.is_yanked()
}

fn text(found: &[Outdated]) -> String {
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
            row.held_by.join("; "),
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
