//! `import`: locks a resolve with the pins of another tool's lock.

use camino::Utf8PathBuf;
use clap::Args;
use lockfile::Pin;

use crate::arguments::IndexArguments;
use crate::outcome::CommandOutcome;
use crate::style::SUBJECT;
use goals::error::GoalError;
use goals::locking;
use goals::session::Session;

/// The arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The lock: uv.lock, poetry.lock, pdm.lock, pylock.toml, a lock of Pants or pex, requirements that
    /// pip-compile wrote, or a lock of ours
    #[arg(value_name = "FILE")]
    file: Utf8PathBuf,

    /// The resolve to lock; without it the default one
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    #[command(flatten)]
    index: IndexArguments,
}

/// Locks what the repository requires, with the versions of the other lock if they satisfy it.
pub(crate) fn run(
    session: &Session,
    arguments: &ImportArguments,
) -> Result<CommandOutcome, GoalError> {
    let path = session.working_folder()?.join(&arguments.file);
    let text = fs_err::read_to_string(&path)
        .map_err(|error| GoalError::file("read", &arguments.file, &error))?;
    let pins = lockfile::import::pins(&text, &arguments.file)?;
    let resolve = session.resolve(arguments.resolve.as_deref());
    let lock = locking::import_pins(session, resolve, &pins, arguments.index.choice())?;
    report(session, arguments, &pins, &lock);
    Ok(CommandOutcome::Done)
}

fn report(session: &Session, arguments: &ImportArguments, pins: &[Pin], lock: &lockfile::Lock) {
    let is_pinned = |package: &&model::LockedPackage| {
        pins.iter()
            .any(|pin| pin.name == package.name && pin.version == package.version)
    };
    let kept = lock.packages.iter().filter(is_pinned).count();
    session.say(format_args!(
        "{SUBJECT}{}{SUBJECT:#}: {} packages, {kept} at the versions of {}",
        lock.resolve,
        lock.packages.len(),
        arguments.file
    ));
    let diff = lockfile::diff::diff(&lockfile::import::as_lock(pins, lock), lock);
    for change in diff.packages {
        session.say(format_args!("  {change}"));
    }
}
