//! The text of a BUILD file becomes declarations: Python's syntax (from ruff's parser) and the
//! part of its meaning that declarations need, without files, imports or a clock.
//!
//! [`evaluate`] gives the calls of a file in the order in which they were made. What may be called
//! beyond Python is handed in as a [`Vocabulary`], so that files can be evaluated in parallel, and
//! this room knows no target. `text/` and [`call_method`] are Python's own rules for whoever needs
//! them elsewhere; `tests/cpython.rs` has them judged by a real CPython.

mod data;
mod declaration;
mod error;
mod evaluator;
mod exception;
mod limits;
mod literal;
mod nesting;
mod python;
mod renames;
mod source;
pub mod text;
mod value;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use data::{Data, Object, Parametrize};
pub use declaration::{Call, Field};
pub use error::{EvalError, Frame};
pub use evaluator::evaluate;
pub use exception::{Exception, ExceptionClass, LanguageLimit};
pub use literal::literal;
pub use python::{MethodArguments, PercentValues, PythonFunction, call_method, fill_in, reference};
pub use renames::Renames;
pub use source::BuildFile;
pub use vocabulary::{FileFunction, PlainFunction, Positional, Symbol, UnknownNames, Vocabulary};
