//! Locking one resolve: what the repository declares -> a problem -> a resolution -> a lock.
//!
//! This is the glue between the rooms: `targets` says what is declared, `index` is the resolver's
//! provider, `resolve` solves, `lockfile` reads and writes.

mod ahead;
mod assemble;
mod build_locks;
mod conflict;
mod existing;
mod fresh;
mod inputs;
mod merging;
mod places;
mod provider;
mod summary;
mod upgrade;

pub use build_locks::build_locks;
pub use existing::{Existing, LockPath, lock_paths};
pub use fresh::Freshness;
pub use inputs::Declared;
pub use merging::{MergeSides, merge};
pub use places::{IndexChoice, Places};
pub use provider::IndexProvider;
pub use summary::{Status, Summary};
pub use upgrade::Upgrade;

use lockfile::Lock;
use model::LockInputs;
use resolve::{Pins, Problem, ResolveError, Warning};

use crate::error::CommandError;

/// Resolves what is declared and makes a lock of it, keeping the pins of the lock before.
pub fn lock(
    declared: &Declared,
    pins: Pins,
    upgrade: &Upgrade,
    provider: &IndexProvider<'_>,
) -> Result<(Lock, Vec<Warning>), CommandError> {
    let problem = problem(&declared.inputs, pins, upgrade);
    let resolve = || resolve::resolve(&problem, provider);
    let resolved = provider
        .ahead()
        .during(&problem, resolve)
        .map_err(|error| match error {
            ResolveError::Provider(error) => error.into_command_error(declared),
            ResolveError::Conflict(conflict) => match conflict.explain_with(&problem, provider) {
                Ok(explanation) => conflict::command_error(&explanation, declared),
                // What would help could not be found out; what clashes is known all the same.
                Err(_) => conflict::command_error(&conflict.explain(&problem), declared),
            },
        })?;
    let lock = assemble::lock(declared, resolved.resolution, provider)?;
    Ok((lock, resolved.warnings))
}

fn problem(inputs: &LockInputs, pins: Pins, upgrade: &Upgrade) -> Problem {
    Problem {
        inputs: inputs.clone(),
        bounds: upgrade.bounds().cloned().collect(),
        pins,
    }
}
