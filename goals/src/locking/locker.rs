//! Makes a lock of declarations.

use lockfile::Lock;
use model::LockInputs;
use resolve::{Pins, Problem, ResolveError, ResolveWarning};

use super::inputs::ResolveDeclaration;
use super::provider::IndexProvider;
use super::upgrade::Upgrade;
use super::{assemble, conflict};
use crate::error::GoalError;

/// Resolves the declarations and makes a lock, keeping the pins of the existing lock.
pub fn lock(
    declared: &ResolveDeclaration,
    pins: Pins,
    upgrade: &Upgrade,
    provider: &IndexProvider<'_>,
) -> Result<(Lock, Vec<ResolveWarning>), GoalError> {
    let problem = problem(&declared.inputs, pins, upgrade);
    let resolve = || {
        let ahead = provider.ahead();
        ahead.during(&problem, || resolve::resolve(&problem, provider))
    };
    let mut outcome = resolve();
    if matches!(outcome, Err(ResolveError::Conflict(_))) && provider.ask_again() {
        match resolve() {
            // The index cannot be asked now, and the conflict is what is known.
            Err(ResolveError::Provider(_)) => {}
            again => outcome = again,
        }
    }
    let resolved = outcome.map_err(|error| match error {
        ResolveError::Provider(error) => error.into_command_error(),
        ResolveError::Conflict(conflict) => match conflict.explain_with(&problem, provider) {
            Ok(explanation) => conflict::command_error(&explanation, declared, provider),
            // The hints could not be computed, but the conflict is known.
            Err(_) => conflict::command_error(&conflict.explain(&problem), declared, provider),
        },
    })?;
    let lock = assemble::lock(declared, resolved.resolution, provider)?;
    Ok((lock, resolved.warnings))
}

/// The problem for the resolver.
pub(super) fn problem(inputs: &LockInputs, pins: Pins, upgrade: &Upgrade) -> Problem {
    Problem {
        inputs: inputs.clone(),
        bounds: upgrade.bounds().cloned().collect(),
        pins,
    }
}
