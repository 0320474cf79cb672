//! Pythons that are not released yet. A universe without an upper bound has them, but nothing is
//! known of them: what a package requires there must neither refuse a resolution nor lower a version
//! for a Python that exists.
//!
//! The universe is therefore resolved for the Pythons that are out. Each solution then holds for
//! later ones as well, unless something in it is required otherwise there. Only then are they
//! resolved for themselves, last and with the versions of the others preferred, and left out where
//! they have no solution.

use model::{InterpreterConstraints, LockInputs, Marker};

use crate::candidate::Chooser;
use crate::dependencies::admitted_range;
use crate::package::SolverPackage;
use crate::part::UniversePart;
use crate::provider::Provider;
use crate::reach::reach;
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
    ) -> Option<UniversePart> {
        let marker = &solution.part.marker;
        let later = self.later_part_of(marker)?;
        if holds(solution, &later, chooser) {
            let environments = solution.part.environments.or(&later.environments);
            solution.part = UniversePart::of(marker.clone(), environments);
            return None;
        }
        let released = InterpreterConstraints::released();
        let environments = solution.part.environments.clone();
        solution.part = UniversePart::of(marker.and(&released), environments);
        Some(later.and(&released.negate()))
    }
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
