//! Pythons that are not released yet. A universe without an upper bound has them, but nothing is
//! known of them: what a package requires there must neither refuse a resolution nor lower a version
//! for a Python that exists.
//!
//! The universe is therefore resolved for the Pythons that are out. Each solution then holds for
//! later ones as well, unless something in it is required otherwise there. Only then are they
//! resolved for themselves, last and with the versions of the others preferred, and left out where
//! they have no solution.

use model::{InterpreterConstraints, LockInputs, Marker, PackageName, VersionRange};
use rustc_hash::FxHashMap;

use crate::candidate::{Chooser, Fit};
use crate::dependencies::admitted_range;
use crate::need::Need;
use crate::package::SolverPackage;
use crate::part::UniversePart;
use crate::provider::Provider;
use crate::reach::{of_projects, reach};
use crate::solution::Solution;

/// A universe, divided by whether its Pythons are released.
pub(crate) struct DividedUniverse {
    /// The environments that are resolved first.
    pub(crate) now: Marker,
    /// The environments of later Pythons.
    later: Marker,
}

impl DividedUniverse {
    /// Divides the universe of the inputs. If none of its Pythons is released, all of it is resolved
    /// as if they were.
    pub(crate) fn of(inputs: &LockInputs) -> Self {
        let universe = inputs.universe();
        let released = InterpreterConstraints::released();
        let now = universe.and(&released);
        if now.is_false() {
            return Self {
                now: universe,
                later: Marker::FALSE,
            };
        }
        Self {
            now,
            later: universe.and(&released.negate()),
        }
    }

    /// The part with the later Pythons of `marker`; `None` if it has none.
    pub(crate) fn later_part_of(&self, marker: &Marker) -> Option<UniversePart> {
        let environments = marker.and(&self.later);
        (!environments.is_false()).then(|| UniversePart::of(marker.clone(), environments))
    }

    /// Decides whether a solution holds for the later Pythons of its part, and gives it the part for
    /// which it holds. If they are not in it, gives the part that they are.
    pub(crate) fn extend<P: Provider>(
        &self,
        solution: &mut Solution,
        chooser: &Chooser<'_, P>,
    ) -> Result<Option<UniversePart>, P::Error> {
        let marker = &solution.part.marker;
        let Some(later) = self.later_part_of(marker) else {
            return Ok(None);
        };
        if holds(solution, &later, chooser) && serves_what_is_new(solution, &later, chooser)? {
            let environments = solution.part.environments.or(&later.environments);
            solution.part = UniversePart::of(marker.clone(), environments);
            return Ok(None);
        }
        let released = InterpreterConstraints::released();
        let environments = solution.part.environments.clone();
        solution.part = UniversePart::of(marker.and(&released), environments);
        Ok(Some(later.and(&released.negate())))
    }
}

/// Whether the versions of projects that the later Pythons of `part` need on other terms than those
/// that are out can be used there: nobody has asked that of them yet.
fn serves_what_is_new<P: Provider>(
    solution: &Solution,
    part: &UniversePart,
    chooser: &Chooser<'_, P>,
) -> Result<bool, P::Error> {
    let (now, later) = (reach(solution, &solution.part), reach(solution, part));
    let now: FxHashMap<&PackageName, &Marker> = of_projects(&now).collect();
    for (name, marker) in of_projects(&later) {
        let chosen = solution.chosen.get(&SolverPackage::Base(name.clone()));
        let (Some((version, _)), true) = (chosen, now.get(name) != Some(&marker)) else {
            continue;
        };
        let demand = marker.and(&part.environments);
        let need = Need {
            name,
            range: &VersionRange::full(),
            part,
            demand: &demand,
            pythons: &part.pythons(&demand),
        };
        let fit = match solution.direct.get(name) {
            Some(direct) => chooser.fit_of_direct(need, direct),
            None => chooser.judge_unpinned(need, version)?,
        };
        if !matches!(fit, Fit::Everywhere) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a solution satisfies everything that is required in `part`.
fn holds<P: Provider>(solution: &Solution, part: &UniversePart, chooser: &Chooser<'_, P>) -> bool {
    let reached = reach(solution, part);
    let answers = |package: &SolverPackage, here: &Marker| {
        let Some((_, dependencies)) = solution.chosen.get(package) else {
            return false;
        };
        let mut active = dependencies
            .iter()
            .filter(|dependency| !part.excludes(&here.and(&dependency.marker)));
        active.all(|dependency| {
            let name = &dependency.name;
            let base = solution.chosen.get(&SolverPackage::Base(name.clone()));
            let Some((version, _)) = base else {
                return false;
            };
            let is_direct = dependency.specifiers().is_none();
            let constrained = chooser.direct_constraints.get(name).into_iter().flatten();
            let is_constrained = constrained
                .clone()
                .any(|constraint| !part.excludes(&constraint.marker));
            let is_as_known = (is_direct || is_constrained) == solution.direct.contains_key(name);
            let demand = here.and(&dependency.marker).and(&part.environments);
            is_as_known
                && (is_direct || admitted_range(dependency).contains(version))
                && chooser
                    .excluding_constraint(name, &demand, version)
                    .is_none()
        })
    };
    answers(&SolverPackage::Root, &Marker::TRUE)
        && reached.iter().all(|(package, here)| answers(package, here))
}
