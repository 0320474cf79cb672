//! `import`: locks a resolve with the pins of another tool's lock.

use camino::Utf8PathBuf;
use clap::Args;
use lockfile::Pin;

use crate::arguments::IndexArguments;
use crate::outcome::CommandOutcome;
use crate::style::SUBJECT;
use goals::error::GoalError;
use goals::locking::{
    self, Existing, IndexProvider, LockPath, PackageIndexes, ResolveDeclaration, Upgrade,
};
use goals::session::Session;

/// The arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The lock: uv.lock, poetry.lock, pdm.lock, pylock.toml, a lock of Pants or pex, or one of ours
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
    let path = LockPath::of(session, resolve)?;
    let repository = workspace::load(session.root(), session.target_options())?;
    targets::check_resolves(&repository)?;
    let indexes = PackageIndexes::new(session, arguments.index.choice())?.beside(&repository);
    let declared = ResolveDeclaration::collect(session, &repository, resolve, |source| {
        indexes.name_of(source, resolve)
    })?;
    declared.check_required()?;
    if declared.inputs.requirements.is_empty() {
        return Err(undeclared(session, resolve));
    }
    let index = indexes.index(&declared)?;
    let (existing, upgrade) = (Existing::Pins(pins.clone()), Upgrade::default());
    let constraints = &declared.inputs.interpreter_constraints;
    let builds = indexes.builds(&index, constraints, existing.sources(&upgrade));
    let provider = IndexProvider::new(&index, &builds, &declared);
    let keep = existing.pins(Vec::new(), &upgrade);
    let (lock, _) = locking::lock(&declared, keep, &upgrade, &provider)?;
    path.write(&path.text_of(&lock)?)?;
    report(session, arguments, &pins, &lock);
    Ok(CommandOutcome::Done)
}

/// The error for a resolve that requires nothing: there would be nothing to keep versions for.
fn undeclared(session: &Session, resolve: &str) -> GoalError {
    let source = ["pyproject.toml", "requirements.txt"]
        .into_iter()
        .find(|name| session.root().join(name).is_file())
        .unwrap_or("requirements.txt");
    let resolves = match session.settings.python.default_resolve == resolve {
        true => String::new(),
        false => format!(", resolve=\"{resolve}\""),
    };
    GoalError::failure(format!(
        "nothing is required in `{resolve}`, so there is no use for the versions of another lock"
    ))
    .hint(format!(
        "declare first what is required: write \
         `python_requirements(name=\"reqs\", source=\"{source}\"{resolves})` into a file BUILD"
    ))
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
