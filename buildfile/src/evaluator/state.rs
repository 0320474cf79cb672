//! What all parts of an evaluation share: the current file, the call stack, limits, and the calls
//! that declared something so far.

use std::sync::Arc;

use ruff_text_size::TextSize;

use crate::declaration::Call;
use crate::error::{EvalError, Frame};
use crate::exception::{Exception, ExceptionClass, LanguageLimit};
use crate::limits::{MAX_DEPTH, MAX_STEPS};
use crate::python::CallError;
use crate::source::BuildFile;
use crate::value::Value;
use crate::vocabulary::Vocabulary;

/// A result whose error is boxed: it is rare and large.
pub(super) type EvalResult<T> = Result<T, Box<EvalError>>;

/// One evaluation.
pub(super) struct Evaluator<'a, 'v> {
    pub(super) vocabulary: &'v dyn Vocabulary,
    pub(super) calls: Vec<Call>,
    pub(super) stack: Vec<Frame>,
    pub(super) file: Option<&'a Arc<BuildFile>>,
    pub(super) steps_left: usize,
    depth: usize,
}

impl<'a, 'v> Evaluator<'a, 'v> {
    pub(super) fn new(vocabulary: &'v dyn Vocabulary) -> Self {
        Self {
            vocabulary,
            calls: Vec::new(),
            stack: Vec::new(),
            file: None,
            steps_left: MAX_STEPS,
            depth: 0,
        }
    }

    /// An exception at a byte offset of the current file.
    pub(super) fn error(&self, at: TextSize, exception: Exception) -> Box<EvalError> {
        let place = self
            .file
            .map_or_else(|| model::Place::file(""), |source| source.place(at));
        let mut error = EvalError::new(exception, place);
        error.stack.clone_from(&self.stack);
        Box::new(error)
    }

    /// A `TypeError` at a byte offset.
    pub(super) fn misfit(&self, at: TextSize, message: impl Into<String>) -> Box<EvalError> {
        self.error(at, Exception::of_type(message))
    }

    /// What is not of the subset of Python.
    pub(super) fn unsupported(&self, at: TextSize, what: &str) -> Box<EvalError> {
        let message = format!("{what} is not supported in BUILD files");
        self.error(at, Exception::refused(LanguageLimit::Syntax, message))
    }

    /// An exception of the BUILD file itself.
    pub(super) fn raised(&self, at: TextSize, message: impl Into<String>) -> Box<EvalError> {
        self.error(at, Exception::new(ExceptionClass::Raised, message))
    }

    /// Gives an exception the place of what raised it.
    pub(super) fn at<T>(&self, at: TextSize, result: Result<T, Exception>) -> EvalResult<T> {
        result.map_err(|exception| self.error(at, exception))
    }

    /// Gives a failed call its place.
    pub(super) fn called<T>(&self, at: TextSize, result: Result<T, CallError>) -> EvalResult<T> {
        result.map_err(|error| match error {
            CallError::Exception(exception) => self.error(at, exception),
            CallError::Inner(error) => error,
        })
    }

    /// The items of an iterable value.
    pub(super) fn iterate(
        &mut self,
        at: TextSize,
        value: &Value<'a>,
    ) -> EvalResult<Vec<Value<'a>>> {
        let items = self.at(at, value.items())?;
        self.charge(at, items.len())?;
        Ok(items)
    }

    /// Counts steps.
    pub(super) fn charge(&mut self, at: TextSize, steps: usize) -> EvalResult<()> {
        match self.steps_left.checked_sub(steps) {
            Some(left) => {
                self.steps_left = left;
                Ok(())
            }
            None => {
                let message = "this file does not come to an end";
                Err(self.error(at, Exception::refused(LanguageLimit::Endless, message)))
            }
        }
    }

    /// Counts one step and one level; pair with [`Self::leave`].
    pub(super) fn enter(&mut self, at: TextSize) -> EvalResult<()> {
        self.charge(at, 1)?;
        if self.depth >= MAX_DEPTH {
            let message = "expressions are nested too deeply";
            return Err(self.error(at, Exception::refused(LanguageLimit::Nesting, message)));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }
}

/// What a value costs that is looked at as a whole.
pub(super) fn weight(value: &Value<'_>) -> usize {
    match value {
        Value::Str(text) => text.len() / 16,
        Value::Iter(_) => 0,
        other => other.len().unwrap_or(0),
    }
}
