//! What is to be resolved.

use model::{LockInputs, Requirement};

use crate::pins::Pins;

/// What is to be resolved.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    /// What decides what the resolution may hold. The order of its lists does not matter.
    pub inputs: LockInputs,
    /// Constraints of this resolution alone: an upgrade to below some version.
    pub bounds: Vec<Requirement>,
    /// The versions to keep where they still satisfy.
    pub pins: Pins,
}

impl Problem {
    /// The constraints of the inputs, then the bounds: what an index of a constraint counts.
    pub(crate) fn constraints(&self) -> impl Iterator<Item = &Requirement> {
        self.inputs.constraints.iter().chain(&self.bounds)
    }

    /// The constraint at an index, to be changed.
    pub(crate) fn constraint_mut(&mut self, at: usize) -> Option<&mut Requirement> {
        let all = self.inputs.constraints.iter_mut().chain(&mut self.bounds);
        all.into_iter().nth(at)
    }
}
