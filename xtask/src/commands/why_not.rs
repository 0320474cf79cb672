//! `why-not`: what stops a version of a package, in the resolver's words.

use clap::Args;
use model::Requirement;

use crate::commands::Outcome;
use crate::error::CommandError;
use crate::locking::{self, Declared, Existing, IndexProvider, LockPath, Places, PlacesOptions};
use crate::session::Session;

/// What can be said to `why-not`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The versions asked for, such as `PACKAGE>=3`
    #[arg(value_name = "REQUIREMENT")]
    requirement: Requirement,

    /// The resolve; without it the default one
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    #[command(flatten)]
    places: PlacesOptions,
}

/// Resolves with the requirement added. Prints what would change; where nothing satisfies, why.
pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<Outcome, CommandError> {
    let resolve = session.resolve(arguments.resolve.as_deref());
    let path = LockPath::of(session, resolve)?;
    let repository =
        targets::Repository::load(session.root().as_std_path(), locking::options(session))?;
    repository.check_resolves()?;
    let places = Places::new(session, arguments.places.clone())?;
    let mut declared = Declared::collect(session, &repository, resolve, |source| {
        places.name_of(source, resolve)
    })?;
    let asked = &arguments.requirement;
    declared.inputs.requirements.push(asked.clone());
    declared.inputs.requirements.sort();
    let upgrade = locking::Upgrade::default();
    let existing = Existing::parse(path.read()?.as_deref(), &path)?;
    let index = places.index(&declared)?;
    let constraints = &declared.inputs.interpreter_constraints;
    let builds = places.builds(&index, constraints, existing.sources(&upgrade));
    let provider = IndexProvider::new(&index, &builds, &declared);
    let pins = existing.pins(vec![asked.name.clone()], &upgrade);
    let (lock, _) = locking::lock(&declared, pins, &upgrade, &provider)?;
    session.print(format_args!("Nothing stops `{asked}`.\n"));
    if let Some(before) = existing.lock() {
        let diff = lockfile::diff::diff(before, &lock);
        for it in diff.packages {
            session.print(format_args!("  {it}\n"));
        }
    }
    Ok(Outcome::Done)
}
