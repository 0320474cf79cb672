//! Locks a resolve otherwise than its own lock says: with the pins of another tool's lock, or with a
//! requirement that the user asks about.

use lockfile::{Lock, Pin};
use model::Requirement;

use super::existing::{Existing, LockPath};
use super::inputs::ResolveDeclaration;
use super::locker;
use super::package_indexes::{IndexChoice, PackageIndexes};
use super::provider::IndexProvider;
use super::upgrade::Upgrade;
use crate::error::GoalError;
use crate::session::Session;

/// Locks what the repository requires in `resolve`, with the versions of `pins` if they satisfy it,
/// and writes the lock.
///
/// # Errors
/// Where nothing is required, or the lock cannot be made or written.
pub fn import_pins(
    session: &Session,
    resolve: &str,
    pins: &[Pin],
    choice: IndexChoice,
) -> Result<Lock, GoalError> {
    let path = LockPath::of(session, resolve)?;
    let repository = workspace::load(session.root(), session.target_options())?;
    targets::check_resolves(&repository)?;
    let indexes = PackageIndexes::new(session, choice)?.beside(&repository);
    let declared = ResolveDeclaration::collect(session, &repository, resolve, |source| {
        indexes.name_of(source, resolve)
    })?;
    declared.check_required()?;
    if declared.inputs.requirements.is_empty() {
        return Err(undeclared(session, resolve));
    }
    let index = indexes.index(&declared)?;
    let existing = Existing::Pins(pins.to_vec()).within(&declared.inputs.universe());
    let upgrade = Upgrade::default();
    let constraints = &declared.inputs.interpreter_constraints;
    let builds = indexes.builds(&index, constraints, existing.sources(&upgrade));
    let provider = IndexProvider::new(&index, &builds, &declared);
    let keep = existing.pins(Vec::new(), &upgrade);
    let (lock, _) = locker::lock(&declared, keep, &upgrade, &provider)?;
    path.write(&path.text_of(&lock)?)?;
    Ok(lock)
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

/// The lock of a resolve with a requirement added that the user asks about. Nothing is written.
///
/// # Errors
/// Where there is no such lock.
pub fn lock_asking(
    session: &Session,
    resolve: &str,
    question: &AskedRequirement<'_>,
    choice: IndexChoice,
) -> Result<Lock, GoalError> {
    let AskedRequirement {
        requirement,
        existing,
    } = question;
    let repository = workspace::load(session.root(), session.target_options())?;
    targets::check_resolves(&repository)?;
    let indexes = PackageIndexes::new(session, choice)?.beside(&repository);
    let declared = ResolveDeclaration::collect(session, &repository, resolve, |source| {
        indexes.name_of(source, resolve)
    })?
    .asking(requirement);
    let upgrade = Upgrade::default();
    let index = indexes.index(&declared)?;
    let constraints = &declared.inputs.interpreter_constraints;
    let builds = indexes.builds(&index, constraints, existing.sources(&upgrade));
    let provider = IndexProvider::new(&index, &builds, &declared);
    let pins = existing.pins(vec![requirement.name.clone()], &upgrade);
    let (lock, _) = locker::lock(&declared, pins, &upgrade, &provider)?;
    Ok(lock)
}

/// The lock of a resolve with further requirements: its pins stay where they can. Nothing is written.
///
/// # Errors
/// Where no versions satisfy all.
pub fn lock_with(
    session: &Session,
    resolve: &str,
    further: &[Requirement],
    choice: IndexChoice,
) -> Result<Lock, GoalError> {
    let path = LockPath::of(session, resolve)?;
    let existing = Existing::parse(path.read()?.as_deref(), &path)?;
    let repository = workspace::load(session.root(), session.target_options())?;
    let indexes = PackageIndexes::new(session, choice)?
        .beside(&repository)
        .watched_by(session.progress());
    let mut declared = ResolveDeclaration::collect(session, &repository, resolve, |source| {
        indexes.name_of(source, resolve)
    })?;
    declared.inputs.requirements.extend_from_slice(further);
    declared.inputs = declared.inputs.sorted();
    let upgrade = Upgrade::default();
    let index = indexes.index(&declared)?;
    let constraints = &declared.inputs.interpreter_constraints;
    let builds = indexes.builds(&index, constraints, existing.sources(&upgrade));
    let provider = IndexProvider::new(&index, &builds, &declared);
    let changed = further.iter().map(|one| one.name.clone()).collect();
    let pins = existing.pins(changed, &upgrade);
    let (lock, _) = locker::lock(&declared, pins, &upgrade, &provider)?;
    Ok(lock)
}

/// A requirement that the user asks about, and the lock that there is.
pub struct AskedRequirement<'a> {
    /// The requirement.
    pub requirement: &'a Requirement,
    /// The lock.
    pub existing: &'a Existing,
}
