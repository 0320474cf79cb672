//! The input of the resolver.

use model::{LockInputs, Requirement};

use crate::pins::Pins;

/// What is to be resolved.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    /// The requirements and settings. The order of the lists in it does not matter.
    pub inputs: LockInputs,
    /// Constraints of this run only, as of an upgrade to below some version.
    pub bounds: Vec<Requirement>,
    /// The versions to keep if they still satisfy the requirements.
    pub pins: Pins,
}

impl Problem {
    /// The constraints of the inputs, then the bounds. Positions of constraints count in this
    /// order.
    pub(crate) fn constraints(&self) -> impl Iterator<Item = &Requirement> {
        self.inputs.constraints.iter().chain(&self.bounds)
    }

    /// The constraint at a position, to be changed.
    pub(crate) fn constraint_mut(&mut self, at: usize) -> Option<&mut Requirement> {
        let all = self.inputs.constraints.iter_mut().chain(&mut self.bounds);
        all.into_iter().nth(at)
    }
}
