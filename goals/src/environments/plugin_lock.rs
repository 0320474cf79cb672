//! The lock of an environment with what plug-ins require beside it.

use std::collections::BTreeSet;

use model::{Lock, PackageName, Requirement};

use super::exporter::Exporter;
use super::first_party::FirstPartyCode;
use crate::error::GoalError;

impl Exporter<'_> {
    /// The lock with what plug-ins require beside it.
    pub(super) fn with_plugins(
        &self,
        lock: Lock,
        first_party: &FirstPartyCode,
    ) -> Result<Lock, GoalError> {
        let missing = first_party.not_in(&lock);
        if missing.is_empty() || lock.resolve != self.session.settings.python.default_resolve {
            return Ok(lock);
        }
        let texts: Vec<String> = missing.iter().map(ToString::to_string).collect();
        self.session.detail(format_args!(
            "{}: plug-ins require {}, which its lock does not have",
            lock.resolve,
            texts.join(", ")
        ));
        let further = self.lock_beside(&lock.resolve, &missing).map_err(|error| {
            let who = first_party.who_requires(&missing);
            who.into_iter().fold(error, GoalError::because)
        })?;
        match self.options.groups.means_all(self.session, &lock.resolve) {
            true => Ok(further),
            false => {
                let names = lock.packages.iter().map(|package| &package.name);
                let names: BTreeSet<&PackageName> = names.collect();
                let asked = lock.inputs.requirements.iter();
                let asked = asked.filter(|one| names.contains(&one.name));
                let asked: Vec<Requirement> = asked.cloned().chain(missing).collect();
                Ok(lockfile::export::for_requirements(&further, &asked))
            }
        }
    }
}
