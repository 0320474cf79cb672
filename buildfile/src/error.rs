//! What goes wrong in a BUILD file, where, and by which macros.

use std::fmt;

use model::Place;

use crate::exception::{Exception, ExceptionClass};

/// Why a BUILD file or prelude could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// Which exception Python would raise.
    pub class: ExceptionClass,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Place,
    /// The macros that were being called, outermost first: name and place of the call.
    pub stack: Vec<Frame>,
    /// What the user may do about it.
    pub hint: Option<String>,
}

/// One macro call on the way to an error or a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Name of the function called.
    pub function: String,
    /// Where it was called.
    pub place: Place,
}

impl EvalError {
    /// An error without a call stack.
    #[must_use]
    pub fn new(exception: Exception, place: Place) -> Self {
        Self {
            class: exception.class,
            message: exception.message,
            place,
            stack: Vec::new(),
            hint: None,
        }
    }

    /// The same error with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The message and the call stack; the edge adds the source line and the hint.
impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        for frame in self.stack.iter().rev() {
            let Frame { function, place } = frame;
            write!(f, "\n  in macro `{function}` called at {place}")?;
        }
        Ok(())
    }
}

impl std::error::Error for EvalError {}
