//! What can be said of environments that are made.

use install::environment::SyncPolicy;
use install::python::PythonRequest;
use model::PackageName;

use super::groups::GroupSelection;
use super::judged_lock::StaleLocks;
use crate::locking::IndexChoice;

/// How environments are made.
#[derive(Debug, Clone, Default)]
pub struct ExportOptions {
    /// The Python to use, where one was named.
    pub python: Option<PythonRequest>,
    /// How environments are changed.
    pub policy: SyncPolicy,
    /// What happens where a lock is not what its requirements ask for.
    pub stale: StaleLocks,
    /// Where packages come from.
    pub index: IndexChoice,
    /// Whether environments get pip.
    pub seeds: SeedPolicy,
    /// Which extras and dependency groups they have.
    pub groups: GroupSelection,
    /// The distributions of the repository that they have, where that is said.
    pub editables: Option<Vec<PackageName>>,
}

impl ExportOptions {
    /// Whether environments are what the settings say, so that later runs may rely on it.
    pub(super) fn are_usual(&self) -> bool {
        self.python.is_none() && self.groups.is_all() && self.editables.is_none()
    }
}

/// Whether environments get pip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SeedPolicy {
    /// As the settings say. What has it keeps it.
    #[default]
    AsSet,
    /// They do.
    Asked,
}
