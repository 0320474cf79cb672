//! Packages that an environment has beside its lock where that is asked for: pip, and what it needs to
//! build.

use install::environment::{Renewal, StoredWheel};
use install::python::Interpreter;
use install::{SelectedPackage, select};
use model::Requirement;

use super::error::of_selection;
use super::exporter::{Exporter, Recipe, first};
use super::options::SeedPolicy;
use super::supply::{Supply, SupplyScope};
use crate::error::GoalError;

/// The first Python whose own `venv` brings no setuptools.
///
/// Source: <https://docs.python.org/3/library/venv.html>, "Changed in version 3.12".
const WITHOUT_SETUPTOOLS: (u64, u64) = (3, 12);

/// The projects that an environment of this Python gets.
fn names(python: &Interpreter) -> &'static [&'static str] {
    match python.major_minor() < WITHOUT_SETUPTOOLS {
        true => &["pip", "setuptools", "wheel"],
        false => &["pip"],
    }
}

impl Exporter<'_> {
    /// Those that an environment should get now: neither its lock nor the environment has them.
    pub(super) fn missing_seeds(
        &self,
        recipe: &Recipe,
        selected: &[SelectedPackage<'_>],
    ) -> Vec<&'static str> {
        let is_set = self.session.settings.export.seed;
        if !is_set && self.options.seeds == SeedPolicy::AsSet {
            return Vec::new();
        }
        let there = match self.options.policy.renewal {
            Renewal::Asked => Vec::new(),
            Renewal::Needed => recipe.environment.recorded(),
        };
        let names = names(&recipe.python).iter().copied();
        let missing = names.filter(|name| {
            let locked = selected
                .iter()
                .any(|one| one.package.name.as_str() == *name);
            let seeded = |wheel: &StoredWheel| wheel.seed && wheel.name.as_str() == *name;
            !locked && !there.iter().any(seeded)
        });
        missing.collect()
    }

    /// Those of an environment whose wheels the store has lost.
    pub(super) fn lost_seeds(&self, recipe: &Recipe) -> Vec<&'static str> {
        let there = recipe.environment.recorded();
        let names = names(&recipe.python).iter().copied();
        let lost = |wheel: &&StoredWheel| wheel.seed && !self.store.has(&wheel.sha256);
        let lost: Vec<_> = there.iter().filter(lost).collect();
        names
            .filter(|name| lost.iter().any(|wheel| wheel.name.as_str() == *name))
            .collect()
    }

    /// Brings wheels of these projects, in their newest versions, into the store.
    pub(super) fn seeds(
        &self,
        python: &Interpreter,
        names: &[&str],
    ) -> Result<Vec<StoredWheel>, GoalError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let parsed: Result<Vec<Requirement>, _> = names.iter().map(|name| name.parse()).collect();
        let parsed = parsed.map_err(|error| GoalError::failure(error.to_string()))?;
        let lock = self.tool_lock(&parsed, python)?;
        let selected = select(&lock, python).map_err(|error| of_selection(error, &lock.resolve))?;
        let scope = SupplyScope {
            resolve: &lock.resolve,
            options: &self.options.index,
            lock: &lock,
        };
        let supply = Supply::new(self.session, &self.store, python, scope);
        let wheels = supply.wheels(&selected).map_err(first)?;
        let seeds = wheels.into_iter().map(|wheel| StoredWheel {
            seed: true,
            ..wheel
        });
        Ok(seeds.collect())
    }
}
