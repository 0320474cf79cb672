//! Merges two locks: resolves their merged inputs with the pins of both.
//!
//! The locks mostly have everything that the merged lock needs. They are therefore used first,
//! without index and cache. If they are not enough, the same problem is resolved with the index.
//! Both ways prefer the same pins, so they give the same lock.

use lockfile::merge::{Contradiction, MergedInputs};
use lockfile::{InputChange, Lock};
use resolve::{Pins, ResolveWarning};

use super::existing::version_pin;
use super::inputs::ResolveDeclaration;
use super::lock_provider::LockProvider;
use super::locker;
use super::package_indexes::PackageIndexes;
use super::provider::IndexProvider;
use super::upgrade::Upgrade;
use crate::error::GoalError;

/// The locks to merge.
pub struct MergeSides {
    /// The lock that both sides started from, if there is one.
    pub base: Option<Lock>,
    /// Our side.
    pub ours: Lock,
    /// Their side.
    pub theirs: Lock,
}

/// Merges two locks. `indexes` is only called if the locks are not enough.
pub fn merge<'a>(
    sides: &MergeSides,
    indexes: impl FnOnce() -> Result<PackageIndexes<'a>, GoalError>,
) -> Result<Lock, GoalError> {
    let merged = lockfile::merge::inputs(sides.base.as_ref(), &sides.ours, &sides.theirs)
        .map_err(contradicting)?;
    if let Some(lock) = without_index(sides, &merged) {
        return Ok(lock);
    }
    let declared = ResolveDeclaration::of_lock(&merged.resolve, merged.inputs.clone());
    let indexes = indexes()?;
    // During a merge, requirement files may not be readable. Then the indexes of the settings are
    // used.
    let index = indexes
        .index_of(&merged.resolve)
        .or_else(|_| indexes.plain_index())?;
    let kept = merged.pins.iter().map(|pin| pin.source.clone());
    let kept = kept.filter(|source| !matches!(source, model::PackageSource::Index(_)));
    let constraints = &declared.inputs.interpreter_constraints;
    let builds = indexes.builds(&index, constraints, kept.collect());
    let provider = IndexProvider::new(&index, &builds, &declared);
    let (lock, _) = locker::lock(&declared, pins(&merged), &Upgrade::default(), &provider)?;
    Ok(lock)
}

/// The merged lock, made from the packages in the locks; `None` if it needs others.
fn without_index(sides: &MergeSides, merged: &MergedInputs) -> Option<Lock> {
    if !records_hold(&sides.ours, merged) || !records_hold(&sides.theirs, merged) {
        return None;
    }
    let base = sides.base.as_ref();
    let base = base.filter(|base| records_hold(base, merged));
    let locks: Vec<&Lock> = [&sides.ours, &sides.theirs]
        .into_iter()
        .chain(base)
        .collect();
    let provider = LockProvider::new(&locks);
    let problem = locker::problem(&merged.inputs, pins(merged), &Upgrade::default());
    let resolved = resolve::resolve(&problem, &provider).ok()?;
    let known = |warning: &ResolveWarning| match warning {
        ResolveWarning::MissingExtra(name, extra) => provider.was_asked_for(name, extra),
    };
    if !resolved.warnings.iter().all(known) {
        return None;
    }
    let nodes = resolved.resolution.nodes.into_iter();
    let packages = nodes
        .map(|node| provider.package(node))
        .collect::<Option<Vec<_>>>()?;
    let lock = Lock {
        resolve: merged.resolve.clone(),
        inputs: merged.inputs.clone(),
        forks: resolved.resolution.forks,
        packages,
    };
    lockfile::check_derivation(&lock).is_empty().then_some(lock)
}

/// Whether the packages of a lock would be recorded in the same way with the merged inputs. Each
/// setting decides which files, markers or dependencies a record has.
fn records_hold(lock: &Lock, merged: &MergedInputs) -> bool {
    let changes = lockfile::input_changes(&lock.inputs, &merged.inputs);
    !changes.iter().any(InputChange::is_setting)
}

fn pins(merged: &MergedInputs) -> Pins {
    Pins::new(
        merged.pins.iter().cloned().map(version_pin),
        merged.forks.clone(),
        merged.changed_by_both.clone(),
    )
}

fn contradicting(contradictions: Vec<Contradiction>) -> GoalError {
    let error = GoalError::failure("the two sides contradict each other");
    contradictions
        .iter()
        .fold(error, |error, contradiction| error.because(contradiction.to_string()))
        .hint("agree on one in requirements.txt, BUILD or the settings, then run `cargo xtask generate-lockfiles`")
}
