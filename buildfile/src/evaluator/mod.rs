//! Runs a BUILD file: its statements, expressions and calls.

mod call;
mod display;
mod expression;
mod function;
mod state;
mod statement;

use std::sync::Arc;

use crate::declaration::Call;
use crate::error::EvalError;
use crate::source::BuildFile;
use crate::vocabulary::Vocabulary;
use state::Evaluator;

/// Evaluates a BUILD file after its preludes.
///
/// # Errors
/// The first error, with place and call stack.
pub fn evaluate(
    file: &Arc<BuildFile>,
    preludes: &[Arc<BuildFile>],
    vocabulary: &dyn Vocabulary,
) -> Result<Vec<Call>, EvalError> {
    Evaluator::new(vocabulary).run(file, preludes)
}
