//! What the locks of distributions have: their packages are written into bills of materials, and imports
//! are judged by them.

use std::collections::{BTreeMap, BTreeSet};

use model::{Lock, PackageName};

use crate::error::GoalError;
use crate::locking::{Existing, LockPath};
use crate::packaging::PackagedDistribution;
use crate::session::Session;

/// What is locked for the resolves of distributions.
#[derive(Default)]
pub(super) struct DistributionLocks {
    /// The locks in this tool's format.
    pub(super) ours: BTreeMap<String, Lock>,
    /// The projects in the lock of each resolve, in any format.
    pub(super) projects: BTreeMap<String, Vec<PackageName>>,
}

impl DistributionLocks {
    pub(super) fn read(session: &Session, all: &[PackagedDistribution]) -> Result<Self, GoalError> {
        let mut locks = Self::default();
        let resolves: BTreeSet<&String> = all
            .iter()
            .filter_map(|distribution| distribution.resolve.as_ref())
            .collect();
        for resolve in resolves {
            if session.settings.lockfile(resolve).is_none() {
                continue;
            }
            let path = LockPath::of(session, resolve)?;
            let projects = match Existing::parse(path.read()?.as_deref(), &path)? {
                Existing::Nothing => continue,
                Existing::Pins(pins) => pins.into_iter().map(|pin| pin.name).collect(),
                Existing::Lock(lock) => {
                    let projects = lock
                        .packages
                        .iter()
                        .map(|package| package.name.clone())
                        .collect();
                    locks.ours.insert(resolve.clone(), *lock);
                    projects
                }
            };
            locks.projects.insert(resolve.clone(), projects);
        }
        Ok(locks)
    }
}
